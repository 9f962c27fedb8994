"""The OpenAPI document (3.1): operations and models put together, in an order that never changes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from realcount.cli.openapi.examples import examples
from realcount.cli.openapi.officials import GatewayMessage, Problem
from realcount.cli.openapi.operations import OFFICIALS, OPERATIONS, Operation
from realcount.cli.openapi.parameters import ACCEPT_ENCODING, HEADERS, IF_NONE_MATCH, PATH_PARAMETERS, QUERIES

VERSION = "1.0.0"
PROBLEM = "application/problem+json"
SIGNED = "application/vnd.realcount.signed"
REF = "#/components/schemas/{model}"

ABOUT = """\
The count of an election as the forms of its polling stations say it, while it happens. Not the official result.

Votes are whole numbers, ids opaque strings, times UTC. Within `/v1` members are added, never removed or given another
meaning: ignore what you do not know. Query strings are ignored, but below `/v3`. Every page has a strong `ETag`: send it back in
`If-None-Match`. `HEAD` answers like `GET` without a body. The manual is docs/api.md of the project; its problems are
listed there by `type`."""

MEANS: Mapping[int, str] = {
    304: "You hold this edition already.",
    400: "The body is no signed document in canonical form, or a parameter cannot be what it is.",
    403: "The key may not do this; `type` says why.",
    404: "There is no such thing. You are never punished for asking.",
    405: "This address does not take that method.",
    406: "`Accept-Encoding` excludes every coding there is.",
    409: "The state is no longer the one you read.",
    413: "The body is too large.",
    414: "The path is longer than 512 bytes; nothing was looked up.",
    415: "The body is not sent as a signed document.",
    422: "What the statement says is refused; `refusals` has every reason.",
    429: "Too many requests. Wait as `Retry-After` says, or a second where API Gateway itself refused.",
    500: "A fault of ours: API Gateway's own answer.",
    503: "A store did not answer; the same call may succeed later.",
}
_OF_PAGES = (404, 405, 406, 414, 429, 500, 503)
_OF_CALLS = (405, 414, 429, 500, 503)
_OF_POSTS = (400, 405, 413, 414, 415, 429, 500, 503)


def openapi_document() -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        item = paths.setdefault(operation.path, {"parameters": _parameters(operation.path)})
        item[operation.method] = _operation(operation)
        if operation.method == "get":
            item["head"] = _head(operation)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "info": {
            "title": "realcount",
            "version": VERSION,
            "description": ABOUT,
            "license": {"name": "As each election says, on /v1", "url": "/v1"},
        },
        "externalDocs": {"description": "The same to read", "url": "/docs/"},
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in dict.fromkeys(operation.tag for operation in OPERATIONS)],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "headers": {name: dict(header) for name, header in HEADERS.items()},
            "responses": {
                **{f"Problem{code}": _problem(code) for code in MEANS if code >= 400},
                **{f"Head{code}": _bodiless(_problem(code)) for code in MEANS if code >= 400},
            },
        },
    }


def openapi_bytes() -> bytes:
    """The document as it is committed and served: the same bytes from the same source, on any machine."""
    return (json.dumps(openapi_document(), ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _schemas() -> dict[str, Any]:
    models: dict[str, type[BaseModel]] = {
        model.__name__: model
        for model in (*(operation.answers for operation in OPERATIONS), Problem, GatewayMessage)
        if model is not None
    }
    _, made = models_json_schema(
        [(model, "serialization") for _, model in sorted(models.items())], ref_template=REF, by_alias=True
    )
    found: dict[str, Any] = _open(made["$defs"])
    return dict(sorted(found.items()))


def _open(schema: Any) -> Any:
    """Members may be added at any time, so the published schema allows them. Titles repeat names and are left out."""
    if isinstance(schema, Mapping):
        closed = schema.get("additionalProperties") is False
        return {
            name: _open(value)
            for name, value in schema.items()
            if not (name == "additionalProperties" and closed) and not (name == "title" and isinstance(value, str))
        }
    if isinstance(schema, Sequence) and not isinstance(schema, str):
        return [_open(one) for one in schema]
    return schema


def _parameters(path: str) -> list[dict[str, Any]]:
    found = []
    for name in re.findall(r"\{(\w+)\}", path):
        description, schema, example = PATH_PARAMETERS[name]
        described = {"name": name, "in": "path", "required": True, "description": description}
        found.append({**described, "schema": dict(schema), "example": example})
    return found


def _query(name: str) -> dict[str, Any]:
    description, schema = QUERIES[name]
    return {"name": name, "in": "query", "required": False, "description": description, "schema": dict(schema)}


def _operation(operation: Operation) -> dict[str, Any]:
    posts = operation.method == "post"
    official = operation.tag == OFFICIALS
    shown: dict[str, Any] = {"schema": _schema(operation)}
    example = examples().get(operation.id)
    if example is not None:
        shown["example"] = example
    status = "201" if posts else "200"
    good = {
        "description": (operation.answers.__doc__ or "").strip() if operation.answers else operation.summary,
        "headers": _headers(_of_success(posts, official)),
        "content": {operation.media: shown},
    }
    responses: dict[str, Any] = {status: good}
    if not official:
        responses["304"] = {"description": MEANS[304], "headers": _headers(("ETag", "Cache-Control", "Vary"))}
    usual = _OF_POSTS if posts else (404, *_OF_CALLS) if official else _OF_PAGES
    for code in sorted({*usual, *operation.problems}):
        responses[str(code)] = {"$ref": f"#/components/responses/Problem{code}"}
    said: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "responses": responses,
    }
    if posts:
        said["requestBody"] = _request_body()
    elif not official:
        said["parameters"] = [dict(IF_NONE_MATCH), dict(ACCEPT_ENCODING), *map(_query, operation.queries)]
    return said


def _head(operation: Operation) -> dict[str, Any]:
    """As the GET without its bodies."""
    of_get = _operation(operation)
    responses = {
        status: {"$ref": response["$ref"].replace("/Problem", "/Head")} if "$ref" in response else _bodiless(response)
        for status, response in of_get["responses"].items()
    }
    summary = f"{operation.summary}: headers alone"
    return {**of_get, "operationId": operation.id + "Head", "summary": summary, "responses": responses}


def _bodiless(response: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in response.items() if name != "content"}


def _schema(operation: Operation) -> dict[str, Any]:
    if operation.media != "application/json":
        return {"type": "string"}
    return {} if operation.answers is None else _reference(operation.answers)


def _reference(model: type[BaseModel]) -> dict[str, Any]:
    return {"$ref": REF.format(model=model.__name__)}


def _of_success(posts: bool, official: bool) -> tuple[str, ...]:
    if official:
        return ("Cache-Control", "Location") if posts else ("Cache-Control",)
    return ("ETag", "Cache-Control", "Vary", "Content-Encoding", "Last-Modified", "Link")


def _headers(names: Sequence[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*names, "Access-Control-Allow-Origin")}


def _problem(code: int) -> dict[str, Any]:
    headers = {405: ("Allow",), 429: ("Retry-After",), 503: ("Retry-After",)}.get(code, ())
    content: dict[str, Any] = {PROBLEM: {"schema": _reference(Problem)}}
    if code in (404, 413, 429, 500, 503):
        content["application/json"] = {"schema": _reference(GatewayMessage)}
    return {"description": MEANS[code], "headers": _headers(headers), "content": content}


def _request_body() -> dict[str, Any]:
    description = "A signed document: a line of canonical JSON, and a line with the signature over it in base64."
    body = {"schema": {"type": "string", "maxLength": 32_768}}
    medias = (SIGNED, "application/octet-stream", "text/plain")
    return {"required": True, "description": description, "content": {media: dict(body) for media in medias}}
