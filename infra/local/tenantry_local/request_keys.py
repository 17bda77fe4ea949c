"""What of a request policies speak of, where the emulator does not look: resources and condition keys.

"Actions, resources, and condition keys for AWS services", Service Authorization Reference;
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

from __future__ import annotations

import json
import re
from contextvars import ContextVar
from typing import Any, Callable

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id
from ministack.services import dynamodb, tagging
from ministack.services.cloudformation import _stacks

Body = dict[str, Any]

_original_resource = iam_actions.extract_resource_arn
_original_tags = iam_actions.request_tag_context
_original_dynamodb = iam_actions.dynamodb_service_context
_original_enforce = iam_evaluator.enforce

_entries: ContextVar[list[Body]] = ContextVar("tenantry_put_events", default=[])


def install() -> None:
    """Put this module's functions in the place of the emulator's."""
    iam_actions.extract_resource_arn = resource
    iam_actions.request_tag_context = context
    iam_actions.dynamodb_service_context = dynamodb_context
    iam_evaluator.enforce = enforce
    # The emulator knows the tags of pools, but does not ask for them.
    tagging._RESOURCE_TAG_COLLECTORS["cognito-idp"] = tagging._collect_cognito


def resource(
    service: str, method: str, path: str, headers: Any, body: bytes, params: Any, region: str, account: str
) -> str:
    """The ARN of the resource that a request is about; `*` where it has none."""
    read = _RESOURCES.get(service)
    found = read(_json(body), params, region, account) if read else None
    if found is not None:
        return found
    known: str = _original_resource(service, method, path, headers, body, params, region, account)
    return known


def _of_pool(body: Body, params: Any, region: str, account: str) -> str | None:
    pool = body.get("UserPoolId")
    return f"arn:aws:cognito-idp:{region}:{account}:userpool/{pool}" if pool else body.get("ResourceArn")


def _of_build(body: Body, params: Any, region: str, account: str) -> str | None:
    # A build is its project's: there are no resources of its own.
    ids = body.get("ids") or [body.get("id")]
    name = str(ids[0] or "").rpartition(":build/")[2].partition(":")[0]
    return f"arn:aws:codebuild:{region}:{account}:project/{name}" if name else None


def _of_logs(body: Body, params: Any, region: str, account: str) -> str | None:
    group, stream = body.get("logGroupName"), body.get("logStreamName")
    return f"arn:aws:logs:{region}:{account}:log-group:{group}:log-stream:{stream}" if group and stream else None


def _of_stack(body: Body, params: Any, region: str, account: str) -> str | None:
    name = iam_actions._query_param(params, "StackName")
    if not name or name.startswith("arn:"):
        return name or None
    stack = _stacks.get(name)
    if stack is not None:
        return str(stack["StackId"])
    # One that is yet to be made has an id that nobody knows.
    return f"arn:aws:cloudformation:{region}:{account}:stack/{name}/new"


def _of_execution(body: Body, params: Any, region: str, account: str) -> str | None:
    return body.get("executionArn")


_RESOURCES: dict[str, Callable[[Body, Any, str, str], str | None]] = {
    "cloudformation": _of_stack,
    "codebuild": _of_build,
    "cognito-idp": _of_pool,
    "logs": _of_logs,
    "states": _of_execution,
}


def context(service: str, action: str, body: bytes, params: Any) -> dict[str, Any]:
    """The condition keys of a request that its parameters give, tags among them."""
    found: dict[str, Any] = _original_tags(service, action, body, params)
    if service == "cloudformation":
        role = iam_actions._query_param(params, "RoleARN")
        if role:
            found["cloudformation:RoleArn"] = role
    elif service == "cognito-idp":
        tags = _json(body).get("UserPoolTags") or {}
        found.update({f"aws:requesttag/{name}".lower(): value for name, value in tags.items()})
        if tags:
            found["aws:TagKeys"] = list(tags)
    elif service == "iam":
        boundary = iam_actions._query_param(params, "PermissionsBoundary")
        if boundary:
            found["iam:PermissionsBoundary"] = boundary
    elif action == "events:PutEvents":
        # Looked at by `enforce`, in the same request.
        _entries.set([entry for entry in _json(body).get("Entries") or [] if isinstance(entry, dict)])
    return found


def enforce(
    key: str, action: str, service: str, region: str, resource_arn: str = "*", service_context: Any = None
) -> Any:
    """As the emulator's; every entry of a PutEvents is looked at on its own, with its bus, source and detail type.

    Whoever gives CloudFormation a role must be allowed to pass it (`using-iam-servicerole`, CloudFormation).
    """
    if action != "events:PutEvents":
        denied = _original_enforce(key, action, service, region, resource_arn, service_context)
        role = (service_context or {}).get("cloudformation:RoleArn")
        if denied or not role:
            return denied
        to = {"iam:PassedToService": "cloudformation.amazonaws.com"}
        return _original_enforce(key, "iam:PassRole", "iam", region, role, to)
    for entry in _entries.get():
        if iam_actions.eventbridge_resource_arns(_one(entry), region, get_account_id()) != [resource_arn]:
            continue
        keys = {"events:source": entry.get("Source"), "events:detail-type": entry.get("DetailType")}
        denied = _original_enforce(key, action, service, region, resource_arn, {**(service_context or {}), **keys})
        if denied:
            return denied
    return None


def _one(entry: Body) -> bytes:
    return json.dumps({"Entries": [entry]}).encode()


def dynamodb_context(body: bytes) -> dict[str, Any]:
    """The condition keys of a DynamoDB request: the emulator's, and `dynamodb:LeadingKeys`."""
    found: dict[str, Any] = _original_dynamodb(body)
    keys = leading_keys(_json(body))
    if keys:
        found["dynamodb:LeadingKeys"] = keys
    return found


