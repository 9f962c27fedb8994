"""A real `sam build`, a real `sam deploy`, and a form that travels through the deployed stack to the public page.

The engine plays AWS here, and nothing of realcount's own local gateway or pollers is at work: its CloudFormation makes
the stacks from the processed template, its Lambda runs the built artefacts with their layers, each function with the
credentials of its role and with what the role allows, and its own S3 notifications and event source mappings do the
triggering. What that proves is that template, artefacts, layers, roles and environment fit together. (That no role
allows too much is in tests/packaging/test_template.py.) What it does not prove:

- The engine runs functions on this machine's interpreter and processor, whatever `Runtime` and `Architectures` say;
  hence the build for both (`make test-deploy`). tests/packaging looks at the artefacts that Lambda gets.
- Its event source mappings know no partial failures, no bisection, no retry limits and no on-failure bucket; how
  realcount behaves with Lambda's is in tests/local/test_delivery.py and tests/faults.
- It does not read the routes that SAM writes into an HTTP API; see `deployment.bridge_routes` for the bridge.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from realcount.local.engine import start_engine
from realcount.local.places import Places, checkout
from realcount.local.template import read_stack
from realcount.officials.official import form_hash
from realcount.officials.sending import SendError
from realcount.usecases.load_election import load_election
from tests.journeys.conftest import Night, appoint, photograph, until
from tests.journeys.deployment import Deployment, built, deploy
from tests.small_election import ELECTION, election, units

pytestmark = pytest.mark.deploy


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    places = Places(checkout().root, tmp_path_factory.mktemp("deployment"))
    template = built(places)
    engine = start_engine(places)
    try:
        deploy(places, engine, template)
        deployed = Deployment(engine)
        # The sweep would bring up to date what a function with too narrow a role leaves behind, and so hide it.
        deployed.client("events").disable_rule(Name=deployed.physical["SweepTallyFunctionEveryMinute"])
        yield deployed
    finally:
        engine.stop()


@pytest.fixture(scope="module")
def routes(deployment: Deployment) -> set[str]:
    return deployment.bridge_routes()


@pytest.fixture(scope="module")
def night(deployment: Deployment, routes: set[str]) -> Iterator[Night]:
    elections, editions, copies, pages, log, keys = deployment.stores(ELECTION)
    load_election(election(), units(), elections=elections, editions=editions, copies=copies, pages=pages, log=log)
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


def test_the_sweep_may_look_at_everything_and_finds_no_trigger_lost(deployment: Deployment, night: Night) -> None:
    form = night.file("S2", {"01": 10, "02": 20})
    night.decide("S2", form)
    night.until_nation_is("S2", {"01": 10, "02": 20})

    answer = deployment.client("lambda").invoke(FunctionName=deployment.physical["SweepTallyFunctionAliaslive"])

    swept = json.load(answer["Payload"])
    assert "FunctionError" not in answer, swept
    assert swept["looked_at"] > 0
    assert (swept["repairs"], swept["failed"], swept["left"]) == (0, 0, 0)


def test_without_its_policy_the_reader_reads_nothing(deployment: Deployment, night: Night) -> None:
    """What passes above says something about roles only as long as the engine holds functions to them."""
    iam, role = deployment.client("iam"), deployment.physical["ReadResultsFunctionRole"]
    (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    allowed = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    assert night.get("/v1/elections").status_code == 200

    iam.delete_role_policy(RoleName=role, PolicyName=policy)
    try:
        # A page just read is remembered for a second (docs/decisions/0009).
        until(lambda: night.get("/v1/elections").status_code >= 500, "the reader has nothing to read")
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(allowed))


def test_intake_is_closed_without_a_deployment(deployment: Deployment, night: Night) -> None:
    """The last story: what a function has read of the switch is good for half a minute, either way."""
    ssm, switch = deployment.client("ssm"), deployment.physical["IntakeParameter"]
    form = night.form("S3", {"01": 1, "02": 1})
    ssm.put_parameter(Name=switch, Value="closed: the rehearsal is over", Type="String", Overwrite=True)

    def closed() -> bool:
        try:
            night.send("S3", form, [photograph("S3")])
        except SendError as refused:
            return "the rehearsal is over" in str(refused)
        return False

    until(closed, "the door is closed")
