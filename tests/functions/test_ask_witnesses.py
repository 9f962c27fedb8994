"""Every minute the log is shown to its witnesses; metrics and the page say what they said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from realcount.domain.errors import Rejected
from realcount.domain.log.checkpoints import read_checkpoint
from realcount.domain.log.notes import read_note
from realcount.domain.log.witnesses import WitnessList, read_witness_list
from realcount.log_ports import WitnessAnswer
from tests.fake_witness import FakeWitness, Witnesses
from tests.functions.night import Night
from tests.functions.test_sweep_tally import SCHEDULED
from tests.small_election import ELECTION, election

PAGE = f"/v1/elections/{ELECTION}/log"


@pytest.fixture
def watched(night: Night) -> Night:
    """A night with one sealed form and two witnesses, one of whom is a quorum."""
    a, b = FakeWitness("a.example"), FakeWitness("b.example")
    night.roll.now = WitnessList(1, (a.known, b.known))
    night.witness = Witnesses(a, b)
    vars(night.adapters)["witness"] = night.witness
    night.submit()
    night.approve()
    night.settle()
    return night


def test_the_page_is_there_from_the_beginning(night: Night) -> None:
    assert (night.read(PAGE)["size"], night.read(PAGE)["key"]) == (0, None)
    assert night.read(f"/v1/elections/{ELECTION}")["links"]["log"] == PAGE
    assert night.invoke("ask_witnesses", SCHEDULED) is None
    assert night.read(PAGE)["key"].startswith(f"count.example/{ELECTION}+")


def test_a_minute_with_two_witnesses(watched: Night, metrics: Callable[[], Mapping[str, float]]) -> None:
    metrics()
    watched.now = "2019-04-17T12:00:30.000Z"
    watched.invoke("ask_witnesses", SCHEDULED)
    assert metrics() == {"WitnessesAgreed": 2, "WitnessRefused": 0, "QuorumAge": 30_000, "Failed": 0, "Drift": 0}
    page = watched.read(PAGE)
    checkpoint = read_checkpoint(read_note(watched.logs.of(ELECTION).checkpoints[-1]).text)
    assert (page["size"], page["quorum"]["reached"], page["edition"]) == (checkpoint.size, True, 1)
    copy = watched.copies.get(PAGE)
    assert copy is not None and copy.edition == 1


def test_without_witnesses_there_is_no_age_to_be_alarmed_by(
    night: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    metrics()
    night.invoke("ask_witnesses", SCHEDULED)
    assert metrics() == {"WitnessesAgreed": 0, "WitnessRefused": 0, "Failed": 0, "Drift": 0}


def test_a_refusal_is_counted(watched: Night, metrics: Callable[[], Mapping[str, float]]) -> None:
    metrics()
    watched.witness.at["https://a.example"].behave = lambda _witness, _body: WitnessAnswer(422, "text/plain", b"no")
    watched.invoke("ask_witnesses", SCHEDULED)
    sent = metrics()
    assert (sent["WitnessRefused"], sent["WitnessesAgreed"]) == (1, 1)


def test_a_log_that_was_tampered_with_keeps_no_other_from_its_witnesses(
    watched: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    other = replace(election(), id="e20", contests=())
    watched.elections.begin(other)
    watched.elections.complete(other)
    watched.logs.of(ELECTION).checkpoints.append(b"spoilt")
    metrics()
    watched.invoke("ask_witnesses", SCHEDULED)
    assert metrics()["Drift"] == 1
    assert watched.read("/v1/elections/e20/log")["size"] == 0


def test_a_list_that_cannot_be_one_stops_everything_and_says_why(watched: Night) -> None:
    watched.roll.read = lambda: read_witness_list('{"quorum": 3, "witnesses": []}')  # type: ignore[method-assign]
    with pytest.raises(Rejected, match="from 0 to 0"):
        watched.invoke("ask_witnesses", SCHEDULED)
