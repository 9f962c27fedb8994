"""The real thing as far as it goes without AWS: `sam deploy` of what `sam build` made, and one form through all of it.

MiniStack runs each function with the credentials of its role and refuses what the role does not allow, so this is also
where a policy that is too narrow shows. (One that is too wide shows in test_template.py.) Functions are called by S3,
by streams and over HTTP, as deployed; only the routes are made here, since MiniStack does not read them out of the API.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import boto3
import httpx
import pytest

from realcount.aws.elections_dynamodb import DynamoDBElections
from realcount.aws.keys_dynamodb import DynamoDBKeys
from realcount.aws.pages_dynamodb import DynamoDBPages
from realcount.domain.instants import to_instant
from realcount.domain.official import APPROVER, SUBMITTER
from realcount.local.official import Sender, SendError, form_hash, new_official
from realcount.local.template import read_stack
from realcount.usecases.load_election import load_election
from tests.contract.servers import ministack
from tests.functions.night import PHOTO
from tests.small_election import ELECTION, PPWP, election, paper, units

pytestmark = pytest.mark.deploy

ROOT = Path(__file__).parents[2]
SAM = ROOT / "infra" / "tools" / "sam" / ".venv" / "bin" / "sam"
BUILD = ROOT / ".aws-sam" / f"python{sys.version_info.major}.{sys.version_info.minor}"
STACK = "rehearsal"

PATIENCE = 120
"""Seconds that something asynchronous may take on a busy machine. Nothing is concluded from how long it took."""

Value = TypeVar("Value")


def now() -> str:
    return to_instant(datetime.now(UTC))


def eventually(look: Callable[[], Value | None], what: str) -> Value:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what} did not happen within {PATIENCE} seconds")


class Deployment:
    """The deployed stack, as its operator, its officials and its readers see it."""

    def __init__(self, endpoint: str, closing: ExitStack) -> None:
        self._session = boto3.Session("test", "test", region_name="us-east-1")
        self._endpoint = endpoint
        self._closing = closing
        self._http = closing.enter_context(httpx.Client(timeout=30))
        self.base_url = open_doors(self.client("apigatewayv2"), endpoint)
        self.sender = Sender(self.base_url, self._http)
        self.submitter = new_official("sub-1", b"s" * 32)
        self.approver = new_official("app-1", b"a" * 32)

    def client(self, service: str) -> Any:
        client = self._session.client(service, endpoint_url=self._endpoint)  # type: ignore[call-overload]  # any service
        self._closing.callback(client.close)
        return client

    def page(self, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._http.request(method, f"{self.base_url}{path}", headers=named)

    def totals(self, region: str) -> dict[str, Any]:
        body: dict[str, Any] = self.page(f"/v1/elections/{ELECTION}/contests/ppwp/regions/{region}").json()
        return body


def deploy(endpoint: str) -> None:
    assert (BUILD / "template.yaml").is_file(), f"{BUILD} is not built: run `make test-deploy`"
    run = subprocess.run(
        [
            *(SAM, "deploy", "--template-file", BUILD / "template.yaml", "--stack-name", STACK, "--resolve-s3"),
            *("--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND", "--no-confirm-changeset"),
        ],
        env={**os.environ, **credentials(), "AWS_ENDPOINT_URL": endpoint, "SAM_CLI_TELEMETRY": "0"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def credentials() -> dict[str, str]:
    return {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


def open_doors(gateway: Any, endpoint: str) -> str:
    """Make the template's routes on the deployed API; returns its address."""
    (api,) = gateway.get_apis()["Items"]
    integrations: dict[str, str] = {}
    for route in read_stack(ROOT / "template.yaml").routes:
        if route.function not in integrations:
            integrations[route.function] = gateway.create_integration(
                ApiId=api["ApiId"],
                IntegrationType="AWS_PROXY",
                IntegrationUri=f"arn:aws:lambda:us-east-1:000000000000:function:{STACK}-{route.function}:live",
                PayloadFormatVersion="2.0",
            )["IntegrationId"]
        target = f"integrations/{integrations[route.function]}"
        gateway.create_route(ApiId=api["ApiId"], RouteKey=f"{route.method} {route.path}", Target=target)
    return f"{endpoint}/_aws/execute-api/{api['ApiId']}/$default"


