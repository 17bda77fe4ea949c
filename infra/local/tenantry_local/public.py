"""What AWS takes without a signature, as far as the local cloud does.

The operations of a user pool's users have no signature by their nature: the
models of the SDK say which (`auth: none`). API Gateway's routes decide for
themselves, and are the one thing that a page of another origin may use: where the
API's CORS configuration names it (`http-api-cors`).
"""

from __future__ import annotations

import re
from typing import Any

from ministack import app
from ministack.core import iam_actions, router
from ministack.services import apigateway

from .signatures import Request

_EXECUTE = "/_aws/execute-api/"
_USER_POOLS = "AWSCognitoIdentityProviderService."
_FORMS = (
    ("GET", re.compile(r"/_ministack/(health|ready)")),
    # What verifies tokens, and what gives them.
    ("GET", re.compile(r"/[A-Za-z0-9-]+_[A-Za-z0-9]+/\.well-known/(jwks\.json|openid-configuration)")),
    ("GET", re.compile(r"/(oauth2/(authorize|userInfo|userinfo)|logout)")),
    ("POST", re.compile(r"/(oauth2/(token|userInfo|userinfo|login)|login)")),
    # On AWS a presigned URL: the token is a secret of the one who was called.
    ("PUT", re.compile(r"/_ministack/cfn-(response|signal)/[A-Za-z0-9-]{32,}")),
)


def is_route(path: str) -> bool:
    """Whether the path is of an API's route."""
    return path.startswith(_EXECUTE)


def is_unsigned(request: Request) -> bool:
    """Whether the request needs no signature."""
    if is_route(request.path):
        return not _asks_for_signature(request)
    if any(request.method == method and form.fullmatch(request.path) for method, form in _FORMS):
        return True
    return _is_of_user(request)


def welcomes(path: str, origin: str | None) -> bool:
    """Whether the path is of an API whose CORS configuration lets pages of this origin use it."""
    if origin is None or not is_route(path):
        return False
    identifier = path[len(_EXECUTE) :].partition("/")[0]
    owner = apigateway.find_api_scope(identifier)
    api = apigateway._apis.get_scoped(*owner, identifier, {}) if owner else {}
    # The emulator's own answer says so, as it would to the page.
    return "Access-Control-Allow-Origin" in apigateway._cors_response_headers(api.get("corsConfiguration") or {}, origin)


def _is_of_user(request: Request) -> bool:
    """An operation of a user of a pool, and nothing that the emulator could take for another."""
    target = request.headers.get("x-amz-target", "")
    if request.method != "POST" or request.path != "/" or request.params or "authorization" in request.headers:
        return False
    if not target.startswith(_USER_POOLS):
        return False
    service = router.detect_service(request.method, request.path, request.headers, {})
    operation = target[len(_USER_POOLS) :]
    return service == "cognito-idp" and operation in iam_actions.unsigned_operations("cognito-idp")


def _asks_for_signature(request: Request) -> bool:
    """A route with IAM's authorization, which the emulator itself would let everybody use."""
    parsed: Any = app._parse_execute_api_url("", request.path)
    if parsed is None:
        return True
    api, stage, path = parsed
    stage, path = app._resolve_stage_and_path(api, stage, path)
    return app._execute_api_authorization_type(api, stage, request.method, path) == "AWS_IAM"
