"""Every correction stands exactly once in the list of every region above, in the order of the log, whatever happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realcount.domain.election import ContestKey
from realcount.domain.errors import Drift, NotFound, Unavailable
from realcount.domain.log.entries import read_entry
from realcount.domain.log.sealed_forms import SealedForm
from realcount.domain.page import Page
from realcount.rendering import corrections as rendering
from realcount.rendering.encoding import document_of
from realcount.rendering.lifetimes import FINISHED
from realcount.rendering.paths import all_corrections_path, corrections_path, region_path
from realcount.usecases.list_corrections import Listed, list_corrections
from tests.small_election import DPR, DPRD, ELECTION, PPWP, contest, form_statement, signed
from tests.unit.usecases.office import Office
from tests.unit.usecases.test_seal_forms import entries

ABOVE: Mapping[tuple[ContestKey, str], set[str]] = {
    **{(PPWP, station): {"V1", "P1", "N"} for station in ("S1", "S2", "S3")},
    **{(PPWP, station): {"V2", "P1", "N"} for station in ("S4", "S5")},
    (PPWP, "S6"): {"V3", "P2", "N"},
    (DPR, "S1"): {"V1", "P1", "N", "D1"},
    (DPR, "S4"): {"V2", "P1", "N", "D2"},
    (DPRD, "S2"): {"V1", "P1", "N", "W1"},
}
"""Written down from the picture in tests/small_election.py."""


def run(office: Office, **given: Any) -> Listed:
    stores: dict[str, Any] = {"log": office.log, "copies": office.copies, "pages": office.pages, **given}
    return list_corrections(ELECTION, elections=office.elections, forms=office.forms, **stores)


def step(office: Office, of: ContestKey, station: str, kind: str, decision: str = "approve", votes: int = 1) -> None:
    """The next version of the station's form, decided on, and sealed if it was approved."""
    head = office.forms.head(of, station)
    options = contest(of).option_ids()
    changes: dict[str, object] = {"votes": dict.fromkeys(options, votes), "figures": {}}
    if head is not None:
        changes |= {"version": head.latest + 1, "prev": head.latest_hash, "reason": f"because of {votes}", "kind": kind}
        if kind == "withdrawal":
            changes |= {"figures": {}, "votes": {}, "scans": []}
    form = signed(form_statement(of, station, **changes))
    files = {"scans": ()} if kind == "withdrawal" and head is not None else {}
    upload = office.receive(office.upload(form, of, station, **files))
    assert upload.state == "accepted", upload.refusals
    office.decide(of, station, **({} if decision == "approve" else {"decision": "return", "reason": "unreadable"}))
    if decision == "approve":
        office.seal(of, station)


def read(office: Office, of: ContestKey, region: str) -> list[dict[str, Any]]:
    """All corrections of a region, newest first: the list, and then from `next` to `next`."""
    path: str | None = corrections_path(region_path(of, region))
    found: list[dict[str, Any]] = []
    while path is not None:
        page = office.pages.get(path)
        assert page is not None, path
        assert page == office.copies.get(path)
        document = document_of(page)
        path = document["links"]["next"]
        assert page.link == (None if path is None else f'<{path}>; rel="next"')
        found += document["corrections"]
    return found


def expected(office: Office) -> dict[tuple[ContestKey, str], list[tuple[int, int]]]:
    """By the log alone: (sealed now, sealed before) of every correction below every region, newest first."""
    last: dict[tuple[ContestKey, str], int] = {}
    found: dict[tuple[ContestKey, str], list[tuple[int, int]]] = {}
    for at, entry in enumerate(entries(office.log)):
        said = read_entry(entry)
        if not isinstance(said, SealedForm):
            continue
        of = ContestKey(said.form.election, said.form.contest), said.form.station
        if of in last:
            for region in ABOVE[of]:
                found.setdefault((of[0], region), []).insert(0, (at, last[of]))
        last[of] = at
    return found


def check(office: Office) -> None:
    should = expected(office)
    for of in (PPWP, DPR, DPRD):
        for region in ("N", "P1", "P2", "V1", "V2", "V3", *{PPWP: (), DPR: ("D1", "D2"), DPRD: ("W1",)}[of]):
            lines = [(one["to"]["sealed"], one["from"]["sealed"]) for one in read(office, of, region)]
            assert lines == should.get((of, region), []), (of, region)


