"""The description of the API is what the code says, and knows every route of the template."""

from __future__ import annotations

from pathlib import Path

from realcount.cli.openapi.files import description_files
from realcount.cli.openapi.operations import OPERATIONS
from realcount.cli.openapi.shapes import path_expression
from realcount.local.intrinsics import load_yaml
from realcount.local.template import read_stack
from realcount.rendering.limits import LIMITS

ROOT = Path(__file__).parents[2]
ROUTES = read_stack(ROOT / "template.yaml").routes


def test_what_is_committed_is_what_the_code_says() -> None:
    for name, content in description_files().items():
        assert (ROOT / "web" / "docs" / name).read_bytes() == content, f"run `make openapi`: {name}"


def test_every_route_is_described_and_nothing_else() -> None:
    described = {(one.method.upper(), one.path) for one in OPERATIONS}
    described |= {("HEAD", path) for method, path in described if method == "GET"}
    exact = {(route.method, route.path) for route in ROUTES if "+}" not in route.path and route.method != "ANY"}
    assert exact - described == set()
    led = [(route.method, route.path.partition("{")[0] if "+}" in route.path else route.path) for route in ROUTES]
    for method, path in described:
        if (method, path) not in exact:
            assert any(way in (method, "ANY") and path.startswith(start) for way, start in led), f"{method} {path}"
    for route in ROUTES:
        if "+}" in route.path:
            start = path_expression(route.path.rpartition("/")[0] + "/")
            assert any(start.match(path) for _, path in described), f"nothing of {route.key} is described"


def test_the_limits_that_are_published_are_those_of_the_firewall() -> None:
    defaults = load_yaml(ROOT / "infra/edge.yaml")["Parameters"]
    assert LIMITS["requests_per_minute"] == defaults["ReaderLimit"]["Default"]
    assert LIMITS["stations_per_minute"] == defaults["StationLimit"]["Default"]


def test_the_page_to_read_runs_nothing_and_asks_nobody_else() -> None:
    page = (ROOT / "web/docs/index.html").read_text()
    for foreign in ("<script", "style=", "onclick", "http://", "src="):
        assert foreign not in page, foreign
    assert "https://" not in page.replace("https://count.example", "")
