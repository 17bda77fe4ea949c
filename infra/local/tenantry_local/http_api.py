"""HTTP APIs: throttling by route, and the access log.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import threading
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from ministack.services import apigateway, cloudwatch_logs

Answer = tuple[int, dict[str, Any], Any]

_execute: Callable[..., Awaitable[Answer]] = apigateway._handle_execute_in_scope
_fetch_jwks: Callable[[str], Awaitable[dict[str, Any]]] = apigateway._fetch_jwks

#: Before the next try to get an issuer's keys, in seconds.
_PAUSES = (0.1, 0.5, 1.0, 2.0)


class Bucket:
    """Tokens that come at a rate, and of which so many are there at the most."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self.rate, self.burst = rate, burst
        self._tokens, self._filled = burst, now

    def takes(self, now: float) -> bool:
        """Whether there is a token for one more request, which then is taken."""
        self._tokens = min(self.burst, self._tokens + (now - self._filled) * self.rate)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


_buckets: dict[tuple[str, str, str], Bucket] = {}
_lock = threading.Lock()


def install() -> None:
    """Replace what serves a request to an HTTP API."""
    apigateway._handle_execute_in_scope = _serve
    apigateway._fetch_jwks = _keys


async def _keys(url: str) -> dict[str, Any]:
    """An issuer's keys; asked for again where many callers ask at once, and not all are heard."""
    for wait in _PAUSES:
        try:
            return await _fetch_jwks(url)
        except (OSError, asyncio.TimeoutError):
            await asyncio.sleep(wait)
    return await _fetch_jwks(url)


async def _serve(
    api_id: str,
    stage: str,
    path: str,
    method: str,
    headers: dict[str, str],
    body: Any,
    query_params: Any,
    owner_account_id: str,
    owner_region: str,
    raw_query_string: Any = None,
) -> Answer:
    begun = time.time()
    settings = (apigateway._stages.get(api_id) or {}).get(stage) or {}
    route = apigateway._match_route(api_id, method, "/" + path.lstrip("/")) if settings else None
    key = (route or {}).get("routeKey", "")
    if route and not _admits(api_id, stage, settings, key):
        answer: Answer = 429, {"Content-Type": "application/json"}, b'{"message":"Too Many Requests"}'
    else:
        answer = await _execute(
            api_id, stage, path, method, headers, body, query_params, owner_account_id, owner_region, raw_query_string
        )
    _log(settings, key, headers, answer, begun)
    return answer


def _admits(api_id: str, stage: str, settings: dict[str, Any], key: str) -> bool:
    default = settings.get("defaultRouteSettings") or {}
    own = (settings.get("routeSettings") or {}).get(key) or {}
    rate, burst = (
        _number(own, default, name) for name in ("ThrottlingRateLimit", "ThrottlingBurstLimit")
    )
    if rate is None or burst is None:
        return True
    now = time.monotonic()
    with _lock:
        bucket = _buckets.get((api_id, stage, key))
        if bucket is None or (bucket.rate, bucket.burst) != (rate, burst):
            bucket = _buckets[(api_id, stage, key)] = Bucket(rate, burst, now)
        return bucket.takes(now)


def _number(own: dict[str, Any], default: dict[str, Any], name: str) -> float | None:
    # Templates write names as they are; the API writes them with a small letter.
    small = name[0].lower() + name[1:]
    for settings in (own, default):
        value = settings.get(name, settings.get(small))
        if value is not None:
            return float(value)
    return None


def _log(settings: dict[str, Any], key: str, headers: dict[str, str], answer: Answer, begun: float) -> None:
    access = settings.get("accessLogSettings") or {}
    arn, form = access.get("destinationArn", ""), access.get("format", "")
    if ":log-group:" not in arn or not form:
        return
    status, _, body = answer
    values = {
        "requestId": str(uuid.uuid4()),
        "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(begun)),
        "routeKey": key,
        "status": str(status),
        "responseLatency": str(int((time.time() - begun) * 1000)),
        "responseLength": str(len(body or b"")),
        "identity.sourceIp": "127.0.0.1",
        "protocol": "HTTP/1.1",
        "authorizer.claims.sub": _subject(headers) if status < 400 else "-",
        "authorizer.error": "-" if status not in (401, 403) else "Unauthorized" if status == 401 else "Forbidden",
    }
    line = re.sub(r"\$context\.([A-Za-z.]+)", lambda found: values.get(found.group(1), "-"), form)
    group = arn.split(":log-group:", 1)[1].removesuffix(":*")
    stream = time.strftime("%Y-%m-%d-%H", time.gmtime(begun))
    cloudwatch_logs._create_log_stream({"logGroupName": group, "logStreamName": stream})
    event = {"timestamp": int(begun * 1000), "message": line}
    cloudwatch_logs._put_log_events({"logGroupName": group, "logStreamName": stream, "logEvents": [event]})


def _subject(headers: dict[str, str]) -> str:
    """The subject of a token that was verified."""
    found = {name.lower(): value for name, value in headers.items()}.get("authorization", "")
    part = found.rpartition(" ")[2].split(".")
    if len(part) != 3:
        return "-"
    try:
        claims = json.loads(base64.urlsafe_b64decode(part[1] + "=" * (-len(part[1]) % 4)))
    except ValueError:
        return "-"
    return str(claims.get("sub", "-"))
