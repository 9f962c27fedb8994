"""The log before its witnesses: who signs what, what is published of it, and who is not led by a bad witness."""

from __future__ import annotations

import gzip
import json
import logging
from base64 import b64decode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Barrier

import pytest

from realcount.domain.errors import Conflict, Drift, Unavailable
from realcount.domain.log.checkpoints import Checkpoint, read_checkpoint
from realcount.domain.log.notes import COSIGNATURE, Note, NoteKey, read_note, signature_of
from realcount.domain.log.witness_book import WitnessBook, read_book
from realcount.domain.log.witnesses import WitnessList
from realcount.domain.log.witnessing import SIZE_MEDIA
from realcount.evidence.signatures import holds
from realcount.local.memory import KeptKey, MemoryLog
from realcount.local.memory.log import MemorySeals
from realcount.log_ports import BOOK, CHECKPOINT, WITNESSED, WitnessAnswer
from realcount.rendering.paths import log_path
from realcount.usecases.append_log import Pending, append_log
from realcount.usecases.ask_witnesses import RENEW_SECONDS, Asked, Each, ask_witnesses
from tests.fake_witness import SEEN_AT, FakeWitness, Witnesses
from tests.small_election import DUSK, ELECTION, NOON, RECEIPTS, election
from tests.unit.usecases.office import SIGNER, Office

A, B, C = "a.example", "b.example", "c.example"


@dataclass
class Watch:
    """The office's log and its witnesses, of whom a quorum is two."""

    office: Office = field(default_factory=Office)
    a: FakeWitness = field(default_factory=lambda: FakeWitness(A))
    b: FakeWitness = field(default_factory=lambda: FakeWitness(B))
    c: FakeWitness = field(default_factory=lambda: FakeWitness(C))
    quorum: int = 2

    def __post_init__(self) -> None:
        self.port = Witnesses(self.a, self.b, self.c)
        self.log = self.office.log

    @property
    def roll(self) -> WitnessList:
        return WitnessList(self.quorum, (self.a.known, self.b.known, self.c.known))

    def seal(self, at: str = "S1") -> None:
        self.office.submit(at=at)
        self.office.decide(at=at)
        self.office.seal(at=at)

    def ask(
        self, now: str = NOON, roll: WitnessList | None = None, each: Each = map, log: MemoryLog | None = None
    ) -> Asked:
        return ask_witnesses(
            election(), now, self.roll if roll is None else roll, log=log or self.log, key=SIGNER.key,
            receipts=RECEIPTS.of(ELECTION).key, witness=self.port,
            verify=holds, copies=self.office.copies, pages=self.office.pages, each=each,
        )  # fmt: skip

    def note(self, name: str) -> Note:
        data, _ = self.log.current(name)
        assert data is not None
        return read_note(data)

    def cosigners(self, name: str) -> list[str]:
        note = self.note(name)
        assert note.signed_by(SIGNER.key, holds)
        return [one.name for one in (self.a, self.b, self.c) if note.seen_at(one.key, holds) is not None]

    def size(self, name: str) -> int:
        return read_checkpoint(self.note(name).text).size

    def book(self) -> WitnessBook:
        data, _ = self.log.current(BOOK)
        assert data is not None
        book = read_book(data)
        assert book is not None
        return book

    def page(self) -> dict[str, object]:
        page = self.office.pages.get(log_path(ELECTION))
        assert page is not None
        bodies = page.bodies
        body = bodies["identity"] if "identity" in bodies else gzip.decompress(bodies["gzip"])
        document: dict[str, object] = json.loads(body)
        return document


def _first() -> int:
    watch = Watch()
    watch.seal()
    return watch.size(CHECKPOINT)


FIRST = _first()
"""Entries once one form is sealed: all that stands before it, its two keys, the form. Each further form is one more."""


