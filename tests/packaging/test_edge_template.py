"""The deployed edge: what infra/edge.yaml promises readers, each promise broken once, and its gate run as it is written.

What CloudFront makes of it no machine of ours can show; docs/performance.md says what is to be confirmed on AWS.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import decode

from realcount.domain.log.tiles import TileName
from realcount.edge import pages
from realcount.edge.answers import EVERYWHERE
from realcount.edge.problems import PROBLEMS
from realcount.rendering import lifetimes
from tests.packaging.own_rules import ROOT, matches

EDGE = ROOT / "infra" / "edge.yaml"
FIREWALL = ROOT / "infra" / "firewall.yaml"


def properties(template: Path, logical: str) -> dict[str, Any]:
    found: dict[str, Any] = decode(str(template))[0]["Resources"][logical]["Properties"]
    return found


CONFIG = properties(EDGE, "Distribution")["DistributionConfig"]
BEHAVIOURS = {one["PathPattern"]: one for one in CONFIG["CacheBehaviors"]} | {"*": CONFIG["DefaultCacheBehavior"]}
ORIGINS = {origin["Id"]: origin for origin in CONFIG["Origins"]}

# ---- behaviours and origins -------------------------------------------------------------------------------------------


def test_data_come_from_either_origin_and_files_from_the_bucket_alone() -> None:
    assert {pattern: one["TargetOriginId"] for pattern, one in BEHAVIOURS.items()} == {
        "/v1/*/stations/*/proof": "api",
        "/v1/*/regions/*/now": "api",
        "/v1/*/regions/*/changes": "api",
        "/v1/*/regions/*/editions/*": "copies",
        "/v1*": "pages",
        "/v3/*": "api",
        "/static/json/*": "api",
        "/pemilu/*": "api",
        "/wilayah/*": "api",
        "/w/*": "copies",
        "/scans/*": "copies",
        "/bulk/*": "copies",
        "/log/*": "copies",
        "/check/*": "copies",
        "/docs/*": "copies",
        "*": "copies",
    }


def test_what_is_made_when_it_is_asked_for_is_asked_of_the_api_alone_whatever_is_first() -> None:
    """Of a proof there is no copy, and that the copies have none would be an answer: 404."""
    first = CONFIG["CacheBehaviors"][0]
    assert (first["PathPattern"], first["TargetOriginId"]) == ("/v1/*/stations/*/proof", "api")


@pytest.mark.parametrize(("first", "order"), [("api", ["api", "copies"]), ("copies", ["copies", "api"])])
def test_either_origin_can_be_the_first_and_the_other_is_then_the_second(first: str, order: list[str]) -> None:
    template = decode(str(EDGE))[0]
    condition = template["Conditions"]["CopiesFirst"]["Fn::Equals"]
    assert condition == [{"Ref": "PrimaryOrigin"}, "copies"]
    [group] = CONFIG["OriginGroups"]["Items"]
    chosen = [member["OriginId"]["Fn::If"][1 if first == "copies" else 2] for member in group["Members"]["Items"]]
    assert chosen == order
    assert first in template["Parameters"]["PrimaryOrigin"]["AllowedValues"]


def test_the_api_is_given_the_time_of_one_try_of_the_store_and_a_quick_second_one() -> None:
    """A try takes two seconds at most (wiring). Two that hang are not waited for: there is a copy."""
    assert 2 < ORIGINS["api"]["CustomOriginConfig"]["OriginReadTimeout"] < 4
    assert ORIGINS["api"]["ConnectionAttempts"] == 1


def test_both_origins_are_asked_through_one_shield_and_never_in_the_clear() -> None:
    assert all(origin["OriginShield"]["Enabled"] for origin in ORIGINS.values())
    assert ORIGINS["api"]["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    assert "OriginAccessControlId" in ORIGINS["copies"]
    assert {one["ViewerProtocolPolicy"] for one in BEHAVIOURS.values()} == {"redirect-to-https"}


def test_readers_may_come_by_every_protocol_of_today() -> None:
    assert (CONFIG["HttpVersion"], CONFIG["IPV6Enabled"]) == ("http2and3", True)
    assert CONFIG["ViewerCertificate"]["Fn::If"][1]["MinimumProtocolVersion"] == "TLSv1.2_2021"


# ---- how long ---------------------------------------------------------------------------------------------------------


def test_no_page_is_forgotten_before_the_end_of_what_it_promises() -> None:
    longest = max(*lifetimes.WHILE_COUNTING, *lifetimes.ONCE_COMPLETE, lifetimes.STATIC)
    policy = properties(EDGE, "PagesCaching")["CachePolicyConfig"]
    assert policy["MaxTTL"] >= longest + lifetimes.STALE_IF_ERROR
    assert BEHAVIOURS["/v1*"]["CachePolicyId"] == {"Ref": "PagesCaching"}


def test_an_error_is_believed_for_a_second_and_an_absence_for_as_long_as_it_says() -> None:
    kept = {one["ErrorCode"]: one["ErrorCachingMinTTL"] for one in CONFIG["CustomErrorResponses"]}
    assert kept == {403: 5, 404: pages.ABSENT_SECONDS, 500: 1, 502: 1, 503: 1, 504: 1}
    assert all("ResponsePagePath" not in one for one in CONFIG["CustomErrorResponses"]), "an error stays what it is"


# ---- what browsers are told ---------------------------------------------------------------------------------------------


def test_widgets_may_be_framed_and_nothing_else() -> None:
    framed = {}
    for pattern, behaviour in BEHAVIOURS.items():
        policy = properties(EDGE, behaviour["ResponseHeadersPolicyId"]["Ref"])["ResponseHeadersPolicyConfig"]
        security = policy["SecurityHeadersConfig"]
        csp = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
        framed[pattern] = "frame-ancestors *" in csp
        assert ("FrameOptions" in security) == ("frame-ancestors 'none'" in csp) == (not framed[pattern])
        assert {"ContentTypeOptions", "StrictTransportSecurity"} <= set(security)
        assert policy["CorsConfig"]["AccessControlAllowOrigins"]["Items"] == ["*"]
    assert [pattern for pattern, others_may in framed.items() if others_may] == ["/w/*"]
    assert set(framed) == set(BEHAVIOURS)


def test_the_page_that_checks_runs_its_own_script_and_talks_to_its_own_host() -> None:
    policy = properties(EDGE, BEHAVIOURS["/check/*"]["ResponseHeadersPolicyId"]["Ref"])["ResponseHeadersPolicyConfig"]
    said = policy["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    allowed = dict(directive.strip().split(" ", 1) for directive in said.split(";"))
    assert allowed["default-src"] == "'none'"
    assert {allowed[what] for what in ("script-src", "style-src", "connect-src", "img-src")} == {"'self'"}
    assert {allowed[what] for what in ("base-uri", "form-action", "frame-ancestors", "trusted-types")} == {"'none'"}
    assert allowed["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in said


def test_scripts_see_the_headers_that_the_api_shows_them_and_how_old_an_answer_is() -> None:
    cors = properties(EDGE, "DataHeaders")["ResponseHeadersPolicyConfig"]["CorsConfig"]
    shown = set(cors["AccessControlExposeHeaders"]["Items"])
    assert shown == {*EVERYWHERE["Access-Control-Expose-Headers"].lower().split(", "), "age", "x-cache"}


# ---- the gate -----------------------------------------------------------------------------------------------------------

GATE = properties(EDGE, "Gate")["FunctionCode"]

RUN = """
const requests = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const answers = requests.map((request) => handler({ version: '1.0', context: {}, viewer: {}, request }));
process.stdout.write(JSON.stringify(answers));
"""


def passed(*requests: dict[str, Any]) -> list[dict[str, Any]]:
    """What the gate makes of these requests: each as it goes on, or an answer (with `statusCode`)."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not on this machine, so the gate was not run (Debian: apt-get install nodejs)")
    whole = [{"method": "GET", "headers": {}, "querystring": {}, "cookies": {}, **request} for request in requests]
    done = subprocess.run(
        [node, "-e", GATE + RUN], input=json.dumps(whole), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


PATHS = [
    "/v1",
    "/v1/elections",
    "/v1/elections/ri-2019",
    "/v1/elections/ri-2019/contests/ppwp/regions/nation",
    "/v1/elections/ri-2019/contests/ppwp/stations/1.2_3:4-5",
    "/v1/a/b/c/d/e/f/g",
    "/v1/elections/" + "x" * 64,
    "/v1/%65lections",
    "/v1/elections%2Fri-2019",
    "/v1/..",
    # No page: neither here nor there.
    "/v1/",
    "/v10",
    "/v1elections",
    "/v1//elections",
    "/v1/elections/",
    "/v1/a/b/c/d/e/f/g/h",
    "/v1/elections/" + "x" * 65,
    "/v1/elections/ri 2019",
    "/v1/elections/ri%202019",
    "/v1/elections/%00",
    "/v1/elections/%0A",
    "/v1/elections\n",
    "/v1/elections/caf\u00e9",
    "/v1/elections/caf%C3%A9",
    "/v1/elections/%",
    "/v1/elections/%zz",
    "/v1/elections/%ff",
    "/v1/wp-login.php?x",
]


def test_the_gate_knows_pages_by_the_expression_of_the_api() -> None:
    [written] = re.findall(r"const PAGE = new RegExp\('\^(.*)\$'\);", GATE)
    assert written == pages._PATH.pattern


def test_the_gate_lets_through_what_the_api_would_look_up_and_nothing_else() -> None:
    for path, answer in zip(PATHS, passed(*({"uri": path} for path in PATHS)), strict=True):
        assert answer.get("uri") == pages.page_key(path), path
        assert answer.get("statusCode") == (None if pages.page_key(path) else 404), path


def test_one_page_has_one_spelling_in_the_cache() -> None:
    spelt = ["/v1/elections", "/v1/%65lections", "/v1/%65%6C%65ctions", "/v1%2Felections"]
    assert {answer["uri"] for answer in passed(*({"uri": uri} for uri in spelt))} == {"/v1/elections"}


def test_what_the_gate_answers_is_what_the_api_would_have_answered() -> None:
    [answer] = passed({"uri": "/v1/elections/"})
    ours = pages.absent("/v1/elections/")
    headers = {name: value["value"] for name, value in answer["headers"].items()}
    assert (answer["statusCode"], answer["body"].encode()) == (ours.status, ours.body)
    assert headers["content-type"] == ours.headers["Content-Type"]
    assert headers["cache-control"] == ours.headers["Cache-Control"]
    assert headers["access-control-allow-origin"] == EVERYWHERE["Access-Control-Allow-Origin"]
    [head] = passed({"uri": "/v1/elections/", "method": "HEAD"})
    assert (head["statusCode"], head["body"]) == (404, "")


def test_files_keep_their_names_and_the_root_lists_no_bucket() -> None:
    files = ["/w/nation.html", "/scans/" + "0f" * 32 + ".jpg", "/bulk/ri-2019/ppwp.csv.gz", "/.well-known/security.txt"]
    assert [answer.get("uri") for answer in passed(*({"uri": uri} for uri in files))] == files
    for uri in ("/w/", "//", "/w/%2e%2e%2f%00", "/w/a b", "/" + "x" * 81):
        [answer] = passed({"uri": uri})
        assert answer["statusCode"] == 404, uri
    [root] = passed({"uri": "/"})
    assert (root["statusCode"], root["headers"]["location"]["value"]) == (302, "/v1")


def test_every_file_of_a_log_of_a_thousand_million_entries_passes() -> None:
    names = [TileName(level, 3_999_999, width).path for level in (-1, 0) for width in (256, 7)]
    files = [f"/log/{'e' * 64}/{name}" for name in (*names, "checkpoint", "units", "sums/" + "0f" * 32)]
    assert [answer.get("uri") for answer in passed(*({"uri": uri} for uri in files))] == files


def test_the_page_that_checks_has_one_address_and_its_folder_leads_there() -> None:
    without, folder, file = passed({"uri": "/check"}, {"uri": "/check/"}, {"uri": "/check/index.html"})
    assert (without["statusCode"], without["headers"]["location"]["value"]) == (302, "/check/")
    assert folder["uri"] == file["uri"] == "/check/index.html"


def test_a_query_a_cookie_a_range_and_a_date_go_no_further_but_a_tag_does() -> None:
    [on] = passed(
        {
            "uri": "/v1/elections",
            "querystring": {"x": {"value": "1"}},
            "cookies": {"a": {"value": "b"}},
            "headers": {
                "if-none-match": {"value": '"t"'},
                "if-modified-since": {"value": "Wed, 17 Apr 2019 13:00:00 GMT"},
                "range": {"value": "bytes=0-9"},
            },
        }
    )
    assert (on["querystring"], on["cookies"], set(on["headers"])) == ({}, {}, {"if-none-match"})
    asked = {"Level": {"value": "ru"}, "raceID": {"value": "a/B"}, "x": {"value": "1"}}
    [races] = passed({"uri": "/v3/elections/2019-04-17", "querystring": asked})
    assert races["querystring"] == {"level": {"value": "ru"}, "raceid": {"value": "a/B"}, "x": {"value": "1"}}
    [scan] = passed({"uri": "/scans/a.jpg", "headers": {"range": {"value": "bytes=0-9"}}})
    assert set(scan["headers"]) == {"range"}


def test_a_browser_asks_the_gate_and_no_origin_whether_it_may_ask() -> None:
    [answer] = passed({"uri": "/v1/elections", "method": "OPTIONS"})
    assert answer["statusCode"] == 204
    assert answer["headers"]["access-control-allow-methods"]["value"] == "GET, HEAD, OPTIONS"
    assert "if-none-match" in answer["headers"]["access-control-allow-headers"]["value"]


def test_the_gate_fits_into_a_function_of_cloudfront() -> None:
    assert len(GATE.encode()) <= 10 * 1024


# ---- the firewall ---------------------------------------------------------------------------------------------------------

WALL = properties(FIREWALL, "WebAcl")
RULES = {rule["Name"]: rule for rule in WALL["Rules"]}


def test_nobody_is_kept_out_but_by_a_rule() -> None:
    assert (WALL["Scope"], WALL["DefaultAction"]) == ("CLOUDFRONT", {"Allow": {}})
    assert sorted(rule["Priority"] for rule in RULES.values()) == list(range(len(RULES)))


def test_what_the_firewall_answers_are_problems_of_ours() -> None:
    for name, body in WALL["CustomResponseBodies"].items():
        problem = json.loads(body["Content"])
        assert problem["type"] == f"/problems/{name}"
        assert (problem["status"], problem["title"]) == PROBLEMS[name]
    for rule in RULES.values():
        if "Action" in rule:
            response = rule["Action"]["Block"]["CustomResponse"]
            assert response["ResponseCode"] == PROBLEMS[response["CustomResponseBodyKey"]].status


def test_who_asks_too_often_is_told_when_to_come_again_and_no_cache_tells_others() -> None:
    limited = [rule for rule in RULES.values() if "RateBasedStatement" in rule["Statement"]]
    assert [rule["Name"] for rule in limited] == ["stations", "readers"]
    for rule in limited:
        response = rule["Action"]["Block"]["CustomResponse"]
        headers = {header["Name"]: header["Value"] for header in response["ResponseHeaders"]}
        assert response["ResponseCode"] == 429
        assert headers == {"retry-after": "60", "cache-control": "no-store", "access-control-allow-origin": "*"}
        assert rule["Statement"]["RateBasedStatement"]["EvaluationWindowSec"] == 60


def test_no_path_of_a_page_is_too_long() -> None:
    longest = "/v1" + ("/" + "x" * 64) * 7
    assert pages.page_key(longest) == longest
    assert len(longest) < RULES["long-path"]["Statement"]["SizeConstraintStatement"]["Size"]


def test_the_limits_are_published() -> None:
    parameters = decode(str(EDGE))[0]["Parameters"]
    section = (ROOT / "docs" / "api.md").read_text().split("\n## Through the edge\n", 1)[1].split("\n## ", 1)[0]
    for name in ("ReaderLimit", "StationLimit"):
        assert f"{parameters[name]['Default']:,}" in section


# ---- our rules --------------------------------------------------------------------------------------------------------------


def test_every_template_of_the_edge_keeps_every_rule() -> None:
    for template in sorted((ROOT / "infra").glob("*.yaml")):
        assert matches(template) == [], template.name


PLANTED = [
    ("E9101", "OriginReadTimeout: 3, OriginKeepaliveTimeout", "OriginKeepaliveTimeout", "waits for its origin api up to 32 s"),
    ("E9101", "            ConnectionTimeout: 2\n", "", "waits for its origin api up to 13 s"),
    ("E9101", "ConnectionAttempts: 1", "ConnectionAttempts: 3", "waits for its origin api up to 9 s"),
    ("E9102", "[500, 502, 503, 504]", "[404, 500, 502, 503, 504]", "fails over in pages on [404], which are answers"),
    ("E9102", "[500, 502, 503, 504]", "[500, 502, 503]", "does not fail over in pages on [504]"),
    ("E9103", "AllowedMethods: [GET, HEAD, OPTIONS]", "AllowedMethods: [GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE]", "takes methods at /v1/*/stations"),
    ("E9103", "CachedMethods: [GET, HEAD]", "OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac", "forwards more than the cache key at /v1/*/stations"),
    ("E9103", "CachePolicyId: !Ref PagesCaching", "CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6", "caches /v1/*/stations/*/proof by a policy"),
    ("E9103", "FunctionAssociations:", "LambdaFunctionAssociations:", "lets requests for /v1/*/stations/*/proof past the gate"),
    ("E9104", "QueryStringBehavior: none", "QueryStringBehavior: all", "has querystrings in the key"),
    ("E9104", "            QueryStringBehavior: whitelist\n", "            QueryStringBehavior: allExcept\n", "RacesCaching has querystrings in the key"),
    ("E9104", "QueryStrings: [format,", "QueryStrings: [a, format,", "RacesCaching has querystrings in the key"),
    ("E9104", "CookieBehavior: none", "CookieBehavior: all", "has cookies in the key"),
    ("E9104", "{HeaderBehavior: none}", "{HeaderBehavior: whitelist, Headers: [origin]}", "has headers in the key"),
    ("E9104", "EnableAcceptEncodingBrotli: true", "EnableAcceptEncodingBrotli: false", "does not tell the codings"),
    ("E9104", "MinTTL: 0", "MinTTL: 1", "keeps what says no-store"),
    ("E9104", "MaxTTL: 172800", "MaxTTL: 3600", "forgets after 3600 s"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "written", "broken", "complaint"), PLANTED)
def test_a_planted_fault_is_found(tmp_path: Path, rule: str, written: str, broken: str, complaint: str) -> None:
    text = EDGE.read_text()
    assert written in text, "the fault was to be planted here"
    planted = tmp_path / "edge.yaml"
    planted.write_text(text.replace(written, broken, 1))

    found = [match for match in matches(planted) if match.rule.id == rule]

    assert complaint in " / ".join(match.message for match in found)


@pytest.mark.parametrize(
    ("written", "broken", "complaint"),
    [
        ("      AlarmActions: [!Ref Topic]\n", "", "tells nobody"),
        ("docs/operations.md, ", "", "does not name its section"),
        ("      TreatMissingData: notBreaching\n", "", "does not say what missing data mean"),
    ],
)
def test_an_alarm_that_would_wake_nobody_is_found(tmp_path: Path, written: str, broken: str, complaint: str) -> None:
    planted = tmp_path / "alarms.yaml"
    planted.write_text((ROOT / "infra" / "edge_alarms.yaml").read_text().replace(written, broken, 1))
    [match] = matches(planted)
    assert (match.rule.id, complaint in match.message) == ("E9105", True)
