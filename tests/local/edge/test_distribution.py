"""The edge here is what infra/edge.yaml says, follows it when it changes, and says what it cannot follow."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from realcount.edge.pages import _PATH
from realcount.local.edge.distribution import read_edge
from realcount.local.edge.rules import EdgeRules
from realcount.local.intrinsics import TemplateError
from realcount.local.places import checkout
from realcount.rendering.ap3.query import race_query

TEMPLATE = checkout().root / "infra/edge.yaml"
API, COPIES = "127.0.0.1:1", "127.0.0.1:2"

Edited = Callable[[str, str], EdgeRules]


@pytest.fixture
def edited(tmp_path: Path) -> Edited:
    """The rules of a copy of the template in which a text stands in place of another."""

    def rules(old: str, new: str) -> EdgeRules:
        text = TEMPLATE.read_text()
        assert old in text
        (tmp_path / "edge.yaml").write_text(text.replace(old, new, 1))
        return read_edge(tmp_path / "edge.yaml", api=API, copies=COPIES)

    return rules


def test_pages_come_from_the_api_then_from_the_copies_and_everything_else_from_there() -> None:
    rules = read_edge(TEMPLATE, api=API, copies=COPIES)
    proofs, now, changes, editions, pages, races, *others = rules.behaviours
    assert (proofs.pattern, [origin.address for origin in proofs.origins]) == ("/v1/*/stations/*/proof", [API])
    for alone, behaviour in (("now", now), ("changes", changes)):
        assert behaviour.pattern == f"/v1/*/regions/*/{alone}"
        assert [origin.address for origin in behaviour.origins] == [API]
    assert (editions.pattern, [origin.address for origin in editions.origins]) == (
        "/v1/*/regions/*/editions/*",
        [COPIES],
    )
    assert (pages.pattern, [origin.address for origin in pages.origins]) == ("/v1*", [API, COPIES])
    assert (races.pattern, [origin.address for origin in races.origins]) == ("/v3/*", [API])
    assert pages.failover == (500, 502, 503, 504)
    translated, others = others[:3], others[3:]
    assert [behaviour.pattern for behaviour in translated] == ["/static/json/*", "/pemilu/*", "/wilayah/*"]
    assert {origin.address for behaviour in translated for origin in behaviour.origins} == {API}
    assert [behaviour.pattern for behaviour in others] == [
        "/w/*",
        "/scans/*",
        "/bulk/*",
        "/log/*",
        "/check/*",
        "/docs/*",
        "*",
    ]
    assert {origin.address for behaviour in others for origin in behaviour.origins} == {COPIES}
    assert {behaviour.methods for behaviour in rules.behaviours} == {("GET", "HEAD", "OPTIONS")}
    assert [origin.address for origin in rules.origins] == [API, COPIES]


def test_races_alone_are_asked_for_by_parameters() -> None:
    for behaviour in read_edge(TEMPLATE, api=API, copies=COPIES).behaviours:
        assert bool(behaviour.caching.parameters) == (behaviour.pattern == "/v3/*")


def test_the_parameters_are_those_that_the_function_reads() -> None:
    (races,) = (one for one in read_edge(TEMPLATE, api=API, copies=COPIES).behaviours if one.pattern == "/v3/*")
    read = re.findall(r"""(?:flag|chosen)\("(\w+)"\)|given(?:\.get\(|\[)"(\w+)\"""", inspect.getsource(race_query))
    assert set(races.caching.parameters) == {(name or other).lower() for name, other in read}


def test_the_copies_may_be_asked_first() -> None:
    rules = read_edge(TEMPLATE, api=API, copies=COPIES, primary="copies")
    assert [origin.address for origin in rules.behaviours[4].origins] == [COPIES, API]


def test_what_can_be_a_page_is_what_the_api_takes_for_one() -> None:
    assert read_edge(TEMPLATE, api=API, copies=COPIES).page == f"^{_PATH.pattern}$"


def test_it_follows_the_template(edited: Edited) -> None:
    assert edited("OriginReadTimeout: 3", "OriginReadTimeout: 7").origins[0].answer == 7
    assert edited("ErrorCode: 404, ErrorCachingMinTTL: 5", "ErrorCode: 404, ErrorCachingMinTTL: 9").errors[404] == 9
    assert edited("MaxTTL: 172800", "MaxTTL: 86400").behaviours[0].caching.most == 86400
    assert edited("[500, 502, 503, 504]", "[503]").behaviours[4].failover == (503,)
    headers = edited("FrameOption: DENY", "FrameOption: SAMEORIGIN").behaviours[0].headers
    assert {header.name: header.value for header in headers}["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("            QueryStringBehavior: whitelist\n", "            QueryStringBehavior: allExcept\n", "RacesCaching has another key"),
        ("{QueryStringBehavior: none}", "{QueryStringBehavior: all}", "PagesCaching has another key"),
        ("EnableAcceptEncodingBrotli: true", "EnableAcceptEncodingBrotli: false", "PagesCaching has another key"),
        ("ConnectionAttempts: 1", "ConnectionAttempts: 2", "origin api is tried more than once"),
        ("            Compress: true\n", "            Compress: true\n            TrustedSigners: [x]\n", "behaviour /v1.*has TrustedSigners"),
        ("          - Id: copies\n", "          - Id: copies\n            OriginPath: /x\n", "origin copies has OriginPath"),
        ("EventType: viewer-request", "EventType: viewer-response", "one function, on each viewer request"),
        ("const PAGE = new RegExp(", "const PAGE = RegExp(", "no constant PAGE"),
        ("ReferrerPolicy: {", "XSSProtection: {", "DataHeaders has XSSProtection"),
    ],
)  # fmt: skip
def test_what_it_cannot_carry_out_is_an_error_with_its_place(
    edited: Edited, old: str, new: str, complaint: str
) -> None:
    with pytest.raises(TemplateError, match=rf"edge\.yaml: .*{complaint}"):
        edited(old, new)
