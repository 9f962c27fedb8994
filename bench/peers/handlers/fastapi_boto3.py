"""FastAPI behind Mangum, a boto3 client. A plain function, as FastAPI's documentation has it for libraries that block."""

import os

import boto3
from fastapi import FastAPI, Request, Response
from mangum import Mangum
from pages import answer, page

TABLE = os.environ["TABLE_PAGES"]
client = boto3.client("dynamodb")
app = FastAPI()


def fetch(path):
    return client.get_item(TableName=TABLE, Key={"pk": {"S": path}}).get("Item")


@app.get("/{path:path}")
def read(path: str, request: Request):
    held = page("/" + path, fetch)
    if held is None:
        return Response("no such page", 404)
    asked = request.headers
    status, headers, body = answer(held, asked.get("accept-encoding"), asked.get("if-none-match"))
    return Response(body, status, headers)


lambda_handler = Mangum(app, lifespan="off")
