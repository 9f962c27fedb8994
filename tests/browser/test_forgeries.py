"""Forgers at work: without keys, with the log's key, with one official's. The page finds each, and names the step."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from realcount.domain.canonical import canonical_bytes, sha256_hex
from realcount.domain.log.notes import read_key
from realcount.domain.log.station_proofs import assemble
from realcount.verify.findings import Findings
from realcount.verify.proof import check_proof
from tests import small_election as small
from tests.browser.conftest import checked, steps
from tests.browser.stage import Stage
from tests.browser.stories import ADDRESS, STATION, Story, honest, honest_log, log_of, page_of, places_in, relogged
from tests.verify.building import LOG, OFFICIALS, Signer, Writer, sealed
from tests.verify.example import FOLDER, PROOF

pytestmark = pytest.mark.browser


def touched(change: Callable[[dict[str, Any]], object]) -> Callable[[], Story]:
    """Somebody who holds no key changes the proof."""

    def story() -> Story:
        made = honest()
        change(made.proof)
        return made

    return story


def misprinted(change: Callable[[dict[str, Any]], object]) -> Callable[[], Story]:
    """Somebody who holds the store of pages changes the station's."""

    def story() -> Story:
        made = honest()
        change(made.page)
        return made

    return story


def of_another_station() -> Story:
    writer = honest_log()
    return replace(honest(writer), proof=json.loads(assemble(log_of(writer), places_in(writer, "S4")).to_bytes()))


def by_a_stranger() -> Story:
    """A whole log of a stranger's, under the name of ours."""
    writer = honest_log()
    log = log_of(writer, signer=Signer(LOG.name, seed="a stranger"))
    return Story(page_of(writer, STATION), json.loads(assemble(log, places_in(writer)).to_bytes()))


def signed_by_one(**changes: Any) -> Callable[[], Story]:
    """The log's key and one official's: the other signature is made with what the forger has."""

    def story() -> Story:
        writer = honest_log()
        places = places_in(writer)
        entry, _ = sealed(small.PPWP, STATION, (250, 20), 2, writer_hash(), **changes)
        entries = list(writer.entries)
        entries[places.form] = entry
        return Story(page_of(writer, STATION), json.loads(assemble(log_of(writer, entries), places).to_bytes()))

    return story


def writer_hash() -> str:
    """The hash of the station's first form, which the second one names."""
    return sealed(small.PPWP, STATION, (150, 120))[1]


def registered_late() -> Story:
    """The forger registers a key after the form that it signed."""
    writer = Writer()
    writer.open(OFFICIALS[:2])
    writer.count(small.PPWP, STATION, (150, 120))
    writer.snapshot(small.PPWP, "N")
    places = places_in(writer)
    entries = list(writer.entries)
    entries[places.submitter], entries[places.form] = entries[places.form], entries[places.submitter]
    moved = replace(places, submitter=places.form, form=places.submitter)
    return Story(page_of(writer, STATION), json.loads(assemble(log_of(writer, entries), moved).to_bytes()))


def step_of(proof: dict[str, Any]) -> list[Any]:
    """The first step of the way that stands for somebody's votes."""
    steps: list[Any] = next(step for level in proof["way"] for step in level["steps"] if step[5])
    return steps


def flipped(text: str, at: int = 4) -> str:
    at %= len(text)
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


def other_signature(proof: dict[str, Any]) -> None:
    """The log's own is the first of the lines below the text."""
    text, signatures = proof["checkpoint"].rsplit("\n\n", 1)
    first, rest = signatures.split("\n", 1)
    proof["checkpoint"] = f"{text}\n\n{flipped(first, -20)}\n{rest}"


def another_vote(entry: dict[str, Any]) -> None:
    """With a review of exactly that, so that only the signatures tell."""
    entry["form"]["votes"]["01"] = 251
    entry["review"]["form"] = sha256_hex(canonical_bytes(entry["form"]))


