"""An HTTP API's CORS configuration also where a template has it: the emulator only knows the API's spelling.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
"""

from __future__ import annotations

from typing import Any

from ministack.services import apigateway

_headers = apigateway._cors_response_headers
_preflight = apigateway._cors_preflight_response


def install() -> None:
    """Replace what reads the configuration."""
    apigateway._cors_response_headers = lambda cors_cfg, origin: _headers(_as_api(cors_cfg), origin)
    apigateway._cors_preflight_response = lambda cors_cfg, origin: _preflight(_as_api(cors_cfg), origin)


def _as_api(configuration: dict[str, Any]) -> dict[str, Any]:
    """With the names as the API writes them, which begin with a small letter."""
    return {name[:1].lower() + name[1:]: value for name, value in configuration.items()}
