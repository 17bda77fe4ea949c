"""Delivers an event to one target of a rule: retries, then the target's dead-letter queue.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

from __future__ import annotations

import contextvars
import itertools
import json
import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import eventbridge

from . import interrupted, permissions, queues, settings

logger = logging.getLogger("tenantry_local.eventbridge")

#: AWS's defaults of a target without a retry policy.
DEFAULT_ATTEMPTS = 185
DEFAULT_AGE_SECONDS = 86_400

#: 185 attempts in 24 hours are one in about 8 minutes: the ceiling of the back-off, in seconds.
_LONGEST_WAIT = 480.0


class DeliveryError(Exception):
    """A target did not take an event. `code` is one of those that the page on dead-letter queues lists."""

    def __init__(self, code: str, message: str, retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.retryable = retryable


@dataclass(frozen=True)
class Delivery:
    """One event on its way to one target."""

    target: dict[str, Any]
    rule_arn: str
    #: As a target sees it.
    event: dict[str, Any]
    #: As the bus took it in.
    entry: dict[str, Any]


#: Deliveries that are not over, by a number of their own: account, region, and what is delivered.
_under_way: dict[int, tuple[str, str, Delivery]] = {}
_numbers = itertools.count()

_stopping = threading.Event()


def under_way() -> list[tuple[str, str, Delivery]]:
    """The deliveries that wait for another attempt."""
    return list(_under_way.values())


def resume_when_ready(deliveries: list[tuple[str, str, Delivery]]) -> None:
    """Make the deliveries again that another process had not made; from the first attempt."""

    def resume() -> None:
        for account, region, delivery in deliveries:
            with request_scope(account, region):
                eventbridge._invoke_target(delivery.target, delivery.entry, {"Arn": delivery.rule_arn})

    interrupted.when_ready(resume)


def stop() -> None:
    """Drop what still waits for a retry."""
    global _stopping
    _stopping.set()
    _stopping = threading.Event()


def deliver(delivery: Delivery, attempt: Callable[[], None], blocking: bool = False) -> None:
    """Try once; retries, and a first attempt that may block, happen on a thread of their own."""
    if blocking:
        _spawn(delivery, attempt, None)
        return
    error = _attempt(attempt)
    if error is None:
        return
    if error.retryable:
        _spawn(delivery, attempt, error)
    else:
        _dead_letter(delivery, error, 0, "")


def wait_before(retry: int) -> float:
    """Seconds before the retry with this number, from 0: exponential, with jitter, before scaling."""
    longest = min(2.0**retry, _LONGEST_WAIT)
    return longest * random.uniform(0.5, 1.0)


def _spawn(delivery: Delivery, *arguments: Any) -> None:
    number = next(_numbers)
    _under_way[number] = (get_account_id(), get_region(), delivery)

    def whole(stopping: threading.Event, *others: Any) -> None:
        _retry(delivery, *others, stopping)
        # What was stopped half way is still under way: whoever loads the state goes on with it.
        if not stopping.is_set():
            _under_way.pop(number, None)

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(whole, _stopping, *arguments), daemon=True).start()


def _attempt(attempt: Callable[[], None]) -> DeliveryError | None:
    try:
        attempt()
    except DeliveryError as error:
        return error
    except Exception as error:
        logger.exception("a delivery broke off")
        return DeliveryError("INTERNAL_ERROR", str(error), retryable=True)
    return None


def _retry(
    delivery: Delivery, attempt: Callable[[], None], first: DeliveryError | None, stopping: threading.Event
) -> None:
    policy = delivery.target.get("RetryPolicy") or {}
    attempts = _number(policy.get("MaximumRetryAttempts"), DEFAULT_ATTEMPTS)
    scale = settings.retry_scale()
    deadline = time.monotonic() + _number(policy.get("MaximumEventAgeInSeconds"), DEFAULT_AGE_SECONDS) * scale
    error = first or _attempt(attempt)
    retries = 0
    while error is not None:
        if not error.retryable:
            _dead_letter(delivery, error, retries, "")
            return
        if retries >= attempts:
            _dead_letter(delivery, error, retries, "MaximumRetryAttempts")
            return
        wait = wait_before(retries) * scale
        if time.monotonic() + wait > deadline:
            _dead_letter(delivery, error, retries, "MaximumEventAgeInSeconds")
            return
        if stopping.wait(wait):
            return
        retries += 1
        error = _attempt(attempt)


def _dead_letter(delivery: Delivery, error: DeliveryError, retries: int, exhausted: str) -> None:
    queue = (delivery.target.get("DeadLetterConfig") or {}).get("Arn")
    target = delivery.target.get("Arn", "")
    logger.warning("event for %s not delivered: %s %s", target, error.code, error)
    if not queue:
        return
    attributes = {
        "RULE_ARN": delivery.rule_arn,
        "TARGET_ARN": target,
        "ERROR_CODE": error.code,
        "ERROR_MESSAGE": str(error),
        "RETRY_ATTEMPTS": str(retries),
        "EXHAUSTED_RETRY_CONDITION": exhausted,
    }
    try:
        if not permissions.allows_rule(queues.policy(queue), "sqs:SendMessage", queue, delivery.rule_arn):
            logger.error("the policy of the dead-letter queue %s does not let EventBridge in: event dropped", queue)
            return
        queues.send(queue, json.dumps(delivery.event), attributes)
    except queues.QueueError as refused:
        logger.error("the dead-letter queue %s took no event: %s", queue, refused)


def _number(value: Any, default: int) -> int:
    return default if value is None else int(value)
