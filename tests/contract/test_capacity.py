"""What each operation costs in DynamoDB's units, measured on an engine that counts as DynamoDB does.

docs/decisions/0007 holds the table; a change that makes a form dearer has to change it there and here, on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from realcount.domain.canonical import canonical_bytes
from realcount.domain.election import TOP
from realcount.domain.form import Form
from realcount.domain.ledger import APPROVE, FormVersion, Head, Seal, received, station_tally
from realcount.domain.statements import parse_form
from realcount.ports import Upload
from realcount.rendering.results import region_page, station_page
from tests import small_election as stage
from tests.contract import samples
from tests.contract.engines import CREDENTIALS, AWSStores

pytestmark = pytest.mark.dynoxide

PPWP, STATION = stage.PPWP, "S1"


class Meter:
    """A client that asks for the price of every call, and adds it up."""

    def __init__(self, endpoint: str) -> None:
        self.client = boto3.client("dynamodb", endpoint_url=endpoint, **CREDENTIALS)
        self.client.meta.events.register("provide-client-params.dynamodb", self._ask)
        self.client.meta.events.register("after-call.dynamodb", self._add)
        self.units = 0.0

    def price(self, call: Callable[[], object]) -> float:
        self.units = 0.0
        call()
        return self.units

    def _ask(self, params: dict[str, Any], **_: object) -> dict[str, Any]:
        return {**params, "ReturnConsumedCapacity": "TOTAL"}

    def _add(self, parsed: dict[str, Any], **_: object) -> None:
        consumed = parsed.get("ConsumedCapacity", [])
        for part in [consumed] if isinstance(consumed, dict) else consumed:
            self.units += part["CapacityUnits"]


@pytest.fixture
def meter(dynoxide_url: str) -> Iterator[Meter]:
    meter = Meter(dynoxide_url)
    yield meter
    meter.client.close()


@pytest.fixture
def priced(dynoxide_url: str, meter: Meter) -> AWSStores:
    stores = AWSStores(dynoxide_url, dynamodb=meter.client)
    stores.keys.register(stage.submitter())
    stores.keys.register(stage.approver())
    return stores


def form(**changes: object) -> tuple[Form, FormVersion]:
    """A complete paper with all 37 figures, as large as they get in earnest."""
    payload = canonical_bytes(stage.form_statement(**changes))
    form = parse_form(payload)
    return form, FormVersion(form, payload, stage.SIGNATURE, "u" * 32, stage.NOON, ())


def received_first() -> tuple[Form, FormVersion, Head]:
    paper, version = form()
    return paper, version, received(None, version)


def test_the_writes_of_one_form(priced: AWSStores, meter: Meter) -> None:
    """From the grant to the station's page, without the regions above: 25 write units."""
    paper, version, head = received_first()
    upload = samples.upload("u" * 32)
    assert meter.price(lambda: priced.uploads.grant(upload)) == 1
    assert meter.price(lambda: priced.forms.receive(version, None, head)) == 8, "(3 KB + 1 KB) x 2"
    assert meter.price(lambda: priced.uploads.settle(settled(upload, paper))) == 1
    review, decided = stage.review_of(paper), head.decided(APPROVE, stage.DUSK)
    keys = ("sub-1", "app-1")
    assert meter.price(lambda: priced.forms.decide(review, head, decided, keys)) == 8, "(2 keys checked + 2 puts) x 2"
    sealed = decided.sealed(1)
    seal = Seal(PPWP, STATION, 1, 812_000, decided, sealed)
    assert meter.price(lambda: priced.forms.seal([seal])) == 4, "(seal + head) x 2"
    tally = station_tally(sealed, version, version, stage.contest(PPWP).option_ids())
    assert meter.price(lambda: priced.tallies.advance(PPWP, "V1", STATION, tally)) == 1
    history = [(version, review)]
    page = station_page(stage.election(), stage.contest(PPWP), stage.station(STATION), sealed, history, {1: 812_000})
    assert meter.price(lambda: priced.pages.put(page)) == 2


def test_the_writes_of_one_region_step(priced: AWSStores, meter: Meter) -> None:
    """However many forms came in below since the last step."""
    tally = samples.tally(9, votes=(84_298_880, 68_221_284))
    assert meter.price(lambda: priced.tallies.replace(PPWP, "P1", "V1", tally, 0)) == 1
    region = stage.region("V1")
    page = region_page(stage.election(), stage.contest(PPWP), region, {"S1": tally, "S2": tally})
    assert meter.price(lambda: priced.pages.put(page)) == 2


def test_the_reads(priced: AWSStores, meter: Meter) -> None:
    """Strong reads cost a unit per 4 KB, the public's eventual ones half of it."""
    _, version, head = received_first()
    priced.forms.receive(version, None, head)
    for child in range(40):
        priced.tallies.advance(PPWP, TOP, f"{child:02d}", samples.tally(1))
    priced.pages.put(samples.page("/v1/x", size=4_000))
    assert meter.price(lambda: priced.forms.head(PPWP, STATION)) == 1
    assert meter.price(lambda: priced.forms.version(PPWP, STATION, 1)) == 1
    assert meter.price(lambda: priced.forms.heads(PPWP, [STATION])) == 1
    assert meter.price(lambda: priced.tallies.children(PPWP, TOP)) == 2, "40 rows of 150 bytes are 6 KB"
    assert meter.price(lambda: priced.pages.get("/v1/x")) == 1, "8 KB at half the price"


def test_the_writes_of_a_load(priced: AWSStores, meter: Meter) -> None:
    """Per unit, once per election: the price of the promise not to replace newer pages is the factor 2."""
    units = list(stage.units())
    assert meter.price(lambda: priced.elections.put_units(units)) == len(units)
    pages = [samples.page(f"/v1/{i}") for i in range(100)]
    assert meter.price(lambda: priced.pages.put_all(pages)) == 200


def settled(upload: Upload, paper: Form) -> Upload:
    return samples.settled(upload, state="accepted", form_hash=paper.hash, version=1, settled_at=stage.DUSK)
