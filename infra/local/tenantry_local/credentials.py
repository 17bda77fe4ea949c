"""The credentials of this local cloud: made for its start, and the only ones of the account itself.

The environment that it starts in has them (`AWS_ACCESS_KEY_ID`,
`AWS_SECRET_ACCESS_KEY`); functions and builds get the same, as a role's would
reach them on AWS. Keys that the account makes for itself (IAM users' and STS's)
count as well. The emulator would take `test`, an account's number and no key at
all for the account: nobody has made those secret, so they are nobody's here.
"""

from __future__ import annotations

import os

from ministack.core import iam_evaluator, lambda_runtime
from ministack.core.responses import get_account_id
from ministack.services import lambda_svc

from . import settings


def resolve(key: str, token: str) -> iam_evaluator.ResolvedCredential | iam_evaluator.CredentialResolutionError:
    """The credential that a request names by its access key and session token, or why it is none."""
    if key != os.environ["AWS_ACCESS_KEY_ID"] and iam_evaluator.is_root_access_key(key):
        return iam_evaluator._unknown_access_key()
    account = iam_evaluator.find_iam_access_key_account(key) or get_account_id()
    return iam_evaluator.resolve_credential(key, account, token)


def _execution_credentials(config: object) -> dict[str, str]:
    # No token: not an empty one either, which some SDKs would sign and send.
    return settings.credentials()


def install() -> None:
    """Give functions these credentials; the emulator gives them an account's number as the key."""
    lambda_runtime.execution_credentials = _execution_credentials
    lambda_svc.execution_credentials = _execution_credentials
