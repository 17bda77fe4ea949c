"""What Cognito keeps the users of a pool, and their clients, from doing.

Pages: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/ (`API_SignUp`,
`API_InitiateAuth`, `API_UpdateUserAttributes`, `API_UserPoolClientType`) and, for tokens,
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-with-identity-providers.html

The emulator knows some of it, and asks for it only where it enforces IAM.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import apigateway, cognito

Data = dict[str, Any]

#: What a client may write that says nothing of it (`API_UserPoolClientType`, WriteAttributes).
STANDARD = frozenset(
    "address birthdate email family_name gender given_name locale middle_name name nickname phone_number picture "
    "preferred_username profile updated_at website zoneinfo".split()
)
#: How a client lets users sign in that says nothing of it (`API_UserPoolClientType`, ExplicitAuthFlows).
FLOWS = ("ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH")
#: What each flow needs of a client, in both generations of names. Without one of the newer names, all refresh.
NEEDS = {
    "USER_PASSWORD_AUTH": {"ALLOW_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH"},
    "USER_SRP_AUTH": {"ALLOW_USER_SRP_AUTH"},
    "CUSTOM_AUTH": {"ALLOW_CUSTOM_AUTH", "CUSTOM_AUTH_FLOW_ONLY"},
    "REFRESH_TOKEN_AUTH": {"ALLOW_REFRESH_TOKEN_AUTH"},
    "REFRESH_TOKEN": {"ALLOW_REFRESH_TOKEN_AUTH"},
    "USER_AUTH": {"ALLOW_USER_AUTH"},
    "ADMIN_USER_PASSWORD_AUTH": {"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"},
    "ADMIN_NO_SRP_AUTH": {"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"},
}

_refreshed: Callable[..., tuple[Any, Any]] = cognito._refresh_auth_user
_validated: Callable[..., Awaitable[tuple[Any, Any, Any]]] = apigateway._validate_jwt_authorizer


def install() -> None:
    """Replace what runs an operation of a pool, and what checks a refresh token, and a bearer token."""
    cognito._run_idp_handler = _run
    cognito._refresh_auth_user = _refresh
    apigateway._validate_jwt_authorizer = _validate


def _run(handler: Callable[[Data], Any], action: str, data: Data) -> Any:
    if action in cognito._UNSIGNED_IDP_ACTIONS:
        cognito._pin_unsigned_idp_scope(data)
    refused = (
        _flow(action, data)
        or cognito._validate_client_secret_hash(action, data)
        or cognito._access_token_error(data)
        or cognito._confirmation_code_error(action, data)
        or _self_sign_up(action, data)
        or _attributes(action, data)
    )
    return refused or handler(data)


def _client(data: Data, identifier: Any) -> tuple[Data, Data]:
    """The pool and its client; empty if there is none."""
    pool = cognito._user_pools.get(data["UserPoolId"]) if data.get("UserPoolId") else cognito._pool_for_client(identifier)[0]
    return pool or {}, ((pool or {}).get("_clients") or {}).get(identifier) or {}


def _flow(action: str, data: Data) -> Any:
    """A way to sign in that the client does not have."""
    if action not in ("InitiateAuth", "AdminInitiateAuth", "GetTokensFromRefreshToken"):
        return None
    flow = "REFRESH_TOKEN_AUTH" if action.startswith("GetTokens") else data.get("AuthFlow")
    client = _client(data, data.get("ClientId"))[1]
    needs = NEEDS.get(str(flow))
    if not client or needs is None:
        return None
    given = set(client.get("ExplicitAuthFlows") or FLOWS)
    if given & needs or (str(flow).startswith("REFRESH") and not any(name.startswith("ALLOW_") for name in given)):
        return None
    words = "Auth flow" if action.startswith("Admin") else f"{flow} flow"
    return error_response_json("InvalidParameterException", f"{words} not enabled for this client", 400)


def _self_sign_up(action: str, data: Data) -> Any:
    """Whether only administrators make users."""
    if action != "SignUp":
        return None
    pool = _client({}, data.get("ClientId"))[0]
    only = (pool.get("AdminCreateUserConfig") or {}).get("AllowAdminCreateUserOnly", False)
    if str(only).lower() != "true":
        return None
    return error_response_json("NotAuthorizedException", "SignUp is not permitted for this user pool", 400)


def _attributes(action: str, data: Data) -> Any:
    """An attribute that the client may not write."""
    if action == "SignUp":
        identifier = data.get("ClientId")
    elif action == "UpdateUserAttributes":
        identifier = cognito._token_claims(data.get("AccessToken", "")).get("client_id")
    else:
        return None
    client = _client({}, identifier)[1]
    named = [each.get("Name") for each in data.get("UserAttributes") or []]
    allowed = set(client.get("WriteAttributes") or STANDARD)
    if not client or all(name in allowed for name in named):
        return None
    message = "A client attempted to write unauthorized attribute"
    return error_response_json("NotAuthorizedException", message, 400)


def _refresh(pool: Data, pid: str, cid: str, refresh_token: str) -> tuple[Any, Any]:
    user, error = _refreshed(pool, pid, cid, refresh_token)
    if error is None and not cognito._signature_valid(refresh_token):
        error = error_response_json("NotAuthorizedException", "Invalid Refresh Token", 400)
    if error is None and not user.get("Enabled", True):
        error = error_response_json("NotAuthorizedException", "User is disabled.", 400)
    if error is None and cognito._token_claims(refresh_token).get("origin_jti") in cognito._revoked_tokens:
        error = error_response_json("NotAuthorizedException", "Refresh Token has been revoked", 400)
    return (user, None) if error is None else (None, error)


async def _validate(
    route: Data, authorizer: Data, headers: dict[str, str], query_params: Data
) -> tuple[Any, Any, Any]:
    claims, scopes, refused = await _validated(route, authorizer, headers, query_params)
    # On AWS a refresh token is encrypted, and nothing that an authorizer could read.
    if claims is not None and claims.get("token_use") == "refresh":
        return None, None, apigateway._jwt_unauthorized()
    return claims, scopes, refused
