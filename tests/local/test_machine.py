"""Any template makes a machine: here one of three functions that the project does not have."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator

import httpx
import pytest

from realcount.local.machine import Machine, running_machine
from realcount.local.places import LocalError, Places, checkout

TEMPLATE = """
Globals:
  Function:
    Handler: handler.lambda_handler
    Environment:
      Variables:
        TABLE_ELECTIONS: !Ref Notes
        TABLE_KEYS: !Ref Notes
        TABLE_UPLOADS: !Ref Notes
        TABLE_FORMS: !Ref Notes
        TABLE_TALLY: !Ref Notes
        TABLE_PAGES: !Ref Notes
Resources:
  Notes:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
      StreamSpecification: {StreamViewType: KEYS_ONLY}
  Drop:
    Type: AWS::S3::Bucket
    Properties: {BucketName: machine-test-drop}
  Failures:
    Type: AWS::S3::Bucket
    Properties: {BucketName: machine-test-failures}
  Write:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/write_note
      Events:
        Post: {Type: HttpApi, Properties: {Method: POST, Path: "/notes/{note}"}}
  Follow:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/follow_notes
      Events:
        Changes:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Notes.StreamArn
            StartingPosition: TRIM_HORIZON
            MaximumRetryAttempts: 0
            BisectBatchOnFunctionError: true
            DestinationConfig: {OnFailure: {Destination: !GetAtt Failures.Arn}}
  Collect:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/collect_drops
      Events:
        Dropped: {Type: S3, Properties: {Bucket: !Ref Drop, Events: "s3:ObjectCreated:*"}}
"""

STORE = """
import boto3, os
TABLE = os.environ["TABLE_PAGES"]
dynamodb = boto3.client("dynamodb")
"""
FUNCTIONS = {
    "write_note": STORE
    + """
def lambda_handler(event, context):
    note = event["pathParameters"]["note"]
    dynamodb.put_item(TableName=TABLE, Item={"pk": {"S": note}})
    return {"statusCode": 201, "body": note}
""",
    # Follows each note with an answer, once; a note called poison is too much for it.
    "follow_notes": STORE
    + """
def lambda_handler(event, context):
    for record in event["Records"]:
        note = record["dynamodb"]["Keys"]["pk"]["S"]
        if note == "poison":
            raise ValueError("cannot swallow " + note)
        if not note.startswith("seen-"):
            dynamodb.put_item(TableName=TABLE, Item={"pk": {"S": "seen-" + note}})
""",
    "collect_drops": STORE
    + """
def lambda_handler(event, context):
    for record in event["Records"]:
        key = record["s3"]["object"]["key"]
        if key == "unlucky":
            raise OSError("dropped it")
        dynamodb.put_item(TableName=TABLE, Item={"pk": {"S": key}})
""",
}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    root = tmp_path_factory.mktemp("another-project")
    (root / "template.yaml").write_text(textwrap.dedent(TEMPLATE))
    for name, source in FUNCTIONS.items():
        (root / "functions" / name).mkdir(parents=True)
        (root / "functions" / name / "handler.py").write_text(source)
    (root / "infra").mkdir()
    (root / "infra" / "tools").symlink_to(checkout().root / "infra" / "tools")
    (root / ".tools").symlink_to(checkout().root / ".tools")
    return Places(root, root / "data")


@pytest.fixture(scope="module")
def machine(places: Places) -> Iterator[Machine]:
    with running_machine(places) as running:
        yield running


def notes(machine: Machine) -> set[str]:
    table = machine.stack.environment()["TABLE_PAGES"]
    return {item["pk"]["S"] for item in machine.engine.client("dynamodb").scan(TableName=table)["Items"]}


def test_a_request_and_all_it_sets_off_are_done_when_the_machine_is_quiet(machine: Machine) -> None:
    assert httpx.post(f"{machine.base_url}/notes/first").status_code == 201
    machine.drain()
    assert {"first", "seen-first"} <= notes(machine)


def test_an_object_sets_off_its_function_and_what_follows(machine: Machine) -> None:
    machine.engine.client("s3").put_object(Bucket="machine-test-drop", Key="drop", Body=b"x")
    machine.drain()
    assert {"drop", "seen-drop"} <= notes(machine)


def test_a_record_that_no_function_can_swallow_holds_up_no_other_and_is_on_record(machine: Machine) -> None:
    for note in ("before", "poison", "after"):
        httpx.post(f"{machine.base_url}/notes/{note}")
    machine.drain()
    assert {"seen-before", "seen-after"} <= notes(machine)
    s3 = machine.engine.client("s3")
    (entry,) = s3.list_objects_v2(Bucket="machine-test-failures")["Contents"]
    record = json.loads(s3.get_object(Bucket="machine-test-failures", Key=entry["Key"])["Body"].read())
    assert record["DDBStreamBatchInfo"]["batchSize"] == 1
    assert "cannot swallow poison" in record["responsePayload"]["errorMessage"]
    (given_up,) = json.loads(record["payload"])["Records"]
    assert given_up["dynamodb"]["Keys"] == {"pk": {"S": "poison"}}
    for log in ("follow_notes.log", "machine.log"):
        assert "cannot swallow poison" in (machine.places.logs / log).read_text()


def test_a_second_machine_on_the_same_state_is_refused(machine: Machine, places: Places) -> None:
    with pytest.raises(LocalError, match="another realcount is running"), running_machine(places):
        pytest.fail("two machines on one state")


def test_an_event_that_waits_for_its_next_attempt_keeps_a_machine_from_being_quiet(machine: Machine) -> None:
    """The last story: what it leaves behind waits for a minute, and the machine stops without waiting for it."""
    machine.engine.client("s3").put_object(Bucket="machine-test-drop", Key="unlucky", Body=b"x")
    with pytest.raises(TimeoutError, match="still being delivered"):
        machine.drain(1.0)
