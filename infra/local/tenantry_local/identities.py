"""Sessions of roles, for what acts in the local cloud: functions under their execution role, builds under their project's.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-service-role.html
"""

from __future__ import annotations

import secrets
import string
import threading

from ministack.core import lambda_runtime
from ministack.core.responses import get_account_id
from ministack.services import lambda_svc, sts

_ALPHABET = string.ascii_uppercase + "234567"

_lock = threading.Lock()
#: The credentials of a session, by role and session name.
_sessions: dict[tuple[str, str], dict[str, str]] = {}


def session(role: str, name: str) -> dict[str, str]:
    """Credentials of a session of the role with the ARN `role`, by the SDK's names; the same ones for the same name."""
    with _lock:
        known = _sessions.get((role, name))
        if known is None or sts._sessions.get(known["AWS_ACCESS_KEY_ID"]) is None:
            known = _sessions[role, name] = _new(role, name)
        return dict(known)


def _new(role: str, name: str) -> dict[str, str]:
    role_name = role.rsplit("/", 1)[-1]
    # The emulator would derive them of the function's name, which anybody can.
    key = "ASIA" + "".join(secrets.choice(_ALPHABET) for _ in range(16))
    secret, token = secrets.token_urlsafe(30), secrets.token_urlsafe(48)
    sts.register_session(
        key,
        {
            "Arn": f"arn:aws:sts::{get_account_id()}:assumed-role/{role_name}/{name[:64]}",
            "UserId": f"{role_name}:{name[:64]}",
            "SecretAccessKey": secret,
            "SessionToken": token,
        },
    )
    return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}


def _of_function(config: dict[str, str]) -> dict[str, str]:
    return session(config.get("Role", ""), config.get("FunctionName", "function"))


def install() -> None:
    """Give functions these credentials."""
    lambda_runtime.execution_credentials = _of_function
    lambda_svc.execution_credentials = _of_function
