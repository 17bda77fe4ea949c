"""Who sent a request, by what a browser says of it: the Host, the Origin, and where its page is from.

Any web page can make the browser of a developer send requests to a loopback
port, and a name of its own resolve to 127.0.0.1 (DNS rebinding). A browser
names the page's origin in `Origin` (Fetch Standard, "HTTP-network-or-cache
fetch") and its relation to the target in `Sec-Fetch-Site` (W3C, "Fetch
Metadata Request Headers"); no page can set or leave out either.
"""

from __future__ import annotations

from collections.abc import Mapping

#: What `Sec-Fetch-Site` says of a request by the user (an address that was typed), or by a page of the same origin.
_OWN_SITES = ("none", "same-origin")


def hosts(port: int) -> frozenset[str]:
    """The names that a server on this port of the loopback interface goes by."""
    return frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]"))


def wrong_host(headers: Mapping[str, str], port: int) -> str | None:
    """Why the request is for somebody else, or None. The headers' names are in small letters."""
    host = headers.get("host", "")
    if host.lower() in hosts(port):
        return None
    return f"Host {_shown(host)} is not this server: use http://127.0.0.1:{port}"


def foreign(headers: Mapping[str, str], port: int) -> str | None:
    """Why the request is a page's of another origin, or None. The headers' names are in small letters."""
    origin = headers.get("origin")
    if origin is not None and origin.lower() not in {f"http://{host}" for host in hosts(port)}:
        return f"Origin {_shown(origin)} may not use the local cloud"
    site = headers.get("sec-fetch-site")
    if origin is None and site is not None and site.lower() not in _OWN_SITES:
        return f"a page of another origin (Sec-Fetch-Site: {_shown(site)}) may not use the local cloud"
    return None


def _shown(value: str) -> str:
    # What a page chose: in a log line, it is one line, and short.
    return repr(value[:100])
