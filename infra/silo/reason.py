"""Why a stack operation failed, from its events. Pure."""

from __future__ import annotations

import unicodedata
from typing import Dict, List, Optional, Tuple

BEGINNINGS = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS")

# What CloudFormation says of resources that it gave up because another one failed.
CANCELLED = ("Resource creation cancelled", "Resource update cancelled", "Resource deletion cancelled")

Event = Dict[str, str]


def first_failure(events: List[Event]) -> Optional[Tuple[str, str]]:
    """The first failure of the latest operation, as ("<logical id> <type>", reason).

    `events` are newest first, as DescribeStackEvents gives them. A resource's
    own failure goes before what is said of the stack as a whole.
    """
    latest = _latest_operation(events)
    resources = [event for event in latest if not _is_of_stack(event) and _failed(event)]
    stack = [event for event in latest if _is_of_stack(event) and event.get("ResourceStatusReason")]
    for event in resources + [event for event in stack if _failed(event)] + stack:
        text = event.get("ResourceStatusReason", "")
        if text and not text.startswith(CANCELLED) and text != "User Initiated":
            return f"{event.get('LogicalResourceId', '')} {event.get('ResourceType', '')}", text
    return None


def _latest_operation(events: List[Event]) -> List[Event]:
    """The events since the stack last began something, oldest first."""
    latest: List[Event] = []
    for event in events:
        latest.append(event)
        if _is_of_stack(event) and event.get("ResourceStatus") in BEGINNINGS:
            break
    return latest[::-1]


def _is_of_stack(event: Event) -> bool:
    return event.get("PhysicalResourceId") == event.get("StackId")


def _failed(event: Event) -> bool:
    return event.get("ResourceStatus", "").endswith("_FAILED")


def clean(text: str, limit: int) -> str:
    """`text` in one line, without control characters, of at most `limit` characters."""
    visible = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c for c in text)
    line = " ".join(visible.split())
    return line if len(line) <= limit else line[: limit - 1] + "\u2026"
