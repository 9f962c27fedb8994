"""Flask behind serverless-wsgi, a boto3 client."""

import os

import boto3
import flask
import serverless_wsgi
from pages import answer, page

TABLE = os.environ["TABLE_PAGES"]
client = boto3.client("dynamodb")
app = flask.Flask("peer")


def fetch(path):
    return client.get_item(TableName=TABLE, Key={"pk": {"S": path}}).get("Item")


@app.get("/<path:path>")
def read(path):
    held = page("/" + path, fetch)
    if held is None:
        return "no such page", 404
    asked = flask.request.headers
    status, headers, body = answer(held, asked.get("accept-encoding"), asked.get("if-none-match"))
    return flask.Response(body, status, headers)


def lambda_handler(event, context):
    return serverless_wsgi.handle_request(app, event, context)
