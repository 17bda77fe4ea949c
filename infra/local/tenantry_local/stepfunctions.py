"""Step Functions' tasks for CodeBuild and EventBridge, and the rules of Retry, Catch and task time limits.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-codebuild.html
https://docs.aws.amazon.com/step-functions/latest/dg/connect-eventbridge.html
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from __future__ import annotations

import contextvars
import json
import random
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

from ministack.services import eventbridge, stepfunctions

from . import codebuild, executions, jsonpath
from .ending import Ending, current

#: Errors that no wildcard of Retry or Catch takes in.
_TERMINAL = frozenset({"States.Runtime", "States.DataLimitExceeded"})

_PREFIX = "arn:aws:states:::codebuild:"

#: Members of a Build that are points in time; the integration gives them in milliseconds.
_TIMES = frozenset({"startTime", "endTime"})


def install() -> None:
    """Put this module's functions in the place of the emulator's."""
    for action in ("startBuild", "stopBuild", "batchGetBuilds", "batchDeleteBuilds"):
        stepfunctions._SERVICE_DISPATCH[_PREFIX + action] = _task
    stepfunctions._SERVICE_DISPATCH["arn:aws:states:::events:putEvents"] = _put_events
    stepfunctions._AWS_SDK_SERVICE_MAP.update(
        {
            "codebuild": {"target_prefix": "CodeBuild_20161006", "protocol": "json"},
            "cognitoidentityprovider": {
                "target_prefix": "AWSCognitoIdentityProviderService",
                "protocol": "json",
                "service_key": "cognito-idp",
            },
        }
    )
    stepfunctions._AWS_SDK_ERROR_PREFIX.update(
        {"codebuild": "CodeBuild", "cognitoidentityprovider": "CognitoIdentityProvider"}
    )
    stepfunctions._invoke_resource_with_timeout = _with_time_limit
    stepfunctions._error_matches = error_matches
    stepfunctions._find_matching_retrier = _find_retrier
    jsonpath.install()


def error_matches(names: list[str], error: str) -> bool:
    """Whether `ErrorEquals` takes in an error. Nothing does in an execution that was ended from outside."""
    if error in _TERMINAL or executions.over():
        return False
    if error in names or "States.ALL" in names:
        return True
    return "States.TaskFailed" in names and error != "States.Timeout"


def retry_delay(retrier: dict[str, Any], retries: int) -> float:
    """Seconds before the next attempt, after `retries` of them: back-off, its ceiling, and jitter."""
    delay = float(retrier.get("IntervalSeconds", 1)) * float(retrier.get("BackoffRate", 2.0)) ** retries
    if "MaxDelaySeconds" in retrier:
        delay = min(delay, float(retrier["MaxDelaySeconds"]))
    return random.uniform(0, delay) if retrier.get("JitterStrategy") == "FULL" else delay


def _find_retrier(
    retriers: list[dict[str, Any]], error: str, counts: dict[int, int]
) -> tuple[dict[str, Any] | None, int]:
    for index, retrier in enumerate(retriers):
        if error_matches(retrier.get("ErrorEquals", []), error):
            count = counts.get(index, 0)
            if count >= retrier.get("MaxAttempts", 3):
                break
            # The emulator's own wait ignores the ceiling and the jitter: wait here, and leave it none.
            executions.scaled_sleep(retry_delay(retrier, count))
            return {**retrier, "IntervalSeconds": 0}, index
    return None, -1


def _with_time_limit(resource: str, data: Any, seconds: Any) -> Any:
    """Run a task; after `seconds` it ends with States.Timeout, and what it started is stopped."""
    ending = Ending(current.get())
    token = current.set(ending)
    outcome: Future[Any] = Future()

    def work() -> None:
        try:
            outcome.set_result(stepfunctions._invoke_resource(resource, data))
        except BaseException as error:  # Whatever it is belongs to the state's own thread.
            outcome.set_exception(error)

    try:
        # A daemon: a task that never comes back must not hold up the end of the process.
        threading.Thread(target=contextvars.copy_context().run, args=(work,), daemon=True).start()
        return outcome.result(timeout=float(seconds))
    except FutureTimeoutError:
        ending.end()
        raise stepfunctions._ExecutionError("States.Timeout", "") from None
    finally:
        current.reset(token)


def _task(resource: str, data: Any) -> Any:
    action = resource.removeprefix(_PREFIX)
    name, _, pattern = action.partition(".")
    if pattern and (name, pattern) != ("startBuild", "sync"):
        raise stepfunctions._ExecutionError("States.Runtime", f"{resource} is not a pattern of this integration")
    request = _renamed(data or {}, lower=True)
    operation = {
        "startBuild": codebuild.start_build,
        "stopBuild": codebuild.stop_build,
        "batchGetBuilds": codebuild.batch_get_builds,
        "batchDeleteBuilds": codebuild.batch_delete_builds,
    }[name]
    answer = _answer(operation(request))
    if pattern:
        executions.submitted("codebuild", action, _renamed(answer, lower=False))
        return _wait(answer["build"]["arn"])
    return _renamed(answer, lower=False)


def _answer(response: tuple[int, dict[str, str], Any]) -> dict[str, Any]:
    status, _, body = response
    answer: dict[str, Any] = json.loads(body)
    if status >= 400:
        # The integration's errors carry the service's name and end in Exception, as the API's do.
        raise stepfunctions._ExecutionError(f"CodeBuild.{answer['__type']}", answer.get("message", ""))
    return answer


def _wait(arn: str) -> dict[str, Any]:
    """Wait for a build as `.sync` does: stopped with the execution, an error unless it succeeded."""
    run = codebuild.run_of(arn)
    if run is None:
        raise stepfunctions._ExecutionError("States.TaskFailed", f"the build {arn} is gone")
    ending = current.get()
    if ending is not None:
        ending.on_end(run.stop)
    run.wait()
    result = {"Build": _renamed(codebuild.snapshot(run.record), lower=False)}
    if run.record["buildStatus"] != "SUCCEEDED":
        raise stepfunctions._ExecutionError("States.TaskFailed", json.dumps(result))
    return result


def _put_events(resource: str, data: dict[str, Any]) -> dict[str, Any]:
    """The task that sends events: `Detail` may be an object, and one refused entry fails the task.

    https://docs.aws.amazon.com/step-functions/latest/dg/connect-eventbridge.html
    """
    entries = []
    for entry in data.get("Entries") or []:
        detail = entry.get("Detail")
        entries.append(
            {
                **entry,
                "Detail": detail if isinstance(detail, str) or detail is None else json.dumps(detail),
                "Resources": [*(entry.get("Resources") or []), *executions.arns()],
            }
        )
    status, _, body = eventbridge._put_events({**data, "Entries": entries})
    answer: dict[str, Any] = json.loads(body)
    if status >= 400:
        raise stepfunctions._ExecutionError(f"EventBridge.{answer['__type']}", answer.get("message", ""))
    if answer["FailedEntryCount"]:
        raise stepfunctions._ExecutionError("EventBridge.FailedEntry", json.dumps(answer))
    return answer


def _renamed(value: Any, lower: bool) -> Any:
    """The names of members with their first letter small, as in the API, or large, as in states."""
    if isinstance(value, list):
        return [_renamed(item, lower) for item in value]
    if not isinstance(value, dict):
        return value
    renamed = {}
    for name, item in value.items():
        first = name[:1].lower() if lower else name[:1].upper()
        renamed[first + name[1:]] = (
            int(item * 1000)
            if not lower and name in _TIMES and isinstance(item, (int, float))
            else _renamed(item, lower)
        )
    return renamed
