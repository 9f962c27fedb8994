"""One citizen's proof: made from the log's files, checked with the key alone, small, and worth nothing once it is touched."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from realcount.domain.canonical import canonical_bytes
from realcount.domain.election import ContestKey
from realcount.domain.errors import NotFound
from realcount.domain.log.notes import NoteKey
from realcount.domain.log.station_proofs import Places, assemble
from realcount.verify.checkpoint import read_word
from realcount.verify.findings import Findings
from realcount.verify.proof import MAX_PROOF, Shown, check_proof
from realcount.verify.prove import LogFiles, find_places
from realcount.verify.words import LANGUAGES, in_words
from tests import small_election as small
from tests.verify.building import LOG, OFFICIALS, MemorySource, Writer, packed, published, small_log


def silent(*_: object) -> None:
    pass


def log_files(files: dict[str, bytes]) -> LogFiles:
    source = MemorySource(files)
    word = read_word(source, LOG.key, (), 0, Findings())
    assert word is not None
    return LogFiles(source, word)


@cache
def made(contest: ContestKey = small.PPWP, station: str = "S4") -> bytes:
    log = log_files(published(small_log()))
    return assemble(log, find_places(log, contest, station, silent)).to_bytes()


def check(data: bytes, key: NoteKey = LOG.key, station: str | None = None) -> tuple[Shown | None, list[str]]:
    findings = Findings()
    shown = check_proof(data, key, findings, station)
    assert (shown is None) == bool(findings)
    return shown, [str(finding) for finding in findings.kept()]


@pytest.mark.parametrize("contest", [small.PPWP, small.DPR, small.DPRD])
@pytest.mark.parametrize("station", small.STATIONS)
def test_every_stations_form_is_proven_up_to_the_signed_total(contest: ContestKey, station: str) -> None:
    data = made(contest, station)
    shown, wrong = check(data, station=station)
    assert shown is not None, wrong
    assert shown.form.form.station == station
    assert (shown.way[-1][0], shown.way[-1][1]) == (shown.snapshot.unit, shown.snapshot.sums)
    assert shown.index == small_log().fold.stations[contest, station].index
    assert shown.unreached == ()
    assert len(data) < 20_000


def test_it_is_said_in_two_languages_with_the_same_numbers() -> None:
    shown, _ = check(made())
    assert shown is not None
    said = {language: "\n".join(in_words(shown, language)) for language in LANGUAGES}
    for text in said.values():
        assert all(word in text for word in ("S4", "119", "V2", "P1", "714", "sub-p1", "app-p1"))
    assert "Both signatures hold" in said["en"]
    assert "Kedua tanda tangan" in said["id"]


def test_what_cannot_be_proven_is_said_to_be_so() -> None:
    log = log_files(published(small_log()))
    with pytest.raises(NotFound, match="has a station S99"):
        find_places(log, None, "S99", silent)
    writer = Writer()
    writer.open()
    writer.snapshots()
    with pytest.raises(NotFound, match="S1 has no form in the newest snapshot"):
        find_places(log_files(published(writer)), small.PPWP, "S1", silent)


def test_the_proof_is_of_the_form_that_the_snapshot_counts_not_of_a_later_one() -> None:
    writer = Writer()
    writer.open()
    writer.count(small.PPWP, "S1", (3, 2))
    writer.snapshot(small.PPWP, "N")
    writer.count(small.PPWP, "S1", (4, 2))
    log = log_files(published(writer))
    shown, wrong = check(assemble(log, find_places(log, small.PPWP, "S1", silent)).to_bytes())
    assert shown is not None, wrong
    assert shown.form.form.version == 1


def test_it_may_be_packed() -> None:
    assert check(packed(made()))[0] == check(made())[0] is not None
    assert "is cut, or goes on after its end" in check(packed(made())[:-9])[1][0]
    assert "unpacks to more than" in check(packed(bytes(MAX_PROOF + 1)))[1][0]


def test_another_key_another_station_prove_nothing() -> None:
    other = NoteKey(LOG.key.name, LOG.key.kind, bytes(32))
    assert check(made(), other)[1][0].startswith("checkpoint-unsigned")
    assert "is about S4" in check(made(), station="S5")[1][0]


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda p: p["entries"]["form"]["entry"]["form"]["votes"].update({"01": 900}), "the form: entry"),
        (lambda p: p["entries"]["form"].update(index=301), "the form: entry 301"),
        (lambda p: p["entries"]["form"]["path"].pop(), "too short"),
        (lambda p: p["entries"]["opening"].update(p["entries"]["submitter"]), "do not open an election"),
        (lambda p: p["entries"]["contest"].update(p["entries"]["opening"]), "do not open an election"),
        (lambda p: p["entries"]["submitter"].update(p["entries"]["form"]), "do not register two keys"),
        (lambda p: p["entries"]["submitter"].update(p["entries"]["approver"]), "registers app-p1 a second time"),
        (lambda p: p["entries"]["snapshot"].update(p["entries"]["form"]), "are not a form and a snapshot"),
        (lambda p: p["entries"].pop("contest"), "entries.contest"),
        (lambda p: p["way"][0]["steps"][0].__setitem__(2, 2), "not below the root"),
        (lambda p: p["way"][1]["steps"][0].__setitem__(6, 900), "not below the root"),
        (lambda p: p["way"][1]["steps"][0].__setitem__(6, -1), "whole number from 0"),
        (lambda p: p["way"][0]["steps"][0].__setitem__(0, "left"), "not below the root"),
        (lambda p: p["way"][0]["steps"][0].__setitem__(0, "above"), "way"),
        (lambda p: p["way"][0]["steps"][0].__setitem__(1, p["hashes"][0]), "not below the root"),
        (lambda p: p["way"][0].update(children=3), "not below the root"),
        (lambda p: p["way"][0].update(unit="V1"), "not below the root"),
        (lambda p: p["way"][0]["steps"].pop(), "not below the root"),
        (lambda p: p["way"][0]["steps"].append(p["way"][0]["steps"][0]), "not below the root"),
        (lambda p: p["way"].pop(), "not below the root"),
        (lambda p: p["way"].pop(0), "not below the root"),
        (lambda p: p["way"].append(p["way"][-1]), "not below the root"),
        (lambda p: p["way"][0]["steps"][0].append(5), "votes for other options"),
        (lambda p: [row.append(5) for level in p["way"] for row in level["steps"]], "votes for other options"),
        (lambda p: p["hashes"].reverse(), "entry"),
        (lambda p: p["hashes"].pop(), "path"),
        (lambda p: p.update(checkpoint=p["checkpoint"].replace("323", "324")), "checkpoint-unsigned"),
        (lambda p: p.update(more=1), "more is not a member"),
        (lambda p: p.pop("way"), "way"),
    ],
)
def test_a_touched_proof_proves_nothing_and_says_where(change: Change, why: str) -> None:
    proof = json.loads(made())
    change(proof)
    shown, wrong = check(canonical_bytes(proof))
    assert shown is None
    assert why.split(" is not")[0] in " ".join(wrong)


def test_a_proof_of_another_snapshot_of_an_earlier_size_does_not_take_the_form_in() -> None:
    """The first snapshots were of fewer entries than the form's index."""
    log = log_files(published(small_log()))
    places = find_places(log, small.PPWP, "S4", silent)
    first = small_log().fold.snapshots[0]
    assert first[1].contest == small.PPWP
    proof = assemble(log, replace(places, snapshot=first[0]))
    shown, wrong = check(proof.to_bytes())
    assert shown is None
    assert "does not take in entry" in wrong[0]


