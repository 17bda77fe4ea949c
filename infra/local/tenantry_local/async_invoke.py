"""Lambda's asynchronous invocation: its queue, its two retries, and where a lost event goes.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

import contextvars
import itertools
import json
import logging
import random
import threading
import time
import uuid
from typing import Any

from ministack.core.responses import get_account_id, get_region, now_iso, request_scope
from ministack.services import eventbridge, lambda_svc, sns

from . import interrupted, queues, settings

logger = logging.getLogger("tenantry_local.lambda")

#: AWS waits one minute before the first retry and two before the second, in seconds.
RETRY_WAITS = (60.0, 120.0)

#: A throttled event goes back to the queue; the wait grows from 1 second to 5 minutes.
_THROTTLE_WAITS = (1.0, 300.0)

#: However short the scale makes that wait, it leaves the others time to finish, in seconds.
_SHORTEST_THROTTLE_WAIT = 0.02

Record = dict[str, Any]

#: Events that were taken in and are not over, by a number of their own: account, region, function, event.
_under_way: dict[int, tuple[str, str, str, Any]] = {}
_numbers = itertools.count()

_stopping = threading.Event()


def install() -> None:
    """Put this module's functions in the place of the emulator's."""
    original_reset = lambda_svc.reset

    def reset() -> None:
        stop()
        original_reset()

    lambda_svc.invoke_async_with_retry = invoke
    lambda_svc.reset = reset


def stop() -> None:
    """Drop what still waits for a retry."""
    global _stopping
    _stopping.set()
    _stopping = threading.Event()


def invoke(function: Record, event: Any) -> None:
    """Queue an event for a function; returns at once."""
    number = next(_numbers)
    config = function.get("config") or function
    _under_way[number] = (get_account_id(), get_region(), str(config.get("FunctionArn", "")), event)
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(_whole, number, function, event, _stopping), daemon=True).start()


def under_way() -> list[tuple[str, str, str, Any]]:
    """The events that are not over yet."""
    return list(_under_way.values())


def resume_when_ready(events: list[tuple[str, str, str, Any]]) -> None:
    """Take in again what another process had not done; from the first attempt, as nobody knows how far it was."""

    def resume() -> None:
        for account, region, arn, event in events:
            with request_scope(account, region):
                record, config, name = lambda_svc._get_func_record_for_ref(arn)
                if record is None or config is None:
                    logger.warning("the function %s of an event is gone", name)
                else:
                    invoke(lambda_svc._execution_record_for_config(record, config), event)

    interrupted.when_ready(resume)


def _whole(number: int, function: Record, event: Any, stopping: threading.Event) -> None:
    _run(function, event, stopping)
    # What was stopped half way is still under way: whoever loads the state goes on with it.
    if not stopping.is_set():
        _under_way.pop(number, None)


def _run(function: Record, event: Any, stopping: threading.Event) -> None:
    config = function.get("config") or function
    options = function.get("event_invoke_config") or (function.get("event_invoke_configs") or {}).get("$LATEST") or {}
    retries = options.get("MaximumRetryAttempts")
    allowed = 2 if retries is None else int(retries)
    scale = settings.retry_scale()
    # A throttled event waits in earnest, however short the scale makes its waits.
    deadline = time.monotonic() + float(options.get("MaximumEventAgeInSeconds") or 21_600)
    failures, throttled = 0, 0
    while True:
        result = lambda_svc._execute_function_with_config_scope(function, event)
        if not result.get("error"):
            _deliver(options, "OnSuccess", config, event, result, "Success", failures + 1)
            return
        if result.get("throttle"):
            wait = min(_THROTTLE_WAITS[0] * 2**throttled, _THROTTLE_WAITS[1]) * scale
            wait = max(wait, _SHORTEST_THROTTLE_WAIT) * random.uniform(0.5, 1.0)
            throttled += 1
        else:
            failures += 1
            if failures > allowed:
                condition = "RetriesExhausted"
                break
            wait = RETRY_WAITS[min(failures, len(RETRY_WAITS)) - 1] * scale
        if time.monotonic() + wait > deadline:
            condition = "EventAgeExceeded"
            break
        if stopping.wait(wait):
            return
    logger.warning("%s: an asynchronous event failed for good: %s", config.get("FunctionName"), condition)
    _deliver(options, "OnFailure", config, event, result, condition, max(1, failures))
    target = (config.get("DeadLetterConfig") or {}).get("TargetArn")
    if target:
        _dead_letter(target, event, result)


def _deliver(
    invoke_config: Record, kind: str, config: Record, event: Any, result: Record, condition: str, count: int
) -> None:
    target = ((invoke_config.get("DestinationConfig") or {}).get(kind) or {}).get("Destination")
    if not target:
        return
    context: Record = {"statusCode": 200, "executedVersion": "$LATEST"}
    if kind == "OnFailure":
        context["functionError"] = result.get("function_error") or "Unhandled"
    record = {
        "version": "1.0",
        "timestamp": now_iso(),
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": f"{config.get('FunctionArn', '')}:$LATEST",
            "condition": condition,
            "approximateInvokeCount": count,
        },
        "requestPayload": event,
        "responseContext": context,
        "responsePayload": _decoded(result.get("body")),
    }
    try:
        _send(target, kind, record)
    except Exception:  # AWS counts a failed destination in a metric and goes on.
        logger.exception("the %s destination %s was not reached", kind, target)


def _send(target: str, kind: str, record: Record) -> None:
    service = target.split(":")[2]
    if service == "sqs":
        queues.send(target, json.dumps(record))
    elif service == "sns":
        sns.publish_internal(target, json.dumps(record))
    elif service == "lambda":
        function, config, name = lambda_svc._get_func_record_for_ref(target)
        if function is None:
            logger.warning("the destination function %s does not exist", name)
        else:
            invoke(lambda_svc._execution_record_for_config(function, config), record)
    elif service == "events":
        entry = {
            "EventBusName": target,
            "Source": "lambda",
            "DetailType": f"Lambda Function Invocation Result - {kind.removeprefix('On')}",
            "Detail": json.dumps(record),
        }
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
    else:
        logger.warning("destinations of type %s are not part of the local cloud", service)


def _dead_letter(target: str, event: Any, result: Record) -> None:
    body = _decoded(result.get("body"))
    message = body.get("errorMessage", "") if isinstance(body, dict) else str(body)
    attributes = {"RequestID": str(uuid.uuid4()), "ErrorCode": "200", "ErrorMessage": str(message)[:1024]}
    try:
        if target.split(":")[2] == "sqs":
            queues.send(target, json.dumps(event), attributes)
        else:
            sns.publish_internal(target, json.dumps(event))
    except Exception:
        logger.exception("the dead-letter queue %s was not reached", target)


def _decoded(body: Any) -> Any:
    if isinstance(body, (str, bytes)):
        try:
            return json.loads(body)
        except ValueError:
            return body if isinstance(body, str) else body.decode("utf-8", "replace")
    return body
