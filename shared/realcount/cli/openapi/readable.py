"""The OpenAPI document as one page for people: no script, nothing from another host, light or dark as the reader likes it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from realcount.cli.openapi.changes import CHANGES
from realcount.rendering.limits import LIMITS

STYLE = """\
:root { color-scheme: light dark; --ink: #1a1d21; --soft: #5a626c; --paper: #fff; --tint: #f3f5f7; --line: #d8dde2; --accent: #0b57a4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8ea; --soft: #a3abb4; --paper: #14171a; --tint: #1e2226; --line: #363c42; --accent: #7db7f5; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 58rem; padding: 1rem 1rem 4rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { margin: .5rem 0; font-size: 1.7rem; }
h2 { margin: 2.5rem 0 .5rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: 1.3rem; }
h3 { margin: 2rem 0 .3rem; font-size: 1.05rem; }
a { color: var(--accent); }
nav ul { columns: 15rem; column-gap: 2.5rem; padding-left: 1.2rem; }
nav li { break-inside: avoid; }
code, pre { font: .85rem/1.45 ui-monospace, monospace; }
code { overflow-wrap: anywhere; }
h3 code { font-size: .95rem; }
.method { margin-right: .4rem; padding: .1rem .4rem; border-radius: .25rem; background: var(--accent); color: var(--paper); font: 700 .75rem ui-monospace, monospace; }
pre { margin: .5rem 0; padding: .7rem; max-height: 26rem; overflow: auto; border: 1px solid var(--line); border-radius: .4rem; background: var(--tint); }
summary { cursor: pointer; color: var(--accent); padding: .3rem 0; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; }
th, td { padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { color: var(--soft); font-weight: 600; }
.soft { color: var(--soft); }
"""


def readable_page(document: Mapping[str, Any]) -> str:
    return "".join(_page(document))


def _page(document: Mapping[str, Any]) -> Iterator[str]:
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<title>realcount: the API</title>\n<link rel="stylesheet" href="docs.css">\n</head>\n<body>\n'
        f"<main>\n<h1>realcount: the API</h1>\n{_prose(document['info']['description'])}"
        '<p>For programs: <a href="/v1/openapi.json">the OpenAPI document</a>. Begin at <a href="/v1">/v1</a>.</p>\n'
    )
    yield '<nav aria-label="Routes">\n<ul>\n'
    for path, _, operation in _operations(document):
        yield f'<li><a href="#{operation["operationId"]}">{_inline(operation["summary"])}</a> <span class="soft">{_kind(path)}</span></li>\n'
    yield "</ul>\n</nav>\n"
    for tag in document["tags"]:
        yield f"<h2>{escape(tag['name'].capitalize())}</h2>\n"
        for path, method, operation in _operations(document):
            if tag["name"] in operation["tags"]:
                yield from _operation(document, path, method, operation)
    yield '<h2 id="documents">Members of the documents</h2>\n'
    for name, schema in document["components"]["schemas"].items():
        yield from _schema(name, schema)
    yield from _ending()


def _ending() -> Iterator[str]:
    yield '<h2 id="limits">Limits</h2>\n<div class="scroll"><table>\n'
    for name, limit in LIMITS.items():
        yield f"<tr><th>{escape(name.replace('_', ' '))}</th><td>{limit:,}</td></tr>\n"
    yield (
        "</table></div>\n"
        '<h2 id="licence">Licence</h2>\n<p>Each election says under which licence its numbers are, and who is to be named:'
        ' <a href="/v1">/v1</a> lists all of them.</p>\n'
    )
    yield '<h2 id="changes">Changes</h2>\n<ul>\n'
    for date, change in CHANGES:
        yield f"<li><strong>{date}</strong> {escape(change)}</li>\n"
    yield "</ul>\n</main>\n</body>\n</html>\n"


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in document["paths"].items():
        for method in ("get", "post"):
            if method in item:
                yield path, method, item[method]


def _kind(path: str) -> str:
    return escape(path.rsplit("/", 1)[-1] if path.count("/") > 1 else path)


def _operation(document: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f'<section id="{operation["operationId"]}">\n<h3>{_inline(operation["summary"])}</h3>\n'
    yield f'<p><span class="method">{method.upper()}</span><code>{escape(path)}</code></p>\n'
    parameters = document["paths"][path]["parameters"]
    if parameters:
        yield "<ul>\n"
        for one in parameters:
            yield f"<li><code>{escape(one['name'])}</code> {_inline(one['description'])} <span class=soft>Such as <code>{escape(one['example'])}</code></span></li>\n"
        yield "</ul>\n"
    statuses = operation["responses"]
    (success,) = (statuses[status] for status in ("200", "201") if status in statuses)
    others = [status for status in statuses if status not in ("200", "201")]
    yield f"<p>{escape(success['description'])} <span class=soft>Also: {', '.join(others)}.</span></p>\n"
    for content in success.get("content", {}).values():
        reference = content["schema"].get("$ref", "").rsplit("/", 1)[-1]
        if reference:
            yield f'<p>Members: <a href="#model-{reference}">{reference}</a></p>\n'
        if "example" in content:
            shown = escape(json.dumps(content["example"], ensure_ascii=False, indent=2), quote=False)
            yield f"<details>\n<summary>An example</summary>\n<pre><code>{shown}</code></pre>\n</details>\n"
    yield "</section>\n"


def _schema(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    if "properties" not in schema:
        return
    yield f'<section id="model-{name}">\n<h3>{name}</h3>\n{_prose(schema.get("description", ""))}'
    yield '<div class="scroll"><table>\n<tr><th>member</th><th>type</th><th>means</th></tr>\n'
    for member, value in schema["properties"].items():
        means = _inline(value.get("description", ""))
        yield f"<tr><td><code>{escape(member)}</code></td><td>{_type(value)}</td><td>{means}</td></tr>\n"
    yield "</table></div>\n</section>\n"


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f'<a href="#model-{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "const" in schema:
        return f"<code>{escape(json.dumps(schema['const']))}</code>"
    if "enum" in schema:
        listed = " ".join(f"<code>{escape(str(one))}</code>" for one in schema["enum"][:12])
        return listed + (" …" if len(schema["enum"]) > 12 else "")
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"object of {_type(schema['additionalProperties'])}"
    return escape(str(schema.get("format") or schema.get("type", "anything")))


def _prose(text: str) -> str:
    return "".join(f"<p>{_inline(part)}</p>\n" for part in text.split("\n\n") if part.strip())


def _inline(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))