def leading_keys(request: Body) -> list[str]:
    """The values of the partition key that a request names, of its table or its index."""
    found: list[str] = []
    for item in request.get("TransactItems") or []:
        for member in ("Put", "Update", "Delete", "ConditionCheck", "Get"):
            found.extend(_of_item((item or {}).get(member) or {}))
    for table, asked in (request.get("RequestItems") or {}).items():
        if isinstance(asked, dict):
            for key in asked.get("Keys") or []:
                found.extend(_of_item({"TableName": table, "Key": key}))
        for write in asked if isinstance(asked, list) else []:
            put, delete = write.get("PutRequest") or {}, write.get("DeleteRequest") or {}
            found.extend(_of_item({"TableName": table, "Item": put.get("Item"), "Key": delete.get("Key")}))
    return list(dict.fromkeys([*found, *_of_item(request), *_of_query(request)]))


def _of_item(request: Body) -> list[str]:
    name = _partition_key(request.get("TableName"), None)
    parts = [request.get("Item") or {}, request.get("Key") or {}]
    return [next(iter(part[name].values())) for part in parts if name in part]


def _of_query(request: Body) -> list[str]:
    expression = request.get("KeyConditionExpression")
    name = _partition_key(request.get("TableName"), request.get("IndexName"))
    if not expression or not name:
        return []
    names, values = request.get("ExpressionAttributeNames") or {}, request.get("ExpressionAttributeValues") or {}
    for attribute, value in re.findall(r"([#\w.-]+)\s*=\s*(:\w+)", expression):
        if names.get(attribute, attribute) == name and value in values:
            return [next(iter(values[value].values()))]
    return []


def _partition_key(table: Any, index: Any) -> str:
    known = dynamodb._tables.get(str(table or "").rpartition("/")[2] or str(table or ""))
    if known is None:
        return ""
    schema = known["KeySchema"]
    if index:
        indexes = [*(known.get("GlobalSecondaryIndexes") or []), *(known.get("LocalSecondaryIndexes") or [])]
        schema = next((each["KeySchema"] for each in indexes if each["IndexName"] == index), [])
    return next((each["AttributeName"] for each in schema if each["KeyType"] == "HASH"), "")


def _json(body: bytes) -> Body:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
