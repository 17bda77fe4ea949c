"""Faults in the executions of state machines: a plug-in of the local cloud, for tests of what follows.

`TENANTRY_LOCAL_FAULTS` is a folder. The file `<state machine>/<tenant>.json` in it
says what happens to that tenant's next execution of that machine, and only to it:

    {"id": "…",                      another one for each plan
     "machineSeconds": 2,            the machine's own time limit, instead of the definition's
     "refusal": {"error": "…", "cause": "…", "times": 2},   what StartExecution answers
     "faults": [{"state": "Deploy",  the task that does not go well
                 "times": 1,         in its first attempts; in all of them, if absent
                 "does": true,       it is done nevertheless; "started": only begun
                 "error": "…", "cause": "…",                what Step Functions is answered
                 "hangs": 1.5,       … or no answer until this time limit
                 "orphan": true,     its build outlives the execution, and it goes on as it does
                 "queue": "full"}]}  no room among the builds; "expires": its turn never comes

As long as there is a file, the tenant's executions of the machine do not wait before retries.
"""

from __future__ import annotations

import contextvars
import json
import os
import threading
from pathlib import Path
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import stepfunctions

from tenantry_local import executions
from tenantry_local import stepfunctions as tasks
from tenantry_local.build_slots import Slots
from tenantry_local.ending import current

Plan = dict[str, Any]

#: Which execution a plan is for: the first that came.
_bound: dict[str, str] = {}
#: How often each state of a plan, or its start, was tried.
_tries: dict[tuple[str, str], int] = {}
_lock = threading.Lock()

#: The overlay's functions, by name.
_originals: dict[str, Any] = {}

#: The state that this thread is at, and what happens to the attempt that it makes.
_state: contextvars.ContextVar[str] = contextvars.ContextVar("fault_state", default="")
_fault: contextvars.ContextVar[Plan | None] = contextvars.ContextVar("fault", default=None)
#: What becomes of a build that is started here: `full`, `expires`, or nothing special.
_queue: contextvars.ContextVar[str] = contextvars.ContextVar("fault_queue", default="")


def install() -> None:
    """Put this module's functions over the overlay's."""
    for place, name, function in (
        (stepfunctions, "_execute_task", _execute_task),
        (stepfunctions, "_invoke_resource_with_timeout", _attempt),
        (stepfunctions, "_invoke_resource", _invoke),
        (stepfunctions, "_scaled_sleep", _sleep),
        (stepfunctions, "_start_execution", _start),
        (executions, "scaled_sleep", _sleep),
        (executions, "_time_limit", _machine_limit),
        (tasks, "_wait", _wait),
        (Slots, "room", _room),
        (Slots, "take", _take),
    ):
        _originals[name] = getattr(place, name)
        setattr(place, name, function)


def _file(machine: str, name: str) -> Path | None:
    folder = os.environ.get("TENANTRY_LOCAL_FAULTS")
    path = Path(folder) / machine / f"{name[:36]}.json" if folder else None
    return path if path is not None and path.is_file() else None


def _plan(arn: str) -> Plan | None:
    """The plan for an execution, by its ARN."""
    machine, name = arn.split(":")[-2:]
    path = _file(machine, name)
    if path is None:
        return None
    plan: Plan = json.loads(path.read_text())
    with _lock:
        return plan if _bound.setdefault(plan["id"], arn) == arn else None


def _counted(plan: Plan, what: str) -> int:
    with _lock:
        _tries[plan["id"], what] = tries = _tries.get((plan["id"], what), 0) + 1
        return tries


def _execute_task(state: Plan, value: Any, execution: Plan, ctx: Plan) -> Any:
    token = _state.set(ctx["State"]["Name"])
    try:
        return _originals["_execute_task"](state, value, execution, ctx)
    finally:
        _state.reset(token)


def _attempt(resource: str, data: Any, seconds: Any) -> Any:
    """One attempt of a task with a time limit, which all of ours have."""
    plan = _plan(executions.arns()[0]) or {}
    fault = next((fault for fault in plan.get("faults", []) if fault["state"] == _state.get()), None)
    if fault is None or _counted(plan, fault["state"]) > fault.get("times", 1_000):
        return _originals["_invoke_resource_with_timeout"](resource, data, seconds)
    token = _fault.set(fault)
    try:
        return _originals["_invoke_resource_with_timeout"](resource, data, fault.get("hangs", seconds))
    finally:
        _fault.reset(token)


def _invoke(resource: str, data: Any) -> Any:
    fault = _fault.get()
    if fault is None:
        return _originals["_invoke_resource"](resource, data)
    _queue.set(fault.get("queue", ""))
    if fault.get("orphan") or fault.get("queue"):
        return _originals["_invoke_resource"](resource, data)
    if fault.get("does") == "started":
        _originals["_invoke_resource"](resource.removesuffix(".sync"), data)
    elif fault.get("does"):
        _originals["_invoke_resource"](resource, data)
    if "hangs" in fault:
        ending = current.get()
        if ending is not None:
            ending.wait(600)
    raise stepfunctions._ExecutionError(fault.get("error", "States.Timeout"), fault.get("cause", ""))


def _wait(arn: str) -> Any:
    if not (_fault.get() or {}).get("orphan"):
        return _originals["_wait"](arn)
    # With no ending to listen to, it is not stopped with the execution.
    return contextvars.copy_context().run(lambda: (current.set(None), _originals["_wait"](arn))[1])


def _sleep(seconds: float) -> None:
    arns = executions.arns()
    patient = not arns or _file(*arns[0].split(":")[-2:]) is None
    _originals["scaled_sleep"](seconds if patient else 0)


def _start(data: Plan) -> Any:
    machine, name = data.get("stateMachineArn", "").rpartition(":")[2], data.get("name") or ""
    path = _file(machine, name)
    plan: Plan = json.loads(path.read_text()) if path else {}
    refusal = plan.get("refusal")
    if refusal and _counted(plan, "") <= refusal["times"]:
        return error_response_json(refusal["error"], refusal["cause"], 400)
    return _originals["_start_execution"](data)


def _machine_limit(execution: Plan, ending: Any) -> Any:
    seconds = (_plan(execution["executionArn"]) or {}).get("machineSeconds")
    if seconds is None:
        return _originals["_time_limit"](execution, ending)
    context = contextvars.copy_context()
    timer = threading.Timer(seconds, context.run, args=(executions._time_out, execution, ending))
    timer.daemon = True
    timer.start()
    return timer


def _room(self: Slots) -> bool:
    return _queue.get() != "full" and bool(_originals["room"](self))


def _take(self: Slots, run: Any, seconds: float) -> bool:
    if _queue.get() != "expires":
        return bool(_originals["take"](self, run, seconds))
    with self._turn:
        self._queue.remove(run)
    return False
