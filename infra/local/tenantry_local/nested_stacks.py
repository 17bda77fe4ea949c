"""Nested stacks, as the emulator makes every other stack: with transforms, with a rollback, and with deletions that fail.

The emulator deploys a child in a loop of its own, which has none of these: what a child's failed update has changed
stays, what its failed creation has made is nobody's, and a protected table in it is taken for deleted.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-stack.html
"""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Callable
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import cloudformation
from ministack.services.cloudformation import handlers, provisioners, stacks

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]

_TYPE = "AWS::CloudFormation::Stack"
_CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
#: Which of its parent's resources a stack is: the parent's name, and the logical id.
_PLACE = "_place"


def install() -> None:
    """Put these in the place of the emulator's, and the child's id into the event of its failure."""
    provisioners._RESOURCE_HANDLERS[_TYPE] = {"create": _create, "update": _update, "delete": _delete}
    add_event = stacks._add_event

    def with_id(stack_id: str, stack_name: str, logical_id: str, resource_type: str, *more: Any, **named: Any) -> Any:
        # Status, reason, physical id.
        if resource_type == _TYPE and len(more) == 2 and "physical_id" not in named:
            named["physical_id"] = next((c["StackId"] for c in _children(stack_name, logical_id)), "")
        return add_event(stack_id, stack_name, logical_id, resource_type, *more, **named)

    stacks._add_event = with_id


def _create(logical_id: str, props: Properties, stack_name: str) -> Created:
    name = f"{stack_name}-{logical_id}-{new_uuid().replace('-', '').upper()[:12]}"
    parent = cloudformation._stacks[stack_name]

    def begin(params: dict[str, list[str]]) -> Any:
        answer = handlers._create_stack(params)
        if name in cloudformation._stacks:
            root = parent.get("RootId") or parent["StackId"]
            more = {"ParentId": parent["StackId"], "RootId": root, _PLACE: (stack_name, logical_id)}
            cloudformation._stacks[name].update(more)
        return answer

    status, words = _done(begin, {"StackName": [name], **_parameters(props)})
    child = cloudformation._stacks.get(name)
    if status >= 400 or child is None:
        raise ValueError(words)
    if child["StackStatus"] != "CREATE_COMPLETE":
        reason = _reason(child, "CREATE_FAILED", "create")
        _done(handlers._delete_stack, {"StackName": [child["StackId"]]})
        raise ValueError(f"Embedded stack {child['StackId']} was not successfully created: {reason}")
    return child["StackId"], _outputs(child)


def _update(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Created:
    status, words = _done(handlers._update_stack, {"StackName": [physical_id], **_parameters(new)})
    if status >= 400 and "No updates are to be performed" not in words:
        raise ValueError(words)
    child = _child(physical_id)
    if status < 400 and child["StackStatus"] != "UPDATE_COMPLETE":
        reason = _reason(child, "UPDATE_FAILED", "update")
        raise ValueError(f"Embedded stack {physical_id} was not successfully updated. {reason}")
    return physical_id, _outputs(child)


def _delete(physical_id: str, props: Properties) -> None:
    status, words = _done(handlers._delete_stack, {"StackName": [physical_id]})
    if status >= 400:
        raise ValueError(words)
    child = handlers._resolve_stack(physical_id)
    if child is not None and child["StackStatus"] != "DELETE_COMPLETE":
        reason = child.get("StackStatusReason")
        raise ValueError(f"Embedded stack {physical_id} was not successfully deleted: {reason}")


def _done(call: Callable[..., Any], params: dict[str, list[str]]) -> tuple[int, str]:
    """What a request to CloudFormation answers, once what it began is over. On a thread of its own, as the caller."""

    async def whole() -> tuple[int, str]:
        status, _, body = call(params)
        begun = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*begun)
        message = re.search(r"<Message>(.*?)</Message>", body.decode() if isinstance(body, bytes) else body, re.S)
        return status, html.unescape(message.group(1)) if message else ""

    return asyncio.run(whole())


def _parameters(props: Properties) -> dict[str, list[str]]:
    """The request that says what the resource's properties do."""
    values = props.get("Parameters") or {}
    if any(isinstance(value, (dict, list)) for value in values.values()):
        # A list of a parameter has to be joined.
        raise ValueError("Value of property Parameters must be an object with String (or simple type) properties")
    members: dict[str, list[str]] = {"TemplateURL": [str(props.get("TemplateURL") or "")]}
    for at, (name, value) in enumerate(values.items(), 1):
        members[f"Parameters.member.{at}.ParameterKey"] = [name]
        members[f"Parameters.member.{at}.ParameterValue"] = ["" if value is None else _text(value)]
    for at, capability in enumerate(_CAPABILITIES, 1):
        members[f"Capabilities.member.{at}"] = [capability]
    tags = [tag for tag in props.get("Tags") or [] if not str(tag["Key"]).startswith("aws:")]
    for at, tag in enumerate(tags, 1):
        members[f"Tags.member.{at}.Key"] = [tag["Key"]]
        members[f"Tags.member.{at}.Value"] = [tag["Value"]]
    return members


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _children(parent: str, logical_id: str) -> list[dict[str, Any]]:
    """The stacks that a resource was, the youngest first."""
    known = [child for child in cloudformation._stacks.values() if child.get(_PLACE) == (parent, logical_id)]
    return known[::-1]


def _child(physical_id: str) -> dict[str, Any]:
    child: dict[str, Any] | None = handlers._resolve_stack(physical_id)
    if child is None:
        raise ValueError(f"Stack with id {physical_id} does not exist")
    return child


def _outputs(child: dict[str, Any]) -> dict[str, Any]:
    return {f"Outputs.{output['OutputKey']}": output["OutputValue"] for output in child["Outputs"]}


def _reason(child: dict[str, Any], status: str, verb: str) -> str:
    """As CloudFormation says it of a child: not why, but which resource. The child's own events say why."""
    events = cloudformation._stack_events.get(child["StackId"], [])
    failed = [e["LogicalResourceId"] for e in events if e["ResourceStatus"] == status and e["LogicalResourceId"] != child["StackName"]]
    if verb == "update":
        failed += [e["LogicalResourceId"] for e in events if e["ResourceStatus"] == "CREATE_FAILED"]
    return f"The following resource(s) failed to {verb}: [{', '.join(failed[-1:])}]."