def test_a_correction_says_from_what_to_what_when_and_why() -> None:
    office = Office()
    step(office, PPWP, "S1", "form", votes=7)
    step(office, PPWP, "S1", "correction", votes=5)
    assert run(office).corrections == 1
    (one,) = read(office, PPWP, "N")
    assert one == {
        "sealed": one["to"]["sealed"],
        "kind": "correction",
        "reason": "because of 5",
        "approved_at": "2019-04-17T12:00:00.000Z",
        "station": {
            "id": "S1",
            "kind": "TPS",
            "name": "TPS S1",
            "path": [{"id": unit, "name": f"Region {unit}"} for unit in ("N", "P1", "V1")],
            "link": "/v1/elections/e19/contests/ppwp/stations/S1",
        },
        "from": {
            **{"version": 1, "sealed": one["from"]["sealed"], "votes": {"01": 7, "02": 7}},
            **{"valid": None, "invalid": None, "voters": None},
        },
        "to": {
            **{"version": 2, "sealed": one["to"]["sealed"], "votes": {"01": 5, "02": 5}},
            **{"valid": None, "invalid": None, "voters": None},
        },
    }
    check(office)


def test_a_withdrawal_and_what_comes_after_it_are_corrections_and_what_was_returned_is_none() -> None:
    office = Office()
    step(office, PPWP, "S1", "form", decision="return")
    step(office, PPWP, "S1", "correction")
    assert run(office) == Listed(0, len(entries(office.log)), 0), "the first form that counts corrects nothing"
    step(office, PPWP, "S1", "withdrawal")
    step(office, PPWP, "S1", "correction", decision="return")
    step(office, PPWP, "S1", "correction", votes=3)
    assert run(office).corrections == 2
    again, gone = read(office, PPWP, "V1")
    assert (gone["kind"], gone["to"]["votes"], gone["from"]["version"]) == ("withdrawal", None, 2)
    assert (again["from"]["votes"], again["to"]["votes"], again["from"]["version"]) == (None, {"01": 3, "02": 3}, 3)


def test_nothing_new_writes_nothing() -> None:
    office = Office()
    assert run(office) == Listed()
    step(office, PPWP, "S1", "form")
    run(office)
    writes = office.pages.writes, office.copies.writes
    assert run(office).corrections == 0
    assert (office.pages.writes, office.copies.writes) == writes


def test_a_contest_that_follows_two_hierarchies_lists_in_both() -> None:
    office = Office()
    for of, station in ((DPR, "S1"), (DPRD, "S2")):
        step(office, of, station, "form")
        step(office, of, station, "correction")
    run(office)
    check(office)
    page = office.pages.get(all_corrections_path(ELECTION))
    assert page is not None
    document = document_of(page)
    assert document["size"] == page.edition == len(entries(office.log))
    assert {one["contest"]: one["count"] for one in document["contests"]} == {"ppwp": 0, "dpr": 1, "dprd": 1}


def test_what_one_run_cannot_read_is_the_next_ones() -> None:
    office = Office()
    for kind in ("form", "correction", "correction"):
        step(office, PPWP, "S1", kind)
    runs = 0
    while run(office, at_most=3).left:
        runs += 1
    assert runs > 2
    check(office)


