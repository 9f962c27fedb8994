"""What the stack declares is made once; making it again changes nothing, least of all what operators have set."""

from __future__ import annotations

from realcount.local.engine import Engine
from realcount.local.provision import async_queue, provision
from realcount.local.stack import Bucket, Notification, Parameter, Schedule, SigningKey, Stack, Table

STACK = Stack(
    functions={},
    routes=(),
    cors=None,
    subscriptions=(),
    notifications=(Notification("provisioned", "provision-uploads", ("s3:ObjectCreated:*",), "uploads/", ".jpg"),),
    schedules=(Schedule("ticked.Every", "ticked", 60, None),),
    tables=(
        Table(
            "provision-table",
            {
                "TableName": "provision-table",
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
            },
            "gone_at",
        ),
    ),
    buckets=(
        Bucket("provision-uploads", ({"AllowedOrigins": ["*"], "AllowedMethods": ["POST"]},)),
        Bucket("provision-evidence", ()),
    ),
    queues=("provision-dead-letters",),
    parameters=(Parameter("/provision/intake", "open"),),
    signing_keys=(SigningKey("alias/provision-log", "ECC_NIST_EDWARDS25519"),),
)


def test_everything_is_there_and_stays_as_it_is(engine: Engine) -> None:
    dynamodb, s3, sqs, ssm, kms = (engine.client(name) for name in ("dynamodb", "s3", "sqs", "ssm", "kms"))
    provision(engine, STACK)
    key = kms.get_public_key(KeyId="alias/provision-log")["PublicKey"]
    stream = dynamodb.describe_table(TableName="provision-table")["Table"]["LatestStreamArn"]
    dynamodb.put_item(TableName="provision-table", Item={"pk": {"S": "kept"}})
    ssm.put_parameter(Name="/provision/intake", Value="closed: counting is over", Type="String", Overwrite=True)
    provision(engine, STACK)

    assert dynamodb.describe_table(TableName="provision-table")["Table"]["LatestStreamArn"] == stream
    assert dynamodb.scan(TableName="provision-table")["Count"] == 1
    assert kms.get_public_key(KeyId="alias/provision-log")["PublicKey"] == key, "another key is another log"
    ttl = dynamodb.describe_time_to_live(TableName="provision-table")["TimeToLiveDescription"]
    assert (ttl["TimeToLiveStatus"], ttl["AttributeName"]) == ("ENABLED", "gone_at")
    assert ssm.get_parameter(Name="/provision/intake")["Parameter"]["Value"] == "closed: counting is over"
    assert s3.get_bucket_cors(Bucket="provision-uploads")["CORSRules"][0]["AllowedMethods"] == ["POST"]
    names = {url.rpartition("/")[2] for url in sqs.list_queues()["QueueUrls"]}
    assert {"provision-dead-letters", async_queue("ticked"), async_queue("provisioned")} <= names


def test_only_the_objects_that_were_asked_for_are_told_of(engine: Engine) -> None:
    provision(engine, STACK)
    s3, sqs = engine.client("s3"), engine.client("sqs")
    url = sqs.get_queue_url(QueueName=async_queue("provisioned"))["QueueUrl"]
    for key in ("uploads/1.jpg", "uploads/1.txt", "elsewhere/1.jpg", "uploads/2.jpg"):
        s3.put_object(Bucket="provision-uploads", Key=key, Body=b"x")
    told: set[str] = set()
    while not {"uploads/1.jpg", "uploads/2.jpg"} <= told:
        bodies = [
            m["Body"]
            for m in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=5).get("Messages", [])
        ]
        told |= {
            key
            for key in ("uploads/1.jpg", "uploads/1.txt", "elsewhere/1.jpg", "uploads/2.jpg")
            for body in bodies
            if f'"{key}"' in body
        }
    assert told == {"uploads/1.jpg", "uploads/2.jpg"}
