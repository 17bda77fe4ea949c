"""What the environment tells the overlay. Read at each use: tests and the CLI set it before the start."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


#: The shortest secret that counts as made for a start, in characters. AWS's have 40.
SHORTEST_SECRET = 32


def wrong_credentials() -> str | None:
    """Why the environment's credentials are none to start with, or None."""
    key, secret = os.environ.get("AWS_ACCESS_KEY_ID", ""), os.environ.get("AWS_SECRET_ACCESS_KEY", "")
    if key in ("", "test") or key.isdigit() or len(secret) < SHORTEST_SECRET:
        return (
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be credentials made for this start, the secret of at least "
            f"{SHORTEST_SECRET} characters: whoever can sign a request can run commands with your rights. "
            "`tenantry local up` makes them."
        )
    return None


def credentials() -> dict[str, str]:
    """The credentials of this local cloud, by the SDK's names."""
    return {name: os.environ[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}


def port() -> int:
    """Where it listens: `GATEWAY_PORT`, 4566 by default."""
    return int(os.environ.get("GATEWAY_PORT") or 4566)


def endpoint() -> str:
    """Where this local cloud answers."""
    return os.environ.get("AWS_ENDPOINT_URL") or f"http://127.0.0.1:{port()}"


def work_folder() -> Path:
    """The folder of the builds: `TENANTRY_LOCAL_WORK`, or one of the system's temporary folders."""
    given = os.environ.get("TENANTRY_LOCAL_WORK")
    folder = Path(given) if given else Path(tempfile.gettempdir()) / f"tenantry-local-{os.getuid()}"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder.resolve()


def state_folder() -> Path | None:
    """Where the state is kept: `TENANTRY_LOCAL_STATE`; nowhere by default."""
    given = os.environ.get("TENANTRY_LOCAL_STATE")
    return Path(given) if given else None


def build_slots() -> int:
    """How many builds run at once: `TENANTRY_LOCAL_BUILD_SLOTS`; one by default, as in a new account.

    https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html
    """
    return max(1, int(os.environ.get("TENANTRY_LOCAL_BUILD_SLOTS", "1")))


def build_minutes(minutes: int) -> float:
    """A build's minutes in seconds; `TENANTRY_LOCAL_BUILD_MINUTE` shortens a minute (60) for tests."""
    return minutes * float(os.environ.get("TENANTRY_LOCAL_BUILD_MINUTE", "60"))


def retry_scale() -> float:
    """What AWS's waits between deliveries are multiplied by: `TENANTRY_LOCAL_RETRY_SCALE`, 0.01 by default."""
    return max(0.0, float(os.environ.get("TENANTRY_LOCAL_RETRY_SCALE", "0.01")))
