"""What another process had under way when it was killed, and nobody can go on with.

On AWS none of this is lost. Here it ends as a failure, with its reason and
without an event: what hears of it only by an event has to find out otherwise.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable

from ministack.core.responses import now_iso
from ministack.services import cloudformation, codebuild, eventbridge, lambda_svc, stepfunctions

_REASON = "The local cloud was killed meanwhile"


def fail_all() -> None:
    """Fail every execution, build, stack operation and replay that is under way in the stores."""
    for execution in stepfunctions._executions.all_values():
        if execution["status"] == "RUNNING":
            execution["status"] = "FAILED"
            execution["stopDate"] = now_iso()
            execution["error"] = "States.ServiceRestart"
            execution["cause"] = _REASON
            details = {"error": execution["error"], "cause": _REASON}
            stepfunctions._add_event(execution, "ExecutionFailed", {"executionFailedEventDetails": details})
    for build in codebuild._builds.all_values():
        if not build["buildComplete"]:
            now = time.time()
            phase = build["phases"][-1]
            phase.setdefault("endTime", now)
            phase["phaseStatus"] = "FAULT"
            phase["durationInSeconds"] = int(phase["endTime"] - phase["startTime"])
            phase["contexts"] = [{"statusCode": "INTERNAL_SERVICE_ERROR", "message": _REASON}]
            build["phases"].append({"phaseType": "COMPLETED", "startTime": now})
            build.update(currentPhase="COMPLETED", buildStatus="FAULT", buildComplete=True, endTime=now)
    for stack in cloudformation._stacks.all_values():
        operation, _, rest = stack["StackStatus"].partition("_")
        if rest.endswith("IN_PROGRESS") and operation != "REVIEW":
            # A rollback of a creation, too, leaves what can only be deleted.
            stack["StackStatus"] = "ROLLBACK_FAILED" if operation == "ROLLBACK" else f"{operation}_FAILED"
            stack["StackStatusReason"] = _REASON
    for replay in eventbridge._replays.all_values():
        if replay.get("State") in ("STARTING", "RUNNING"):
            replay["State"] = "FAILED"


def resume_when_ready() -> None:
    """Go on reading queues and streams."""
    when_ready(lambda: lambda_svc._ensure_poller() if lambda_svc._esms.has_any() else None)


def when_ready(work: Callable[[], object]) -> None:
    """Call `work` once the local cloud answers: functions need it."""

    def wait() -> None:
        address = ("127.0.0.1", int(os.environ.get("GATEWAY_PORT", "4566")))
        while True:
            with contextlib.suppress(OSError), socket.create_connection(address, timeout=1):
                break
            time.sleep(0.05)
        work()

    threading.Thread(target=wait, daemon=True).start()
