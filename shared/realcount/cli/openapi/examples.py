"""Real documents for the description: rendered by the same code as the pages, from an election of one village."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from realcount.domain.election import Child, Contest, ContestKey, Crumb, Election, Option, Parent, Region, Station
from realcount.domain.findings import find
from realcount.domain.form import Form, ScanRef
from realcount.domain.ledger import APPROVE, APPROVED, FormVersion, Head, Review
from realcount.domain.log.witness_book import WitnessBook
from realcount.domain.page import Page
from realcount.domain.tally import Tally
from realcount.rendering.catalogue import catalogue_pages
from realcount.rendering.log_page import log_page
from realcount.rendering.results import region_page, station_page
from realcount.rendering.search import search_pages

KEY = ContestKey("demo-2029", "ppwp")
CONTEST = Contest(
    key=KEY,
    name="President",
    options=(Option("01", "1", "Ani and Budi"), Option("02", "2", "Citra and Dewi")),
    hierarchies=("region",),
    roots=("0",),
    fields=("voters.total", "valid", "invalid", "total"),
)
ELECTION = Election(
    id=KEY.election,
    name="A demonstration",
    held_on="2029-04-17",
    label="SIMULATION",
    licence="CC0-1.0",
    attribution="nobody",
    hierarchies=("region",),
    levels=("nation", "village"),
    contests=(CONTEST,),
    digest="b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c",
)
_UP = (Crumb("0", "Nation", "nation"),)
VILLAGE = Region(
    election=KEY.election,
    id="V1",
    level="village",
    name="Upper Hill",
    parents=(Parent("region", "0"),),
    ancestors=("0",),
    path=_UP,
    children=(Child("S1", "TPS 1", "region", 1, 300, "TPS"), Child("S2", "TPS 2", "region", 1, 280, "TPS")),
    holds="stations",
    expected=2,
    registered=580,
)
STATION = Station(
    election=KEY.election,
    id="S1",
    kind="TPS",
    name="TPS 1",
    parents=(Parent("region", "V1"),),
    ancestors=("V1", "0"),
    path=(*_UP, Crumb("V1", "Upper Hill", "village")),
    registered=300,
)
_HASH = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
_AT = "2029-04-17T08:31:04.220Z"
_FORM = Form(
    kind="form",
    election=KEY.election,
    contest=KEY.contest,
    station="S1",
    version=1,
    previous=None,
    figures={"voters.total": 250, "valid": 241, "invalid": 8, "total": 249},
    votes={"01": 120, "02": 121},
    scans=(ScanRef("fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9", 214_355, "image/jpeg"),),
    reason=None,
    key="kpps-7",
    signed_at="2029-04-17T08:12:00.000Z",
    hash=_HASH,
)
_VERSION = FormVersion(_FORM, b"", b"", "q6pc7m2x", "2029-04-17T08:12:09.301Z", find(_FORM, CONTEST, 300))
_REVIEW = Review(
    KEY.election, KEY.contest, "S1", 1, _HASH, APPROVE, None, "pps-2", "2029-04-17T08:30:58.000Z", b"", b"", _AT
)  # fmt: skip
_ROW = Tally(3, (120, 121), 241, 8, 250, 1, 1, 1, 0, _AT)


@cache
def examples() -> Mapping[str, Any]:
    """By the id of an operation: a body that it may answer with."""
    index, elections, one, contest = (_document(page) for page in catalogue_pages([ELECTION], edition=1))
    head = Head(3, 1, _HASH, APPROVED, 1, 1, _AT)
    return {
        "getIndex": index,
        "getElections": elections,
        "getElection": one,
        "getContest": contest,
        "getLog": _document(log_page(ELECTION, WitnessBook())),
        "getSearch": _document(*search_pages(ELECTION, [VILLAGE])),
        "getRegion": _document(region_page(ELECTION, CONTEST, VILLAGE, {"S1": _ROW})),
        "getStation": _document(station_page(ELECTION, CONTEST, STATION, head, [(_VERSION, _REVIEW)], {1: 17})),
        "getUpload": _UPLOAD,
        "postReview": _DECIDED,
    }


def _document(page: Page) -> Any:
    return json.loads(page.bodies.get("identity") or gzip.decompress(page.bodies["gzip"]))


_UPLOAD = {
    "upload": "q6pc7m2x",
    "state": "granted",
    "election": KEY.election,
    "contest": KEY.contest,
    "station": "S1",
    "granted_at": "2029-04-17T08:12:02.100Z",
    "settled_at": None,
    "version": None,
    "form": None,
    "receipt": None,
    "refusals": [],
    "links": {"self": "/v1/uploads/q6pc7m2x", "station": "/v1/elections/demo-2029/contests/ppwp/stations/S1"},
    "files": [{"name": "form", "sha256": _HASH, "bytes": 1_301, "media": "application/vnd.realcount.signed"}],
}
_DECIDED = {
    "election": KEY.election,
    "contest": KEY.contest,
    "station": "S1",
    "version": 1,
    "form": _HASH,
    "decision": "approve",
    "reason": None,
    "by": "pps-2",
    "decided_at": _AT,
    "links": {"station": "/v1/elections/demo-2029/contests/ppwp/stations/S1"},
}
