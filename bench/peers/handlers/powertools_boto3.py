"""What a careful team writes first: Powertools' resolver and logger, a boto3 client."""

import base64
import os

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from pages import answer, page

TABLE = os.environ["TABLE_PAGES"]
client = boto3.client("dynamodb")
logger = Logger(service="peer")
app = APIGatewayHttpResolver()


def fetch(path):
    return client.get_item(TableName=TABLE, Key={"pk": {"S": path}}).get("Item")


@app.get(".+")
def read():
    held = page(app.current_event.path, fetch)
    if held is None:
        return Response(404, "text/plain", "no such page")
    asked = app.current_event.headers
    status, headers, body = answer(held, asked.get("accept-encoding"), asked.get("if-none-match"))
    response = Response(status, headers.get("Content-Type"), base64.b64encode(body).decode(), headers)
    response.base64_encoded = True
    return response


@logger.inject_lambda_context
def lambda_handler(event, context):
    return app.resolve(event, context)
