"""Executions that can be ended from outside: StopExecution, and a machine's own TimeoutSeconds.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html
https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html (TimeoutSeconds)
https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
https://docs.aws.amazon.com/step-functions/latest/apireference/API_TaskScheduledEventDetails.html (parameters)
"""

from __future__ import annotations

import contextvars
import json
import threading
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, get_region, json_response, now_iso
from ministack.services import stepfunctions

from .ending import Ending, current

#: The largest input of an execution, in bytes of UTF-8.
MAX_INPUT_BYTES = 262_144

Response = tuple[int, dict[str, str], bytes]


#: The execution and its state machine of this thread, by ARN.
_executing: contextvars.ContextVar[tuple[str, ...]] = contextvars.ContextVar("tenantry_executing", default=())

_endings: dict[str, Ending] = {}

#: What the task of this thread sends, once its expressions are evaluated.
_arguments: contextvars.ContextVar[Any] = contextvars.ContextVar("tenantry_arguments", default=None)

#: The last event of a history; nothing follows it.
_LAST_EVENTS = frozenset({"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"})


def install() -> None:
    """Put this module's functions in the place of the emulator's."""
    originals = {
        name: getattr(stepfunctions, name)
        for name in (
            "_add_event",
            "_apply_jsonata_arguments",
            "_execute_task",
            "_fail_execution",
            "_run_execution",
            "_start_execution",
            "_stop_execution",
            "reset",
        )
    }

    def run_execution(arn: str) -> None:
        execution = stepfunctions._executions.get(arn)
        if execution is None:
            return
        parent, ending = current.get(), Ending()
        token = current.set(ending)
        executing = _executing.set((arn, execution["stateMachineArn"]))
        _endings[arn] = ending
        if parent is not None:
            # What a `.sync` task of an ended execution started is stopped, as a build is.
            context = contextvars.copy_context()

            def stop_child() -> None:
                context.copy().run(stop_execution, {"executionArn": arn})

            parent.on_end(stop_child)
        timer = _time_limit(execution, ending)
        # An execution may have been stopped before its thread began.
        if execution["status"] != "RUNNING":
            ending.end()
        try:
            originals["_run_execution"](arn)
        finally:
            if timer is not None:
                timer.cancel()
            _endings.pop(arn, None)
            current.reset(token)
            _executing.reset(executing)

    def stop_execution(data: dict[str, Any]) -> Response:
        response: Response = originals["_stop_execution"](data)
        ending = _endings.get(data.get("executionArn") or "")
        if response[0] < 400 and ending is not None:
            ending.end()
        return response

    def execute_task(state: Any, value: Any, execution: dict[str, Any], ctx: Any) -> Any:
        # A branch of an ended execution goes no further than the state it is at.
        pause(0)
        return originals["_execute_task"](_with_seconds(state, value, ctx), value, execution, ctx)

    def add_event(execution: dict[str, Any], event_type: str, details: Any = None) -> Any:
        events = execution["events"]
        if events and events[-1]["type"] in _LAST_EVENTS:
            return events[-1]
        if event_type == "TaskScheduled" and _arguments.get() is not None:
            details["taskScheduledEventDetails"] |= {"region": get_region(), "parameters": json.dumps(_arguments.get())}
        return originals["_add_event"](execution, event_type, details)

    def apply_jsonata_arguments(state: Any, value: Any, ctx: Any = None) -> Any:
        evaluated = originals["_apply_jsonata_arguments"](state, value, ctx)
        _arguments.set(evaluated)
        return evaluated

    def fail_execution(execution: dict[str, Any], error: str, cause: str) -> None:
        # What unwinds after an end from outside is no failure of the execution.
        if execution["status"] == "RUNNING":
            originals["_fail_execution"](execution, error, cause)

    def reset() -> None:
        end_all()
        originals["reset"]()

    def start(data: dict[str, Any]) -> Response:
        return _start_execution(data, originals["_start_execution"])

    stepfunctions._add_event = add_event
    stepfunctions._apply_jsonata_arguments = apply_jsonata_arguments
    stepfunctions._execute_task = execute_task
    stepfunctions._run_execution = run_execution
    stepfunctions._stop_execution = stop_execution
    stepfunctions._fail_execution = fail_execution
    stepfunctions._start_execution = start
    stepfunctions._scaled_sleep = scaled_sleep
    stepfunctions._sleep_until = _sleep_until
    stepfunctions.reset = reset