def test_a_log_that_grows_is_cosigned_each_time_and_every_size_is_proven_from_the_last() -> None:
    watch = Watch()
    for size, station in ((FIRST, "S1"), (FIRST + 1, "S2"), (FIRST + 2, "S3")):
        watch.seal(station)
        asked = watch.ask()
        assert (asked.agreed, asked.refused, asked.silent) == (3, {}, {})
        assert asked.quorum_seen_at == NOON
        for name in (CHECKPOINT, WITNESSED):
            assert (watch.size(name), watch.cosigners(name)) == (size, [A, B, C])
    olds = [body.split(b"\n", 1)[0] for body in watch.a.asked]
    assert olds == [b"old 0", b"old %d" % FIRST, b"old %d" % (FIRST + 1)]


def test_the_sealer_goes_on_from_a_cosigned_checkpoint_and_a_trigger_that_comes_again_finds_its_own() -> None:
    watch = Watch()
    watch.seal()
    watch.ask()
    watch.office.seal()
    watch.seal("S2")
    assert watch.size(CHECKPOINT) == FIRST + 1
    assert watch.cosigners(CHECKPOINT) == [], "it is a new word, and nobody has seen it"
    assert (watch.size(WITNESSED), watch.cosigners(WITNESSED)) == (FIRST, [A, B, C])


def test_cosignatures_that_come_while_the_sealer_publishes_cost_it_one_more_try() -> None:
    """It has read the checkpoint without them, and replaces what it read."""
    watch = Watch()
    watch.seal()

    class Meanwhile(MemoryLog):
        asked = False

        def publish(self, checkpoint: bytes, was: str | None) -> None:
            if not self.asked:
                self.asked = True
                watch.ask()
            super().publish(checkpoint, was)

    log = watch.log
    log.__class__ = Meanwhile
    watch.seal("S2")
    assert isinstance(log, Meanwhile) and log.asked
    assert (watch.size(CHECKPOINT), watch.size(WITNESSED)) == (FIRST + 1, FIRST)


def test_a_newer_checkpoint_wins_over_cosignatures_of_an_older_one() -> None:
    watch = Watch()
    watch.seal()

    def slowly(witness: FakeWitness, body: bytes) -> WitnessAnswer:
        witness.behave = None
        watch.seal("S2")
        return witness.honest(body)

    watch.a.behave = slowly
    watch.ask()
    assert (watch.size(CHECKPOINT), watch.cosigners(CHECKPOINT)) == (FIRST + 1, [])
    assert (watch.size(WITNESSED), watch.cosigners(WITNESSED)) == (FIRST, [A, B, C])


def test_witnesses_are_asked_at_the_same_time() -> None:
    watch = Watch()
    watch.seal()
    together = Barrier(3, timeout=10)

    class Meeting(Witnesses):
        def add_checkpoint(self, url: str, body: bytes) -> WitnessAnswer:
            together.wait()
            return super().add_checkpoint(url, body)

    watch.port = Meeting(watch.a, watch.b, watch.c)
    with ThreadPoolExecutor(3) as pool:
        assert watch.ask(each=pool.map).agreed == 3


def test_one_that_is_down_keeps_no_other_from_signing_and_is_asked_again() -> None:
    watch = Watch()
    watch.seal()
    del watch.port.at[watch.b.known.url]
    asked = watch.ask()
    assert (asked.agreed, list(asked.silent), asked.refused) == (2, ["The b.example"], {})
    assert watch.cosigners(WITNESSED) == [A, C]
    watch.port = Witnesses(watch.a, watch.b, watch.c)
    assert watch.ask().agreed == 3
    assert watch.cosigners(WITNESSED) == [A, B, C], "those of the first time are still under it"
    assert (len(watch.a.asked), len(watch.b.asked)) == (1, 1), "who has just signed this very word is left in peace"


def test_below_a_quorum_nothing_is_called_witnessed() -> None:
    watch = Watch(quorum=3)
    watch.seal()
    del watch.port.at[watch.b.known.url]
    watch.ask()
    assert watch.log.current(WITNESSED) == (None, None)
    assert watch.cosigners(CHECKPOINT) == [A, C], "what there is, is shown"
    assert not watch.book().reached


