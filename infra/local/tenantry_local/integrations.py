"""An HTTP API calls a function only if the function's policy lets the API's route in.

https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import apigateway, lambda_svc

from .permissions import allows_service

_log = logging.getLogger("tenantry_local.http_api")

_invoke: Callable[..., Awaitable[Any]] = apigateway._invoke_lambda_proxy


def install() -> None:
    """Ask before a function is called."""
    apigateway._invoke_lambda_proxy = _checked


async def _checked(integration: dict[str, Any], api: str, stage: str, *more: Any, **named: Any) -> Any:
    # The sixth of the others is the route's key: `GET /products/{id}`, or `$default`.
    route = str(more[5] if len(more) > 5 else named.get("route_key", "$default"))
    account = named.get("owner_account_id") or get_account_id()
    region = named.get("owner_region") or get_region()
    path = route.replace(" ", "", 1) if route != "$default" else route
    source = f"arn:aws:execute-api:{region}:{account}:{api}/{stage}/{path}"
    name = apigateway._extract_lambda_ref_from_integration_uri(integration.get("integrationUri", ""))
    function, config, _ = lambda_svc._get_func_record_for_ref_in_scope(name, account_id=account, region=region)
    if function is not None and config is not None and not integration.get("credentialsArn"):
        policy, arn = function.get("policy"), config["FunctionArn"]
        if not allows_service(policy, "apigateway.amazonaws.com", "lambda:InvokeFunction", arn, source):
            _log.info("%s may not call %s", source, arn)
            return 500, {"Content-Type": "application/json"}, json.dumps({"message": "Internal Server Error"}).encode()
    return await _invoke(integration, api, stage, *more, **named)