def end_all() -> None:
    """End every execution where it is: no catch, no retry and no further state follows."""
    for ending in list(_endings.values()):
        ending.end()


def scaled_sleep(seconds: float) -> None:
    """Wait as long as a Wait state or a retry says, or until the execution ends."""
    pause(seconds * stepfunctions._SFN_WAIT_SCALE)


def arns() -> tuple[str, ...]:
    """The ARNs of the execution and the state machine that this thread works for."""
    return _executing.get()


def submitted(resource_type: str, resource: str, output: Any) -> None:
    """A `.sync` task has started what it waits for: the history says with which answer.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_TaskSubmittedEventDetails.html
    """
    execution = next((stepfunctions._executions[arn] for arn in arns() if arn in stepfunctions._executions), None)
    if execution is not None:
        details = {"resourceType": resource_type, "resource": resource, "output": json.dumps(output)}
        stepfunctions._add_event(execution, "TaskSubmitted", {"taskSubmittedEventDetails": details})


def _with_seconds(state: dict[str, Any], value: Any, ctx: Any) -> dict[str, Any]:
    """The task with its time limit as a number, which may come as a path or an expression.

    https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html
    """
    if "TimeoutSecondsPath" in state:
        return {**state, "TimeoutSeconds": stepfunctions._resolve_path_or_ctx(state["TimeoutSecondsPath"], value, ctx)}
    if isinstance(state.get("TimeoutSeconds"), str):
        seconds = stepfunctions._jsonata_state_field(state, "TimeoutSeconds", "number", value, ctx)
        return {**state, "TimeoutSeconds": seconds}
    return state


def over() -> bool:
    """Whether the execution, or the task, of this thread has ended."""
    ending = current.get()
    return ending is not None and ending.ended()


def pause(seconds: float) -> None:
    """Wait for `seconds`; raises when the execution ends before that."""
    ending = current.get() or Ending()
    if ending.wait(max(0.0, seconds)):
        raise stepfunctions._ExecutionError("States.Runtime", "The execution has ended")


def _sleep_until(stamp: str) -> None:
    try:
        at = datetime.fromisoformat(stamp.replace("Z", "+00:00"))
    except ValueError:
        return
    scaled_sleep((at - datetime.now(timezone.utc)).total_seconds())


def _time_limit(execution: dict[str, Any], ending: Ending) -> threading.Timer | None:
    machine = stepfunctions._state_machines.get(execution["stateMachineArn"]) or {}
    try:
        seconds = json.loads(machine.get("definition") or "{}").get("TimeoutSeconds")
    except ValueError:
        return None
    if not isinstance(seconds, (int, float)):
        return None
    context = contextvars.copy_context()
    timer = threading.Timer(seconds, context.run, args=(_time_out, execution, ending))
    timer.daemon = True
    timer.start()
    return timer


def _time_out(execution: dict[str, Any], ending: Ending) -> None:
    if execution["status"] != "RUNNING":
        return
    execution["status"] = "TIMED_OUT"
    execution["stopDate"] = now_iso()
    stepfunctions._add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
    stepfunctions._emit_execution_status_event(execution)
    ending.end()


def _start_execution(data: dict[str, Any], original: Callable[[dict[str, Any]], Response]) -> Response:
    text = data.get("input", "{}")
    if len(text.encode()) > MAX_INPUT_BYTES:
        return error_response_json("InvalidExecutionInput", f"The input is larger than {MAX_INPUT_BYTES} bytes", 400)
    try:
        json.loads(text)
    except ValueError:
        return error_response_json("InvalidExecutionInput", "The input is not valid JSON", 400)
    machine = stepfunctions._state_machines.get(data.get("stateMachineArn", ""))
    if machine is not None and data.get("name"):
        arn = f"arn:aws:states:{get_region()}:{get_account_id()}:execution:{machine['name']}:{data['name']}"
        known = stepfunctions._executions.get(arn)
        if known is not None and known["status"] == "RUNNING" and known["input"] == text:
            return json_response({"executionArn": arn, "startDate": known["startDate"]})
    return original(data)
