"""POST /v1/uploads: an official asks to upload a form; a presigned POST for each file comes back."""

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from realcount import wiring
from realcount.edge.answers import document
from realcount.edge.documents import grant_document, upload_path
from realcount.edge.http import Api
from realcount.edge.telemetry import Metric, Telemetry
from realcount.usecases.grant_upload import grant_upload

app = Api()
telemetry = Telemetry("grant_upload")
wiring.prepare("grant_upload")


@app.post("/v1/uploads")
def post() -> Response[str]:
    wrong = app.wrong_media()
    if wrong is not None:
        return wrong
    on = wiring.adapters("grant_upload")
    grant = grant_upload(
        app.signed_document(),
        on.clock(),
        elections=on.elections,
        keys=on.keys,
        verifier=on.verifier,
        uploads=on.uploads,
        bucket=on.bucket,
        intake=on.intake,
    )
    telemetry.count(Metric.UPLOADS_GRANTED)
    return app.send(document(201, grant_document(grant), extra={"Location": upload_path(grant.upload.id)}))


app.only("/v1/uploads", "POST")


@telemetry.handler
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
