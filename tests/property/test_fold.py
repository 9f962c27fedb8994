"""Out of the log alone: entries are whole, follow each other, and give what the ledger gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realcount.domain.canonical import canonical_bytes, parse_canonical, sha256_hex
from realcount.domain.election import ContestKey, Parent
from realcount.domain.errors import Rejected
from realcount.domain.fold import Fold
from realcount.domain.ledger import FormVersion, Review, station_tally
from realcount.domain.ledger import received as received_head
from realcount.domain.log.base64_text import to_base64
from realcount.domain.log.entries import read_entry
from realcount.domain.log.hashing import leaf_hash
from realcount.domain.log.sealed_forms import SealedForm, form_entry
from realcount.domain.log.sealed_keys import KeyRegistered, KeyRevoked, registration_entry, revocation_entry
from realcount.domain.log.snapshots import (
    ContestFrame,
    OpenedContest,
    Snapshot,
    contest_entry,
    opening_entry,
    snapshot_entry,
)
from realcount.domain.log.unit_lists import Unit, children_in, list_digest, read_unit_list, unit_list
from realcount.domain.official import OfficialKey
from realcount.domain.statements import parse_form, parse_review
from realcount.domain.sum_tree import nothing
from tests import small_election as small

CONTESTS = {contest.key: contest for contest in small.election().contests}
BEGINNING = (
    opening_entry(small.election(), list_digest(unit_list(small.units())), small.DAWN),
    *(contest_entry(contest, small.DAWN) for contest in small.election().contests),
    registration_entry(small.submitter(), small.DAWN),
    registration_entry(small.approver(), small.DAWN),
)


def fold_of(*entries: bytes, beginning: tuple[bytes, ...] = BEGINNING) -> Fold:
    fold = Fold(verify=small.PreVerified().verify)
    fold.take([*beginning, *entries])
    return fold


def first() -> bytes:
    return form_entry(*approved(small.PPWP, "S1", 1, None, "form", (1, 2)))


def approved(
    of: ContestKey, station: str, version: int, previous: str | None, kind: str, votes: tuple[int, int]
) -> tuple[FormVersion, Review]:
    """A version and its approval, with the bytes that would have been signed."""
    options = CONTESTS[of].option_ids()
    numbers = (
        {"figures": {}, "votes": {}, "scans": []}
        if kind == "withdrawal"
        else {"figures": small.brief(sum(votes), 3), "votes": dict(zip(options, votes, strict=False))}
    )
    changes = {"version": version, "prev": previous, "kind": kind, "reason": None if version == 1 else "a slip"}
    payload = canonical_bytes(small.form_statement(of, station, **(changes | numbers)))
    form = parse_form(payload)
    review = canonical_bytes(small.review_statement(version, form.hash, of, station))
    said = parse_review(review)
    return (
        FormVersion(form, payload, small.SIGNATURE, "upload", small.NOON, ()),
        Review(
            said.election, said.contest, said.station, said.version, said.form, said.decision, said.reason, said.key,
            said.signed_at, review, small.SIGNATURE, small.DUSK,
        ),
    )  # fmt: skip


steps = st.lists(
    st.tuples(
        st.sampled_from([small.PPWP, small.DPR]),
        st.sampled_from(["S1", "S2"]),
        st.sampled_from(["correction", "withdrawal"]),
        st.tuples(st.integers(0, 300), st.integers(0, 300)),
    ),
    max_size=10,
)


@given(steps)
def test_the_fold_of_the_log_is_what_the_ledger_says(
    history: list[tuple[ContestKey, str, str, tuple[int, int]]],
) -> None:
    ledger: dict[tuple[ContestKey, str], list[FormVersion]] = {}
    heads = {}
    entries = list(BEGINNING)
    for of, station, kind, votes in history:
        versions = ledger.setdefault((of, station), [])
        previous = versions[-1].form.hash if versions else None
        version, review = approved(of, station, len(versions) + 1, previous, kind if versions else "form", votes)
        versions.append(version)
        head = received_head(heads.get((of, station)), version)
        heads[of, station] = head.decided(review.decision, review.decided_at).sealed(version.form.version)
        entries.append(form_entry(version, review))
    fold = fold_of(*entries, beginning=())
    assert fold.size == len(entries)
    assert fold.stations.keys() == ledger.keys()
    for (of, station), counted in fold.stations.items():
        latest = ledger[of, station][-1]
        tally = station_tally(heads[of, station], latest, latest, CONTESTS[of].option_ids())
        assert counted.sums == (tally.approved, tally.valid, tally.invalid, tally.voters, tally.votes)
        assert counted.leaf == leaf_hash(entries[counted.index])
        assert fold.leaves(of)[station] == (counted.sums, counted.leaf)


def test_an_entry_holds_the_very_bytes_that_were_signed() -> None:
    version, review = approved(small.PPWP, "S1", 1, None, "form", (150, 120))
    sealed = read_entry(form_entry(version, review))
    assert isinstance(sealed, SealedForm)
    assert (sealed.form_payload, sealed.form_signature) == (version.payload, version.signature)
    assert (sealed.review_payload, sealed.review_signature) == (review.payload, review.signature)
    assert sealed.form == version.form


@pytest.mark.parametrize(
    ("member", "value", "field"),
    [
        ("decision", "return", "review.decision"),
        ("station", "S2", "review.station"),
        ("version", 2, "review.version"),
        ("contest", "dpr", "review.contest"),
        ("election", "e20", "review.election"),
        ("form", "0" * 64, "review.form"),
    ],
)
def test_an_approval_of_something_else_seals_nothing(member: str, value: object, field: str) -> None:
    entry = parse_canonical(form_entry(*approved(small.PPWP, "S1", 1, None, "form", (1, 2))))
    review = entry["review"]
    assert isinstance(review, dict)
    entry["review"] = review | {member: value} | ({"reason": "why"} if member == "decision" else {})
    with pytest.raises(Rejected, match=field):
        read_entry(canonical_bytes(entry))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b'"device":"', b'"device":"\\ud800', "is not UTF-8"),
        (b'"kind":"form"', b'"kind":"form","kind":"form"', "not in canonical form"),
        (b'"01":1,', b'"01":1, ', "not in canonical form"),
        (b'"01":1,', b'"01":1.0,', "is not JSON"),
        (
            b'"version":1,',
            b'"version":' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b",",
            "nested too deeply|whole number",
        ),
        (b'"received_at":"', b'"received_at" :"', "not in canonical form"),
        (b'"decided_at":"', b'"received_at":"x","decided_at":"', "not in canonical form"),
        (b'"type":"realcount/sealed-form/v1"}', b'"type":"realcount/sealed-form/v1"} ', "not in canonical form"),
        (b"==", b"=", "signature in base64"),
        (b'"type":"realcount/sealed-form/v1"}', b'"type":"realcount/sealed-form/v1","z":1}', "z: is not a member"),
    ],
)
def test_a_form_written_in_another_way_is_no_entry(old: bytes, new: bytes, why: str) -> None:
    """Else one form could stand in the log as two entries."""
    assert old in first()
    with pytest.raises(Rejected, match=why):
        read_entry(first().replace(old, new, 1))


def test_versions_only_go_up_and_name_what_they_follow() -> None:
    start = approved(small.PPWP, "S1", 1, None, "form", (1, 2))
    second = approved(small.PPWP, "S1", 2, start[0].form.hash, "correction", (3, 2))
    stranger = approved(small.PPWP, "S1", 2, sha256_hex(b"another"), "correction", (9, 9))
    gap = approved(small.PPWP, "S1", 3, sha256_hex(b"a version that was returned"), "correction", (4, 2))
    fold = fold_of(form_entry(*start))
    with pytest.raises(Rejected, match=r"entry 7: form\.prev: does not name the form in entry 6"):
        fold.take([form_entry(*stranger)])
    fold.take([form_entry(*gap)])
    with pytest.raises(Rejected, match=r"entry 8: form\.version: is 2 at station S1, where entry 7 was already 3"):
        fold.take([form_entry(*second)])
    with pytest.raises(Rejected, match="entry 8: payload: is not JSON"):
        fold.take([b"{"])
    with pytest.raises(Rejected, match="entry 8: type: is 'realcount/gossip/v1'"):
        fold.take([b'{"type":"realcount/gossip/v1"}'])
    assert fold.stations[small.PPWP, "S1"].version == 3


OTHER_ROLE = small.official("app-1", "submitter", "person-2")
SAME_PERSON = small.official("app-1", "approver", "person-1")


def narrow(key: OfficialKey, **changes: object) -> bytes:
    return registration_entry(replace(key, **changes), small.DAWN)  # type: ignore[arg-type]  # any member of the record


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ((BEGINNING[0], *BEGINNING[-2:]), r"form\.contest: e19/ppwp was not opened"),
        ((*BEGINNING[:-2], BEGINNING[-1]), r"form\.key: sub-1 was not registered"),
        (BEGINNING[:-1], r"review\.key: app-1 was not registered"),
        ((*BEGINNING[:-1], registration_entry(OTHER_ROLE, small.DAWN)), "app-1 is no approver's key for ppwp"),
        ((*BEGINNING[:-1], registration_entry(SAME_PERSON, small.DAWN)), "are the same person's: person-1"),
        ((*BEGINNING[:-1], narrow(small.approver(), contests=("dpr",))), "app-1 is no approver's key for ppwp"),
        ((*BEGINNING[:-1], narrow(small.approver(), valid_until=small.DUSK)), "app-1 was expired"),
        ((*BEGINNING[:-1], narrow(small.approver(), valid_from=small.AFTER)), "app-1 was not yet valid"),
        ((*BEGINNING, revocation_entry("e19", "app-1", small.NOON)), "app-1 was revoked"),
        ((*BEGINNING, revocation_entry("e19", "sub-1", small.DAWN)), "sub-1 was revoked"),
    ],
)
def test_a_form_counts_only_by_two_people_who_were_entitled(before: tuple[bytes, ...], why: str) -> None:
    with pytest.raises(Rejected, match=why):
        fold_of(first(), beginning=before)


def test_a_key_that_is_revoked_later_has_signed_rightly() -> None:
    assert fold_of(revocation_entry("e19", "app-1", small.AFTER), first()).stations


def test_two_clocks_that_disagree_by_minutes_refuse_nothing() -> None:
    """The ledger takes no decision by a key after its revocation; which of two times is later then says little."""
    a_little_before = "2019-04-17T11:45:00.000Z"
    assert a_little_before < small.NOON
    assert fold_of(revocation_entry("e19", "sub-1", a_little_before), first()).stations
    with pytest.raises(Rejected, match="sub-1 was revoked"):
        fold_of(revocation_entry("e19", "sub-1", "2019-04-17T11:29:59.000Z"), first())


@pytest.mark.parametrize("member", ["form_signature", "review_signature"])
def test_a_signature_that_does_not_hold_is_named(member: str) -> None:
    entry = parse_canonical(first())
    entry[member] = to_base64(b"T" * 64)
    with pytest.raises(Rejected, match=f"entry 6: {member}: is not "):
        fold_of(canonical_bytes(entry))


def test_nobody_gets_votes_who_does_not_stand() -> None:
    payload = canonical_bytes(small.form_statement(votes={"01": 1, "99": 2}))
    version = FormVersion(parse_form(payload), payload, small.SIGNATURE, "upload", small.NOON, ())
    _, review = approved(small.PPWP, "S1", 1, None, "form", (1, 2))
    said = canonical_bytes(parse_canonical(review.payload) | {"form": version.form.hash})
    with pytest.raises(Rejected, match="votes for 99, who do not stand in e19/ppwp"):
        fold_of(form_entry(version, replace(review, form=version.form.hash, payload=said)))


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (BEGINNING[0], "opens e19 a second time"),
        (BEGINNING[1], "opens e19/ppwp a second time"),
        (contest_entry(replace(small.contest(), key=ContestKey("e20", "ppwp")), small.DAWN), "e20 was not opened"),
        (BEGINNING[-2], "registers sub-1 a second time"),
        (revocation_entry("e19", "nobody", small.NOON), "nobody was not registered"),
        (revocation_entry("e20", "sub-1", small.NOON), "sub-1 was not registered"),
    ],
)
def test_what_happens_once_happens_once(entry: bytes, why: str) -> None:
    with pytest.raises(Rejected, match=f"entry 6: .*{why}"):
        fold_of(entry)


def test_the_first_revocation_stands() -> None:
    fold = fold_of(*(revocation_entry("e19", "app-1", at) for at in (small.DUSK, small.NOON)))
    assert fold.keys["e19", "app-1"].revoked_at == small.DUSK


def test_a_contest_is_read_as_it_was_opened() -> None:
    frame = ContestFrame(("A", "A-1", "B"), ("region", "dapil"), ("N", "D1", "D2"))
    assert small.contest(small.DPR).option_ids() == frame.options
    assert read_entry(BEGINNING[2]) == OpenedContest(small.DPR, frame, small.DAWN)


def test_entries_about_keys_and_totals_are_read_as_written() -> None:
    snapshot = Snapshot(small.PPWP, "N", 3, nothing(2), b"\x07" * 32, small.DUSK)
    assert read_entry(snapshot_entry(snapshot)) == snapshot
    assert read_entry(BEGINNING[-2]) == KeyRegistered(small.submitter(), small.DAWN)
    assert read_entry(revocation_entry("e19", "k", small.NOON)) == KeyRevoked("e19", "k", small.NOON)
    assert fold_of(snapshot_entry(snapshot)).snapshots == [(6, snapshot)]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"unit": "P1"}, "P1 is no root of e19/ppwp"),
        ({"size": 8}, "is 8, more than the 7 entries before it"),
        ({"size": 2}, "is 2, when the snapshot before had 3"),
        ({"contest": ContestKey("e19", "gone")}, "e19/gone was not opened"),
    ],
)
def test_a_snapshot_is_of_a_root_and_never_goes_back(changes: dict[str, object], why: str) -> None:
    snapshot = Snapshot(small.PPWP, "N", 3, nothing(2), b"\x07" * 32, small.DUSK)
    fold = fold_of(snapshot_entry(snapshot))
    with pytest.raises(Rejected, match=why):
        fold.take([snapshot_entry(replace(snapshot, **changes))])  # type: ignore[arg-type]  # any member


@pytest.mark.parametrize("entry", [*BEGINNING, revocation_entry("e19", "k", small.NOON), first()])
def test_an_entry_with_a_member_too_few_or_too_many_is_none(entry: bytes) -> None:
    value = parse_canonical(entry)
    for name in value:
        with pytest.raises(Rejected):
            read_entry(canonical_bytes({other: value[other] for other in value if other != name}))
    with pytest.raises(Rejected, match="more: is not a member"):
        read_entry(canonical_bytes({**value, "more": 1}))


def test_the_tree_is_published_and_read_back() -> None:
    lines = list(unit_list(reversed(small.units())))
    read = list(read_unit_list(lines))
    assert [unit.id for unit in read] == sorted(unit.id for unit in small.units())
    assert Unit("V1", small.region("V1").parents, False) in read
    assert Unit("S2", small.station("S2").parents, True) in read
    assert fold_of().openings["e19"].units == list_digest(lines)
    assert fold_of().contests[small.DPR].hierarchies == ("region", "dapil")


def test_children_are_listed_once_in_the_order_of_the_file() -> None:
    parents = {unit.id: unit.parents for unit in read_unit_list(unit_list(small.units()))}
    assert children_in(parents, ("region",))["V1"] == ("S1", "S2", "S3")
    assert children_in(parents, ("region", "dapil"))["D1"] == ("V1", "V3")
    assert "D1" not in children_in(parents, ("region",))
    twice = {"A": (), "B": (Parent("region", "A"), Parent("dapil", "A"))}
    assert children_in(twice, ("region", "dapil")) == {"A": ("B",)}


def test_the_fold_goes_on_behind_what_it_refused() -> None:
    fold = fold_of()
    with pytest.raises(Rejected):
        fold.take([b"{"])
    fold.pass_over()
    fold.apply(read_entry(first()), leaf_hash(first()))
    assert fold.stations[small.PPWP, "S1"].index == 7
    assert fold.size == 8


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda lines: [lines[1], lines[0]], "line 2: id: D1 does not come after D2"),
        (lambda lines: [lines[0], lines[0]], "line 2: id: D1 does not come after D1"),
        (lambda lines: [lines[0].replace(b"false", b"0")], "line 1: station: must be true or false"),
        (lambda lines: [lines[0].replace(b"[]", b'[["region"]]')], "line 1: parents: must be a list of 2 to 2"),
        (lambda lines: [lines[0][:-2]], "line 1: payload: is not JSON"),
    ],
)
def test_a_tree_that_is_none_is_refused(change: Callable[[list[bytes]], list[bytes]], why: str) -> None:
    with pytest.raises(Rejected, match=why):
        list(read_unit_list(change(list(unit_list(small.units())))))