def test_older_corrections_lie_in_full_chunks_that_never_change() -> None:
    office = Office()
    step(office, PPWP, "S1", "form")
    published: dict[str, Page] = {}
    for number in range(1, 11):
        step(office, PPWP, "S1", "correction", votes=number)
        run(office)
        newest = office.pages.get(corrections_path(region_path(PPWP, "N")))
        assert newest is not None
        document = document_of(newest)
        full = max(0, number // 3 - 1)  # three to a chunk, and fewer than two of them with the newest
        assert (document["count"], len(document["corrections"])) == (number, number - 3 * full)
        chunks = {path: page for path, page in office.pages._pages.items() if "/N/corrections/" in path}
        assert len(chunks) == full
        assert {path: chunks[path] for path in published} == published
        published = chunks
    oldest = published[corrections_path(region_path(PPWP, "N"), 1)]
    assert [one["to"]["votes"]["01"] for one in document_of(oldest)["corrections"]] == [3, 2, 1]
    assert (document_of(oldest)["links"]["next"], oldest.link, oldest.max_age) == (None, None, FINISHED)
    assert [one["to"]["votes"]["01"] for one in read(office, PPWP, "N")] == list(range(10, 0, -1))


def test_lists_that_were_lost_are_made_again_from_the_log() -> None:
    office = Office()
    for kind in ("form", "correction", "withdrawal"):
        step(office, PPWP, "S1", kind)
    run(office)
    before = dict(office.pages._pages)
    for path in [path for path in before if "/corrections" in path]:
        del office.pages._pages[path]
    run(office)
    assert {path: page for path, page in office.pages._pages.items() if page.edition} == {
        path: page for path, page in before.items() if page.edition
    }


@pytest.mark.parametrize("planted", ["shorter", "changed", "moved"])
def test_a_log_that_is_not_what_it_was_stops_the_list(planted: str) -> None:
    office = Office()
    for kind in ("form", "correction"):
        step(office, PPWP, "S1", kind)
    if planted == "shorter":
        run(office)
        office.log = Office().log
    elif planted == "changed":
        bundle = max(path for path in office.log.files if path.startswith("tile/entries/"))
        office.log.files[bundle] = office.log.files[bundle].replace(b"because of 1", b"because of 2")
    else:
        first, (version, turn, index) = office.forms._seals[PPWP, "S1"]
        office.forms._seals[PPWP, "S1"] = (first, (version, turn, index + 1))
    writes = office.pages.writes
    with pytest.raises(Drift):
        run(office)
    assert office.pages.writes == writes


def test_an_election_that_is_not_loaded_has_no_corrections() -> None:
    office = Office()
    with pytest.raises(NotFound):
        list_corrections("e20", elections=office.elections, forms=office.forms, log=office.log, copies=office.copies, pages=office.pages)  # fmt: skip


class Dying:
    """Pages and copies: after so many writes one is lost, or done and reported as failed, and none comes after it."""

    def __init__(self, at: int, landed: bool) -> None:
        self.left, self.landed = at, landed

    def around(self, store: Any, name: str) -> Any:
        dying = self

        class Store:
            def __getattr__(self, attribute: str) -> Any:
                method = getattr(store, attribute)
                if attribute != name:
                    return method

                def write(page: Page) -> Any:
                    dying.left -= 1
                    if dying.left >= 0:
                        return method(page)
                    if dying.left == -1 and dying.landed:
                        method(page)
                    raise Unavailable("gone")

                return write

        return Store()


class Behind:
    """Pages that show what they showed when this was made, to a run that is overtaken by `meanwhile` before it writes."""

    def __init__(self, pages: Any, meanwhile: Callable[[], object]) -> None:
        self._pages, self._meanwhile = pages, meanwhile

    def find_all(self, paths: Any) -> Any:
        found = self._pages.find_all(paths)
        meanwhile, self._meanwhile = self._meanwhile, lambda: None
        meanwhile()
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pages, name)


STATIONS = [(PPWP, "S1"), (PPWP, "S4"), (DPR, "S1"), (DPRD, "S2")]
FORM = st.tuples(
    st.just("form"),
    st.sampled_from(STATIONS),
    st.sampled_from(("correction", "correction", "withdrawal")),
    st.sampled_from(("approve", "approve", "approve", "return")),
)
STEPS = st.one_of(
    *[FORM] * 4,
    st.tuples(st.just("run"), st.sampled_from((2, 5, 50_000))),
    st.tuples(st.just("dies"), st.integers(0, 12), st.booleans()),
    st.tuples(st.just("overtaken"), st.sampled_from((1, 4, 50_000))),
)


@pytest.fixture(scope="module", autouse=True)
def small_chunks() -> Iterator[None]:
    """Three to a chunk: an election of six stations is not corrected hundreds of times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rendering, "CHUNK", 3)
        yield


@settings(max_examples=40, deadline=None)
@given(st.lists(STEPS, min_size=10, max_size=50))
def test_whatever_happens_every_correction_is_listed_once(steps: list[tuple[Any, ...]]) -> None:
    office = Office()
    published: dict[str, list[Any]] = {}
    for number, one in enumerate(steps):
        match one:
            case ("form", (of, station), kind, decision):
                head = office.forms.head(of, station)
                # What is withdrawn can only be corrected, and there must be something to withdraw.
                allowed = kind if head is not None and head.counted else "correction"
                step(office, of, station, allowed, decision, votes=number)
            case ("run", at_most):
                run(office, at_most=at_most)
            case ("dies", at, landed):
                dying = Dying(at, landed)
                with suppress(Unavailable):
                    run(office, pages=dying.around(office.pages, "put"), copies=dying.around(office.copies, "keep"))
            case ("overtaken", at_most):
                run(office, pages=Behind(office.pages, lambda: run(office)), at_most=at_most)
        for path, page in office.pages._pages.items():
            if page.edition and "/corrections" in path and path != all_corrections_path(ELECTION):
                lines = [line["sealed"] for line in document_of(page)["corrections"]]
                assert lines == sorted(set(lines), reverse=True)
                if path.rpartition("/")[2].isdigit():
                    assert published.setdefault(path, lines) == lines, "a full chunk changed"
    while run(office).left:
        pass
    check(office)
