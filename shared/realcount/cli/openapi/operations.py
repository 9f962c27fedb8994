"""Every route of the API: what is asked, what is answered. Tests hold the list against the routes of template.yaml."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel

from realcount.cli.openapi.bulk import Bulk, Nist
from realcount.cli.openapi.catalogue import Contest, Election, Elections, Index
from realcount.cli.openapi.flagged import Flagged
from realcount.cli.openapi.following import Changes, Now
from realcount.cli.openapi.log import Log, Proof
from realcount.cli.openapi.officials import Grant, Review, Upload
from realcount.cli.openapi.parameters import QUERIES
from realcount.cli.openapi.past import Corrections, CorrectionsChunk, History, HistoryDay, ListedCorrections, Milestones
from realcount.cli.openapi.races import RaceDates, Races
from realcount.cli.openapi.results import Region, Station
from realcount.cli.openapi.search import Search

READING, OFFICIALS, OTHERS = "reading", "officials", "shapes of others"

ATOM = "application/atom+xml"

E = "/v1/elections/{election}"
P = E + "/contests/{contest}"
R = P + "/regions/{region}"


@dataclass(frozen=True, slots=True)
class Operation:
    """`answers` is the model of a 200 (201 of a POST), None for any JSON object. `example` names one of `examples`.
    `problems` are statuses beyond those that every operation of its kind may answer with, `queries` names of
    `parameters.QUERIES`: every other operation ignores all of them."""

    id: str
    method: str
    path: str
    summary: str
    answers: type[BaseModel] | None
    tag: str = READING
    media: str = "application/json"
    problems: tuple[int, ...] = ()
    queries: tuple[str, ...] = ()


OPERATIONS: tuple[Operation, ...] = (
    Operation("getIndex", "get", "/v1", "What there is, licences and limits", Index),
    Operation("getDescription", "get", "/v1/openapi.json", "This document", None),
    Operation("getElections", "get", "/v1/elections", "All elections", Elections),
    Operation("getElection", "get", "/v1/elections/{election}", "One election and its contests", Election),
    Operation("getLog", "get", "/v1/elections/{election}/log", "The election's public log", Log),
    Operation("getSearch", "get", E + "/search", "Where a search for a region by its name or id begins", Search),
    Operation("getSearchPrefix", "get", E + "/search/{prefix}", "Regions with a word that begins so", Search),
    Operation("getContest", "get", P, "A contest: its options, and where its regions begin", Contest),
    Operation("getRegion", "get", R, "A region: its totals, and its children with theirs", Region),
    Operation("getNow", "get", R + "/now", "Which edition of an upper region is the newest", Now),
    Operation("getChanges", "get", R + "/changes", "What moved in an upper region since editions of the last minutes", Changes),
    Operation("getEdition", "get", R + "/editions/{edition}", "An upper region as it was at an edition", Region),
    Operation("getHistory", "get", R + "/history", "The curve of an upper region, a point an hour", History),
    Operation("getHistoryDay", "get", R + "/history/{date}", "Its curve of one day, a point every five minutes", HistoryDay),
    Operation("getMilestones", "get", R + "/milestones", "What the count below a root has reached", Milestones),
    Operation("getCorrections", "get", R + "/corrections", "The newest corrections below a region", Corrections),
    Operation("getCorrectionsChunk", "get", R + "/corrections/{chunk}", "Older corrections", CorrectionsChunk),
    Operation("getListedCorrections", "get", E + "/corrections", "How far corrections are listed", ListedCorrections),
    Operation("getFeed", "get", P + "/feed", "Corrections and milestones as Atom, in Indonesian", None, media=ATOM),
    Operation("getFeedInEnglish", "get", P + "/feed.en", "The same in English", None, media=ATOM),
    Operation("getFlagged", "get", R + "/flagged", "Flagged stations below an upper region, and why", Flagged),
    Operation("getFlaggedPart", "get", R + "/flagged/{part}", "More of a long list, from part 2 on", Flagged),
    Operation("getNist", "get", P + "/nist", "Reports of NIST SP 1500-100", Nist),
    Operation("getBulk", "get", P + "/bulk", "Files of the whole contest", Bulk),
    Operation("getStation", "get", P + "/stations/{station}", "A polling station and every version of its form", Station),
    Operation("getProof", "get", P + "/stations/{station}/proof", "The proof that a station's form is counted", Proof),
    Operation("postUpload", "post", "/v1/uploads", "Ask to upload a form", Grant, OFFICIALS, problems=(403, 409, 422)),
    Operation("getUpload", "get", "/v1/uploads/{upload}", "What became of an upload", Upload, OFFICIALS),
    Operation("postReview", "post", "/v1/reviews", "Approve or return a form", Review, OFFICIALS, problems=(403, 404, 409, 422)),
    Operation("getSitungVersion", "get", "/static/json/{document}", "A document of Situng, 2019: `ppwp.json`, `partai.json`", None, OTHERS),
    Operation("getSitungPlaces", "get", "/static/json/wilayah/{id}", "Its lists of places: `0.json`", None, OTHERS),
    Operation("getSitungResults", "get", "/static/json/hhcw/{id}", "Its results of the nation: `ppwp.json`", None, OTHERS),
    Operation("getSirekapResults", "get", "/pemilu/hhcw/{id}", "Results as Sirekap, 2024, has them: `ppwp.json`", None, OTHERS),
    Operation("getSirekapPlaces", "get", "/wilayah/pemilu/ppwp/{id}", "Its lists of places: `0.json`", None, OTHERS),
    Operation("getRaces", "get", "/v3/elections/{date}", "Races and results of a date, as AP has them", Races, OTHERS, problems=(400,), queries=tuple(QUERIES)),
    Operation("getRaceDates", "get", "/v3/elections", "Dates that have races, as AP lists them", RaceDates, OTHERS),
)  # fmt: skip
