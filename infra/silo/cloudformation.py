"""CloudFormation, by way of boto3, which CodeBuild's images have for each of their Pythons.

One client makes all calls of a build: to start the AWS CLI for each of them
costs far more than the calls themselves.
https://github.com/aws/aws-codebuild-docker-images (al/x86_64/standard/5.0, al/aarch64/standard/3.0)
"""

from __future__ import annotations

from typing import Any, Callable, Dict

#: Makes one call, by its name and parameters in the API; raises CommandFailed.
Call = Callable[[str, Dict[str, Any]], Dict[str, Any]]


class CommandFailed(Exception):
    """CloudFormation refused a call, or did not answer."""

    def __init__(self, operation: str, message: str, code: str = "") -> None:
        super().__init__(message)
        self.operation = operation
        #: What somebody did by hand, one of `by_hand`'s codes; empty if that is not known.
        self.code = code


def connect() -> Call:
    """Calls with the build's own credentials and region, and the retries that its environment asks for."""
    # Not at the top: what needs no CloudFormation should not wait for it.
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    client = boto3.client("cloudformation")

    def call(operation: str, request: Dict[str, Any]) -> Dict[str, Any]:
        try:
            return getattr(client, operation)(**request)
        except (BotoCoreError, ClientError) as error:
            raise CommandFailed(operation.replace("_", "-"), str(error)) from error

    return call
