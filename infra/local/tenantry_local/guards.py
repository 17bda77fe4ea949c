"""Guards that AWS keeps and the emulator does not: what refuses to be deleted, and names without case.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteTable.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteUserPool.html
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-deletion-protection.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UsernameConfigurationType.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import cognito, dynamodb, s3
from ministack.services.cloudformation import provisioners

_TABLE = (
    'Resource handler returned message: "Resource cannot be deleted as it is currently protected against deletion. '
    'Disable deletion protection first." (HandlerErrorCode: InvalidRequest)'
)
_POOL = (
    "The user pool cannot be deleted because deletion protection is activated. "
    "Deletion protection must be inactivated first."
)
_BUCKET = "The bucket you tried to delete is not empty"


def install() -> None:
    """Put the guards before the deletions of the API and of CloudFormation, and before names of users."""
    table = provisioners._RESOURCE_HANDLERS
    table["AWS::DynamoDB::Table"] = _with_switch(table["AWS::DynamoDB::Table"])
    _guard(table, "AWS::DynamoDB::Table", _of_table)
    _guard(table, "AWS::Cognito::UserPool", _of_pool)
    _guard(table, "AWS::S3::Bucket", _of_bucket)
    delete_pool = cognito._delete_user_pool

    def delete_user_pool(data: dict[str, Any]) -> Any:
        refusal = _of_pool(str(data.get("UserPoolId")))
        return error_response_json("InvalidParameterException", refusal, 400) if refusal else delete_pool(data)

    cognito._delete_user_pool = delete_user_pool
    cognito._resolve_user = _without_case(cognito._resolve_user)
    for name in ("_admin_create_user", "_sign_up"):
        setattr(cognito, name, _one_for_all_cases(getattr(cognito, name)))


def _guard(table: dict[str, Any], resource_type: str, refusal_of: Callable[[str], str | None]) -> None:
    handler = table[resource_type]

    def delete(physical_id: str, properties: dict[str, Any], *more: Any) -> Any:
        refusal = refusal_of(physical_id)
        if refusal:
            raise ValueError(refusal)
        return handler["delete"](physical_id, properties, *more)

    table[resource_type] = {**handler, "delete": delete}


def _with_switch(handler: dict[str, Any]) -> dict[str, Any]:
    """The handler of a table, to which a parameter's "false" is false: the emulator's DeleteTable takes it for true."""
    name = "DeletionProtectionEnabled"

    def plain(properties: dict[str, Any]) -> dict[str, Any]:
        return {**properties, name: str(properties[name]).lower() == "true"} if name in properties else properties

    def create(logical_id: str, properties: dict[str, Any], *more: Any) -> Any:
        return handler["create"](logical_id, plain(properties), *more)

    def update(physical_id: str, old: dict[str, Any], new: dict[str, Any], *more: Any) -> Any:
        return handler["update"](physical_id, plain(old), plain(new), *more)

    return {**handler, "create": create, "update": update}


def _of_table(name: str) -> str | None:
    return _TABLE if (dynamodb._tables.get(name) or {}).get("DeletionProtectionEnabled") else None


def _of_pool(pool_id: str) -> str | None:
    pool = cognito._user_pools.get(pool_id)
    return _POOL if pool and pool.get("DeletionProtection") == "ACTIVE" else None


def _of_bucket(name: str) -> str | None:
    bucket = s3._buckets.get(name) or {}
    versions = any(key[0] == name for key in s3._object_versions if isinstance(key, tuple))
    return _BUCKET if bucket.get("objects") or versions else None


def _ignores_case(pool: dict[str, Any]) -> bool:
    """Only where the pool says so: "CaseSensitive" is true by default."""
    return (pool.get("UsernameConfiguration") or {}).get("CaseSensitive") in (False, "false")


def _same(pool: dict[str, Any], username: str) -> dict[str, Any] | None:
    """The user whose name, or address or preferred name that names him, is `username` but for its case."""
    wanted = username.lower()
    by_attribute = [*(pool.get("UsernameAttributes") or []), *(pool.get("AliasAttributes") or [])]
    for user in pool["_users"].values():
        attributes = cognito._attr_list_to_dict(user.get("Attributes", []))
        # An alias counts once it is verified, a sign-in name at once; the emulator's own look-up knows the difference.
        names = [user["Username"], *(attributes.get(name) or "" for name in by_attribute)]
        for name in names:
            if name and name.lower() == wanted:
                found: dict[str, Any] = user
                return found
    return None


def _without_case(resolve: Callable[..., Any]) -> Callable[..., Any]:
    def resolved(pool: dict[str, Any], username: str) -> Any:
        user, error = resolve(pool, username)
        if user is None and username and _ignores_case(pool):
            same = _same(pool, username)
            if same is not None:
                spelled = _spelled(pool, same, username)
                return resolve(pool, spelled)
        return user, error

    return resolved


def _spelled(pool: dict[str, Any], user: dict[str, Any], username: str) -> str:
    """`username` as the user's own record spells it."""
    attributes = cognito._attr_list_to_dict(user.get("Attributes", []))
    names = [user["Username"], *attributes.values()]
    return next((name for name in names if name.lower() == username.lower()), username)


def _one_for_all_cases(create: Callable[..., Any]) -> Callable[..., Any]:
    def created(data: dict[str, Any]) -> Any:
        pool = cognito._user_pools.get(str(data.get("UserPoolId"))) or _pool_of_client(data)
        username = data.get("Username")
        if pool and isinstance(username, str) and _ignores_case(pool):
            same = _same(pool, username)
            if same is not None and data.get("MessageAction") != "RESEND":
                return error_response_json("UsernameExistsException", "User account already exists.", 400)
        return create(data)

    return created


def _pool_of_client(data: dict[str, Any]) -> dict[str, Any] | None:
    for pool in cognito._user_pools.values():
        if data.get("ClientId") in (pool.get("_clients") or {}):
            found: dict[str, Any] = pool
            return found
    return None
