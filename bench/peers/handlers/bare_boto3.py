"""The floor for boto3: a handler, a client, nothing else."""

import base64
import os

import boto3
from pages import answer, page

TABLE = os.environ["TABLE_PAGES"]
client = boto3.client("dynamodb")


def fetch(path):
    return client.get_item(TableName=TABLE, Key={"pk": {"S": path}}).get("Item")


def lambda_handler(event, context):
    held = page(event["rawPath"], fetch)
    if held is None:
        return {"statusCode": 404, "body": "no such page"}
    asked = event["headers"]
    status, headers, body = answer(held, asked.get("accept-encoding"), asked.get("if-none-match"))
    return {
        "statusCode": status,
        "headers": headers,
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
