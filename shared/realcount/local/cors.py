"""What API Gateway does by itself where CorsConfiguration is set: answers preflights, and adds headers to answers."""

from __future__ import annotations

from realcount.local.http_events import Answer, Request, merged
from realcount.local.stack import Cors

_OWN = (
    "access-control-allow-origin",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-allow-credentials",
    "access-control-expose-headers",
    "access-control-max-age",
)


def preflight(request: Request, cors: Cors | None) -> Answer | None:
    """The answer to a preflight, whichever route it asks about; None if the request is none or CORS is not configured."""
    if cors is None or request.method != "OPTIONS" or request.header("access-control-request-method") is None:
        return None
    headers = _origin(request, cors)
    if headers:
        if cors.methods:
            headers["access-control-allow-methods"] = ",".join(cors.methods)
        if cors.headers:
            headers["access-control-allow-headers"] = ",".join(cors.headers)
        if cors.max_age is not None:
            headers["access-control-max-age"] = str(cors.max_age)
    return Answer(204, tuple(headers.items()), b"")


def with_cors(answer: Answer, request: Request, cors: Cors | None) -> Answer:
    """The answer as a browser of another origin gets it. The function's own CORS headers do not count then."""
    if cors is None:
        return answer
    kept = tuple((name, value) for name, value in answer.headers if name not in _OWN)
    headers = _origin(request, cors)
    if headers and cors.expose:
        headers["access-control-expose-headers"] = ",".join(cors.expose)
    return Answer(answer.status, merged(kept, headers), answer.body)


def _origin(request: Request, cors: Cors) -> dict[str, str]:
    origin = request.header("origin")
    if origin is None or not ("*" in cors.origins or origin in cors.origins):
        return {}
    headers = {"access-control-allow-origin": "*" if "*" in cors.origins else origin}
    if cors.credentials:
        headers["access-control-allow-credentials"] = "true"
    return headers
