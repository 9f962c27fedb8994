"""A project that is not ours: three functions, a table and its stream, two buckets. Any template makes a machine."""

from __future__ import annotations

import textwrap
from pathlib import Path

from realcount.local.engine import Engine
from realcount.local.places import Places, checkout
from realcount.local.stack import Stack

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
        BUCKET_PUBLISHED: !Ref Drop
        LOG_KEY: alias/no-log
        RECEIPT_KEY: alias/no-receipts
        LOG_ORIGIN: no-log
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


def write_project(root: Path) -> Places:
    """Put the project into this folder, with the tools of ours."""
    (root / "template.yaml").write_text(textwrap.dedent(TEMPLATE))
    for name, source in FUNCTIONS.items():
        (root / "functions" / name).mkdir(parents=True)
        (root / "functions" / name / "handler.py").write_text(source)
    (root / "infra").mkdir()
    (root / "infra" / "tools").symlink_to(checkout().root / "infra" / "tools")
    (root / ".tools").symlink_to(checkout().root / ".tools")
    return Places(root, root / "data")


def notes(engine: Engine, stack: Stack) -> set[str]:
    """All notes that are in the table."""
    table = stack.environment()["TABLE_PAGES"]
    return {item["pk"]["S"] for item in engine.client("dynamodb").scan(TableName=table)["Items"]}
