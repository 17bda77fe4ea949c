"""Reaches the targets of rules; each function takes one event, or raises DeliveryError.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge, lambda_svc, sns, stepfunctions

from . import async_invoke, permissions, queues
from .delivery import DeliveryError

#: What an HTTP endpoint may answer for EventBridge to try again.
#: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
_RETRYABLE_HTTP = frozenset({401, 407, 409, 429})


def function(arn: str, payload: str, rule: str) -> None:
    """A Lambda function: the event is delivered once it is in the function's queue."""
    record, config, name = lambda_svc._get_func_record_for_ref(arn)
    if record is None or config is None:
        raise DeliveryError("NO_RESOURCE", f"The function {arn} does not exist")
    policy = (lambda_svc._functions.get(name) or {}).get("policy")
    if not permissions.allows_rule(policy, "lambda:InvokeFunction", arn, rule):
        raise DeliveryError("NO_PERMISSIONS", f"The policy of the function {arn} does not let EventBridge invoke it")
    try:
        event = json.loads(payload)
    except ValueError as error:
        raise DeliveryError("INVALID_JSON", str(error)) from error
    async_invoke.invoke(lambda_svc._execution_record_for_config(record, config), event)


def queue(arn: str, payload: str, parameters: dict[str, Any], rule: str) -> None:
    """An SQS queue."""
    try:
        if not permissions.allows_rule(queues.policy(arn), "sqs:SendMessage", arn, rule):
            raise DeliveryError("NO_PERMISSIONS", f"The policy of the queue {arn} does not let EventBridge send to it")
        queues.send(arn, payload, group=parameters.get("MessageGroupId"))
    except queues.QueueError as error:
        code = "NO_RESOURCE" if error.code == "QueueDoesNotExist" else "INVALID_PARAMETER"
        raise DeliveryError(code, str(error)) from error


def topic(arn: str, payload: str) -> None:
    """An SNS topic."""
    try:
        result = sns.publish_internal(arn, payload)
    except sns.SnsPublishError as error:
        raise DeliveryError("INVALID_PARAMETER", str(error)) from error
    if result is None:
        raise DeliveryError("NO_RESOURCE", f"The topic {arn} does not exist")


def state_machine(arn: str, payload: str) -> None:
    """A state machine: the event is delivered once its execution has started."""
    if stepfunctions._resolve_state_machine_arn(arn) is None:
        raise DeliveryError("NO_RESOURCE", f"The state machine {arn} does not exist")
    status, _, body = stepfunctions._start_execution({"stateMachineArn": arn, "input": payload})
    if status >= 400:
        error = json.loads(body)
        raise DeliveryError("INVALID_PARAMETER", f"{error.get('__type')}: {error.get('message')}")


def event_bus(spec: Any, forward: Callable[[], None]) -> None:
    """Another event bus of this account and region."""
    name = spec.resource.partition("/")[2]
    here = spec.account_id == get_account_id() and spec.region == get_region()
    if not here or name not in eventbridge._event_buses:
        raise DeliveryError("NO_RESOURCE", f"The event bus {name} does not exist")
    forward()


def api_destination(spec: Any, payload: str, target: dict[str, Any]) -> None:
    """An HTTP endpoint. Blocks until it answers."""
    destination = eventbridge._api_destinations.get(spec.resource.split("/")[1])
    if destination is None:
        raise DeliveryError("NO_RESOURCE", f"The API destination {spec.resource} does not exist")
    name = (destination.get("ConnectionArn") or "").rpartition("/")[2]
    connection = eventbridge._connections.get(name)
    if connection is None:
        raise DeliveryError("NO_RESOURCE", f"The connection {name} does not exist")
    if destination.get("ApiDestinationState") != "ACTIVE" or connection.get("ConnectionState") != "AUTHORIZED":
        raise DeliveryError("CONNECTION_FAILURE", f"The connection {name} is not authorized", retryable=True)
    request = eventbridge._build_api_destination_request(
        destination, connection, target.get("HttpParameters") or {}, payload
    )
    try:
        headers = eventbridge._connection_auth_headers(connection, (get_account_id(), get_region(), name))
        status = eventbridge._api_destination_send_sync(request, headers)
    except OSError as error:
        raise DeliveryError("CONNECTION_FAILURE", str(error), retryable=True) from error
    if not 200 <= status < 300:
        retryable = status in _RETRYABLE_HTTP or status >= 500
        raise DeliveryError("ERROR_FROM_TARGET", f"The endpoint answered {status}", retryable)
