"""Create on the engine what the stack declares and the engine does not have yet. Running it again changes nothing.

An existing table is left as it is: a template that changes a table's keys needs a machine that is reset.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from realcount.aws.errors import error_code
from realcount.local.engine import Engine
from realcount.local.intrinsics import ACCOUNT, REGION
from realcount.local.stack import Bucket, Notification, Parameter, SigningKey, Stack, Table


def async_queue(function: str) -> str:
    """The queue that stands before a function for asynchronous events. S3 cannot call us on one machine, but it can fill
    a queue, and we empty it (`local.events`)."""
    return f"realcount-local-async-{function}"


def provision(engine: Engine, stack: Stack) -> None:
    """Tables, buckets, parameters, keys and the queues that stand for S3's way to a function."""
    dynamodb, s3, sqs, ssm, kms = (engine.client(name) for name in ("dynamodb", "s3", "sqs", "ssm", "kms"))
    for table in stack.tables:
        _table(dynamodb, table)
    for bucket in stack.buckets:
        _bucket(s3, bucket)
    for name in stack.queues:
        sqs.create_queue(QueueName=name)
    for parameter in stack.parameters:
        _parameter(ssm, parameter)
    for key in stack.signing_keys:
        _signing_key(kms, key)
    for schedule in stack.schedules:
        sqs.create_queue(QueueName=async_queue(schedule.function))
    for bucket in stack.buckets:
        _notifications(s3, sqs, bucket.name, [n for n in stack.notifications if n.bucket == bucket.name])


def _table(dynamodb: Any, table: Table) -> None:
    try:
        dynamodb.create_table(**table.create)
    except ClientError as error:
        if error_code(error) != "ResourceInUseException":
            raise
        return
    if table.ttl:
        dynamodb.update_time_to_live(
            TableName=table.name, TimeToLiveSpecification={"Enabled": True, "AttributeName": table.ttl}
        )


def _bucket(s3: Any, bucket: Bucket) -> None:
    try:
        s3.create_bucket(Bucket=bucket.name)
    except ClientError as error:
        if error_code(error) not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise
    if bucket.cors:
        s3.put_bucket_cors(Bucket=bucket.name, CORSConfiguration={"CORSRules": list(bucket.cors)})


def _parameter(ssm: Any, parameter: Parameter) -> None:
    """What operators set stays set, as it does on a deployment that does not change the template's value."""
    try:
        ssm.put_parameter(Name=parameter.name, Value=parameter.value, Type="String")
    except ClientError as error:
        if error_code(error) != "ParameterAlreadyExists":
            raise


def _signing_key(kms: Any, key: SigningKey) -> None:
    """A key is never made twice: signatures of another one would be of another log."""
    pages = kms.get_paginator("list_aliases").paginate()
    if key.alias not in {alias["AliasName"] for page in pages for alias in page["Aliases"]}:
        made = kms.create_key(KeySpec=key.spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=key.alias, TargetKeyId=made)


def _notifications(s3: Any, sqs: Any, bucket: str, notifications: Sequence[Notification]) -> None:
    if not notifications:
        return
    configurations = []
    for notification in notifications:
        name = async_queue(notification.function)
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        allow_s3 = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "s3.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": arn,
                    "Condition": {"ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"}},
                }
            ],
        }
        sqs.create_queue(QueueName=name, Attributes={"Policy": json.dumps(allow_s3)})
        rules = [
            {"Name": name, "Value": value}
            for name, value in (("prefix", notification.prefix), ("suffix", notification.suffix))
            if value
        ]
        configurations.append(
            {"QueueArn": arn, "Events": list(notification.events), "Filter": {"Key": {"FilterRules": rules}}}
        )
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": configurations}
    )
