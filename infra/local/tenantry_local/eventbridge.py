"""EventBridge: what PutEvents refuses, and how rules reach their targets.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html
"""

from __future__ import annotations

import contextvars
import json
from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import eventbridge

from . import delivery, targets
from .delivery import Delivery

Response = tuple[int, dict[str, str], Any]

#: The largest size of the entries of one request, in bytes (256 KiB until 2026-01).
MAX_ENTRIES_BYTES = 1 << 20

#: The delivery that this thread is at, for the functions that reach the targets.
_current: contextvars.ContextVar[Delivery | None] = contextvars.ContextVar("tenantry_delivery", default=None)


def install() -> None:
    """Put this module's functions in the place of the emulator's."""
    put_events = eventbridge._put_events
    invoke_target = eventbridge._invoke_target
    to_event_bus = eventbridge._dispatch_to_event_bus
    reset = eventbridge.reset

    def invoke(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None) -> None:
        if not _is_replayed_to(event.get("ReplayName"), rule):
            return
        view = view or eventbridge._pattern_event_view(event)
        token = _current.set(Delivery(target, rule.get("Arn", ""), view.event_with_detail(), event))
        try:
            invoke_target(target, event, rule, view)
        finally:
            _current.reset(token)

    def send(attempt: Callable[[str], None], blocking: bool = False) -> None:
        current = _current.get()
        if current is not None:
            delivery.deliver(current, lambda: attempt(current.rule_arn), blocking)

    def event_bus(spec: Any, event: Any, rule: Any, path: Any, payload: Any = None) -> None:
        send(lambda _: targets.event_bus(spec, lambda: to_event_bus(spec, event, rule, path, payload)))

    def reset_all() -> None:
        delivery.stop()
        reset()

    eventbridge._put_events = lambda data, allow_aws_source=False: _put_events(data, allow_aws_source, put_events)
    eventbridge._invoke_target = invoke
    # A target elsewhere is reached, and refused, like any other that does not exist here.
    eventbridge._target_matches_request_scope = lambda spec: True
    eventbridge._dispatch_to_event_bus = event_bus
    eventbridge._dispatch_to_lambda = lambda arn, payload: send(lambda rule: targets.function(arn, payload, rule))
    eventbridge._dispatch_to_sqs = lambda spec, payload, parameters=None: send(
        lambda rule: targets.queue(str(spec), payload, parameters or {}, rule)
    )
    eventbridge._dispatch_to_sns = lambda arn, payload: send(lambda _: targets.topic(arn, payload))
    eventbridge._dispatch_to_stepfunctions = lambda arn, payload: send(lambda _: targets.state_machine(arn, payload))
    eventbridge._dispatch_to_api_destination = lambda spec, payload, target: send(
        lambda _: targets.api_destination(spec, payload, target), blocking=True
    )
    eventbridge.reset = reset_all


def _is_replayed_to(replay_name: str | None, rule: dict[str, Any]) -> bool:
    """Whether the rule is among those that a replay is for: all of the bus, unless it names some.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ReplayDestination.html (FilterArns)
    """
    replay = eventbridge._replays.get(replay_name) if replay_name else None
    named = ((replay or {}).get("Destination") or {}).get("FilterArns")
    return not named or rule.get("Arn") in named


def entry_error(entry: dict[str, Any]) -> dict[str, str] | None:
    """Why an entry is refused, as a result entry, or None."""
    for member in ("Source", "DetailType", "Detail"):
        if not entry.get(member):
            return {
                "ErrorCode": "InvalidArgument",
                "ErrorMessage": f"Parameter {member} is not valid. Reason: {member} is a required argument.",
            }
    try:
        detail = json.loads(entry["Detail"])
    except (TypeError, ValueError):
        detail = None
    if not isinstance(detail, dict):
        return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
    return None


def entry_size(entry: dict[str, Any]) -> int:
    """The size of an entry in bytes, by the rule of the page on entry sizes.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
    """
    texts = [entry.get("Source"), entry.get("DetailType"), entry.get("Detail"), *(entry.get("Resources") or [])]
    size = sum(len(text.encode()) for text in texts if isinstance(text, str))
    return size + (14 if entry.get("Time") is not None else 0)


def _put_events(data: dict[str, Any], allow_aws_source: bool, original: Callable[..., Response]) -> Response:
    entries = data.get("Entries") or []
    if not 1 <= len(entries) <= 10:
        bound = "less than or equal to 10" if entries else "greater than or equal to 1"
        message = (
            f"1 validation error detected: Value '{len(entries)}' at 'entries' failed to satisfy constraint: "
            f"Member must have length {bound}"
        )
        return error_response_json("ValidationException", message, 400)
    if not allow_aws_source and sum(map(entry_size, entries)) > MAX_ENTRIES_BYTES:
        return error_response_json(
            "ValidationException", "Total size of the entries in the request is over the limit.", 400
        )
    # What AWS's own services send is well formed, whatever shape the emulator hands it on in.
    errors = [None if allow_aws_source else entry_error(entry) for entry in entries]
    good = [entry for entry, error in zip(entries, errors) if error is None]
    accepted: list[dict[str, Any]] = []
    if good:
        status, headers, body = original({**data, "Entries": good}, allow_aws_source=allow_aws_source)
        if status >= 400:
            return status, headers, body
        accepted = json.loads(body)["Entries"]
    rest = iter(accepted)
    results = [next(rest) if error is None else error for error in errors]
    failed = sum(1 for result in results if "ErrorCode" in result)
    return json_response({"FailedEntryCount": failed, "Entries": results})
