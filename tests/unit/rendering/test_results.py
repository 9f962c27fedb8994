"""The pages that carry numbers, word for word: what a reader and a newsroom's program get."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from realcount.domain.election import ContestKey, Crumb
from realcount.domain.findings import INCONSISTENT, Finding
from realcount.domain.ledger import APPROVE, RETURN, FormVersion, Head, Review, received
from realcount.domain.page import Page
from realcount.domain.tally import Tally, total
from realcount.rendering.results import region_page, station_page
from tests.small_election import (
    DPR,
    DUSK,
    NOON,
    PPWP,
    SCAN_REF,
    brief,
    contest,
    election,
    form,
    region,
    review_of,
    station,
    version_of,
)

S1 = Tally(2, (150, 120), 270, 5, 275, 1, 1, 0, 0, NOON)
S2 = Tally(1, (0, 0), 0, 0, 0, 1, 0, 1, 0, DUSK, ("votes-sum", "turnout"), "S2")


def document(page: Page) -> dict[str, Any]:
    body = page.bodies.get("identity") or gzip.decompress(page.bodies["gzip"])
    found: dict[str, Any] = json.loads(body)
    return found


def of_station(
    head: Head | None,
    history: Sequence[tuple[FormVersion, Review | None]],
    of: ContestKey = DPR,
    seals: Mapping[int, int] = MappingProxyType({}),
) -> Page:
    return station_page(election(), contest(of), station("S2"), head, history, seals)


def way_up(contest: str, **levels: str) -> list[dict[str, str]]:
    return [
        {
            "id": unit,
            "level": level,
            "name": f"Region {unit}",
            "link": f"/v1/elections/e19/contests/{contest}/regions/{unit}",
        }
        for unit, level in levels.items()
    ]


class TestRegion:
    def test_the_whole_document(self) -> None:
        page = region_page(election(), contest(PPWP), region("V1"), {"S1": S1, "S2": S2})
        assert document(page) == {
            "election": "e19",
            "contest": "ppwp",
            "label": "SIMULATION",
            "provisional": True,
            "edition": 3,
            "updated_at": DUSK,
            "region": {"id": "V1", "level": "village", "name": "Region V1"},
            "path": way_up("ppwp", N="nation", P1="province"),
            "votes": {"01": 150, "02": 120},
            "valid": 270,
            "invalid": 5,
            "voters": 275,
            "registered": 830,
            "stations": {"expected": 3, "received": 2, "approved": 1, "flagged": 1, "incomplete": 0},
            "example": {"station": "S2", "link": "/v1/elections/e19/contests/ppwp/stations/S2"},
            "holds": "stations",
            "children": [
                {
                    "id": "S1",
                    "name": "TPS S1",
                    "edition": 2,
                    "votes": {"01": 150, "02": 120},
                    "valid": 270,
                    "invalid": 5,
                    "voters": 275,
                    "registered": 300,
                    "stations": {"expected": 1, "received": 1, "approved": 1, "flagged": 0, "incomplete": 0},
                    "link": "/v1/elections/e19/contests/ppwp/stations/S1",
                },
                {
                    "id": "S2",
                    "name": "TPS S2",
                    "edition": 1,
                    "votes": {"01": 0, "02": 0},
                    "valid": 0,
                    "invalid": 0,
                    "voters": 0,
                    "registered": 250,
                    "stations": {"expected": 1, "received": 1, "approved": 0, "flagged": 1, "incomplete": 0},
                    "findings": ["votes-sum", "turnout"],
                    "link": "/v1/elections/e19/contests/ppwp/stations/S2",
                },
                {
                    "id": "S3",
                    "name": "TPS S3",
                    "edition": 0,
                    "votes": {"01": 0, "02": 0},
                    "valid": 0,
                    "invalid": 0,
                    "voters": 0,
                    "registered": 280,
                    "stations": {"expected": 1, "received": 0, "approved": 0, "flagged": 0, "incomplete": 0},
                    "link": "/v1/elections/e19/contests/ppwp/stations/S3",
                },
            ],
            "links": {
                "self": "/v1/elections/e19/contests/ppwp/regions/V1",
                "contest": "/v1/elections/e19/contests/ppwp",
                "parents": ["/v1/elections/e19/contests/ppwp/regions/P1"],
                **{
                    name: f"/v1/elections/e19/contests/ppwp/regions/V1/{name}"
                    for name in ("now", "changes", "history", "corrections", "flagged", "editions")
                },
            },
        }
        assert (page.path, page.edition, page.updated_at) == (document(page)["links"]["self"], 3, DUSK)

    def test_every_level_above_leads_to_an_example(self) -> None:
        rows = {"V1": total([S1, S2], 2), "V2": S1}
        page = document(region_page(election(), contest(PPWP), region("P1"), rows))
        assert page["example"] == {"station": "S2", "link": "/v1/elections/e19/contests/ppwp/stations/S2"}
        assert not any("findings" in child for child in page["children"]), "those are the station's"
        assert document(region_page(election(), contest(PPWP), region("P1"), {"V2": S1}))["example"] is None

    def test_regions_further_below_have_no_documents_beside_their_pages(self) -> None:
        deep = replace(region("V1"), path=(*region("V1").path, Crumb("D", "District", "district")))
        assert list(document(region_page(election(), contest(PPWP), deep, {}))["links"]) == [
            "self",
            "contest",
            "parents",
            "corrections",
        ]

    def test_before_anything_came(self) -> None:
        page = region_page(election(), contest(PPWP), region("N"), {})
        found = document(page)
        assert (found["edition"], found["updated_at"], found["votes"]) == (0, None, {"01": 0, "02": 0})
        assert [child["link"].rsplit("/", 2)[1] for child in found["children"]] == ["regions", "regions"]
        assert found["links"]["parents"] == []
        assert page.max_age == 5

    def test_once_no_form_is_missing_caches_may_keep_it_longer(self) -> None:
        rows = dict.fromkeys(("S1", "S2", "S3"), S1)
        ages = [
            region_page(election(), contest(PPWP), region("V1"), found).max_age
            for found in ({}, {**rows, "S2": S2}, rows)
        ]
        assert ages == [15, 15, 60]

    def test_a_village_names_both_its_parents_where_the_contest_follows_both(self) -> None:
        found = document(region_page(election(), contest(DPR), region("V1"), {}))
        assert [parent.rsplit("/", 1)[1] for parent in found["links"]["parents"]] == ["P1", "D1"]

    def test_the_same_rows_are_the_same_bytes_in_whatever_order(self) -> None:
        one = region_page(election(), contest(PPWP), region("V1"), {"S1": S1, "S2": S2})
        assert one == region_page(election(), contest(PPWP), region("V1"), {"S2": S2, "S1": S1})


class TestStation:
    FIRST = version_of(
        form(DPR, "S2", figures=brief(150, 5), votes={"A": 100, "A-1": 49}),
        (Finding("votes-sum", INCONSISTENT, ("valid",), 150, 149),),
    )
    SECOND = version_of(
        form(DPR, "S2", kind="correction", version=2, prev=FIRST.form.hash, reason="49 was 50", figures=brief(150, 5),
             votes={"A": 100, "A-1": 50, "B": 0})
    )  # fmt: skip
    GONE = version_of(
        form(DPR, "S2", kind="withdrawal", version=3, prev=SECOND.form.hash, reason="no such station", figures={}, votes={},
             scans=[])
    )  # fmt: skip

    def test_the_whole_document(self) -> None:
        head = received(None, self.FIRST).decided(APPROVE, DUSK).sealed(1)
        page = of_station(head, [(self.FIRST, review_of(self.FIRST.form))], seals={1: 3})
        assert document(page) == {
            "election": "e19",
            "contest": "dpr",
            "label": "SIMULATION",
            "provisional": True,
            "edition": 3,
            "updated_at": DUSK,
            "station": {"id": "S2", "kind": "TPS", "name": "TPS S2"},
            "path": way_up("dpr", N="nation", P1="province", V1="village"),
            "votes": {"A": 100, "A-1": 49, "B": 0},
            "valid": 150,
            "invalid": 5,
            "voters": 155,
            "registered": 250,
            "stations": {"expected": 1, "received": 1, "approved": 1, "flagged": 1, "incomplete": 0},
            "counted_version": 1,
            "versions": [
                {
                    "version": 1,
                    "kind": "form",
                    "state": "approved",
                    "hash": self.FIRST.form.hash,
                    "prev": None,
                    "reason": None,
                    "received_at": NOON,
                    "votes": {"A": 100, "A-1": 49, "B": None},
                    "figures": {"voters.total": 155, "valid": 150, "invalid": 5, "total": 155},
                    "findings": [
                        {
                            "code": "votes-sum",
                            "kind": "inconsistent",
                            "fields": ["valid"],
                            "found": 150,
                            "expected": 149,
                        }
                    ],
                    "scans": [{"sha256": SCAN_REF.sha256, "bytes": SCAN_REF.size, "media": "image/jpeg", "page": None}],
                    "sealed": 3,
                    "submitted_by": "sub-1",
                    "review": {"decision": "approve", "reason": None, "by": "app-1", "at": DUSK},
                }
            ],
            "links": {
                "self": "/v1/elections/e19/contests/dpr/stations/S2",
                "contest": "/v1/elections/e19/contests/dpr",
                "parents": ["/v1/elections/e19/contests/dpr/regions/V1"],
            },
        }

    def test_before_anything_came(self) -> None:
        found = document(of_station(None, ()))
        assert (found["edition"], found["counted_version"], found["versions"]) == (0, None, [])

    def test_versions_and_their_states_over_a_stations_whole_life(self) -> None:
        returned, approved = review_of(self.SECOND.form, RETURN), review_of(self.GONE.form)
        head = received(None, self.FIRST)
        history: list[tuple[FormVersion, Review | None]] = [(self.FIRST, None)]
        assert states(of_station(head, history)) == ["received"]
        head, history = received(head, self.SECOND), [(self.FIRST, None), (self.SECOND, None)]
        assert states(of_station(head, history)) == ["superseded", "received"]
        head, history = head.decided(RETURN, DUSK), [(self.FIRST, None), (self.SECOND, returned)]
        assert states(of_station(head, history)) == ["superseded", "returned"]
        head, history = received(head, self.GONE).decided(APPROVE, DUSK), [*history, (self.GONE, approved)]
        assert states(of_station(head, history)) == ["superseded", "returned", "approved"]
        assert document(of_station(head, history))["counted_version"] is None, "it is not in the log yet"
        page = of_station(head.sealed(3), history, seals={3: 8})
        assert states(page) == ["superseded", "returned", "approved"]
        last = document(page)["versions"][2]
        assert (last["votes"], last["figures"], last["scans"], last["reason"]) == ({}, {}, [], "no such station")
        assert document(page)["stations"]["received"] == 0
        assert document(page)["counted_version"] == 3
        assert [version["sealed"] for version in document(page)["versions"]] == [None, None, 8]

    @pytest.mark.parametrize("late", ["version", "review", "seal"])
    def test_what_the_head_does_not_know_yet_is_left_for_the_next_edition(self, late: str) -> None:
        """The history is read after the head, so it may be ahead: the page of one edition is one sequence of bytes."""
        head = received(None, self.FIRST)
        ahead: list[tuple[FormVersion, Review | None]] = [
            (self.FIRST, review_of(self.FIRST.form) if late == "review" else None)
        ]
        if late == "version":
            ahead.append((self.SECOND, None))
        seals = {1: 3} if late == "seal" else {}
        assert of_station(head, ahead, seals=seals) == of_station(head, [(self.FIRST, None)])

    def test_caches_may_keep_it_longer_while_the_latest_version_is_the_one_that_counts(self) -> None:
        waiting = received(None, self.FIRST)
        approved = waiting.decided(APPROVE, DUSK)
        sealed = approved.sealed(1)
        corrected = received(sealed, self.SECOND)
        returned = corrected.decided(RETURN, DUSK)
        withdrawn = received(returned, self.GONE).decided(APPROVE, DUSK).sealed(3)
        history = [(version, None) for version in (self.FIRST, self.SECOND, self.GONE)]
        heads = (None, waiting, approved, sealed, corrected, returned, withdrawn)
        assert [of_station(head, history).max_age for head in heads] == [60, 60, 60, 300, 60, 60, 300]


def states(page: Page) -> list[str]:
    return [version["state"] for version in document(page)["versions"]]
