"""The ten functions as Lambda starts them: settings from the environment, real adapters, an imitated AWS behind them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from os import environ
from types import SimpleNamespace

import boto3
import pytest
from moto import mock_aws

from realcount import wiring
from realcount.aws import clients
from realcount.aws.log_s3 import S3LogFiles
from realcount.aws.pages_dynamodb import DynamoDBPages
from realcount.domain.election import TOP
from realcount.domain.instants import to_instant
from realcount.domain.official import APPROVER, SUBMITTER
from realcount.domain.tally import RowChange, StationChange
from realcount.edge.recent import Recent
from realcount.edge.rounds import ROUND
from realcount.local.memory import KeptKeys
from realcount.usecases.load_election import load_election
from tests.contract.engines import AWSStores
from tests.functions.night import PHOTO, Night, failed, forms_event, region_path, station_path, tally_event
from tests.small_election import ELECTION, PPWP, RECEIPTS, election, units

CACHES = (wiring._adapters, clients.dynamodb, clients.s3, clients._session)
FOR_EVER = {"valid_until": "2999-01-01T00:00:00.000Z"}


class CloudNight(Night):
    """Officials sign by the real clock, and nothing is put behind the ports: `wiring` has to find it all itself."""

    def __init__(self, stores: AWSStores) -> None:
        super().__init__()
        self.now = to_instant(datetime.now(UTC))
        self.keys = stores.keys  # type: ignore[assignment]
        self.bucket = SimpleNamespace(put=stores.arrive)  # type: ignore[assignment]
        self.submitter = self.official("sub-1", SUBMITTER, "person-1", **FOR_EVER)
        self.approver = self.official("app-1", APPROVER, "person-2", **FOR_EVER)

    def wired(self) -> AbstractContextManager[None]:
        return nullcontext()


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudNight]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        for cache in CACHES:
            cache.cache_clear()
        stores = AWSStores(None)
        for table in ("uploads", "forms", "tally", "pages"):
            monkeypatch.setenv(f"TABLE_{table.upper()}", stores.table(table))
        monkeypatch.setenv("TABLE_ELECTIONS", stores.elections_table)
        monkeypatch.setenv("TABLE_KEYS", stores.keys_table)
        monkeypatch.setenv("BUCKET_UPLOADS", stores.bucket_name)
        monkeypatch.setenv("BUCKET_EVIDENCE", stores.evidence_bucket)
        monkeypatch.setenv("BUCKET_PUBLISHED", stores.published_bucket)
        monkeypatch.setenv("PARAMETER_INTAKE", "/whole-path/intake")
        monkeypatch.setenv("LOG_KEY", "alias/whole-path")
        monkeypatch.setenv("RECEIPT_KEY", "alias/whole-path-receipts")
        monkeypatch.setenv("LOG_ORIGIN", "count.example")
        boto3.client("ssm").put_parameter(Name="/whole-path/intake", Value="open", Type="String")
        load_election(
            election(),
            units(),
            elections=stores.elections,
            editions=stores.editions,
            copies=stores.copies,
            pages=DynamoDBPages(stores.dynamodb, environ["TABLE_PAGES"]),
            log=S3LogFiles(stores.s3, stores.published_bucket, ELECTION),
        )
        # The one adapter that moto cannot answer: it makes no client. Its own tests are in tests/contract.
        pages = DynamoDBPages(stores.dynamodb, environ["TABLE_PAGES"])
        vars(wiring.adapters("read_results")).update(page_reader=pages, recent=Recent(seconds=0))
        # Nor has it keys of this kind: the engine has, and answers in tests/contract.
        vars(wiring.adapters("seal_forms")).update(signers=KeptKeys("count.example", bytes(range(32))))
        vars(wiring.adapters("receive_form")).update(receipts=RECEIPTS)
        yield CloudNight(stores)
        for cache in CACHES:
            cache.cache_clear()


def test_a_form_goes_from_the_officials_phone_to_the_nations_page(night: CloudNight) -> None:
    assert night.read(region_path("N"))["stations"]["received"] == 0
    upload = night.submit()
    told = night.http("track_upload", "GET", f"/v1/uploads/{upload}").json
    assert (told["state"], told["version"]) == ("accepted", 1)
    review = night.review(told["form"])
    assert night.http("review_form", "POST", "/v1/reviews", review).status == 201

    heads = forms_event([StationChange(PPWP, "S1")])
    assert failed(night.invoke("seal_forms", heads)) == []
    assert failed(night.invoke("count_form", heads)) == []
    for parent, child in (("V1", "S1"), ("P1", "V1"), ("N", "P1"), (TOP, "N")):
        rows = tally_event([RowChange(PPWP, parent, child)])
        assert failed(night.invoke("roll_up", rows)) == []
        assert failed(night.invoke("publish_results", rows)) == []

    nation = night.http("read_results", "GET", region_path("N"), accept_encoding="br")
    assert nation.headers["etag"].startswith('"3-')
    assert night.read(region_path("N"))["votes"] == {"01": 150, "02": 120}
    assert night.read(station_path("S1"))["versions"][0]["scans"][0]["sha256"] == PHOTO.ref().sha256
    assert night.http("read_results", "GET", region_path("N"), if_none_match=nation.headers["etag"]).status == 304


def test_what_the_streams_lost_the_sweep_finds(night: CloudNight) -> None:
    upload = night.submit()
    form = night.http("track_upload", "GET", f"/v1/uploads/{upload}").json["form"]
    night.http("review_form", "POST", "/v1/reviews", night.review(form))
    night.seal("S1")
    ports = wiring.adapters("sweep_tally")
    repairs = 0
    for minute in range(ROUND):
        ports.__dict__["clock"] = lambda minute=minute: f"2019-04-17T12:{minute:02d}:00.000Z"
        swept = night.invoke("sweep_tally", {"source": "aws.events"})
        assert (swept["failed"], swept["left"]) == (0, 0)
        repairs += swept["repairs"]
    assert repairs > 0
    assert night.read(region_path("V1"))["votes"] == {"01": 150, "02": 120}


def test_an_unknown_path_and_an_unknown_upload_are_answers(night: CloudNight) -> None:
    assert night.http("read_results", "GET", "/v1/elections/none").status == 404
    for upload in ("0" * 32, "%00", "x" * 300, "\u0661"):
        assert night.http("track_upload", "GET", f"/v1/uploads/{upload}").status == 404
    night.arrived("uploads/nobody/form")
