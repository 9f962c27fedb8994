"""HTTP to API Gateway's event (payload format 2.0), and a function's answer back to HTTP. Values in, values out."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from realcount.local.intrinsics import ACCOUNT
from realcount.local.routes import Match

API_ID = "local"

_TEXT = ("application/json", "application/xml", "application/javascript")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came over the wire. `path` and `query` are as sent, percent-encoded; `headers` in lower case."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    protocol: str
    source_ip: str

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)

    @property
    def decoded_path(self) -> str:
        """API Gateway decodes before it chooses a route, so an encoded slash is a slash."""
        return unquote(self.path)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def to_event(request: Request, match: Match, request_id: str, now: datetime) -> dict[str, Any]:
    """The event API Gateway would send. Members that are empty are left out where API Gateway leaves them out."""
    host = request.header("host") or ""
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": match.key,
        "rawPath": request.decoded_path,
        "rawQueryString": request.query,
        "headers": _joined((*request.headers, *_forwarded(host, request.source_ip))),
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": API_ID,
            "domainName": host,
            "domainPrefix": host.split(".")[0].split(":")[0],
            "http": {
                "method": request.method,
                "path": request.decoded_path,
                "protocol": request.protocol,
                "sourceIp": request.source_ip,
                "userAgent": request.header("user-agent") or "",
            },
            "requestId": request_id,
            "routeKey": match.key,
            "stage": "$default",
            "time": now.astimezone(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "isBase64Encoded": False,
    }
    event["headers"].pop("cookie", None)
    cookies = [part.strip() for name, value in request.headers if name == "cookie" for part in value.split(";")]
    if cookies:
        event["cookies"] = cookies
    query = parse_qsl(request.query, keep_blank_values=True)
    if query:
        event["queryStringParameters"] = _joined(query)
    if match.parameters:
        event["pathParameters"] = match.parameters
    if request.body:
        event["body"], event["isBase64Encoded"] = _encoded(request)
    return event


def _forwarded(host: str, source_ip: str) -> tuple[tuple[str, str], ...]:
    """What API Gateway says of the connection it took the request from. A client's own `x-forwarded-for` stays before it."""
    port = host.rpartition(":")[2] if ":" in host else "80"
    return ("x-forwarded-for", source_ip), ("x-forwarded-port", port), ("x-forwarded-proto", "http")


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Values of one name joined by commas, in the order in which they came."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _encoded(request: Request) -> tuple[str, bool]:
    """The body as text if its type says so, else in base64."""
    media = (request.header("content-type") or "").split(";")[0].strip().lower()
    text = media.startswith("text/") or media in _TEXT or media.endswith(("+json", "+xml"))
    if text and request.header("content-encoding") is None:
        try:
            return request.body.decode("utf-8"), False
        except UnicodeDecodeError:
            pass  # It says text and is none; base64 carries it unharmed.
    return base64.b64encode(request.body).decode(), True


def from_result(result: Any) -> Answer:
    """What API Gateway answers with for what a function returned. A result it cannot read is an `internal_error`."""
    if not isinstance(result, dict) or "statusCode" not in result:
        # Format 2.0 takes any other value for the body of a 200.
        body = result if isinstance(result, str) else json.dumps(result)
        return Answer(200, (("content-type", "application/json"),), body.encode())
    try:
        status = int(result["statusCode"])
        body_text = result.get("body") or ""
        body_bytes = base64.b64decode(body_text, validate=True) if result.get("isBase64Encoded") else body_text.encode()
        headers = [(str(name).lower(), _header_value(value)) for name, value in (result.get("headers") or {}).items()]
        headers += [("set-cookie", str(cookie)) for cookie in result.get("cookies") or []]
    except (AttributeError, TypeError, ValueError, binascii.Error):
        return internal_error()
    if body_bytes and not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain;charset=UTF-8"))
    return Answer(status, tuple(headers), body_bytes)


def _header_value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def message(status: int, text: str) -> Answer:
    """API Gateway's own answers."""
    return Answer(
        status, (("content-type", "application/json"),), json.dumps({"message": text}, separators=(",", ":")).encode()
    )


def internal_error() -> Answer:
    return message(500, "Internal Server Error")


def merged(headers: Iterable[tuple[str, str]], more: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """`headers` with those of `more` in place of any of the same name."""
    return (*((name, value) for name, value in headers if name not in more), *more.items())
