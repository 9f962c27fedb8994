"""FormStore: the ledger. Nothing in it changes, and a station's head moves one agreed step at a time."""

from __future__ import annotations

import functools
import threading
from dataclasses import replace

import boto3
import pytest
from botocore.config import Config

from realcount.domain.errors import Conflict, Forbidden
from realcount.domain.ledger import (
    APPROVE,
    APPROVED,
    RECEIVED,
    RETURN,
    FormVersion,
    Head,
    Recall,
    Review,
    Seal,
    received,
)
from realcount.local.memory import MemoryForms
from tests.contract import samples
from tests.contract.engines import CREDENTIALS, AWSStores, Stores
from tests.contract.races import at_once, winners

PPWP, DPD = samples.PPWP, samples.DPD
HERE = "11.0"
SIGNERS = ("k1", "k2")
SERVERS = ("memory", "ministack", "dynoxide")
"""Without moto where threads race, and where transactions are many: it copies the whole table for each."""


@pytest.fixture
def ledger(stores: Stores) -> Stores:
    """A ledger with both officials' keys, and no form yet."""
    for name, holder in (("k1", "h1"), ("k2", "h2")):
        stores.keys.register(samples.official_key(name, holder))
    return stores


def receive(stores: Stores, station: str = HERE, number: int = 1, **more: int) -> tuple[FormVersion, Head]:
    """The next version of a station comes in, as receive_form would record it."""
    version = samples.version(station, number, **more)
    was = stores.forms.head(PPWP, station)
    now = received(was, version)
    stores.forms.receive(version, was, now)
    return version, now


def approve(stores: Stores, version: FormVersion, was: Head, decision: str = APPROVE) -> tuple[Review, Head]:
    review, now = samples.review(version, decision), was.decided(decision, samples.ONE)
    stores.forms.decide(review, was, now, SIGNERS)
    return review, now


def seen(stores: Stores, station: str = HERE) -> tuple[object, object]:
    return stores.forms.head(PPWP, station), stores.forms.history(PPWP, station)


def test_a_station_that_sent_nothing_has_nothing(ledger: Stores) -> None:
    assert seen(ledger) == (None, [])
    assert ledger.forms.version(PPWP, HERE, 1) is None
    assert ledger.forms.heads(PPWP, [HERE]) == {}


def test_a_first_version_comes_back_as_it_came_in(ledger: Stores) -> None:
    version, head = receive(ledger)
    assert seen(ledger) == (head, [(version, None)])
    assert ledger.forms.version(PPWP, HERE, 1) == version
    assert ledger.forms.version(PPWP, HERE, 2) is None
    assert ledger.forms.version(PPWP, HERE, 0) is None


def test_stations_and_contests_do_not_mix(ledger: Stores) -> None:
    version, head = receive(ledger)
    for contest, station in ((DPD, HERE), (PPWP, "11"), (PPWP, "11.00")):
        assert ledger.forms.head(contest, station) is None
        assert ledger.forms.version(contest, station, 1) is None
        assert ledger.forms.history(contest, station) == []
    other = samples.version(HERE, contest=DPD)
    ledger.forms.receive(other, None, received(None, other))
    assert ledger.forms.history(DPD, HERE) == [(other, None)]
    assert seen(ledger) == (head, [(version, None)])


@pytest.mark.parametrize("decision", [APPROVE, RETURN])
def test_a_decision_stands_beside_its_version(ledger: Stores, decision: str) -> None:
    version, head = receive(ledger)
    review, now = approve(ledger, version, head, decision)
    assert seen(ledger) == (now, [(version, review)])


def test_a_life_of_many_versions_oldest_first(ledger: Stores) -> None:
    """Form, correction, withdrawal, corrections: past 9, so that no text is mistaken for a number."""
    story = []
    for number in range(1, 13):
        version, head = receive(ledger, number=number)
        decided = approve(ledger, version, head, APPROVE if number % 2 else RETURN)[0] if number % 5 else None
        story.append((version, decided))
    assert ledger.forms.history(PPWP, HERE) == story
    head = ledger.forms.head(PPWP, HERE)
    assert head is not None
    assert (head.seq, head.latest, head.approved, head.counted) == (22, 12, 11, 0)
    assert ledger.forms.version(PPWP, HERE, 1) == story[0][0]


