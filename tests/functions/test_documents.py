"""Every document that is answered is one that the API's description knows, to the last member."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator

import pytest
from pydantic import BaseModel, ValidationError

from realcount.cli.openapi.document import openapi_document
from realcount.cli.openapi.examples import examples
from realcount.cli.openapi.officials import Grant, Problem, Review, Upload
from realcount.cli.openapi.operations import OPERATIONS
from realcount.cli.openapi.races import RaceDates, Races
from realcount.cli.openapi.shapes import model_at
from realcount.domain.page import Page
from tests.functions.night import Night
from tests.functions.test_sweep_tally import SCHEDULED
from tests.small_election import DUSK, PPWP, paper


def check_all(night: Night) -> set[type[BaseModel]]:
    """Every page in the store against the model of its path; the models that were needed."""
    used = set()
    for path, page in pages(night):
        model = model_at(path)
        if page.media == "application/atom+xml":
            continue
        assert model is not None, f"{path} is a page that the description does not know"
        model.model_validate_json(body(page))
        used.add(model)
    return used


def pages(night: Night) -> Iterator[tuple[str, Page]]:
    yield from vars(night.pages)["_pages"].items()


def body(page: Page) -> bytes:
    return page.bodies.get("identity") or gzip.decompress(page.bodies["gzip"])


def test_every_page_of_a_whole_night_is_what_the_description_says(night: Night) -> None:
    used = check_all(night)  # zeros
    night.submit(at="S1")
    night.settle()
    used |= check_all(night)  # a form that waits
    night.approve(at="S1")
    night.settle()
    odd = night.form(at="S2", figures=paper(150, 120, 5) | {"valid": 900}, votes={"01": 150})
    night.submit(odd, at="S2")
    night.approve(at="S2")
    night.settle()
    used |= check_all(night)  # half, with a flagged and incomplete form
    night.now = DUSK
    first = night.forms.version(PPWP, "S1", 1)
    assert first is not None
    night.submit(
        night.form(at="S1", kind="correction", version=2, prev=first.form.hash, reason="117 read as 617"), at="S1"
    )
    night.approve(at="S1", decision="return", reason="blurred")
    night.settle()
    used |= check_all(night)  # a correction, returned
    for station in ("S3", "S4", "S5", "S6"):
        night.submit(at=station)
        night.approve(at=station)
    night.settle()
    night.invoke("ask_witnesses", SCHEDULED)
    night.invoke("seal_totals", SCHEDULED)
    night.invoke("export_bulk", SCHEDULED, left=[900_000])
    night.invoke("record_history", SCHEDULED, left=[900_000])
    night.invoke("list_corrections", SCHEDULED, left=[900_000])
    night.invoke("list_flagged", SCHEDULED, left=[900_000])
    used |= check_all(night)  # complete
    of_pages = {one.answers for one in OPERATIONS if one.id in PAGES}
    assert used >= of_pages


PAGES = {
    "getIndex",
    "getElections",
    "getElection",
    "getLog",
    "getContest",
    "getRegion",
    "getStation",
    "getBulk",
    "getSearch",
}


def test_what_officials_are_told_is_what_the_description_says(night: Night) -> None:
    form = night.form()
    grant = night.http("grant_upload", "POST", "/v1/uploads", night.request(form))
    Grant.model_validate_json(grant.body)
    upload = night.submit(form)
    told = night.http("track_upload", "GET", f"/v1/uploads/{upload}")
    Upload.model_validate_json(told.body)
    Review.model_validate_json(night.approve().body)
    refused = night.http("grant_upload", "POST", "/v1/uploads", b"nonsense")
    assert Problem.model_validate_json(refused.body).refusals
    Problem.model_validate_json(night.http("read_results", "GET", "/v1/nothing").body)
    for query in ("", "level=ru", "omitResults=true", "minDateTime=2999-01-01T00:00:00.000Z"):
        Races.model_validate_json(night.http("read_races", "GET", "/v3/elections/2019-04-17", query=query).body)
    RaceDates.model_validate_json(night.http("read_races", "GET", "/v3/elections").body)


def test_a_member_that_the_description_does_not_know_is_found(night: Night) -> None:
    page = next(page for path, page in pages(night) if path.endswith("/regions/N"))
    document = json.loads(body(page))
    document["children"][0]["new"] = 1
    with pytest.raises(ValidationError, match=r"children\.0\.new"):
        model_at(page.path).model_validate_json(json.dumps(document))  # type: ignore[union-attr]


def test_every_example_is_a_document_of_its_model() -> None:
    shown = examples()
    for operation in OPERATIONS:
        if operation.id in shown and operation.answers is not None:
            operation.answers.model_validate_json(json.dumps(shown[operation.id]))
    assert set(shown) >= PAGES - {"getBulk"}


def test_the_published_schema_allows_members_to_be_added() -> None:
    text = json.dumps(openapi_document()["components"]["schemas"])
    assert '"additionalProperties": false' not in text
    assert text.count('"minimum": 0') > 20
