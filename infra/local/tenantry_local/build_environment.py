"""The environment of a build's commands.

https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html
"""

from __future__ import annotations

import os
from pathlib import Path

from ministack.core.responses import get_account_id, get_region

from . import identities, settings
from .build_record import Record
from .buildspec import Buildspec
from .source import SourceError


def of(record: Record, spec: Buildspec, folder: Path, src: Path) -> dict[str, str]:
    """What CodeBuild gives a build, and what a local process needs besides; nothing else.

    Makes the build's home and temporary folder in `folder`. Raises SourceError
    for a variable of a type that the local cloud does not know.
    """
    home, temporary = folder / "home", folder / "tmp"
    home.mkdir()
    temporary.mkdir()
    region, account = get_region(), get_account_id()
    environment = dict(spec.variables)
    for variable in record["environment"]["environmentVariables"]:
        if variable.get("type") != "PLAINTEXT":
            raise SourceError("CLIENT_ERROR", f"variable type {variable.get('type')} is not part of the local cloud")
        environment[variable["name"]] = str(variable.get("value", ""))
    environment.update(
        {
            "CODEBUILD_BUILD_ARN": record["arn"],
            "CODEBUILD_BUILD_ID": record["id"],
            "CODEBUILD_BUILD_IMAGE": str(record["environment"].get("image", "")),
            "CODEBUILD_BUILD_NUMBER": str(record["buildNumber"]),
            "CODEBUILD_BUILD_SUCCEEDING": "1",
            "CODEBUILD_CI": "true",
            "CODEBUILD_INITIATOR": record["initiator"],
            "CODEBUILD_KMS_KEY_ID": record["encryptionKey"],
            "CODEBUILD_LOG_PATH": record["logs"].get("streamName", ""),
            "CODEBUILD_PROJECT_ARN": f"arn:aws:codebuild:{region}:{account}:project/{record['projectName']}",
            "CODEBUILD_RESOLVED_SOURCE_VERSION": record["sourceVersion"],
            "CODEBUILD_SOURCE_VERSION": record["sourceVersion"],
            "CODEBUILD_SRC_DIR": str(src),
            "CODEBUILD_START_TIME": str(int(record["startTime"] * 1000)),
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_ENDPOINT_URL": settings.endpoint(),
            **identities.session(record["serviceRole"], f"AWSCodeBuild-{record['id'].rpartition(':')[2]}"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(home),
            "TMPDIR": str(temporary),
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
        }
    )
    return environment
