"""CodeBuild's StartBuild and StopBuild, with builds that really run.

https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html
https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StopBuild.html

Builds run with the rights of the user who started the local cloud (see `build_run`).
"""

from __future__ import annotations

import copy
import json
import logging
import threading
import time
import uuid
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.services import codebuild

from . import build_record, settings
from .build_record import Record
from .build_run import Run
from .build_slots import Slots

logger = logging.getLogger("tenantry_local.codebuild")

Response = tuple[int, dict[str, str], bytes]

#: How long an idempotency token holds, in seconds.
TOKEN_SECONDS = 300

#: Members of a project that the emulator's own CreateProject and SuspendProject drop.
_PROJECT_MEMBERS = (
    "logsConfig",
    "queuedTimeoutInMinutes",
    "concurrentBuildLimit",
    "cache",
    "vpcConfig",
    "secondarySources",
    "secondaryArtifacts",
)

_lock = threading.Lock()
_runs: dict[str, Run] = {}
_tokens: dict[tuple[str, str, str], tuple[float, str, str]] = {}
_numbers: dict[str, int] = {}
_slots = Slots(10)


def install() -> None:
    """Put this module's functions in the place of the emulator's."""
    global _slots
    _slots = Slots(settings.build_slots())
    originals = {
        name: getattr(codebuild, name) for name in ("_create_project", "_update_project", "_project_shape", "reset")
    }

    def create_project(data: Record) -> Response:
        response: Response = originals["_create_project"](data)
        if response[0] < 400:
            keep_members(codebuild._projects[data["name"]], data)
        return response

    def update_project(data: Record) -> Response:
        response: Response = originals["_update_project"](data)
        if response[0] < 400:
            keep_members(codebuild._projects[data["name"]], data)
        return response

    def project_shape(project: Record) -> Record:
        shape = originals["_project_shape"](project)
        shape["queuedTimeoutInMinutes"] = project.get("queuedTimeoutInMinutes", 480)
        shape.update({name: project[name] for name in _PROJECT_MEMBERS if name in project})
        return dict(shape)

    def reset() -> None:
        stop_all()
        with _lock:
            _tokens.clear()
            _numbers.clear()
        originals["reset"]()

    codebuild._create_project = create_project
    codebuild._update_project = update_project
    codebuild._project_shape = project_shape
    codebuild._start_build = start_build
    codebuild._stop_build = stop_build
    codebuild._batch_get_builds = batch_get_builds
    codebuild._batch_delete_builds = batch_delete_builds
    codebuild.reset = reset


def keep_members(project: Record, data: Record) -> None:
    """Keep what the emulator drops of a project."""
    project.update({name: copy.deepcopy(data[name]) for name in _PROJECT_MEMBERS if name in data})


def start_build(data: Record) -> Response:
    """StartBuild."""
    name = str(data.get("projectName") or "").rpartition("project/")[2]
    project = codebuild._projects.get(name)
    if project is None:
        arn = f"arn:aws:codebuild:{get_region()}:{get_account_id()}:project/{name}"
        return error_response_json("ResourceNotFoundException", f"Project cannot be found: {arn}", 400)
    refusal = _refusal(data)
    if refusal:
        return error_response_json("InvalidInputException", refusal, 400)
    token = data.get("idempotencyToken")
    fingerprint = json.dumps({**data, "idempotencyToken": None}, sort_keys=True)
    key = (get_account_id(), get_region(), str(token))
    with _lock:
        known = _tokens.get(key) if token else None
        if known and time.monotonic() - known[0] < TOKEN_SECONDS:
            if known[1] != fingerprint:
                return error_response_json(
                    "InvalidInputException", "The idempotency token was used with other parameters", 400
                )
            return json_response({"build": snapshot(codebuild._builds[known[2]])})
        limit = project.get("concurrentBuildLimit")
        under_way = [run for run in _runs.values() if run.record["projectName"] == name and not run.wait(0)]
        if limit and len(under_way) >= int(limit):
            return _limit(f"Cannot have more than {limit} active builds for the project")
        if not _slots.room():
            return _limit(f"Cannot have more than {_slots.size * 5} builds in queue for the account")
        number = _numbers[name] = _numbers.get(name, 0) + 1
        record = build_record.new(project, data, f"{name}:{uuid.uuid4()}", number)
        run = Run(record, _slots)
        codebuild._builds[record["id"]] = record
        _runs[record["arn"]] = run
        _slots.enter(run)
        if token:
            _tokens[key] = (time.monotonic(), fingerprint, record["id"])
    answer = snapshot(record)
    run.start()
    logger.info("build %s submitted", record["id"])
    return json_response({"build": answer})