def test_a_history_larger_than_one_answer(ledger: Stores) -> None:
    """40 versions of 32 KB: DynamoDB answers 1 MB at a time."""
    story = [receive(ledger, number=number, pad=32_000)[0] for number in range(1, 41)]
    assert ledger.forms.history(PPWP, HERE) == [(version, None) for version in story]


def test_a_version_number_is_taken_once(ledger: Stores) -> None:
    version, head = receive(ledger)
    for was in (None, head):
        with pytest.raises(Conflict):
            ledger.forms.receive(version, was, head)
    assert seen(ledger) == (head, [(version, None)])


def test_a_version_that_saw_an_old_head_changes_nothing(ledger: Stores) -> None:
    """Its number is free, but while it was being checked the version before was decided on."""
    first, old = receive(ledger)
    review, now = approve(ledger, first, old)
    late = samples.version(HERE, 2)
    with pytest.raises(Conflict):
        ledger.forms.receive(late, old, received(old, late))
    assert seen(ledger) == (now, [(first, review)])
    assert ledger.forms.version(PPWP, HERE, 2) is None


def test_a_first_version_where_there_is_one_changes_nothing(ledger: Stores) -> None:
    first, head = receive(ledger)
    late = samples.version(HERE, 2)
    with pytest.raises(Conflict):
        ledger.forms.receive(late, None, received(head, late))
    assert seen(ledger) == (head, [(first, None)])


def test_a_later_version_where_there_is_none_changes_nothing(ledger: Stores) -> None:
    head = samples.first_head()
    late = samples.version(HERE, 2)
    with pytest.raises(Conflict):
        ledger.forms.receive(late, head, received(head, late))
    assert seen(ledger) == (None, [])


def test_a_head_that_never_was_changes_nothing(ledger: Stores) -> None:
    """Its number is ahead of the ledger: a restored backup, or a bug; in any case not what was read here."""
    first, head = receive(ledger)
    invented = head.decided(APPROVE, samples.ONE)
    late = samples.version(HERE, 2)
    with pytest.raises(Conflict):
        ledger.forms.receive(late, invented, received(invented, late))
    with pytest.raises(Conflict):
        ledger.forms.decide(samples.review(first), invented, invented.decided(RETURN, samples.TWO), SIGNERS)
    assert seen(ledger) == (head, [(first, None)])


def test_a_decision_is_made_once(ledger: Stores) -> None:
    version, old = receive(ledger)
    review, now = approve(ledger, version, old)
    again = samples.review(version, RETURN)
    for was in (old, now):
        with pytest.raises(Conflict):
            ledger.forms.decide(again, was, was.decided(RETURN, samples.TWO), SIGNERS)
    assert seen(ledger) == (now, [(version, review)])


def test_a_decision_that_saw_an_old_head_changes_nothing(ledger: Stores) -> None:
    """A correction came in while the second official was reading."""
    first, old = receive(ledger)
    second, head = receive(ledger, number=2)
    with pytest.raises(Conflict):
        approve(ledger, first, old)
    assert seen(ledger) == (head, [(first, None), (second, None)])


@pytest.mark.parametrize("signer", SIGNERS)
def test_no_decision_with_a_revoked_key(ledger: Stores, signer: str) -> None:
    version, head = receive(ledger)
    ledger.keys.revoke(signer, "2099-01-01T00:00:00.000Z")
    with pytest.raises(Forbidden, match=signer) as refused:
        approve(ledger, version, head)
    assert refused.value.code == "revoked"
    assert seen(ledger) == (head, [(version, None)])


def test_no_decision_with_a_key_nobody_registered(ledger: Stores) -> None:
    version, head = receive(ledger)
    with pytest.raises(Forbidden):
        ledger.forms.decide(samples.review(version), head, head.decided(APPROVE, samples.ONE), ("k1", "k9"))
    assert seen(ledger) == (head, [(version, None)])


def test_a_revocation_outweighs_a_lost_race(ledger: Stores) -> None:
    """Both are true; trying again after a conflict would only find the other."""
    version, old = receive(ledger)
    review, now = approve(ledger, version, old)
    ledger.keys.revoke("k2", samples.ONE)
    with pytest.raises(Forbidden):
        approve(ledger, version, old)
    assert seen(ledger) == (now, [(version, review)])


def test_one_key_named_twice_is_one_key(ledger: Stores) -> None:
    version, head = receive(ledger)
    ledger.forms.decide(samples.review(version), head, head.decided(APPROVE, samples.ONE), ("k1", "k2", "k1"))
    assert len(ledger.forms.history(PPWP, HERE)) == 1


