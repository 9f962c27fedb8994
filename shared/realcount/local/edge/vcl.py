"""Write `EdgeRules` in Varnish's language. What is the same for all rules stands in edge.vcl; here is what they decide."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from realcount.local.edge.rules import Behaviour, Caching, EdgeRules, Header, Origin

SAME_FOR_ALL = Path(__file__).with_name("edge.vcl")

ERROR_SECONDS = 10
"""How long CloudFront believes an error of which the rules say nothing."""


def write_vcl(rules: EdgeRules, itself: Path) -> str:
    """The whole program for Varnish 7; `itself` is the socket at which the edge listens to itself."""
    chosen = rules.behaviours
    parts = [
        "vcl 4.1;\n\nimport blob;\nimport std;\n",
        *(_backend(origin) for origin in rules.origins),
        f"backend edge_itself {{\n    .path = {_text(str(itself))};\n}}\n",
        SAME_FOR_ALL.read_text(encoding="utf-8"),
        _sub("rules_methods", _by_path(chosen, "req.url", _methods)),
        _sub("rules_paths", _paths(rules)),
        _sub("rules_query", _by_path(chosen, "req.url", lambda of: _query(of.caching))),
        _sub("rules_origin", _by_path(chosen, "bereq.url", _origin)),
        _sub("rules_next_origin", _by_path(chosen, "bereq.url", _next_origin)),
        _sub("rules_failover", _by_path(chosen, "bereq.url", _failover)),
        _sub("rules_lifetime", _by_path(chosen, "bereq.url", lambda of: _lifetime(of.caching))),
        _sub("rules_longest", _by_path(chosen, "bereq.url", lambda of: _longest(of.caching))),
        _sub("rules_errors", _errors(rules)),
        _sub("rules_kept", [f"set beresp.ttl = {rules.errors.get(503, ERROR_SECONDS)}s;"]),
        _sub("rules_headers", _by_path(chosen, "req.url", lambda of: map(_header, of.headers))),
    ]
    return "\n".join(parts)


def path_expression(pattern: str) -> str:
    """The regular expression of a path pattern: `*` is any run of characters, `?` any one."""
    return "^" + "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern) + "$"


def backend_name(origin: Origin) -> str:
    return "origin_" + re.sub(r"\W", "_", origin.id)


def _backend(origin: Origin) -> str:
    host, _, port = origin.address.rpartition(":")
    return (
        f"backend {backend_name(origin)} {{\n"
        f"    .host = {_text(host)};\n    .port = {_text(port)};\n    .host_header = {_text(origin.address)};\n"
        f"    .connect_timeout = {origin.connect}s;\n"
        f"    .first_byte_timeout = {origin.answer}s;\n    .between_bytes_timeout = {origin.answer}s;\n}}\n"
    )


def _methods(behaviour: Behaviour) -> Iterable[str]:
    detail = f"The edge takes {', '.join(behaviour.methods)}; officials post to the address of the API itself."
    yield f"if (req.method !~ {_text('^(' + '|'.join(behaviour.methods) + ')$')}) {{"
    yield f"    return (synth(403, {_text(detail)}));"
    yield "}"


def _paths(rules: EdgeRules) -> Iterable[str]:
    yield 'if (req.url ~ "^/v1") {'
    yield f"    if (req.url !~ {_text(rules.page)}) {{"
    yield '        return (synth(404, "Not Found"));'
    yield "    }"
    yield f"}} elsif (req.url !~ {_text(rules.file)}) {{"
    yield '    return (synth(404, "Not Found"));'
    yield "}"


def _query(caching: Caching) -> Iterable[str]:
    """What of the query goes on, in one order. Of a parameter that comes twice it is the last."""
    for name in sorted(caching.parameters):
        yield f"if (req.http.X-Edge-Query ~ {_text(f'(?i)(^|&){name}=')}) {{"
        value = f"regsub(req.http.X-Edge-Query, {_text(f'(?i)^(?:.*&)?{name}=([^&]*).*$')}, {_text(chr(92) + '1')})"
        yield f"    set req.http.X-Edge-Asked = req.http.X-Edge-Asked + {_text(f'&{name}=')} + {value};"
        yield "}"
    if caching.parameters:
        yield "if (req.http.X-Edge-Asked) {"
        yield '    set req.url = req.url + regsub(req.http.X-Edge-Asked, "^&", "?");'
        yield "}"


def _origin(behaviour: Behaviour) -> Iterable[str]:
    for number, origin in enumerate(behaviour.origins):
        yield f"{'' if number == 0 else '} els'}if (bereq.retries == {number}) {{"
        yield f"    set bereq.backend = {backend_name(origin)};"
        yield f"    std.log({_text('origin:' + origin.id)});"
    yield "}"


def _next_origin(behaviour: Behaviour) -> Iterable[str]:
    if len(behaviour.origins) > 1:
        yield f"if (bereq.retries < {len(behaviour.origins) - 1}) {{"
        yield "    return (retry);"
        yield "}"


def _failover(behaviour: Behaviour) -> Iterable[str]:
    if behaviour.failover:
        yield f"if ({' || '.join(f'beresp.status == {status}' for status in behaviour.failover)}) {{"
        yield from _inside(_next_origin(behaviour))
        yield "}"


def _lifetime(caching: Caching) -> Iterable[str]:
    yield 'if (beresp.http.Cache-Control !~ "(?i)(max-age|s-maxage)=" && !beresp.http.Expires) {'
    yield f"    set beresp.ttl = {caching.default}s;"
    yield "}"
    yield f"if (beresp.ttl < {caching.least}s) {{"
    yield f"    set beresp.ttl = {caching.least}s;"
    yield "}"


def _longest(caching: Caching) -> Iterable[str]:
    yield f"if (beresp.ttl > {caching.most}s) {{"
    yield f"    set beresp.ttl = {caching.most}s;"
    yield "}"
    yield f"if (beresp.ttl + beresp.grace > {caching.most}s) {{"
    yield f"    set beresp.grace = {caching.most}s - beresp.ttl;"
    yield "}"


def _errors(rules: EdgeRules) -> Iterable[str]:
    least = {**dict.fromkeys(range(500, 505), ERROR_SECONDS), 404: ERROR_SECONDS, 405: ERROR_SECONDS, **rules.errors}
    for number, (status, seconds) in enumerate(sorted(least.items())):
        yield f"{'' if number == 0 else '} els'}if (beresp.status == {status} && beresp.ttl < {seconds}s) {{"
        yield f"    set beresp.ttl = {seconds}s;"
    yield "}"


def _header(header: Header) -> str:
    line = f"set resp.http.{header.name} = {_text(header.value)};"
    return line if header.override else f"if (!resp.http.{header.name}) {{ {line} }}"


def _by_path(behaviours: tuple[Behaviour, ...], url: str, body: Callable[[Behaviour], Iterable[str]]) -> Iterable[str]:
    """What each behaviour says of one thing, for the first whose pattern matches; the last matches always."""
    said = [(behaviour.pattern, list(body(behaviour))) for behaviour in behaviours]
    _, otherwise = said.pop()
    while said and said[-1][1] == otherwise:
        said.pop()
    for pattern, lines in said:
        yield f"if ({url} ~ {_text(path_expression(pattern))}) {{"
        yield from _inside([*lines, "return;"])
        yield "}"
    yield from otherwise


def _inside(lines: Iterable[str]) -> Iterable[str]:
    return (f"    {line}" for line in lines)


def _sub(name: str, lines: Iterable[str]) -> str:
    return f"sub {name} {{\n" + "".join(f"{line}\n" for line in _inside(lines)) + "}\n"


def _text(value: str) -> str:
    """A string of Varnish, in which nothing is escaped. Raises `ValueError` for what cannot be written so."""
    if '"' in value or "\n" in value:
        raise ValueError(f"the edge's rules cannot hold {value!r}: it has a quote or a new line")
    return f'"{value}"'