def stop_build(data: Record) -> Response:
    """StopBuild: asks the build to stop and answers with the record as it is."""
    record = find(str(data.get("id") or ""))
    if record is None:
        return error_response_json("ResourceNotFoundException", f"Build not found: {data.get('id')}", 400)
    run = _runs.get(record["arn"])
    if run is not None:
        run.stop()
        # A stopped build is soon over; waiting a moment answers with its end, but nothing depends on it.
        run.wait(0.2)
    return json_response({"build": snapshot(record)})


def batch_get_builds(data: Record) -> Response:
    """BatchGetBuilds, by id or ARN."""
    found, missing = [], []
    for name in data.get("ids") or []:
        record = find(name)
        if record is None:
            missing.append(name)
        else:
            found.append(snapshot(record))
    return json_response({"builds": found, "buildsNotFound": missing})


def batch_delete_builds(data: Record) -> Response:
    """BatchDeleteBuilds: a build under way is not deleted."""
    deleted, kept = [], []
    for name in data.get("ids") or []:
        record = find(name)
        run = _runs.get(record["arn"]) if record else None
        if record is not None and (run is None or run.wait(0)):
            codebuild._builds.pop(record["id"], None)
            _runs.pop(record["arn"], None)
            deleted.append(record["arn"])
        else:
            kept.append({"id": name, "statusCode": "BUILD_IN_PROGRESS" if record else "NOT_FOUND"})
    return json_response({"buildsDeleted": deleted, "buildsNotDeleted": kept})


def find(name: str) -> Record | None:
    """The record of the build with this id or ARN."""
    record: Record | None = codebuild._builds.get(name.rpartition(":build/")[2])
    return record


def run_of(arn: str) -> Run | None:
    """The build under way, or over, with this ARN; None when it was started by an earlier process."""
    return _runs.get(arn)


def snapshot(record: Record) -> Record:
    """A copy that the build's thread no longer changes."""
    return copy.deepcopy(record)


def numbers() -> dict[str, int]:
    """The number of each project's last build."""
    return dict(_numbers)


def put_back(saved: dict[str, int]) -> None:
    """Go on counting where an earlier process was."""
    _numbers.update(saved)


def stop_all(seconds: float = 5.0) -> None:
    """Stop every build and wait until they are over, at most `seconds`."""
    deadline = time.monotonic() + seconds
    with _lock:
        runs = list(_runs.values())
        _runs.clear()
    for run in runs:
        run.stop()
    for run in runs:
        run.join(max(0.0, deadline - time.monotonic()))


def _refusal(data: Record) -> str | None:
    """What StartBuild refuses of its parameters, in words."""
    for name, least, most in (("timeoutInMinutesOverride", 5, 2160), ("queuedTimeoutInMinutesOverride", 5, 480)):
        value: Any = data.get(name)
        if value is not None and not (isinstance(value, int) and least <= value <= most):
            return f"{name} must be from {least} to {most}"
    names = [variable.get("name") for variable in data.get("environmentVariablesOverride") or []]
    if any(not name for name in names):
        return "An environment variable needs a name"
    return None


def _limit(message: str) -> Response:
    logger.info("refused a build: %s", message)
    return error_response_json("AccountLimitExceededException", message, 400)
