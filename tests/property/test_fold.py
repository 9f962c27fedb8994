"""Out of the log alone: entries are whole, follow each other, and give what the ledger gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realcount.domain.canonical import canonical_bytes, parse_canonical, sha256_hex
from realcount.domain.election import ContestKey
from realcount.domain.errors import Rejected
from realcount.domain.fold import Fold
from realcount.domain.ledger import FormVersion, Review, station_tally
from realcount.domain.ledger import received as received_head
from realcount.domain.log.entries import entry_of, read_entry
from realcount.domain.log.hashing import leaf_hash
from realcount.domain.statements import parse_form, parse_review
from tests import small_election as small

CONTESTS = {contest.key: contest for contest in small.election().contests}


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
    entries = []
    for of, station, kind, votes in history:
        versions = ledger.setdefault((of, station), [])
        previous = versions[-1].form.hash if versions else None
        version, review = approved(of, station, len(versions) + 1, previous, kind if versions else "form", votes)
        versions.append(version)
        head = received_head(heads.get((of, station)), version)
        heads[of, station] = head.decided(review.decision, review.decided_at)
        entries.append(entry_of(version, review))
    fold = Fold()
    fold.take(entries, CONTESTS)
    assert fold.size == len(history)
    assert fold.stations.keys() == ledger.keys()
    for (of, station), counted in fold.stations.items():
        latest = ledger[of, station][-1]
        tally = station_tally(heads[of, station], latest, latest, CONTESTS[of].option_ids())
        assert counted.sums == (tally.approved, tally.valid, tally.invalid, tally.voters, tally.votes)
        assert counted.leaf == leaf_hash(entries[counted.index])
        assert fold.leaves(of)[station] == (counted.sums, counted.leaf)


def test_an_entry_holds_the_very_bytes_that_were_signed() -> None:
    version, review = approved(small.PPWP, "S1", 1, None, "form", (150, 120))
    sealed = read_entry(entry_of(version, review))
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
    entry = parse_canonical(entry_of(*approved(small.PPWP, "S1", 1, None, "form", (1, 2))))
    review = entry["review"]
    assert isinstance(review, dict)
    entry["review"] = review | {member: value} | ({"reason": "why"} if member == "decision" else {})
    with pytest.raises(Rejected, match=field):
        read_entry(canonical_bytes(entry))


def test_versions_only_go_up_and_name_what_they_follow() -> None:
    first = approved(small.PPWP, "S1", 1, None, "form", (1, 2))
    second = approved(small.PPWP, "S1", 2, first[0].form.hash, "correction", (3, 2))
    stranger = approved(small.PPWP, "S1", 2, sha256_hex(b"another"), "correction", (9, 9))
    gap = approved(small.PPWP, "S1", 3, sha256_hex(b"a version that was returned"), "correction", (4, 2))
    fold = Fold()
    fold.take([entry_of(*first)], CONTESTS)
    with pytest.raises(Rejected, match=r"entry 1: form\.prev: does not name the form in entry 0"):
        fold.take([entry_of(*stranger)], CONTESTS)
    fold.take([entry_of(*gap)], CONTESTS)
    with pytest.raises(Rejected, match=r"entry 2: form\.version: is 2 at station S1, where entry 1 was already 3"):
        fold.take([entry_of(*second)], CONTESTS)
    with pytest.raises(Rejected, match="entry 2: payload: is not JSON"):
        fold.take([b"{"], CONTESTS)
    with pytest.raises(Rejected, match=r"entry 2: form\.contest: e19/ppwp is no contest"):
        fold.take([entry_of(*first)], {})
