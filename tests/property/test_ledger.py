"""Whatever happens to a station's form, in whatever order, its tally is what a recount of the history says."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple

from hypothesis import given
from hypothesis import strategies as st

from realcount.domain.findings import INCOMPLETE, INCONSISTENT, Finding
from realcount.domain.form import Form
from realcount.domain.ledger import APPROVE, RECEIVED, RETURN, FormVersion, Head, Review, received, station_tally
from realcount.rendering.results import station_page
from tests.simulation.recount import fold_station
from tests.small_election import DPR, NOON, contest, election, review_of, station, version_of

FRAME = contest(DPR)
FINDINGS = (
    (),
    (Finding("votes-sum", INCONSISTENT, ("valid",), 1, 2),),
    (Finding("missing", INCOMPLETE, ("invalid",)),),
)
times = st.sampled_from([f"2019-04-17T{hour:02d}:00:00.000Z" for hour in range(24)])
counts = st.integers(0, 500)
figures = st.fixed_dictionaries({}, optional={"valid": counts, "invalid": counts, "voters.total": counts})
votes = st.fixed_dictionaries({}, optional={"A": counts, "A-1": counts, "B": counts})
arrivals = st.tuples(st.booleans(), figures, votes, st.sampled_from(FINDINGS), times)
decisions = st.tuples(st.sampled_from([APPROVE, RETURN]), times)
seal = st.just(("seal",))
stories = st.lists(st.one_of(arrivals, decisions, seal), max_size=14)

History = Sequence[tuple[FormVersion, Review | None]]
Seals = Mapping[int, int]
Moment = tuple[Head | None, History, Seals]


def told(story: Sequence[tuple[object, ...]]) -> list[Moment]:
    """Head, history and seals after each event, by the product's own transitions; what has nothing to act on is left out."""
    head: Head | None = None
    history: list[tuple[FormVersion, Review | None]] = []
    seals: dict[int, int] = {}
    moments: list[Moment] = [(None, (), {})]
    for event in story:
        match event:
            case (bool(gone), dict(numbers), dict(ballots), tuple(findings), str(at)):
                number = len(history) + 1
                previous = history[-1][0].form.hash if history else None
                kind = "withdrawal" if gone and history else "correction" if history else "form"
                empty = kind == "withdrawal"
                form = Form(
                    kind, *DPR, "S2", number, previous, {} if empty else numbers, {} if empty else ballots, (), None, "sub-1",
                    NOON, f"{number:064d}",
                )  # fmt: skip
                version = version_of(form, () if empty else findings, at)
                head = received(head, version)
                history.append((version, None))
            case (str(decision), str(at)) if head is not None and head.latest_state == RECEIVED:
                head = head.decided(decision, at)
                version = history[-1][0]
                history[-1] = version, review_of(version.form, decision, decided_at=at)
            case ("seal",) if head is not None and head.approved > head.counted:
                approved = (v.form.version for v, r in history if r is not None and r.decision == APPROVE)
                oldest = min(number for number in approved if number > head.counted)
                head = head.sealed(oldest)
                seals[oldest] = 100 + len(seals)
        moments.append((head, tuple(history), dict(seals)))
    return moments


def numbers_at(head: Head | None, history: History) -> tuple[object, ...]:
    by_number = {version.form.version: version for version, _ in history}
    latest = by_number.get(head.latest) if head else None
    counted = by_number.get(head.counted) if head else None
    tally = station_tally(head, latest, counted, FRAME.option_ids())
    assert (tally.example is not None) == bool(tally.flagged) == bool(tally.findings)
    return astuple(tally)[:10]


@given(stories)
def test_the_tally_is_the_recount_of_the_history(story: list[tuple[object, ...]]) -> None:
    for head, history, seals in told(story):
        assert numbers_at(head, history) == astuple(fold_station(history, seals, FRAME))


@given(stories)
def test_no_version_number_is_used_twice_for_different_numbers(story: list[tuple[object, ...]]) -> None:
    seen: dict[object, tuple[object, ...]] = {}
    for head, history, _ in told(story):
        numbers = numbers_at(head, history)
        assert seen.setdefault(numbers[0], numbers) == numbers
    assert list(seen) == list(range(len(seen))), "every event is one step"


@given(stories)
def test_a_page_of_one_edition_is_one_sequence_of_bytes_however_late_its_history_is_read(
    story: list[tuple[object, ...]],
) -> None:
    moments = told(story)
    for at, (head, history, seals) in enumerate(moments):
        if head is None:
            continue
        page = station_page(election(), FRAME, station("S2"), head, history, seals)
        for _, later, sealed_later in moments[at:]:
            assert station_page(election(), FRAME, station("S2"), head, later, sealed_later) == page
