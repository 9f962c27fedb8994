"""The route a request takes is the one API Gateway would choose."""

from __future__ import annotations

import pytest

from realcount.local.routes import Router
from realcount.local.stack import Route

ROUTER = Router(
    [
        Route("ANY", "/files/{proxy+}", "greedy"),
        Route("ANY", "/files/{name}", "variable-any"),
        Route("GET", "/files/{name}", "variable"),
        Route("GET", "/files/readme", "literal"),
        Route("GET", "/files/{name}/{part}", "two"),
        Route("HEAD", "/files/readme", "head"),
        Route("GET", "/", "root"),
    ]
)


@pytest.mark.parametrize(
    ("method", "path", "function", "parameters"),
    [
        ("GET", "/", "root", {}),
        ("GET", "/files/readme", "literal", {}),
        ("HEAD", "/files/readme", "head", {}),
        ("POST", "/files/readme", "variable-any", {"name": "readme"}),
        ("GET", "/files/other", "variable", {"name": "other"}),
        ("DELETE", "/files/other", "variable-any", {"name": "other"}),
        ("GET", "/files/a/b", "two", {"name": "a", "part": "b"}),
        ("PUT", "/files/a/b", "greedy", {"proxy": "a/b"}),
        ("GET", "/files/a/b/c", "greedy", {"proxy": "a/b/c"}),
        ("GET", "/files/a b%", "variable", {"name": "a b%"}),
    ],
)
def test_the_most_specific_route_wins(method: str, path: str, function: str, parameters: dict[str, str]) -> None:
    match = ROUTER.match(method, path)
    assert match is not None
    assert (match.route.function, match.parameters) == (function, parameters)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/files"), ("GET", "/files/"), ("POST", "/"), ("GET", "/x"), ("GET", "")]
)
def test_what_no_route_names_has_none(method: str, path: str) -> None:
    assert ROUTER.match(method, path) is None


def test_the_route_key_is_the_template_s() -> None:
    match = ROUTER.match("PUT", "/files/a/b")
    assert match is not None and match.key == "ANY /files/{proxy+}"