def test_a_word_that_stays_is_shown_again_after_a_while_so_that_a_dead_witness_shows() -> None:
    watch = Watch()
    watch.seal()
    watch.ask()
    edition = watch.book().edition
    assert watch.ask("2019-04-17T12:03:59.000Z").agreed == 3
    assert (len(watch.a.asked), watch.book().edition) == (1, edition)
    for one in (watch.a, watch.b):
        one.time = SEEN_AT + RENEW_SECONDS + 1
    del watch.port.at[watch.c.known.url]
    asked = watch.ask("2019-04-17T12:04:01.000Z")
    assert asked.quorum_seen_at == "2019-04-17T12:04:01.000Z"
    signatures = watch.note(CHECKPOINT).signatures
    assert len(signatures) == 4, "a new cosignature takes the old one's place"


def test_the_age_of_a_quorum_is_that_of_the_look_that_completed_it() -> None:
    watch = Watch()
    watch.seal()
    watch.port.at.clear()
    assert watch.ask(NOON).quorum_seen_at == NOON, "nobody has looked: it counts from when they were first asked"
    assert watch.ask(DUSK).quorum_seen_at == NOON
    watch.port = Witnesses(watch.a, watch.b)
    watch.a.time, watch.b.time = SEEN_AT + 60, SEEN_AT + 120
    assert watch.ask(DUSK).quorum_seen_at == "2019-04-17T12:01:00.000Z"


def test_without_witnesses_the_page_follows_the_log_all_the_same() -> None:
    watch = Watch()
    nobody = WitnessList()
    assert watch.ask(roll=nobody) == Asked()
    assert watch.page()["size"] == 0
    watch.seal()
    assert watch.ask(roll=nobody) == Asked()
    page = watch.page()
    assert (page["size"], page["origin"], page["key"]) == (FIRST, SIGNER.key.name, SIGNER.key.to_text())
    assert watch.log.current(WITNESSED) == (None, None)
    assert len(watch.log.checkpoints) == 1, "and its word is left as it is"


# ---- refusals ---------------------------------------------------------------------------------------------------------------


def forked(watch: Watch, entries: int) -> MemoryLog:
    """Another log under the same key, as whoever holds the key could write it, with the same book beside it."""
    fork = MemoryLog()
    waiting = [Pending(b"another past %d" % number, ("other", str(number))) for number in range(entries)]
    append_log(lambda: waiting, log=fork, seals=MemorySeals(), signer=SIGNER)
    for name in (BOOK, WITNESSED):
        data, _ = watch.log.current(name)
        assert data is not None
        fork.replace(name, data, None)
    return fork


