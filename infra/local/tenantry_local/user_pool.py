"""Users of a user pool that a template declares.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpooluser.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpoolusertogroupattachment.html
"""

from __future__ import annotations

import json
from typing import Any

from ministack.services import cognito
from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]

#: What AdminCreateUser takes of the resource's properties.
_OF_REQUEST = (
    "ClientMetadata",
    "DesiredDeliveryMediums",
    "ForceAliasCreation",
    "MessageAction",
    "UserAttributes",
    "UserPoolId",
    "ValidationData",
)


def handlers() -> dict[str, dict[str, Any]]:
    """The handlers of both resource types."""
    return {
        "AWS::Cognito::UserPoolUser": {"create": _create, "update": _replace, "delete": _delete},
        "AWS::Cognito::UserPoolUserToGroupAttachment": {"create": _attach, "update": _move, "delete": _detach},
    }


def _create(logical_id: str, props: Properties, stack_name: str) -> Created:
    name = props.get("Username") or provisioners._physical_name(stack_name, logical_id, max_len=128)
    request = {member: props[member] for member in _OF_REQUEST if member in props}
    _checked(cognito._admin_create_user({**request, "Username": name}))
    return name, {}


def _replace(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Created:
    # Every property of a user is one that a change of replaces the user.
    if old == new:
        return physical_id, {}
    _delete(physical_id, old)
    return _create("", {"Username": physical_id, **new}, stack_name)


def _delete(physical_id: str, props: Properties) -> None:
    cognito._admin_delete_user({"UserPoolId": props.get("UserPoolId"), "Username": physical_id})


def _membership(props: Properties) -> Properties:
    return {name: props.get(name) for name in ("UserPoolId", "GroupName", "Username")}


def _attach(logical_id: str, props: Properties, stack_name: str) -> Created:
    _checked(cognito._admin_add_user_to_group(_membership(props)))
    return provisioners._physical_name(stack_name, logical_id, max_len=64), {}


def _move(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Created:
    _detach(physical_id, old)
    _checked(cognito._admin_add_user_to_group(_membership(new)))
    return physical_id, {}


def _detach(physical_id: str, props: Properties) -> None:
    cognito._admin_remove_user_from_group(_membership(props))


def _checked(response: tuple[int, dict[str, str], Any]) -> None:
    status, _, body = response
    if status >= 400:
        answer = json.loads(body)
        raise ValueError(f"{answer.get('__type')}: {answer.get('message')}")