def sealed(contest_head: Head, station: str = HERE, index: int = 7) -> Seal:
    """The step of a head whose last approved version became an entry of the log."""
    version = contest_head.approved
    return Seal(PPWP, station, version, index, contest_head, contest_head.sealed(version))


def test_a_seal_and_the_step_of_its_head_are_one(ledger: Stores) -> None:
    version, head = receive(ledger)
    _, approved = approve(ledger, version, head)
    assert ledger.forms.seals(PPWP, HERE) == {}
    step = sealed(approved)
    assert ledger.forms.seal([step]) == []
    assert ledger.forms.seals(PPWP, HERE) == {1: 7}
    assert ledger.forms.head(PPWP, HERE) == step.now
    assert ledger.forms.history(PPWP, HERE)[0][0] == version, "a seal is no version, and no decision"


def test_a_version_is_sealed_once(ledger: Stores) -> None:
    version, head = receive(ledger)
    _, approved = approve(ledger, version, head)
    first, again = sealed(approved), sealed(approved, index=8)
    ledger.forms.seal([first])
    assert ledger.forms.seal([again]) == [again]
    at_the_new_head = replace(again, was=first.now, now=replace(first.now, seq=first.now.seq + 1))
    assert ledger.forms.seal([at_the_new_head]) == [at_the_new_head]
    assert (ledger.forms.seals(PPWP, HERE), ledger.forms.head(PPWP, HERE)) == ({1: 7}, first.now)


def test_a_seal_that_saw_an_old_head_changes_nothing_and_keeps_no_other(ledger: Stores) -> None:
    """At one of three stations a correction came in meanwhile."""
    steps = []
    for i in range(3):
        version, head = receive(ledger, f"s{i}")
        steps.append(sealed(approve(ledger, version, head)[1], f"s{i}", i))
    _, moved = receive(ledger, "s1", 2)
    assert ledger.forms.seal(steps) == [steps[1]]
    assert [ledger.forms.seals(PPWP, f"s{i}") for i in range(3)] == [{1: 0}, {}, {1: 2}]
    assert ledger.forms.head(PPWP, "s1") == moved


def recall(head: Head, number: int, **changes: object) -> tuple[Recall, Head]:
    """Of a station at which this version alone is approved and sealed."""
    turn = head.round_of(number)
    made = Recall(PPWP, HERE, number, turn, "approver", "k2", samples.ONE, "stolen", samples.TWO, 7 + turn, 90 + turn)
    return replace(made, **changes), head.recalled(number, "approver", {number}, {number}, samples.TWO)  # type: ignore[arg-type]


def test_a_recalled_version_is_decided_on_and_sealed_anew_and_nothing_is_lost(ledger: Stores) -> None:
    """Past 9 rounds, so that no text is mistaken for a number."""
    version, head = receive(ledger)
    story: list[tuple[Head, Review | None, dict[int, int]]] = []
    recalls: list[Recall] = []
    for turn in range(12):
        review, head = approve(ledger, version, head)
        step = sealed(head, index=7 + turn)
        assert ledger.forms.unsealed(PPWP, {HERE: head}) == [(version, review)]
        assert ledger.forms.seal([step]) == []
        head = step.now
        story.append((head, review, {1: 7 + turn}))
        assert ledger.forms.counting(PPWP, {HERE: head}) == {HERE: (version, 7 + turn)}
        undone, now = recall(head, 1)
        ledger.forms.recall(undone, head, now)
        recalls.append(undone)
        story.append((now, None, {1: 7 + turn}))
        head = now
        assert seen(ledger) == (head, [(version, None)])
        assert (head.counted, head.approved, head.latest_state) == (0, 0, RECEIVED)
    assert ledger.forms.recalls(PPWP, HERE) == recalls
    assert ledger.forms.heads(PPWP, [HERE]) == {HERE: head}
    for then, review, seals in story:
        assert review is None or ledger.forms.history(PPWP, HERE, then) == [(version, review)]
        assert then.counted == 0 or ledger.forms.seals(PPWP, HERE, then) == seals
    assert ledger.forms.seals(PPWP, HERE) == {1: 18}


