"""CloudFormation resource types that the emulator lacks or applies in part.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-eventbuspolicy.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-archive.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codebuild-project.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ministack.services import codebuild as codebuild_service
from ministack.services import dynamodb, eventbridge
from ministack.services.cloudformation import provisioners

from . import codebuild, standins, user_pool

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]
Handler = dict[str, Callable[..., Any]]

#: Properties of a project that the emulator drops, and their names in the API.
_PROJECT_PROPERTIES = {
    "LogsConfig": "logsConfig",
    "QueuedTimeoutInMinutes": "queuedTimeoutInMinutes",
    "ConcurrentBuildLimit": "concurrentBuildLimit",
    "Cache": "cache",
    "VpcConfig": "vpcConfig",
}


def install() -> None:
    """Add to the emulator's table of resource handlers, and wrap two that it has."""
    table = provisioners._RESOURCE_HANDLERS
    table["AWS::Events::EventBusPolicy"] = {
        "create": _policy_create,
        "update": _policy_update,
        "delete": _policy_delete,
    }
    table["AWS::Events::Archive"] = {
        "create": _archive_create,
        "update": _archive_update,
        "delete": _archive_delete,
    }
    table["AWS::CodeBuild::Project"] = _project(table["AWS::CodeBuild::Project"])
    table["AWS::DynamoDB::Table"] = _table(table["AWS::DynamoDB::Table"])
    table.update(user_pool.handlers())
    for resource_type, handler in standins.handlers().items():
        table.setdefault(resource_type, handler)


def _policy_create(logical_id: str, props: Properties, stack_name: str) -> Created:
    bus, error = eventbridge._event_bus_name_from_ref(props.get("EventBusName") or "default")
    if error or (bus != "default" and bus not in eventbridge._event_buses):
        raise ValueError(f"Event bus {props.get('EventBusName')} does not exist")
    sid = props.get("StatementId")
    if not sid:
        raise ValueError("StatementId is required")
    statement = props.get("Statement")
    if statement:
        # PutPermission takes a statement only as a part of a whole policy, which would drop the others.
        policy = eventbridge._event_bus_policies.get(bus) or {"Version": "2012-10-17", "Statement": []}
        others = [known for known in policy["Statement"] if known.get("Sid") != sid]
        eventbridge._event_bus_policies[bus] = {**policy, "Statement": [*others, {**statement, "Sid": sid}]}
    else:
        request = {name: props[name] for name in ("Action", "Principal", "Condition") if name in props}
        _checked(eventbridge._put_permission({**request, "EventBusName": bus, "StatementId": sid}))
    return f"{bus}|{sid}", {}


def _policy_update(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Created:
    created = _policy_create("", new, stack_name)
    if created[0] != physical_id:
        _policy_delete(physical_id, old)
    return created


def _policy_delete(physical_id: str, props: Properties) -> None:
    bus, _, sid = physical_id.partition("|")
    eventbridge._remove_permission({"EventBusName": bus, "StatementId": sid})


def _archive_create(logical_id: str, props: Properties, stack_name: str) -> Created:
    name = props.get("ArchiveName") or provisioners._physical_name(stack_name, logical_id, max_len=48)
    request = {**_archive_settings(props), "ArchiveName": name, "EventSourceArn": props.get("SourceArn", "")}
    answer = _checked(eventbridge._create_archive(request))
    return name, {"Arn": answer["ArchiveArn"], "ArchiveName": name}


def _archive_update(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Created:
    answer = _checked(eventbridge._update_archive({**_archive_settings(new), "ArchiveName": physical_id}))
    return physical_id, {"Arn": answer["ArchiveArn"], "ArchiveName": physical_id}


def _archive_delete(physical_id: str, props: Properties) -> None:
    eventbridge._delete_archive({"ArchiveName": physical_id})


def _archive_settings(props: Properties) -> dict[str, Any]:
    pattern = props.get("EventPattern", "")
    return {
        "Description": props.get("Description", ""),
        "EventPattern": json.dumps(pattern) if isinstance(pattern, dict) else pattern,
        "RetentionDays": int(props.get("RetentionDays", 0)),
    }


def _project(handler: Handler) -> Handler:
    def keep(created: Created, props: Properties) -> Created:
        members = {
            member: provisioners._codebuild_cfn_to_api(props[name])
            for name, member in _PROJECT_PROPERTIES.items()
            if name in props
        }
        for member in ("queuedTimeoutInMinutes", "concurrentBuildLimit"):
            if member in members:
                members[member] = int(members[member])
        project = codebuild_service._projects[created[0]]
        for member in _PROJECT_PROPERTIES.values():
            project.pop(member, None)
        codebuild.keep_members(project, members)
        return created

    def create(logical_id: str, props: Properties, stack_name: str) -> Created:
        return keep(handler["create"](logical_id, props, stack_name), props)

    def update(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Created:
        return keep(handler["update"](physical_id, old, new, stack_name), new)

    return {**handler, "create": create, "update": update}


def _table(handler: Handler) -> Handler:
    def create(logical_id: str, props: Properties, stack_name: str) -> Created:
        name = props.get("TableName")
        # The emulator would put an empty table in the place of the one that is there.
        if name in dynamodb._tables:
            raise ValueError(f"Resource of type 'AWS::DynamoDB::Table' with identifier '{name}' already exists.")
        created: Created = handler["create"](logical_id, props, stack_name)
        _table_settings(created[0], {}, props)
        return created

    def update(physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str) -> Created:
        updated: Created = handler["update"](physical_id, old, new, stack_name, logical_id)
        _table_settings(updated[0], old if updated[0] == physical_id else {}, new)
        return updated

    return {**handler, "create": create, "update": update}


def _table_settings(name: str, old: Properties, new: Properties) -> None:
    before, after = old.get("TimeToLiveSpecification"), new.get("TimeToLiveSpecification")
    if after != before:
        spec: Properties = dict(after) if after else {**(before or {}), "Enabled": False}
        spec["Enabled"] = _true(spec.get("Enabled"))
        # A table that never had a time to live needs none to be switched off.
        if spec["Enabled"] or before:
            _checked(dynamodb._update_ttl({"TableName": name, "TimeToLiveSpecification": spec}))
    recovery = new.get("PointInTimeRecoverySpecification")
    if recovery != old.get("PointInTimeRecoverySpecification"):
        enabled = _true((recovery or {}).get("PointInTimeRecoveryEnabled"))
        request = {"TableName": name, "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": enabled}}
        _checked(dynamodb._update_continuous_backups(request))


def _true(value: Any) -> bool:
    """A template's boolean, which a parameter makes a string."""
    return str(value).lower() == "true"


def _checked(response: tuple[int, dict[str, str], Any]) -> dict[str, Any]:
    status, _, body = response
    answer: dict[str, Any] = json.loads(body) if body else {}
    if status >= 400:
        raise ValueError(f"{answer.get('__type')}: {answer.get('message')}")
    return answer
