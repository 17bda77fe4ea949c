"""Why a stack operation failed, from its events and those of its nested stacks.

A parent says of a nested stack that failed no more than that it did ("Embedded
stack … was not successfully created"); the reason is among the nested stack's
own events, which are kept for 90 days after its deletion ("DescribeStackEvents",
AWS CloudFormation API Reference).
"""

from __future__ import annotations

import unicodedata
from typing import Callable, Dict, List, Optional, Set, Tuple

#: A stack's events, newest first, as DescribeStackEvents gives them, by the stack's id.
Events = Callable[[str], List[Dict[str, str]]]

STACK = "AWS::CloudFormation::Stack"

BEGINNINGS = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS")

# What CloudFormation says of resources that it gave up because another one failed.
CANCELLED = ("Resource creation cancelled", "Resource update cancelled", "Resource deletion cancelled")

# What it says of an operation that somebody asked for.
ASKED = "User Initiated"

Event = Dict[str, str]


def first_failure(stack_id: str, events: Events) -> Optional[Tuple[str, str]]:
    """The first failure of the latest operation, as ("<logical id> <type>", reason).

    That of a resource in a nested stack, however deep, is
    ("<nested>/<logical id> <type>", reason). A resource's own failure goes
    before what is said of a stack as a whole. None if no event says why.
    """
    return _first(stack_id, events, BEGINNINGS, set())


def _first(stack_id: str, events: Events, beginnings: Tuple[str, ...], seen: Set[str]) -> Optional[Tuple[str, str]]:
    seen.add(stack_id)
    latest = _operation(events(stack_id), beginnings)
    resources = [event for event in latest if not _is_of_stack(event) and _failed(event) and _says_why(event)]
    for event in resources:
        found = _of_nested(event, events, seen)
        if found:
            step, text = found
            return f"{event.get('LogicalResourceId', '')}/{step}", text
        return _blame(event)
    whole = [event for event in latest if _is_of_stack(event)]
    for event in [event for event in whole if _failed(event)] + whole:
        if _says_why(event):
            return _blame(event)
        if _is_given_up(event):
            return _blame(event)[0], "somebody cancelled the update while it was under way"
    return None


def _of_nested(event: Event, events: Events, seen: Set[str]) -> Optional[Tuple[str, str]]:
    """Why the nested stack failed, if `event` is of one.

    Its latest operation may be another one: what its parent could not create
    is deleted again. So the operation is the one that the parent asked for.
    """
    nested = event.get("PhysicalResourceId", "")
    if event.get("ResourceType") != STACK or not nested or nested in seen:
        return None
    asked = event.get("ResourceStatus", "").replace("_FAILED", "_IN_PROGRESS")
    return _first(nested, events, (asked,), seen) if asked in BEGINNINGS else None


def _operation(events: List[Event], beginnings: Tuple[str, ...]) -> List[Event]:
    """The events of the latest operation that began as one of `beginnings`, oldest first."""
    latest: List[Event] = []
    for event in events:
        latest.append(event)
        status = event.get("ResourceStatus")
        if _is_of_stack(event) and status in beginnings:
            break
        if _is_of_stack(event) and status in BEGINNINGS:
            # All so far is of an operation that came later.
            latest.clear()
    return latest[::-1]


def _is_of_stack(event: Event) -> bool:
    return event.get("PhysicalResourceId") == event.get("StackId")


def _failed(event: Event) -> bool:
    return event.get("ResourceStatus", "").endswith("_FAILED")


def _says_why(event: Event) -> bool:
    text = event.get("ResourceStatusReason", "")
    return bool(text) and not text.startswith(CANCELLED) and text != ASKED


def _is_given_up(event: Event) -> bool:
    """A rollback that was asked for: somebody called CancelUpdateStack."""
    return event.get("ResourceStatus") == "UPDATE_ROLLBACK_IN_PROGRESS" and event.get("ResourceStatusReason") == ASKED


def _blame(event: Event) -> Tuple[str, str]:
    step = f"{event.get('LogicalResourceId', '')} {event.get('ResourceType', '')}"
    return step, event.get("ResourceStatusReason", "")


def clean(text: str, limit: int) -> str:
    """`text` in one line, without control characters, of at most `limit` characters."""
    visible = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c for c in text)
    line = " ".join(visible.split())
    return line if len(line) <= limit else line[: limit - 1] + "\u2026"