def stop_the_sweep(events: Any) -> None:
    """It would bring up to date what a function with too narrow a policy leaves behind, and so hide it."""
    (rule,) = (rule["Name"] for rule in events.list_rules()["Rules"] if "SweepTally" in rule["Name"])
    events.disable_rule(Name=rule)


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    with ministack() as endpoint, ExitStack() as closing:
        deploy(endpoint)
        deployed = Deployment(endpoint, closing)
        stop_the_sweep(deployed.client("events"))
        tables = deployed.client("lambda").get_function_configuration(FunctionName=f"{STACK}-sweep_tally")
        names, dynamodb = tables["Environment"]["Variables"], deployed.client("dynamodb")
        load_election(
            election(),
            units(),
            elections=DynamoDBElections(dynamodb, names["TABLE_ELECTIONS"]),
            pages=DynamoDBPages(dynamodb, names["TABLE_PAGES"]),
        )
        keys = DynamoDBKeys(dynamodb, names["TABLE_KEYS"])
        validity = {"valid_from": "2019-01-01T00:00:00.000Z", "valid_until": "2099-01-01T00:00:00.000Z"}
        for person, role in ((deployed.submitter, SUBMITTER), (deployed.approver, APPROVER)):
            keys.register(
                person.key(holder=f"holder of {person.key_id}", election=ELECTION, role=role, regions=["N"], **validity)
            )
        yield deployed


def submit(deployment: Deployment, station: str, form: bytes, nonce: str) -> dict[str, Any]:
    """Send a form as an official's client does, and wait for what became of it."""
    request = deployment.submitter.upload_request(PPWP, station, form=form, scans=[PHOTO], now=now(), nonce=nonce)
    upload = deployment.sender.submit(request, form, [PHOTO])

    def settled() -> dict[str, Any] | None:
        answer = deployment.sender.upload(upload)
        return answer if answer["state"] != "granted" else None

    return eventually(settled, "the settlement of the upload")


def test_a_form_travels_from_its_officials_to_the_nations_page(deployment: Deployment) -> None:
    before = deployment.totals("N")
    assert before["stations"]["approved"] == 0

    form = deployment.submitter.form(
        PPWP,
        "S1",
        figures=paper(150, 120, 5),
        votes={"01": 150, "02": 120},
        scans=[PHOTO],
        now=now(),
        nonce="n" * 16,
    )
    assert submit(deployment, "S1", form, "r" * 16)["state"] == "accepted"
    deployment.sender.review(
        deployment.approver.review(
            PPWP, "S1", version=1, form_hash=form_hash(form), decision="approve", now=now(), nonce="v" * 16
        )
    )

    def counted() -> dict[str, Any] | None:
        page = deployment.totals("N")
        return page if page["stations"]["approved"] == 1 else None

    page = eventually(counted, "the nation's page with the form")
    assert (page["valid"], page["invalid"]) == (270, 5)

    answer = deployment.page(f"/v1/elections/{ELECTION}/contests/ppwp/stations/S1")
    assert answer.status_code == 200
    again = deployment.page(f"/v1/elections/{ELECTION}/contests/ppwp/stations/S1", if_none_match=answer.headers["etag"])
    assert again.status_code == 304
    assert deployment.page("/v1", "HEAD").status_code == 200
    assert deployment.page("/v1/elections/none").status_code == 404


def test_a_form_that_cannot_be_is_refused_with_its_reasons(deployment: Deployment) -> None:
    form = deployment.submitter.form(
        PPWP, "S2", figures=paper(10, 10, 0), votes={"07": 20}, scans=[PHOTO], now=now(), nonce="m" * 16
    )
    refused = submit(deployment, "S2", form, "q" * 16)
    assert refused["state"] == "rejected"
    assert "unknown-option" in str(refused)


def test_a_closed_intake_closes_the_deployed_door(deployment: Deployment) -> None:
    """`grant_upload` may read the switch; the switch works without a deployment."""
    ssm = deployment.client("ssm")
    ssm.put_parameter(Name=f"/{STACK}/intake", Value="closed: rehearsal is over", Type="String", Overwrite=True)
    form = b"any"

    def closed() -> bool:
        request = deployment.submitter.upload_request(PPWP, "S3", form=form, scans=[PHOTO], now=now(), nonce="c" * 16)
        try:
            deployment.sender.submit(request, form, [PHOTO])
        except SendError as error:
            return "rehearsal is over" in str(error)
        return False

    try:
        eventually(closed, "the closed door")
    finally:
        ssm.put_parameter(Name=f"/{STACK}/intake", Value="open", Type="String", Overwrite=True)


def test_the_sweep_may_look_at_everything_and_finds_nothing_behind(deployment: Deployment) -> None:
    answer = deployment.client("lambda").invoke(FunctionName=f"{STACK}-sweep_tally:live", Payload=b"{}")
    body = answer["Payload"].read().decode()
    assert "FunctionError" not in answer, body
    assert '"failed": 0' in body
    assert '"repairs": 0' in body, "a trigger was lost"


def test_without_its_policy_the_reader_reads_nothing(deployment: Deployment) -> None:
    """What the passing tests above prove about policies, they prove only as long as policies are enforced."""
    iam = deployment.client("iam")
    configuration = deployment.client("lambda").get_function_configuration(FunctionName=f"{STACK}-read_results")
    role = configuration["Role"].rsplit("/", 1)[-1]
    (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    assert deployment.page("/v1/elections").status_code == 200

    iam.delete_role_policy(RoleName=role, PolicyName=policy)

    assert deployment.page("/v1/elections").status_code >= 500