def test_a_recall_happens_once_and_by_the_head_it_saw(ledger: Stores) -> None:
    version, head = receive(ledger)
    _, approved = approve(ledger, version, head)
    never_sealed = recall(approved, 1, entry=None, index=None)
    _, moved = receive(ledger, number=2)
    with pytest.raises(Conflict):
        ledger.forms.recall(*never_sealed[:1], approved, never_sealed[1])
    assert (ledger.forms.recalls(PPWP, HERE), ledger.forms.head(PPWP, HERE)) == ([], moved)
    undone, now = recall(moved, 1, entry=None, index=None)
    ledger.forms.recall(undone, moved, now)
    assert ledger.forms.recalls(PPWP, HERE) == [undone]
    with pytest.raises(Conflict):
        ledger.forms.recall(undone, now, replace(now, seq=now.seq + 1))
    assert ledger.forms.head(PPWP, HERE) == now
    assert (now.latest_state, now.approved) == (RECEIVED, 0)


@pytest.mark.engines(*SERVERS)
def test_what_waits_at_many_stations_and_their_seals(ledger: Stores) -> None:
    """More than one request takes; some wait for nothing, one with two versions, of which one in between was returned."""
    heads, expected = {}, []
    for i in range(60):
        version, head = receive(ledger, f"s{i}")
        review, heads[f"s{i}"] = approve(ledger, version, head, RETURN if i == 3 else APPROVE)
        expected += [] if i == 3 else [(version, review)]
    for number, decision in ((2, RETURN), (3, APPROVE)):
        version, head = receive(ledger, "s59", number)
        review, heads["s59"] = approve(ledger, version, head, decision)
    expected.append((version, review))
    assert ledger.forms.unsealed(PPWP, heads) == expected
    assert ledger.forms.unsealed(PPWP, {}) == []
    steps = [sealed(head, station, i) for i, (station, head) in enumerate(heads.items()) if head.approved == 1]
    assert ledger.forms.seal(steps) == []
    now = ledger.forms.heads(PPWP, list(heads))
    assert ledger.forms.unsealed(PPWP, now) == expected[-2:]
    counting = ledger.forms.counting(PPWP, now)
    assert counting == {seal.station: (ledger.forms.version(PPWP, seal.station, 1), seal.index) for seal in steps}
    missing = replace(now[steps[0].station], counted=9)
    assert ledger.forms.counting(PPWP, {HERE: missing}) == {HERE: (None, None)}


@pytest.mark.engines(*SERVERS)
def test_of_many_seals_of_one_version_at_once_one_stands(ledger: Stores) -> None:
    version, head = receive(ledger)
    _, approved = approve(ledger, version, head)
    steps = [sealed(approved, index=i) for i in range(6)]
    outcomes = at_once([functools.partial(ledger.forms.seal, [step]) for step in steps])
    (winner,) = [i for i, outcome in enumerate(outcomes) if outcome == []]
    assert ledger.forms.seals(PPWP, HERE) == {1: winner}


def test_a_reminder_changes_nothing_that_is_read(ledger: Stores) -> None:
    version, head = receive(ledger)
    before = seen(ledger)
    ledger.forms.remind(PPWP, HERE, samples.ONE)
    ledger.forms.remind(PPWP, HERE, samples.TWO)
    assert seen(ledger) == before
    approve(ledger, version, head)


@pytest.mark.engines(*SERVERS)
def test_a_reminder_is_heard_in_the_stream(ledger: Stores) -> None:
    told: list[object] = []
    if isinstance(ledger.forms, MemoryForms):
        ledger.forms._on_change = told.append
    receive(ledger)
    ledger.forms.remind(PPWP, HERE, samples.ONE)
    ledger.forms.remind(PPWP, HERE, samples.TWO)
    if isinstance(ledger, AWSStores):
        told = heads_in_stream(ledger)
    assert len(told) == 3


def heads_in_stream(stores: AWSStores) -> list[object]:
    streams = boto3.client(
        "dynamodbstreams", endpoint_url=stores.endpoint, config=Config(parameter_validation=False), **CREDENTIALS
    )
    arn = stores.dynamodb.describe_table(TableName=stores.forms_table)["Table"]["LatestStreamArn"]
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")[
        "ShardIterator"
    ]
    records = streams.get_records(ShardIterator=iterator)["Records"]
    return [record for record in records if record["dynamodb"]["Keys"]["sk"]["S"] == "HEAD"]


