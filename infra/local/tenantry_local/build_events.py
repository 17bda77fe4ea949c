"""Sends the events of builds to the default bus.

https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications-ref.html
"""

from __future__ import annotations

import json
import logging
from datetime import datetime, timezone
from typing import Any

from ministack.services import eventbridge

from .build_record import Record

logger = logging.getLogger("tenantry_local.codebuild")


def state_change(record: Record) -> None:
    """'CodeBuild Build State Change': the build began or ended."""
    detail = {
        "build-status": record["buildStatus"],
        "current-phase": record["currentPhase"],
        "current-phase-context": "[]",
    }
    _send(record, "CodeBuild Build State Change", detail)


def phase_change(record: Record, phase: Record) -> None:
    """'CodeBuild Build Phase Change': a phase is over."""
    detail = {
        "completed-phase": phase["phaseType"],
        "completed-phase-status": phase["phaseStatus"],
        "completed-phase-context": f"[{', '.join(_contexts(phase))}]",
        "completed-phase-duration-seconds": phase["durationInSeconds"],
        "completed-phase-start": _stamp(phase["startTime"]),
        "completed-phase-end": _stamp(phase["endTime"]),
    }
    _send(record, "CodeBuild Build Phase Change", detail)


def _send(record: Record, detail_type: str, detail: dict[str, Any]) -> None:
    full = {
        **detail,
        "project-name": record["projectName"],
        "build-id": record["arn"],
        "additional-information": _additional(record),
        "version": "1",
    }
    entry = {
        "Source": "aws.codebuild",
        "DetailType": detail_type,
        "Detail": json.dumps(full),
        "Resources": [record["arn"]],
    }
    try:
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
    except Exception:  # AWS sends these events on a best-effort basis: a build never fails for one.
        logger.exception("the event %s of %s was not sent", detail_type, record["id"])


def _additional(record: Record) -> dict[str, Any]:
    environment, source, logs = record["environment"], record["source"], record["logs"]
    return {
        "artifact": {"location": record["artifacts"].get("location", "")},
        "environment": {
            "image": environment.get("image"),
            "privileged-mode": bool(environment.get("privilegedMode")),
            "compute-type": environment.get("computeType"),
            "type": environment.get("type"),
            "environment-variables": environment["environmentVariables"],
        },
        "timeout-in-minutes": record["timeoutInMinutes"],
        "queued-timeout-in-minutes": record["queuedTimeoutInMinutes"],
        "build-complete": record["buildComplete"],
        "build-number": record["buildNumber"],
        "initiator": record["initiator"],
        "build-start-time": _stamp(record["startTime"]),
        "source": {"location": source.get("location"), "type": source.get("type")},
        "source-version": record["sourceVersion"],
        "logs": {
            "group-name": logs.get("groupName"),
            "stream-name": logs.get("streamName"),
            "deep-link": logs.get("deepLink"),
        },
        "phases": [_phase(phase) for phase in list(record["phases"])],
    }


def _phase(phase: Record) -> dict[str, Any]:
    entry = {"phase-type": phase["phaseType"], "start-time": _stamp(phase["startTime"])}
    if "endTime" in phase:
        entry["phase-context"] = _contexts(phase)
        entry["phase-status"] = phase["phaseStatus"]
        entry["end-time"] = _stamp(phase["endTime"])
        entry["duration-in-seconds"] = phase["durationInSeconds"]
    return entry


def _contexts(phase: Record) -> list[str]:
    return [f"{context['statusCode']}: {context['message']}" for context in phase["contexts"] if context["message"]]


def _stamp(seconds: float) -> str:
    """The form of the page's samples: `Sep 1, 2017 4:12:29 PM`, in UTC."""
    at = datetime.fromtimestamp(seconds, timezone.utc)
    return f"{at:%b} {at.day}, {at.year} {at.hour % 12 or 12}:{at:%M:%S} {at:%p}"
