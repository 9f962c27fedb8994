"""Citizens at the page that checks: by a link, by hand, with a saved file; at a desk, on a phone, in two languages."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests import small_election as small
from tests.browser.conftest import DESK, PHONE, checked, steps
from tests.browser.stage import Stage
from tests.browser.stories import ADDRESS, PAGE, PROOF, honest, honest_log, page_of
from tests.verify.building import LOG

pytestmark = pytest.mark.browser

ALL_HOLD = dict.fromkeys(("file", "checkpoint", "entries", "submitter", "approver", "sums", "station", "page"), "holds")


def saved(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "S1.proof.json"
    path.write_bytes(content)
    return path


def test_a_link_is_checked_at_once_and_said_in_plain_words_with_names(stage: Stage, tab: Any) -> None:
    honest().told(stage)
    tab.goto(stage.page(ADDRESS))
    answer = checked(tab)
    assert answer.get_attribute("data-verdict") == "proven"
    assert steps(tab) == ALL_HOLD
    text = answer.inner_text()
    for said in ("Terbukti", "S1", "1. Pair One", "151", "2. Pair Two", "119", "Region N", "Formulir versi 2"):
        assert said in text
    rows = tab.eval_on_selector_all("#answer table:nth-of-type(2) tbody tr", "rows => rows.map(row => row.innerText)")
    assert [row.split("\t") for row in rows] == [
        ["Region V1", "1", "270"],
        ["Region P1", "2", "445"],
        ["Region N", "3", "576"],
    ]


def test_nothing_is_asked_of_another_host(stage: Stage, tab: Any) -> None:
    hosts: set[str] = set()
    tab.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    honest().told(stage)
    tab.goto(stage.page(ADDRESS))
    checked(tab)
    assert hosts == {stage.url.removeprefix("http://")}


def test_by_hand_the_lists_are_filled_and_the_keyboard_is_enough(stage: Stage, tab: Any) -> None:
    honest().told(stage)
    tab.goto(stage.page())
    tab.wait_for_selector("#contest option:nth-child(2)", state="attached")
    assert tab.locator("#answer").is_hidden()
    tab.locator("#station").focus()
    tab.keyboard.type("S1")
    tab.keyboard.press("Enter")
    assert checked(tab).get_attribute("data-verdict") == "proven"
    assert tab.url.endswith(f"#{ADDRESS}"), "an answer has an address that can be sent to others"
    assert tab.evaluate("document.activeElement.id") == "answer"
    assert tab.locator("#answer").get_attribute("role") == "status"


def test_every_control_has_a_name_and_can_be_reached_by_tab(stage: Stage, tab: Any) -> None:
    tab.goto(stage.page())
    tab.wait_for_function("() => document.title")
    reached = []
    for _ in range(7):
        tab.keyboard.press("Tab")
        reached.append(tab.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert reached == ["language", "election", "contest", "station", "BUTTON", "file", "SUMMARY"]
    unnamed = tab.eval_on_selector_all(
        "input, select",
        "all => all.filter(one => !one.labels.length && !one.getAttribute('aria-labelledby')).map(one => one.id)",
    )
    assert unnamed == []


def test_the_language_can_be_changed_and_is_kept(stage: Stage, tab: Any) -> None:
    honest().told(stage)
    tab.goto(stage.page(ADDRESS))
    checked(tab)
    assert tab.get_attribute("html", "lang") == "id"
    tab.click("#language")
    assert tab.get_attribute("html", "lang") == "en"
    assert "Proven" in tab.inner_text("#answer") and "Terbukti" not in tab.inner_text("body")
    tab.reload()
    assert "Proven" in checked(tab).inner_text()


def test_a_saved_file_is_checked_without_asking_anybody(stage: Stage, tab: Any, tmp_path: Path) -> None:
    proof = json.dumps(honest().proof).encode()
    tab.goto(stage.page())
    tab.wait_for_load_state("networkidle")
    tab.context.set_offline(True)
    tab.set_input_files("#file", str(saved(tmp_path, proof)))
    answer = checked(tab)
    assert answer.get_attribute("data-verdict") == "proven"
    assert steps(tab) == ALL_HOLD | {"station": "open", "page": "open"}
    assert "Tidak dibandingkan" in answer.inner_text()
    tab.context.set_offline(False)


@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        (gzip.compress(json.dumps(honest().proof).encode()), "proven"),
        (gzip.compress(json.dumps(honest().proof).encode())[:-9], "broken"),
        (b"\xff\xfe", "broken"),
        (gzip.compress(bytes(2_000_000)), ""),
        (b" " * 2_000_000, ""),
    ],
    ids=["packed", "packed and cut", "noise", "a bomb", "too large"],
)
def test_a_file_may_be_packed_and_must_not_be_a_bomb(
    stage: Stage, tab: Any, tmp_path: Path, content: bytes, verdict: str
) -> None:
    tab.goto(stage.page())
    tab.set_input_files("#file", str(saved(tmp_path, content)))
    tab.wait_for_function(
        # A function, not an expression: to look at that a second time takes an eval, which the page forbids.
        "() => document.querySelector('#answer h2') || /terlalu besar/.test(document.querySelector('#answer').innerText)"
    )
    assert tab.get_attribute("#answer", "data-verdict") == verdict


def test_a_file_can_be_dropped_anywhere(stage: Stage, tab: Any) -> None:
    tab.goto(stage.page())
    tab.wait_for_load_state("networkidle")
    dropped = tab.evaluate_handle(
        "text => { const data = new DataTransfer(); data.items.add(new File([text], 'S1.proof.json')); return data; }",
        json.dumps(honest().proof),
    )
    tab.dispatch_event("body", "dragover", {"dataTransfer": dropped})
    assert tab.evaluate("document.body.classList.contains('over')")
    tab.dispatch_event("body", "drop", {"dataTransfer": dropped})
    assert checked(tab).get_attribute("data-verdict") == "proven"


def test_the_proof_can_be_saved_and_is_the_file_that_was_checked(stage: Stage, tab: Any) -> None:
    story = honest()
    story.told(stage)
    tab.goto(stage.page(ADDRESS))
    checked(tab)
    with tab.expect_download() as download:
        tab.click("#answer a[download]")
    assert download.value.suggested_filename == "S1.proof.json"
    assert Path(download.value.path()).read_bytes() == stage.answers[PROOF][1]


def test_a_correction_that_is_not_summed_up_yet_is_no_contradiction(stage: Stage, tab: Any) -> None:
    writer = honest_log()
    story = honest(writer)
    later = honest_log()
    later.count(small.PPWP, "S1", (152, 118))
    story.page = page_of(later, "S1")
    story.told(stage)
    tab.goto(stage.page(ADDRESS))
    assert checked(tab).get_attribute("data-verdict") == "proven"
    assert steps(tab)["page"] == "noted"
    assert "Sudah ada versi 3" in tab.inner_text("#answer")


def test_a_station_without_a_proof_yet_is_told_when(stage: Stage, tab: Any) -> None:
    story = honest()
    story.status = 404
    story.proof_bytes = json.dumps(
        {
            "type": "/problems/not-proven-yet",
            "title": "…",
            "status": 404,
            "detail": "come again in five minutes",
            "instance": PROOF,
        }
    ).encode()
    story.told(stage)
    tab.goto(stage.page(ADDRESS))
    assert "come again in five minutes" in checked(tab).inner_text()


@pytest.mark.parametrize(("status", "said"), [(404, "Tidak ada TPS S1"), (503, "tidak menjawab dengan benar (503)")])
def test_what_the_server_cannot_say_is_said_to_be_so(stage: Stage, tab: Any, status: int, said: str) -> None:
    story = honest()
    story.others[PAGE] = (status, {"type": "/problems/not-found"})
    story.told(stage)
    tab.goto(stage.page(ADDRESS))
    tab.wait_for_function("text => document.getElementById('answer').innerText.includes(text)", arg=said)


def test_a_key_from_elsewhere_is_gone_by_instead(stage: Stage, tab: Any) -> None:
    stage.keys = []
    honest().told(stage)
    tab.goto(stage.page(ADDRESS))
    assert checked(tab).get_attribute("data-verdict") == "broken"
    assert steps(tab)["checkpoint"] == "broken"
    tab.click("summary")
    for text, verdict in ((LOG.key.to_text(), "proven"), (LOG.key.to_text()[:-4] + "AAA=", "")):
        tab.fill("#own-key", text)
        tab.click("#ask button")
        tab.wait_for_function("text => document.getElementById('answer').dataset.verdict === text", arg=verdict)
    assert "bukan kunci log" in tab.inner_text("#answer")


def test_a_browser_without_ed25519_says_so_and_claims_nothing(stage: Stage, tab: Any) -> None:
    tab.add_init_script(
        "crypto.subtle.importKey = async () => { throw new DOMException('no such algorithm', 'NotSupportedError'); }"
    )
    honest().told(stage)
    tab.goto(stage.page(ADDRESS))
    assert "belum bisa memeriksa" in checked(tab).inner_text()
    assert "✓" not in tab.inner_text("#answer")


def test_the_page_runs_no_script_but_its_own(stage: Stage, tab: Any) -> None:
    """A name out of the API with markup in it is a name."""
    story = honest()
    story.told(stage)
    status, contest = stage.answers["/v1/elections/e19/contests/ppwp"]
    contest["options"][0]["name"] = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"
    stage.answers["/v1/elections/e19/contests/ppwp"] = (status, contest)
    tab.goto(stage.page(ADDRESS))
    checked(tab)
    assert "<img src=x" in tab.inner_text("#answer")
    assert tab.title() == "Periksa satu TPS"
    unwatched = tab.context.new_page()  # A browser complains of what is tried here, as it should.
    unwatched.goto(stage.page())
    refused = unwatched.evaluate(
        "() => { try { document.body.innerHTML = '<b>'; return 'taken'; } catch { return 'refused'; } }"
    )
    assert refused == "refused"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_it_fits_and_can_be_read(stage: Stage, tab: Any, size: dict[str, int], scheme: str) -> None:
    honest().told(stage)
    tab.set_viewport_size(size)
    tab.emulate_media(color_scheme=scheme)
    tab.goto(stage.page(ADDRESS))
    checked(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= size["width"]
    for selector in (
        "body",
        "small",
        "#answer h2",
        ".steps li",
        "[data-state=holds] .mark",
        "button",
        ".trust",
        "a",
        "thead th",
    ):
        assert contrast(tab, selector) >= 4.5, selector


def contrast(tab: Any, selector: str) -> float:
    """Of the text against what is behind it, as WCAG 2 has it."""
    ratio: float = tab.evaluate(
        """selector => {
          const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
          const rgb = text => text.match(/[0-9.]+/g).map(Number);
          let behind = document.querySelector(selector);
          const text = rgb(getComputedStyle(behind).color);
          while (behind && rgb(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
          const ground = rgb(getComputedStyle(behind ?? document.body).backgroundColor);
          const [high, low] = [light(text), light(ground)].sort((a, b) => b - a);
          return (high + 0.05) / (low + 0.05);
        }""",
        selector,
    )
    return ratio
