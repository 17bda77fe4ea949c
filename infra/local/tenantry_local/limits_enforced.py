"""Refuses, in templates and in the APIs, what `limits` says that AWS refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import (
    cloudwatch_logs,
    codebuild,
    cognito,
    eventbridge,
    iam,
    lambda_svc,
    sns,
    sqs,
    stepfunctions,
)
from ministack.services.cloudformation import provisioners

from . import limits
from .limits import Limit

Call = Callable[..., Any]

#: Functions of the emulator that take a request in JSON: the module, the function, the member that
#: is a name, its limit, and the error with which AWS refuses it.
_JSON_CALLS: tuple[tuple[Any, str, str, Limit, str], ...] = (
    (cloudwatch_logs, "_create_log_group", "logGroupName", limits.LOG_GROUP, "InvalidParameterException"),
    (codebuild, "_create_project", "name", limits.PROJECT, "InvalidInputException"),
    (cognito, "_admin_create_user", "Username", limits.USER, "InvalidParameterException"),
    (cognito, "_create_group", "GroupName", limits.GROUP, "InvalidParameterException"),
    (cognito, "_create_user_pool", "PoolName", limits.POOL, "InvalidParameterException"),
    (cognito, "_create_user_pool_client", "ClientName", limits.CLIENT, "InvalidParameterException"),
    (cognito, "_sign_up", "Username", limits.USER, "InvalidParameterException"),
    (eventbridge, "_create_archive", "ArchiveName", limits.ARCHIVE, "ValidationException"),
    (eventbridge, "_create_event_bus", "Name", limits.BUS, "ValidationException"),
    (eventbridge, "_put_rule", "Name", limits.RULE, "ValidationException"),
    (lambda_svc, "_create_function", "FunctionName", limits.FUNCTION, "ValidationException"),
    (stepfunctions, "_create_state_machine", "name", limits.MACHINE, "InvalidName"),
)


def install() -> None:
    """Wrap the calls that make something with a name, and the handlers of resource types."""
    for module, function, member, limit, error in _JSON_CALLS:
        setattr(module, function, _checked_call(getattr(module, function), member, limit, error))
    for action, member, limit in (("CreateRole", "RoleName", limits.ROLE), ("CreatePolicy", "PolicyName", limits.POLICY)):
        iam._IAM_HANDLERS[action] = _checked_query(iam._IAM_HANDLERS[action], member, limit)
    sns._create_topic = _checked_topic(sns._create_topic)
    sqs._HANDLERS["CreateQueue"] = _checked_queue(sqs._HANDLERS["CreateQueue"])
    table = provisioners._RESOURCE_HANDLERS
    for resource_type, handler in list(table.items()):
        table[resource_type] = _checked_handler(resource_type, handler)


def _refusal(member: str, limit: Limit, value: Any) -> str | None:
    problem = limit.problem(value) if isinstance(value, str) and value else None
    # The value itself is not repeated: it may be long, and an address.
    return f"1 validation error detected: Value at '{member}' failed to satisfy constraint: {problem}" if problem else None


def _checked_call(call: Call, member: str, limit: Limit, error: str) -> Call:
    def checked(data: dict[str, Any]) -> Any:
        # A function may be named by its ARN.
        value = str(data.get(member) or "").rpartition(":function:")[2] if limit is limits.FUNCTION else data.get(member)
        refusal = _refusal(member, limit, value)
        return error_response_json(error, refusal, 400) if refusal else call(data)

    return checked


def _checked_query(call: Call, member: str, limit: Limit) -> Call:
    def checked(params: dict[str, Any]) -> Any:
        refusal = _refusal(member, limit, iam._p(params, member))
        return iam._error(400, "ValidationError", refusal, ns="iam") if refusal else call(params)

    return checked


def _checked_topic(call: Call) -> Call:
    def checked(params: dict[str, Any]) -> Any:
        refusal = _refusal("Name", limits.TOPIC, sns._p(params, "Name"))
        return sns._error("InvalidParameter", refusal, 400) if refusal else call(params)

    return checked


def _checked_queue(call: Call) -> Call:
    def checked(data: dict[str, Any], url: str) -> Any:
        refusal = _refusal("QueueName", limits.QUEUE, data.get("QueueName"))
        if refusal:
            raise sqs._Err("InvalidParameterValue", refusal)
        return call(data, url)

    return checked


def _checked_handler(resource_type: str, handler: dict[str, Any]) -> dict[str, Any]:
    """The handler, which makes and changes only what AWS takes."""

    def check(properties: dict[str, Any]) -> None:
        for problem in limits.problems(resource_type, properties):
            raise ValueError(f"Properties validation failed for resource of type {resource_type}: {problem}")

    checked = dict(handler)
    if "create" in handler:

        def create(logical_id: str, properties: dict[str, Any], *more: Any) -> Any:
            check(properties)
            return handler["create"](logical_id, properties, *more)

        checked["create"] = create
    if "update" in handler:

        def update(physical_id: str, old: dict[str, Any], new: dict[str, Any], *more: Any) -> Any:
            check(new)
            return handler["update"](physical_id, old, new, *more)

        checked["update"] = update
    return checked
