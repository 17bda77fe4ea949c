"""Refuses resources and state machines that `resource_schemas` finds wrong, as CloudFormation and Step Functions do.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html
https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html (InvalidDefinition)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import stepfunctions
from ministack.services.cloudformation import provisioners

from . import resource_schemas, standins

Call = Callable[..., Any]

_MACHINE = "AWS::StepFunctions::StateMachine"


def install() -> None:
    """Look before a resource is made or changed, and before a state machine is."""
    table = provisioners._RESOURCE_HANDLERS
    for resource_type, handler in list(table.items()):
        # A stand-in makes nothing that could be wrong.
        if resource_type not in standins.STAND_INS:
            table[resource_type] = _checked(resource_type, handler)
    for name in ("_create_state_machine", "_update_state_machine"):
        setattr(stepfunctions, name, _checked_machine(getattr(stepfunctions, name)))


def check(resource_type: str, properties: dict[str, Any]) -> None:
    """Raises ValueError, in CloudFormation's words, unless the properties are such as AWS takes."""
    wrong = resource_schemas.problems(resource_type, properties)
    if wrong:
        raise ValueError(
            f"Properties validation failed for resource of type {resource_type} with message: " + "; ".join(wrong)
        )
    if resource_type == _MACHINE:
        wrong = resource_schemas.faults(provisioners._sfn_definition(properties))
        if wrong:
            raise ValueError(_invalid(wrong))


def _checked(resource_type: str, handler: dict[str, Any]) -> dict[str, Any]:
    checked = dict(handler)
    if "create" in handler:

        def create(logical_id: str, properties: dict[str, Any], *more: Any) -> Any:
            check(resource_type, properties)
            return handler["create"](logical_id, properties, *more)

        checked["create"] = create
    if "update" in handler:

        def update(physical_id: str, old: dict[str, Any], new: dict[str, Any], *more: Any) -> Any:
            check(resource_type, new)
            return handler["update"](physical_id, old, new, *more)

        checked["update"] = update
    return checked


def _checked_machine(call: Call) -> Call:
    def checked(data: dict[str, Any]) -> Any:
        wrong = resource_schemas.faults(data["definition"]) if "definition" in data else []
        return error_response_json("InvalidDefinition", _invalid(wrong), 400) if wrong else call(data)

    return checked


def _invalid(wrong: list[str]) -> str:
    return f"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: {'; '.join(wrong)}'"