@pytest.mark.engines(*SERVERS)
def test_the_heads_of_many_stations(ledger: Stores) -> None:
    """More than the 100 that DynamoDB gets at once, some asked for twice, some without a form."""
    heads = {}
    for i in range(0, 260, 2):
        heads[f"s{i}"] = receive(ledger, f"s{i}")[1]
    asked = [f"s{i}" for i in range(260)]
    assert ledger.forms.heads(PPWP, [station for station in asked for _ in range(2)]) == heads
    assert ledger.forms.heads(DPD, asked) == {}
    assert ledger.forms.heads(PPWP, []) == {}


@pytest.mark.engines(*SERVERS)
def test_of_many_first_versions_at_once_one_is_recorded(ledger: Stores) -> None:
    versions = [samples.version(pad=i) for i in range(8)]
    calls = [functools.partial(ledger.forms.receive, version, None, received(None, version)) for version in versions]
    outcomes = at_once(calls)
    (winner,) = winners(outcomes)
    assert {type(outcome) for i, outcome in enumerate(outcomes) if i != winner} == {Conflict}
    assert ledger.forms.history(PPWP, HERE) == [(versions[winner], None)]


@pytest.mark.engines(*SERVERS)
def test_of_many_decisions_at_once_one_is_made(ledger: Stores) -> None:
    version, head = receive(ledger)
    reviews = [samples.review(version, APPROVE if i % 2 else RETURN) for i in range(8)]
    calls = [
        functools.partial(ledger.forms.decide, review, head, head.decided(review.decision, samples.ONE), SIGNERS)
        for review in reviews
    ]
    outcomes = at_once(calls)
    (winner,) = winners(outcomes)
    assert {type(outcome) for i, outcome in enumerate(outcomes) if i != winner} == {Conflict}
    assert ledger.forms.history(PPWP, HERE) == [(version, reviews[winner])]


@pytest.mark.engines(*SERVERS)
def test_a_correction_racing_a_decision_leaves_one_of_two_stories(ledger: Stores) -> None:
    for i in range(10):
        station = f"s{i}"
        first, head = receive(ledger, station)
        second, review = samples.version(station, 2), samples.review(first)
        outcomes = at_once(
            [
                functools.partial(ledger.forms.receive, second, head, received(head, second)),
                functools.partial(ledger.forms.decide, review, head, head.decided(APPROVE, samples.ONE), SIGNERS),
            ]
        )
        (winner,) = winners(outcomes)
        story = [(first, None), (second, None)] if winner == 0 else [(first, review)]
        assert ledger.forms.history(PPWP, station) == story
        now = ledger.forms.head(PPWP, station)
        assert now is not None and now.seq == 2


@pytest.mark.engines(*SERVERS)
def test_approvals_of_many_stations_do_not_wait_for_each_other(ledger: Stores) -> None:
    """One official approves 16 stations at once: no two transactions write an item in common."""
    waiting = [receive(ledger, f"s{i}") for i in range(16)]
    outcomes = at_once([functools.partial(approve, ledger, version, head) for version, head in waiting])
    assert winners(outcomes) == list(range(16)), outcomes


@pytest.mark.engines(*SERVERS)
def test_after_a_revocation_has_returned_no_decision_by_the_key_appears(ledger: Stores) -> None:
    """One thread approves station after station, another revokes the key in the middle of it."""
    stations = [f"s{i}" for i in range(40)]
    waiting = {station: receive(ledger, station) for station in stations}
    under_way, revoked = threading.Event(), threading.Event()
    refused_after = []

    def decide() -> list[str]:
        decided = []
        for i, (station, (version, head)) in enumerate(waiting.items()):
            if i == 10:
                under_way.set()
            if i == 30:  # Up to here it is a race; the last ten are certainly too late.
                assert revoked.wait(30)
            too_late = revoked.is_set()
            try:
                approve(ledger, version, head)
            except (Forbidden, Conflict):
                refused_after.append(station)
            else:
                assert not too_late, f"{station} was approved after the revocation had returned"
                decided.append(station)
        return decided

    def revoke() -> list[str]:
        under_way.wait(30)
        ledger.keys.revoke("k2", samples.ONE)
        revoked.set()
        heads = ledger.forms.heads(PPWP, stations)
        return [station for station in stations if heads[station].latest_state == APPROVED]

    decided, at_return = at_once([decide, revoke])
    assert decided == at_return, "what was decided when the revocation returned is all there will ever be"
    assert len(refused_after) + len(at_return) == len(stations)
    assert refused_after[-10:] == stations[30:]
