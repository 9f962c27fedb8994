"""A real `sam build`, a real `sam deploy`, and a form that travels through the deployed stack to the public page.

The engine plays AWS here, and nothing of realcount's own local gateway or pollers is at work: its CloudFormation makes
the stacks from the processed template, its Lambda runs the built artefacts with their layers, and its own S3
notifications, event source mappings and schedules do the triggering. What that proves is that template, artefacts,
layers, permissions to call and environment fit together. What it does not prove:

- The engine runs functions on this machine's interpreter and processor, whatever `Runtime` and `Architectures` say;
  hence the build for both (`make test-deploy`). tests/packaging looks at the artefacts that Lambda gets.
- Its event source mappings know no partial failures, no bisection, no retry limits and no on-failure bucket; how
  realcount behaves with Lambda's is in tests/local/test_delivery.py and tests/faults.
- It does not read the routes that SAM writes into an HTTP API; see `deployment.bridge_routes` for the bridge.
- Whether the roles allow enough is for AWS to say; tests/packaging holds them against what each function's ports need.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from realcount.local.engine import start_engine
from realcount.local.official import form_hash
from realcount.local.places import Places, checkout
from realcount.local.template import read_stack
from realcount.usecases.load_election import load_election
from tests.journeys.conftest import Night, appoint
from tests.journeys.deployment import Deployment, built, deploy
from tests.small_election import election, units

pytestmark = pytest.mark.deploy


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    places = Places(checkout().root, tmp_path_factory.mktemp("deployment"))
    template = built(places)
    engine = start_engine(places)
    try:
        deploy(places, engine, template)
        yield Deployment(engine)
    finally:
        engine.stop()


@pytest.fixture(scope="module")
def routes(deployment: Deployment) -> set[str]:
    return deployment.bridge_routes()


@pytest.fixture(scope="module")
def night(deployment: Deployment, routes: set[str]) -> Iterator[Night]:
    elections, pages, keys = deployment.stores()
    load_election(election(), units(), elections=elections, pages=pages)
    opened = Night(deployment.base_url, *appoint(keys))
    yield opened
    opened.sender.http.close()


def test_every_stack_is_complete(deployment: Deployment) -> None:
    status = deployment.status()
    assert {"realcount", "aws-sam-cli-managed-default"} < status.keys()
    assert sum(name.startswith("realcount-") for name in status) >= 2
    assert set(status.values()) == {"CREATE_COMPLETE"}


def test_the_routes_that_sam_made_are_those_that_one_machine_reads_from_the_template(routes: set[str]) -> None:
    stack = read_stack(checkout().template)
    assert routes == {f"{route.method} {route.path}" for route in stack.routes}


def test_a_form_travels_through_the_deployed_stack_to_the_public_page(night: Night) -> None:
    form = night.file("S1", {"01": 150, "02": 120})
    night.decide("S1", form)
    nation = night.until_nation_is("S1", {"01": 150, "02": 120})
    assert nation["stations"]["approved"] == 1
    assert nation["votes"] == {"01": 150, "02": 120}

    second = night.file(
        "S1", {"01": 50, "02": 120}, kind="correction", version=2, prev=form_hash(form), reason="a hundred too many"
    )
    night.decide("S1", second, version=2)
    assert night.until_nation_is("S1", {"01": 50, "02": 120})["votes"] == {"01": 50, "02": 120}


def test_the_deployed_page_is_read_by_its_etag(night: Night) -> None:
    path = "/v1/elections/e19/contests/ppwp/regions/N"
    first = night.get(path)
    assert first.status_code == 200
    assert night.get(path, **{"if-none-match": first.headers["etag"]}).status_code == 304
    assert night.get("/v1/elections/nowhere").status_code == 404
