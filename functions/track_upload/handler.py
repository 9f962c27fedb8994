"""GET /v1/uploads/{upload}: what became of an upload, with every refusal."""

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from realcount import wiring
from realcount.edge.answers import document
from realcount.edge.documents import upload_document
from realcount.edge.http import Api
from realcount.edge.telemetry import Telemetry
from realcount.usecases.track_upload import track_upload

app = Api()
telemetry = Telemetry("track_upload")
wiring.prepare("track_upload")


@app.route("/v1/uploads/<upload>", method=["GET", "HEAD"])
def get(upload: str) -> Response[str]:
    found = track_upload(upload, uploads=wiring.adapters("track_upload").uploads)
    return app.send(document(200, upload_document(found)))


app.only("/v1/uploads/<upload>", "GET", "HEAD")


@telemetry.handler
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
