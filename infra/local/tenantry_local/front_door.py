"""The one way in: who may ask the local cloud for anything.

Whoever can ask it can run commands with the user's rights (StartBuild does).
So it answers to its own names on the loopback interface only, to no page of
another origin, and to signed requests only, but for what is unsigned by nature.
The runtime API of each function, on a port of its own, answers the same.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, quote

from ministack import app
from ministack.core import lambda_runtime
from ministack.core.sigv4 import decode_header_value

from . import origins, public, settings, signatures
from .signatures import Request

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_log = logging.getLogger("tenantry_local.front_door")
_serve: Callable[[Scope, Receive, Send], Awaitable[None]] = app.app
_handler_class = lambda_runtime.ProvidedWorker._build_handler_class


def install() -> None:
    """Put the door in front of the emulator and of the functions' runtime API."""
    app.app = _door
    lambda_runtime.ProvidedWorker._build_handler_class = _guarded_handler_class


async def _door(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _serve(scope, receive, send)
        return
    headers = _headers(scope)
    refused = _refusal(scope, headers)
    if refused is not None:
        _log.warning("refused %s %r: %s", scope.get("method", "WebSocket"), scope["path"][:100], refused)
        await _refuse(scope, send, 403, {"Content-Type": "application/json"}, json.dumps({"message": refused}).encode())
        return
    if scope["type"] != "http":
        await _serve(scope, receive, send)
        return
    request = _request(scope, headers)
    if public.is_unsigned(request):
        await _serve(scope, receive, send if public.is_route(request.path) else _without_cors(send))
        return
    body = await _body(receive)
    if body is None:
        return
    request = _request(scope, headers, body)
    wrong = signatures.failure(request)
    if wrong is not None:
        await _refuse(scope, send, *_as_aws(request, wrong))
        return
    await _serve(scope, _again(body, receive), _without_cors(send))


def _refusal(scope: Scope, headers: dict[str, str]) -> str | None:
    """Why nobody looks at this request, or None."""
    port = settings.port()
    refused = origins.wrong_host(headers, port)
    if refused is None and not (scope["type"] == "http" and public.welcomes(scope["path"], headers.get("origin"))):
        refused = origins.foreign(headers, port)
    if refused is None and scope["type"] != "http" and not public.is_route(scope["path"]):
        refused = "only APIs take WebSockets here"
    return refused


def _headers(scope: Scope) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), decode_header_value(value)
        # As it is signed: the values of several lines, joined.
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    return headers


def _request(scope: Scope, headers: dict[str, str], body: bytes = b"") -> Request:
    raw = scope.get("raw_path") or quote(scope["path"]).encode()
    query = parse_qs(scope.get("query_string", b"").decode("utf-8", "replace"), keep_blank_values=True)
    return Request(scope["method"], scope["path"], raw.decode("latin-1"), query, headers, body)


async def _body(receive: Receive) -> bytes | None:
    """All of the body; None if its sender went away."""
    parts = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    given = False

    async def give() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return give


def _without_cors(send: Send) -> Send:
    """The emulator would let the pages of every origin read every answer."""

    async def without(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [pair for pair in message["headers"] if not pair[0].lower().startswith(b"access-control-")]
            message = {**message, "headers": kept}
        await send(message)

    return without


def _as_aws(request: Request, wrong: Any) -> tuple[int, dict[str, str], bytes]:
    """The refusal as the service that was asked puts it."""
    params = app._routing_params(request.method, request.path, request.headers, request.body, request.params)
    service = app.detect_service(request.method, request.path, request.headers, params)
    answer: tuple[int, dict[str, str], bytes] = app._credential_failure(
        service, "", str(uuid.uuid4()), wrong, request.headers
    )
    return answer


async def _refuse(scope: Scope, send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    sent = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    sent.append((b"content-length", str(len(body)).encode()))
    # A body that was not read would be taken for the next request.
    sent.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _guarded_handler_class(self: Any, *arguments: Any) -> type:
    """The handler of a function's runtime API, with the same questions asked first."""
    base: Any = _handler_class(self, *arguments)

    class Guarded(base):  # type: ignore[misc]
        def parse_request(self) -> bool:
            if not super().parse_request():
                return False
            headers = {name.lower(): value for name, value in self.headers.items()}
            port = self.server.server_address[1]
            refused = origins.wrong_host(headers, port) or origins.foreign(headers, port)
            if refused is None:
                return True
            _log.warning("refused %s of a function's runtime API: %s", self.command, refused)
            self.close_connection = True
            self.send_error(403)
            return False

    return Guarded