@pytest.mark.parametrize(
    ("entries", "status"),
    [(FIRST, 409), (FIRST + 1, 422), (FIRST + 5, 422)],
    ids=["rollback", "same size, other root", "fork"],
)
def test_another_log_under_our_key_is_refused_loudly_and_the_evidence_kept(
    entries: int, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    watch = Watch()
    watch.seal()
    watch.seal("S2")
    watch.ask()
    fork = forked(watch, entries)
    asked = watch.ask(DUSK, log=fork)
    assert list(asked.refused) == ["The a.example", "The b.example", "The c.example"]
    assert asked.agreed == 0
    (line, *_) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert f"The a.example REFUSES the log of e19 at {entries} entries" in line.getMessage()
    assert str(status) in line.getMessage()

    data, _ = fork.current(BOOK)
    book = read_book(data or b"")
    assert book is not None and not book.reached
    refusal = book.sightings[0].refusal
    assert refusal is not None and (refusal.size, refusal.status, refusal.at) == (entries, status, DUSK)
    evidence = json.loads(fork.refusals[refusal.evidence])
    assert evidence["request"].encode() == watch.a.asked[-1]
    assert (evidence["status"], evidence["witness"]["url"]) == (status, watch.a.known.url)
    assert b64decode(evidence["answer"])

    witnessed, _ = fork.current(WITNESSED)
    assert witnessed is not None and read_checkpoint(read_note(witnessed).text).size == FIRST + 1, (
        "the proof against it stays"
    )
    words = watch.page()["words"]
    assert isinstance(words, dict) and any("REFUSED" in word for word in words["en"])
    assert any("MENOLAK" in word for word in words["id"])

    assert watch.ask(DUSK).agreed == 3, "the true log is cosigned as before"


@pytest.mark.parametrize("entries", [FIRST, FIRST + 1], ids=["shorter", "of the same size"])
def test_what_a_quorum_saw_stays_even_if_another_quorum_signs_another_log(entries: int) -> None:
    """Witnesses who lost their memory, or were bought: the word before is the proof, and is not written over."""
    watch = Watch()
    watch.seal()
    watch.seal("S2")
    watch.ask()
    before = watch.note(WITNESSED)
    for one in (watch.a, watch.b, watch.c):
        one.seen = None
    fork = forked(watch, entries)
    assert watch.ask(DUSK, log=fork).agreed == 3
    witnessed, _ = fork.current(WITNESSED)
    assert witnessed == before.to_bytes()


def test_a_witness_that_does_not_know_the_log_refuses_too() -> None:
    watch = Watch()
    watch.seal()
    for status in (403, 404):
        watch.a.behave = lambda _witness, _body, status=status: WitnessAnswer(
            status, "text/plain", b"who\x00 are\nyou?"
        )
        assert watch.ask().refused == {"The a.example": f"{status} who? are you?"}
    assert watch.cosigners(WITNESSED) == [B, C]


def test_whoever_was_shown_a_newer_log_by_others_meanwhile_has_refused_nothing() -> None:
    watch = Watch()
    watch.seal()

    def ahead(_witness: FakeWitness, _body: bytes) -> WitnessAnswer:
        watch.seal("S2")
        return WitnessAnswer(409, SIZE_MEDIA, b"%d\n" % (FIRST + 1))

    watch.a.behave = ahead
    asked = watch.ask()
    assert (asked.refused, list(asked.silent)) == ({}, ["The a.example"])


def test_a_witness_of_whom_we_forgot_what_it_saw_tells_us() -> None:
    watch = Watch()
    watch.seal()
    watch.ask()
    watch.seal("S2")
    _, version = watch.log.current(BOOK)
    watch.log.replace(BOOK, b"{}", version)
    edition = watch.page()["edition"]
    assert watch.ask().agreed == 3
    assert watch.page()["edition"] > edition, "and the page does not go back"  # type: ignore[operator]


# ---- witnesses that behave badly ----------------------------------------------------------------------------------------------


def says(answer: Callable[[FakeWitness, str], bytes], status: int = 200, media: str = "text/plain") -> object:
    def behave(witness: FakeWitness, body: bytes) -> WitnessAnswer:
        return WitnessAnswer(status, media, answer(witness, read_note(body.partition(b"\n\n")[2]).text))

    return behave


def other_size(text: str) -> str:
    checkpoint = read_checkpoint(text)
    return Checkpoint(checkpoint.origin, checkpoint.size + 1, checkpoint.root).to_text()


def as_stranger(witness: FakeWitness, text: str) -> bytes:
    """Under the witness's name and key id, by a key that is not its own."""
    stranger = KeptKey("stranger", bytes(32))
    forged = signature_of(witness.key, stranger.sign, text, SEEN_AT)
    return Note("x\n", (forged,)).to_bytes().split(b"\n\n", 1)[1]


BAD = {
    "garbage": says(lambda _witness, _text: b"\xff\xfe<html>"),
    "nothing": says(lambda _witness, _text: b""),
    "wrong key": says(as_stranger),
    "another witness's": says(lambda _witness, text: FakeWitness("x.example").cosign(text).body),
    "other origin": says(lambda witness, text: witness.cosign("else" + text).body),
    "over another size": says(lambda witness, text: witness.cosign(other_size(text)).body),
    "a log's signature": says(
        lambda witness, text: (
            Note("x\n", (signature_of(NoteKey(A, 1, witness.key.public), witness.private.sign, text),))
            .to_bytes()
            .split(b"\n\n", 1)[1]
        )
    ),
    "a redirect": says(lambda _witness, _text: b"over there", 302),
    "broken": says(lambda _witness, _text: b"oops", 500),
    "busy": says(lambda _witness, _text: b"later", 429),
    "another size each time": says(lambda witness, _text: b"%d\n" % (len(witness.asked) % 2 + 1), 409, SIZE_MEDIA),
}


@pytest.mark.parametrize("how", BAD)
def test_a_bad_answer_is_no_cosignature_no_refusal_and_hurts_nobody_else(how: str) -> None:
    watch = Watch()
    watch.seal()
    watch.a.behave = BAD[how]  # type: ignore[assignment]
    asked = watch.ask()
    assert (asked.agreed, list(asked.silent), asked.refused) == (2, ["The a.example"], {})
    assert watch.cosigners(WITNESSED) == watch.cosigners(CHECKPOINT) == [B, C]
    assert len(watch.note(CHECKPOINT).signatures) == 3, "nothing of it is published"
    assert len(watch.a.asked) <= 3


def test_a_cosignature_from_no_calendar_is_one_without_a_time() -> None:
    watch = Watch()
    watch.seal()
    watch.a.time = 2**63
    assert watch.ask().agreed == 3
    assert watch.book().quorum_seen_at() == NOON


# ---- our own side -------------------------------------------------------------------------------------------------------------


def test_a_word_that_is_not_the_logs_own_is_shown_to_nobody() -> None:
    watch = Watch()
    watch.seal()
    stranger = KeptKey(SIGNER.key.name, bytes(32))
    data, version = watch.log.current(CHECKPOINT)
    text = read_note(data or b"").text
    watch.log.replace(CHECKPOINT, Note(text, (signature_of(stranger.key, stranger.sign, text),)).to_bytes(), version)
    with pytest.raises(Drift, match="not signed by"):
        watch.ask()
    data, version = watch.log.current(CHECKPOINT)
    watch.log.replace(CHECKPOINT, b"spoilt", version)
    with pytest.raises(Drift, match="cannot be read"):
        watch.ask()
    assert watch.a.asked == []


@pytest.mark.parametrize("lost", [WITNESSED, CHECKPOINT, BOOK])
@pytest.mark.parametrize("landed", [False, True])
def test_whatever_write_is_lost_the_next_run_comes_to_the_same(lost: str, landed: bool) -> None:
    watch = Watch()
    watch.seal()
    replace_, failed = watch.log.replace, []

    def flaky(name: str, data: bytes, was: str | None) -> None:
        if name != lost or failed:
            return replace_(name, data, was)
        failed.append(name)
        if landed:
            replace_(name, data, was)
        raise Unavailable(f"the {name} may be written")

    watch.log.replace = flaky  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        watch.ask()
    assert watch.ask().agreed == 3
    assert watch.cosigners(CHECKPOINT) == watch.cosigners(WITNESSED) == [A, B, C]
    assert watch.page()["quorum"] == {"needed": 2, "cosigned": 3, "witnesses": 3, "reached": True, "seen_at": NOON}


def test_the_page_that_was_not_stored_is_stored_the_next_time() -> None:
    watch = Watch()
    watch.seal()
    put = watch.office.pages.put

    def down(page: object) -> None:
        raise Unavailable("the table does not answer")

    watch.office.pages.put = down  # type: ignore[assignment, method-assign]
    with pytest.raises(Unavailable):
        watch.ask()
    watch.office.pages.put = put  # type: ignore[method-assign]
    watch.ask()
    assert watch.page()["size"] == FIRST


def test_two_runs_at_once_leave_one_book() -> None:
    watch = Watch()
    watch.seal()

    def meanwhile(witness: FakeWitness, body: bytes) -> WitnessAnswer:
        witness.behave = None
        watch.ask()
        return witness.honest(body)

    watch.a.behave = meanwhile
    with pytest.raises(Conflict):
        watch.ask()
    assert watch.ask().agreed == 3


def test_who_is_taken_off_the_list_is_forgotten_and_another_key_is_another_witness() -> None:
    watch = Watch()
    watch.seal()
    watch.ask()
    fewer = replace(watch.roll, quorum=1, witnesses=(watch.a.known,))
    watch.ask(roll=fewer)
    assert [one.name for one in watch.book().sightings] == ["The a.example"]
    other = replace(watch.a.known, key=NoteKey(A, COSIGNATURE, bytes(32)))
    asked = watch.ask(roll=replace(fewer, witnesses=(other,)))
    assert (asked.agreed, list(asked.silent)) == (0, ["The a.example"])
