"""The record of a build, in the shape in which BatchGetBuilds answers it.

https://docs.aws.amazon.com/codebuild/latest/APIReference/API_Build.html
"""

from __future__ import annotations

import copy
import re
import threading
import time
from typing import Any
from urllib.parse import quote

from ministack.core.responses import get_account_id, get_region

Record = dict[str, Any]

SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"
STOPPED = "STOPPED"
TIMED_OUT = "TIMED_OUT"
FAULT = "FAULT"
IN_PROGRESS = "IN_PROGRESS"

#: StartBuild parameters that replace a member of the project's `environment`.
_ENVIRONMENT_OVERRIDES = {
    "computeTypeOverride": "computeType",
    "environmentTypeOverride": "type",
    "imageOverride": "image",
    "privilegedModeOverride": "privilegedMode",
}
#: StartBuild parameters that replace a member of the project's `source`.
_SOURCE_OVERRIDES = {
    "buildspecOverride": "buildspec",
    "sourceLocationOverride": "location",
    "sourceTypeOverride": "type",
}


def new(project: Record, request: Record, build_id: str, number: int) -> Record:
    """The record of a build that was just submitted: the project with the request's overrides."""
    region, account = get_region(), get_account_id()
    source = copy.deepcopy(project.get("source") or {"type": "NO_SOURCE"})
    source.update({member: request[name] for name, member in _SOURCE_OVERRIDES.items() if name in request})
    environment = copy.deepcopy(project.get("environment") or {})
    environment.update({member: request[name] for name, member in _ENVIRONMENT_OVERRIDES.items() if name in request})
    environment["environmentVariables"] = _merged(
        environment.get("environmentVariables") or [], request.get("environmentVariablesOverride") or []
    )
    now = time.time()
    return {
        "id": build_id,
        "arn": f"arn:aws:codebuild:{region}:{account}:build/{build_id}",
        "buildNumber": number,
        "startTime": now,
        "currentPhase": "SUBMITTED",
        "buildStatus": IN_PROGRESS,
        "buildComplete": False,
        "sourceVersion": request.get("sourceVersion") or project.get("sourceVersion") or "",
        "projectName": project["name"],
        "phases": [{"phaseType": "SUBMITTED", "startTime": now}],
        "source": source,
        "artifacts": copy.deepcopy(request.get("artifactsOverride") or project.get("artifacts") or {"location": ""}),
        "cache": {"type": "NO_CACHE"},
        "environment": environment,
        "serviceRole": request.get("serviceRoleOverride") or project.get("serviceRole", ""),
        "logs": _logs(project, request, build_id, region, account),
        "timeoutInMinutes": _minutes(request, project, "timeoutInMinutes", 60),
        "queuedTimeoutInMinutes": _minutes(request, project, "queuedTimeoutInMinutes", 480),
        "initiator": f"{account}/user",
        "encryptionKey": project.get("encryptionKey", ""),
        "exportedEnvironmentVariables": [],
    }


class Phases:
    """Writes the phases of one record as they come and go."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._lock = threading.Lock()

    def end(self, status: str, code: str = "", message: str = "") -> Record:
        """The current phase is over; the answer is its entry."""
        with self._lock:
            entry: Record = self._record["phases"][-1]
            entry["phaseStatus"] = status
            entry["endTime"] = time.time()
            entry["durationInSeconds"] = int(entry["endTime"] - entry["startTime"])
            entry["contexts"] = [{"statusCode": code, "message": message}]
            return entry

    def begin(self, phase: str) -> None:
        """The next phase begins."""
        with self._lock:
            self._record["phases"].append({"phaseType": phase, "startTime": time.time()})
            self._record["currentPhase"] = phase

    def complete(self, status: str) -> None:
        """The build is over: its last entry is COMPLETED, which has no end."""
        self.begin("COMPLETED")
        with self._lock:
            self._record["endTime"] = time.time()
            self._record["buildStatus"] = status
            self._record["buildComplete"] = True


def _merged(project: list[Record], override: list[Record]) -> list[Record]:
    """A variable of the request replaces the project's of the same name."""
    replaced = {variable.get("name") for variable in override}
    kept = [variable for variable in project if variable.get("name") not in replaced]
    return [{"type": "PLAINTEXT", **variable} for variable in [*kept, *override]]


def _minutes(request: Record, project: Record, member: str, default: int) -> int:
    return int(request.get(f"{member}Override") or project.get(member) or default)


def _logs(project: Record, request: Record, build_id: str, region: str, account: str) -> Record:
    config = request.get("logsConfigOverride") or project.get("logsConfig") or {}
    cloudwatch = config.get("cloudWatchLogs") or {}
    name, _, uuid = build_id.partition(":")
    group = cloudwatch.get("groupName") or f"/aws/codebuild/{name}"
    prefix = cloudwatch.get("streamName")
    stream = f"{prefix}/{uuid}" if prefix else uuid
    if cloudwatch.get("status") == "DISABLED":
        return {"cloudWatchLogs": cloudwatch}
    return {
        "groupName": group,
        "streamName": stream,
        "deepLink": (
            f"https://console.aws.amazon.com/cloudwatch/home?region={region}"
            f"#logsV2:log-groups/log-group/{_console(group)}/log-events/{_console(stream)}"
        ),
        "cloudWatchLogsArn": f"arn:aws:logs:{region}:{account}:log-group:{group}:log-stream:{stream}",
        "cloudWatchLogs": {"status": "ENABLED", **cloudwatch},
    }


def _console(name: str) -> str:
    """The console's own quoting: percent-encoded twice, with `$` for the outer `%`."""
    return re.sub("%", "$", quote(quote(name, safe=""), safe=""))
