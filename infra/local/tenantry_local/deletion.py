"""DeleteStateMachine, while executions of the machine run.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_DeleteStateMachine.html
https://repost.aws/knowledge-center/step-functions-stuck-deleting-status (how its executions end)
"""

from __future__ import annotations

from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import stepfunctions

Response = tuple[int, dict[str, str], bytes]

_DELETING = "DELETING"


def install() -> None:
    """Put this module's functions in the place of the emulator's, and of `executions`."""
    originals = {
        name: getattr(stepfunctions, name)
        for name in ("_add_event", "_delete_state_machine", "_run_execution", "_start_execution")
    }

    def delete_state_machine(data: dict[str, Any]) -> Response:
        arn = data.get("stateMachineArn", "")
        if arn in stepfunctions._state_machines and _runs(arn):
            stepfunctions._state_machines[arn]["status"] = _DELETING
            return json_response({})
        response: Response = originals["_delete_state_machine"](data)
        return response

    def add_event(execution: dict[str, Any], event_type: str, details: Any = None) -> Any:
        machine = _deleting(execution["stateMachineArn"])
        if machine is not None and event_type.endswith("StateEntered"):
            # The first transition after the deletion is one too many.
            raise stepfunctions._ExecutionError(
                "States.Runtime", f"State machine {machine['name']} has been deleted."
            )
        return originals["_add_event"](execution, event_type, details)

    def run_execution(arn: str) -> None:
        execution = stepfunctions._executions.get(arn)
        originals["_run_execution"](arn)
        machine = execution and execution["stateMachineArn"]
        if machine and _deleting(machine) is not None and not _runs(machine):
            originals["_delete_state_machine"]({"stateMachineArn": machine})

    def start_execution(data: dict[str, Any]) -> Response:
        arn = data.get("stateMachineArn", "")
        if _deleting(arn) is not None:
            return error_response_json("StateMachineDeleting", f"State machine is being deleted: '{arn}'", 400)
        response: Response = originals["_start_execution"](data)
        return response

    stepfunctions._add_event = add_event
    stepfunctions._delete_state_machine = delete_state_machine
    stepfunctions._run_execution = run_execution
    stepfunctions._start_execution = start_execution


def _deleting(arn: str) -> dict[str, Any] | None:
    machine: dict[str, Any] | None = stepfunctions._state_machines.get(arn)
    return machine if machine is not None and machine.get("status") == _DELETING else None


def _runs(arn: str) -> bool:
    executions = list(stepfunctions._executions.values())
    return any(each["stateMachineArn"] == arn and each["status"] == "RUNNING" for each in executions)
