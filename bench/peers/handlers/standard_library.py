"""The floor for everything: signature and HTTP by hand. No retry, no credentials but those of the environment."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import time
from urllib.parse import urlsplit

from pages import answer, page

TABLE = os.environ["TABLE_PAGES"]
REGION = os.environ["AWS_DEFAULT_REGION"]
HOST = urlsplit(os.environ["AWS_ENDPOINT_URL"]).netloc
KEY, SECRET = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
TARGET, MEDIA = "DynamoDB_20120810.GetItem", "application/x-amz-json-1.0"
SIGNED = "content-type;host;x-amz-date;x-amz-target"

connection = http.client.HTTPConnection(HOST, timeout=2)


def fetch(path):
    body = json.dumps({"TableName": TABLE, "Key": {"pk": {"S": path}}})
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    scope = f"{now[:8]}/{REGION}/dynamodb/aws4_request"
    canonical = (
        f"POST\n/\n\ncontent-type:{MEDIA}\nhost:{HOST}\nx-amz-date:{now}\nx-amz-target:{TARGET}\n\n{SIGNED}\n"
        + hashlib.sha256(body.encode()).hexdigest()
    )
    signing = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{SECRET}".encode()
    for part in (*scope.split("/"), signing):
        key = hmac.new(key, part.encode(), "sha256").digest()
    authorization = f"AWS4-HMAC-SHA256 Credential={KEY}/{scope}, SignedHeaders={SIGNED}, Signature={key.hex()}"
    headers = {"Content-Type": MEDIA, "X-Amz-Date": now, "X-Amz-Target": TARGET, "Authorization": authorization}
    connection.request("POST", "/", body, headers)
    item = json.loads(connection.getresponse().read()).get("Item")
    if item is not None:
        for body in item["bodies"]["M"].values():
            body["B"] = base64.b64decode(body["B"])
    return item


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
