"""What the edge answers by itself. On AWS that is a function in JavaScript, here a few lines of Varnish's language: both are
asked the same, and must say the same."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from realcount.local.intrinsics import load_yaml
from realcount.local.places import checkout
from tests.edge.conftest import Get
from tests.edge.scripted import Says, ScriptedOrigin

pytestmark = pytest.mark.edge

PASSED_ON = (
    "/v1", "/v1/elections", "/v1/elections/a.b_c:d-e", "/v1/a/b/c/d/e/f/g/h/i", "/v1/" + "x" * 64, "/v1/%61", "/%76%31/a",
    "/v1%2Felections", "/v1/elections?x=1", "/w/widget.js", "/check/", "/check/check.js", "/v3/elections", "/v3/elections/2019-04-17", "/docs/", "/docs/docs.css", "/v1/openapi.json",
    "/log/ri-2019/tile/0/x001/234.p/7", "/scans/ab12", "/bulk/nation.json", "/checkpoint",
    "/" + "y" * 80, "/static/json/hhcw/ppwp/928068/928069/928072/928073/900800001.json", "/static/json/wilayah/-99.json",
    "/pemilu/hhcw/ppwp/31/3173/317301/3173011006/3173011006272.json", "/wilayah/pemilu/ppwp/0.json?1708",
)  # fmt: skip
ANSWERED = (
    "/", "/?x=1", "/check", "/check/a/", "/v1/", "/v1/a/", "//", "/v1//a", "/v1/a/b/c/d/e/f/g/h/i/j", "/v1/" + "x" * 65, "/v2%20", "/v1/a%", "/v1/%zz",
    "/v1/%00", "/v1/%c3%a9", "/v1/%ff", "/v1/a%0a", "/v1/a%3fb", "/v1/a%22b", "/v1/a'b", "/wp-login.php/", "/.env%00",
    "/" + "y" * 81, "/v1/~a", "/v1/a;b", "/v1/a%7f", "/docs", "/v1/" + "z" * 508, "/v1/" + "z" * 509, "/" + "y/" * 400,
)  # fmt: skip
FROM_CLOUDFRONT = {"x-cache", "date", "content-length", "connection"}
"""Headers that come with any answer and that no function writes."""


@pytest.fixture(scope="module")
def function(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The function's code with something behind it that asks it what comes on standard input."""
    if shutil.which("node") is None:
        pytest.fail("node is missing: the function of the edge is JavaScript (Debian: apt-get install nodejs)")
    code = load_yaml(checkout().root / "infra/edge.yaml")["Resources"]["Gate"]["Properties"]["FunctionCode"]
    program = tmp_path_factory.mktemp("gate") / "gate.js"
    asks = "const asked = JSON.parse(require('fs').readFileSync(0)); console.log(JSON.stringify(asked.map(handler)));"
    program.write_text(f"{code}\n{asks}")
    return program


def ask(function: Path, *requests: tuple[str, str]) -> list[dict[str, Any]]:
    events = [
        {"request": {"method": method, "uri": path.partition("?")[0], "querystring": {}, "headers": {}, "cookies": {}}}
        for method, path in requests
    ]
    done = subprocess.run(
        ["node", function], input=json.dumps(events), capture_output=True, text=True, check=True, timeout=30
    )
    said: list[dict[str, Any]] = json.loads(done.stdout)
    return said


def raw(http: httpx.Client, method: str, path: str) -> httpx.Response:
    """As it is written here: httpx alone would tidy the path up."""
    return http.request(method, http.base_url.copy_with(raw_path=path.encode()))


@pytest.mark.parametrize("path", ANSWERED)
def test_it_answers_as_the_function_does(http: httpx.Client, function: Path, path: str) -> None:
    (said,) = ask(function, ("GET", path))
    answer = raw(http, "GET", path)
    assert answer.status_code == said["statusCode"]
    given = {name: value for name, value in answer.headers.items() if name not in FROM_CLOUDFRONT}
    assert given == {name: held["value"] for name, held in said["headers"].items()}
    assert answer.text == said["body"]
    assert answer.headers["x-cache"] == "FunctionGeneratedResponse from edge"


def test_a_preflight_is_answered_as_the_function_does(http: httpx.Client, function: Path) -> None:
    (said,) = ask(function, ("OPTIONS", "/v1/elections"))
    answer = raw(http, "OPTIONS", "/v1/elections")
    given = {name: value for name, value in answer.headers.items() if name not in FROM_CLOUDFRONT}
    assert (answer.status_code, given) == (204, {name: held["value"] for name, held in said["headers"].items()})


@pytest.mark.parametrize("path", PASSED_ON)
def test_it_passes_on_what_the_function_passes_on_in_the_same_spelling(
    http: httpx.Client, function: Path, api: ScriptedOrigin, copies: ScriptedOrigin, path: str
) -> None:
    (said,) = ask(function, ("GET", path))
    assert "statusCode" not in said
    raw(http, "GET", path)
    of_api = said["uri"].startswith(("/v1", "/v3/", "/static/json/", "/pemilu/", "/wilayah/"))
    assert (api if of_api else copies).asked(said["uri"])


def test_nothing_it_answers_reaches_an_origin(http: httpx.Client, api: ScriptedOrigin, copies: ScriptedOrigin) -> None:
    seen = len(api.all_paths() | copies.all_paths())
    for number in range(30):
        assert raw(http, "GET", f"/v1/elections/{number}/../<script>").status_code == 404
    for path in ANSWERED:
        raw(http, "GET", path)
    assert len(api.all_paths() | copies.all_paths()) == seen


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "PURGE", "TRACE"])
def test_what_changes_something_is_refused_and_reaches_nobody(
    http: httpx.Client, api: ScriptedOrigin, path: str, method: str
) -> None:
    answer = raw(http, method, path)
    assert (answer.status_code, answer.headers["x-cache"]) == (403, "Error from edge")
    assert not api.asked(path)


def test_a_range_of_a_page_is_the_whole_page(get: Get, api: ScriptedOrigin, path: str) -> None:
    api.script(path, Says("the whole page"))
    answer = get(path, range="bytes=0-2")
    assert (answer.status_code, answer.text) == (200, "the whole page")
