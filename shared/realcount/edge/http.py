"""HTTP through API Gateway (payload 2.0): routing by Powertools, answers and problems by this package.

Decides nothing about content. Query strings are ignored but where a shape of others needs them: people use them to
get past caches.
"""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import APIGatewayHttpResolver, Response, ResponseBuilder

from realcount.domain.errors import Conflict, Forbidden, NotFound, RealcountError, Refusal, Rejected, Unavailable
from realcount.edge.answers import Answer, Sealed, seal
from realcount.edge.problems import problem, problem_of
from realcount.rendering.limits import MAX_PATH

log = logging.getLogger(__name__)

SIGNED_MEDIA = "application/vnd.realcount.signed"
DOCUMENT_MEDIA = (SIGNED_MEDIA, "application/octet-stream", "text/plain")
"""What a signed document may be sent as. One sent without a media type is taken, too."""

AS_ASKED = "as-asked"
"""The public address of a function that was not told one: the name it was asked by. It cannot be told the API's own, as
the API is made after its functions."""

_NOBODY: Any = None
"""The Lambda context of a request that nobody made."""
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY")
_PREFLIGHT_SECONDS = 86_400
_THEIRS: list[type[Exception]] = [Rejected, Forbidden, NotFound, Conflict, Unavailable]


class _AsSealed(ResponseBuilder[Any]):
    """Powertools' last step without what `Sealed` answers have no use for: its CORS, its compression, its JSON. Looking
    whether compression is wanted alone costs a quarter of the routing."""

    def build(self, event: Any, cors: Any = None) -> dict[str, Any]:
        answer = self.response
        return _to_gateway(answer.status_code, answer.headers, str(answer.body), answer.base64_encoded)


def _to_gateway(status: int, headers: Mapping[str, Any], body: str, base64_encoded: bool) -> dict[str, Any]:
    # Without the flag the base64 would reach the reader.
    return {
        "statusCode": status,
        "headers": headers,
        "cookies": [],
        "body": body,
        "isBase64Encoded": base64_encoded,
    }


class Api(APIGatewayHttpResolver):
    """The resolver of one function. One request at a time, as Lambda gives them: Powertools keeps the current one in a
    class attribute."""

    def __init__(self) -> None:
        super().__init__()
        self._response_builder_class = _AsSealed
        self.exception_handler(_THEIRS)(self._on_error)
        self.not_found(self._on_no_route)

    def only(self, rule: str, *methods: str) -> None:
        """Answer OPTIONS at `rule`, and every method that is not in `methods` with 405."""
        allow = ", ".join((*methods, "OPTIONS"))

        def options(**_: str) -> Response[str]:
            asked = self.header("access-control-request-headers")
            cors = {
                "Access-Control-Allow-Methods": allow,
                "Access-Control-Allow-Headers": "Content-Type, If-None-Match",
                "Access-Control-Max-Age": str(_PREFLIGHT_SECONDS),
            }
            return self.send(Answer(204, {"Allow": allow, **(cors if asked or self.header("origin") else {})}))

        def refuse(**_: str) -> Response[str]:
            detail = f"use {allow}"
            return self.send(problem("method-not-allowed", detail, self.instance, extra={"Allow": allow}))

        self.route(rule, method="OPTIONS")(options)
        self.route(rule, method=[method for method in _METHODS if method not in methods])(refuse)

    def resolve(self, event: Any, context: Any) -> dict[str, Any]:
        """As Powertools does it, but for a path that is too long to be anything: that is answered before anybody looks."""
        path = event["rawPath"]
        if len(path) <= MAX_PATH:
            return super().resolve(event, context)
        refused = seal(problem("uri-too-long", f"a path has at most {MAX_PATH} bytes", path[:MAX_PATH]))
        body = "" if event["requestContext"]["http"]["method"] == "HEAD" else refused.body
        return _to_gateway(refused.status, refused.headers, body, base64_encoded=body != "")

    def rehearse(self, path: str) -> dict[str, Any]:
        """Answer a made-up GET, so that whatever is loaded or connected at first use is, before a snapshot is taken."""
        context = {"stage": "$default", "http": {"method": "GET"}}
        return self.resolve({"version": "2.0", "rawPath": path, "headers": {}, "requestContext": context}, _NOBODY)

    @property
    def instance(self) -> str:
        """The path that was asked for, without stage and query."""
        return self.current_event.path

    @property
    def query(self) -> str:
        """What follows the question mark, as it was sent."""
        found: str = self.current_event.raw_event.get("rawQueryString") or ""
        return found

    @property
    def parameters(self) -> Mapping[str, str]:
        """The query's parameters; values of one name are joined by commas. Every other function ignores them."""
        return self.current_event.raw_event.get("queryStringParameters") or {}

    def address(self, public_url: str) -> str:
        """The address that readers know us by: `public_url`, or the name by which we were asked if it is `AS_ASKED`."""
        return public_url if public_url != AS_ASKED else f"https://{self.current_event.request_context.domain_name}"

    def header(self, name: str) -> str | None:
        """A header by its name in lower case, which is how payload 2.0 spells all of them."""
        headers = self.current_event.raw_event.get("headers") or {}
        value: str | None = headers.get(name)
        return value

    def signed_document(self) -> bytes:
        """The body as the bytes that were sent. Raises `Rejected` for a body that cannot be told apart from none."""
        event = self.current_event
        body = event.body or ""
        if not event.is_base64_encoded:
            return body.encode("utf-8", "surrogatepass")
        try:
            return base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError):
            raise Rejected([Refusal("not-signed", "document", "the body's base64 is broken")]) from None

    def wrong_media(self) -> Response[str] | None:
        """The answer to a signed document sent as something else, or None if its media type will do."""
        media = (self.header("content-type") or SIGNED_MEDIA).split(";")[0].strip().lower()
        if media in DOCUMENT_MEDIA:
            return None
        detail = f"send the signed document as {SIGNED_MEDIA}, not as {media}"
        return self.send(problem("unsupported-media-type", detail, self.instance, extra={"Accept": SIGNED_MEDIA}))

    def send(self, answer: Answer | Sealed) -> Response[str]:
        """The answer in Powertools' words; without its body, if only the head was asked for."""
        sealed = answer if isinstance(answer, Sealed) else seal(answer)
        body = "" if self.current_event.http_method == "HEAD" else sealed.body
        response = Response(status_code=sealed.status, headers=sealed.headers, body=body)
        response.base64_encoded = body != ""
        return response

    def _on_error(self, error: RealcountError) -> Response[str]:
        level = logging.WARNING if isinstance(error, Unavailable) else logging.INFO
        log.log(level, "%s %s: %s: %s", self.current_event.http_method, self.instance, type(error).__name__, error)
        return self.send(problem_of(error, self.instance))

    def _on_no_route(self, _: Exception) -> Response[str]:
        return self.send(problem("not-found", f"there is nothing at {self.instance}", self.instance))