@pytest.mark.parametrize(
    ("order", "places", "why"),
    [
        ((0, 1, 2, 3, 4, 5), {}, ""),
        ((0, 1, 3, 4, 2, 5), {"submitter": 4, "approver": 2, "form": 3}, "a key was registered after the form"),
        ((0, 2, 3, 4, 1, 5), {"contest": 4, "submitter": 1, "approver": 2, "form": 3}, "was opened after the form"),
    ],
)
def test_what_came_after_the_form_does_not_count(order: tuple[int, ...], places: dict[str, int], why: str) -> None:
    writer = Writer(replace(small.election(), contests=(small.contest(),)))
    writer.open(OFFICIALS[:2])
    writer.count(small.PPWP, "S1", (3, 2))
    writer.snapshot(small.PPWP, "N")
    log = log_files(published(writer, [writer.entries[index] for index in order]))
    honest = Places(0, 1, 2, 3, 4, 5, ("N", "P1", "V1"))
    shown, wrong = check(assemble(log, replace(honest, **places)).to_bytes())
    assert (shown is None) == bool(why)
    assert why in " ".join(wrong)


def test_no_damage_to_a_proof_makes_it_prove_something_else() -> None:
    """Any byte replaced: refused, or what is shown is the same as before (the file may be written in other ways)."""
    data, chance = made(), random.Random(4)
    honest, _ = check(data)
    for _ in range(600):
        at = chance.randrange(len(data))
        damaged = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
        shown, _wrong = check(damaged)
        if shown is not None:
            assert honest is not None
            assert shown.word.checkpoint == honest.word.checkpoint
            assert replace(shown, word=honest.word) == honest


def test_noise_is_no_proof() -> None:
    for data in (b"", b"{}", b"[]", b"null", b"\xff" * 40, b"[" * 100_000, b'{"entries":{"form":[]},"nodes":[1]}'):
        shown, wrong = check(data)
        assert shown is None
        assert wrong[0].startswith("bad-proof")