FORGERIES: dict[str, tuple[Callable[[], Story], str, str]] = {
    "a vote in the proof": (touched(lambda p: p["entries"]["form"]["entry"]["form"]["votes"].update({"01": 251})), "entries", "“formulir”"),
    "a sum beside the way": (touched(lambda p: step_of(p).__setitem__(6, step_of(p)[6] + 100)), "sums", "tidak sampai ke total N"),
    "a hash beside the way": (touched(lambda p: step_of(p).__setitem__(1, flipped(step_of(p)[1]))), "sums", "tidak sampai"),
    "a region left out": (touched(lambda p: p["way"].pop(1)), "sums", "tidak sampai"),
    "a path in the log": (touched(lambda p: p["hashes"].reverse()), "entries", "jalurnya diubah"),
    "the index of the form": (touched(lambda p: p["entries"]["form"].update(index=10)), "entries", "tidak ada di log"),
    "the signature of the form": (touched(lambda p: p["entries"]["form"]["entry"].update(form_signature=flipped(p["entries"]["form"]["entry"]["form_signature"]))), "entries", "“formulir”"),
    "the size in the checkpoint": (touched(lambda p: p.update(checkpoint=p["checkpoint"].replace("\n", "\n9", 1))), "checkpoint", "palsu"),
    "the checkpoint's signature": (touched(other_signature), "checkpoint", "palsu"),
    "another log of the same name": (by_a_stranger, "checkpoint", "Tidak ditandatangani dengan kunci log"),
    "another log": (touched(lambda p: p.update(checkpoint="other" + p["checkpoint"])), "checkpoint", "log lain"),
    "another station's proof": (of_another_station, "station", "tentang S4, bukan S1"),
    "votes on the page": (misprinted(lambda p: p["votes"].update({"01": 999})), "page", "Suara untuk 1. Pair One: 999 di halaman, 151 di formulir"),
    "a figure of the version on the page": (misprinted(lambda p: p["versions"][1]["figures"].update(valid=1)), "page", "Angka valid: 1 di halaman"),
    "another form on the page": (misprinted(lambda p: p["versions"][1].update(hash="0" * 64)), "page", "Sidik formulir"),
    "another entry on the page": (misprinted(lambda p: p["versions"][1].update(sealed=3)), "page", "Nomor catatan: 3 di halaman"),
    "a vote in the log": (lambda: relogged(another_vote), "submitter", "Tanda tangan sub-p1"),
    "a review in the log": (lambda: relogged(lambda e: e["review"].update(nonce="m" * 16)), "approver", "Tanda tangan app-p1"),
    "a total in the log": (lambda: relogged(lambda e: e["sums"]["votes"].__setitem__(0, 999), "snapshot"), "sums", "bukan total N"),
    "a key of the other role": (lambda: relogged(lambda e: e["key"].update(role="approver"), "submitter"), "submitter", "tidak berwenang"),
    "a key of another day": (lambda: relogged(lambda e: e["key"].update(valid_until=small.DAWN), "submitter"), "submitter", "tidak berlaku"),
    "one person with two keys": (lambda: relogged(lambda e: e["key"].update(holder="person-sub-p1"), "approver"), "approver", "orang yang sama"),
    "an approver who never approved": (signed_by_one(signed_as=("sub-p1", "sub-p1")), "approver", "Tanda tangan app-p1"),
    "a submitter who never submitted": (signed_by_one(signed_as=("app-p1", "app-p1")), "submitter", "Tanda tangan sub-p1"),
    "a key registered afterwards": (registered_late, "entries", "tempat yang salah"),
    "no proof at all": (lambda: replace(honest(), proof={"type": "something else"}), "file", "Bukan berkas bukti"),
    "not even JSON": (lambda: replace(honest(), proof_bytes=b"<html>"), "file", "JSON"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_found_and_its_step_is_named(stage: Stage, tab: Any, name: str) -> None:
    story, step, why = FORGERIES[name]
    story().told(stage)
    tab.goto(stage.page(ADDRESS))
    answer = checked(tab)
    assert answer.get_attribute("data-verdict") == "broken"
    assert [found for found, state in steps(tab).items() if state == "broken"] == [step]
    assert why in answer.inner_text()
    assert "151" not in tab.inner_text("#answer .steps + *"), "no number is shown beside a check that failed"


def test_whatever_is_broken_is_said_in_both_languages(stage: Stage, tab: Any) -> None:
    tab.goto(stage.page())
    names = tab.evaluate(
        """async () => {
          const { WORDS } = await import('/check/words.js');
          const names = (value, at) => typeof value === 'string'
            ? [[at, ...(value.match(/\\{\\w+\\}/g) ?? []).sort()].join(' ')]
            : Object.entries(value).flatMap(([name, inner]) => names(inner, `${at}.${name}`));
          return Object.values(WORDS).map((words) => names(words, ''));
        }"""
    )
    assert names[0] == names[1]
    assert len(names[0]) > 60


VERDICTS = """async ([texts, keyText]) => {
  const { checkProof } = await import('/check/proof.js');
  const { readKey } = await import('/check/log.js');
  const keys = [await readKey(keyText)];
  const outcomes = [];
  for (const text of texts) {
    const { shown, steps } = await checkProof(text, { keys });
    outcomes.push(shown && [shown.form.station, shown.entries.form.index, shown.sums.votes, shown.regions.map((r) => [r.unit, r.sums.votes])]);
  }
  return outcomes;
}"""


def verdicts(stage: Stage, tab: Any, proofs: list[bytes], key: str) -> list[Any]:
    """What the page's code makes of these proofs: what each shows, or None."""
    tab.goto(stage.page())
    found: list[Any] = tab.evaluate(VERDICTS, [[proof.decode("utf-8", "replace") for proof in proofs], key])
    return found


def ours(proof: bytes, key: str) -> Any:
    """The same of `realcount verify proof`."""
    shown = check_proof(proof.decode("utf-8", "replace").encode(), read_key(key), Findings())
    if shown is None:
        return None
    way = [[unit, list(sums.votes)] for unit, sums in shown.way]
    return [shown.form.form.station, shown.index, list(shown.sums.votes), way]


def test_the_worked_example_proves_what_its_page_says(stage: Stage, tab: Any) -> None:
    """docs/log-example is for other implementers. This one is written in another language than the first."""
    proof, key = (FOLDER / PROOF).read_bytes(), (FOLDER / "log.key").read_text().strip()
    [shown] = verdicts(stage, tab, [proof], key)
    assert shown == ours(proof, key)
    assert shown[0] == "S1"


def test_both_checkers_say_the_same_of_every_damage(stage: Stage, tab: Any) -> None:
    """Any byte replaced, anything taken out or said twice: both refuse it, or both are shown the same."""
    honest_proof, chance = canonical_bytes(honest().proof), random.Random(4)
    damaged = [honest_proof]
    for _ in range(250):
        at = chance.randrange(len(honest_proof))
        damaged.append(honest_proof[:at] + bytes([chance.randrange(32, 127)]) + honest_proof[at + 1 :])
    for name in ("checkpoint", "hashes", "entries", "way"):
        proof = honest().proof
        del proof[name]
        damaged.append(canonical_bytes(proof))
        damaged.append(canonical_bytes(honest().proof | {name: None}))
        damaged.append(canonical_bytes(honest().proof | {name: []}))
    key = LOG.key.to_text()
    found = verdicts(stage, tab, damaged, key)
    assert found[0] is not None
    for proof, shown in zip(damaged, found, strict=True):
        assert shown == ours(proof, key), proof
