"""From rules to Varnish's language: what each rule becomes. That it compiles and works, tests/edge holds."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from realcount.local.edge.rules import Behaviour, Caching, EdgeRules, Header, Origin
from realcount.local.edge.vcl import path_expression, write_vcl

API, COPIES = Origin("api", "127.0.0.1:1", 2, 3), Origin("copies", "127.0.0.1:2", 1, 4)
FILES = Behaviour("*", (COPIES,), (), ("GET",), Caching(0, 60, 1000), (Header("X-Kind", "file", override=False),))
PAGES = replace(
    FILES, pattern="/v1*", origins=(API, COPIES), failover=(500, 503), headers=(Header("X-Kind", "page", override=True),)
)  # fmt: skip
RULES = EdgeRules((PAGES, FILES), {404: 5, 503: 2}, "^/v1$", "^/f$")


def sub(rules: EdgeRules, name: str) -> str:
    found = re.search(rf"^sub {name} {{\n(.*?)^}}$", write_vcl(rules, Path("/itself")), re.DOTALL | re.MULTILINE)
    assert found, name
    return re.sub(r"\s+", " ", found[1]).strip()


@pytest.mark.parametrize(
    ("pattern", "matches", "not_those"),
    [
        ("/v1*", ["/v1", "/v1/a/b", "/v1x"], ["/w/v1", "/v"]),
        ("/w/*", ["/w/", "/w/a"], ["/w", "/ww/a"]),
        ("/a?.js", ["/ab.js"], ["/a.js", "/abxjs"]),
        ("*", ["", "/", "/a"], []),
    ],
)
def test_a_path_pattern_is_a_regular_expression(pattern: str, matches: list[str], not_those: list[str]) -> None:
    expression = re.compile(path_expression(pattern))
    assert all(map(expression.match, matches)) and not any(map(expression.match, not_those))


def test_an_origin_is_waited_for_as_long_as_it_says() -> None:
    vcl = write_vcl(RULES, Path("/itself"))
    backend = vcl[vcl.index("backend origin_api") :]
    for setting in ('.host = "127.0.0.1";', '.port = "1";', ".connect_timeout = 2s;", ".first_byte_timeout = 3s;"):
        assert setting in backend[: backend.index("}")]


def test_origins_are_asked_in_their_order() -> None:
    origin = sub(RULES, "rules_origin")
    assert origin.index("retries == 0") < origin.index("origin_api") < origin.index("retries == 1")
    assert "beresp.status == 500 || beresp.status == 503" in sub(RULES, "rules_failover")
    assert "504" not in sub(RULES, "rules_failover")


def test_the_first_behaviour_that_matches_decides_and_the_last_matches_always() -> None:
    headers = sub(RULES, "rules_headers")
    assert headers.startswith('if (req.url ~ "^/v1.*$") { set resp.http.X-Kind = "page"; return; }')
    assert headers.endswith('if (!resp.http.X-Kind) { set resp.http.X-Kind = "file"; }')
    assert "if" not in sub(RULES, "rules_methods").replace("if (req.method", ""), "what all say alike is said once"


def test_only_named_parameters_go_on_in_one_order() -> None:
    named = replace(FILES, pattern="/v3/*", caching=Caching(0, 60, 1000, ("level", "format")))
    query = sub(replace(RULES, behaviours=(PAGES, named, FILES)), "rules_query")
    assert query.index('~ "(?i)(^|&)format="') < query.index('~ "(?i)(^|&)level="')
    assert sub(RULES, "rules_query") == ""


def test_errors_are_believed_as_long_as_the_rules_say_and_else_as_cloudfront_does() -> None:
    errors = sub(RULES, "rules_errors")
    assert "beresp.status == 404 && beresp.ttl < 5s" in errors
    assert "beresp.status == 405 && beresp.ttl < 10s" in errors
    assert sub(RULES, "rules_kept") == "set beresp.ttl = 2s;"


def test_a_value_that_varnish_cannot_write_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        write_vcl(replace(RULES, page='^/"$'), Path("/itself"))
