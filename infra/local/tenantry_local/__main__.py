"""Starts the local cloud: the emulator under this overlay.

`python -m tenantry_local`, with `BIND_HOST=127.0.0.1`, `GATEWAY_PORT`,
`AWS_ENDPOINT_URL`, and credentials made for this start. SIGTERM and SIGINT end it, and every build with it.
"""

from __future__ import annotations

import ipaddress
import os
import sys

from . import settings

# The emulator reads these when it is imported. Permissions are enforced, always.
os.environ["AUTH"] = "true"
# Its side services listen on ports of their own.
os.environ.setdefault("SFTP_ENABLED", "0")
os.environ.setdefault("IOT_MTLS_ENABLED", "0")
# The keys of user pools are files of the emulator's own.
if os.environ.get("TENANTRY_LOCAL_STATE"):
    os.environ.setdefault("STATE_DIR", os.environ["TENANTRY_LOCAL_STATE"])


def _refusal() -> str | None:
    """Why this environment is not one to start in, or None."""
    host = os.environ.get("BIND_HOST", "")
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost"
    if not loopback:
        return (
            f"BIND_HOST is {host!r}: builds and functions run with your own rights, "
            "so the local cloud listens on the loopback interface only. Set BIND_HOST=127.0.0.1."
        )
    return settings.wrong_credentials()


def main() -> int:
    """Check, apply the overlay, and serve until a signal; the answer is the exit status."""
    refusal = _refusal()
    if refusal is not None:
        print(f"tenantry_local: {refusal}", file=sys.stderr)
        return 2
    from . import overlay, plugin, seams

    try:
        seams.check()
    except seams.SeamError as error:
        print(f"tenantry_local: {error}", file=sys.stderr)
        return 3
    overlay.install()
    try:
        plugin.install()
    except plugin.PluginError as error:
        print(f"tenantry_local: {error}", file=sys.stderr)
        return 2
    from ministack import app

    try:
        app.main()
    finally:
        overlay.shut_down()
    return 0


if __name__ == "__main__":
    sys.exit(main())
