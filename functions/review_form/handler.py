"""POST /v1/reviews: a second official approves or returns exactly one version of a form."""

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from realcount import wiring
from realcount.domain.ledger import APPROVE
from realcount.edge.answers import document
from realcount.edge.documents import review_document
from realcount.edge.http import Api
from realcount.edge.telemetry import Metric, Telemetry
from realcount.usecases.review_form import review_form

app = Api()
telemetry = Telemetry("review_form")
wiring.prepare("review_form")


@app.post("/v1/reviews")
def post() -> Response[str]:
    wrong = app.wrong_media()
    if wrong is not None:
        return wrong
    on = wiring.adapters("review_form")
    now = on.clock()
    review = review_form(
        app.signed_document(), now, elections=on.elections, keys=on.keys, verifier=on.verifier, forms=on.forms
    )
    if review.decided_at == now:  # Decided by this very call, and not a repeated one that was told the first decision.
        telemetry.count(Metric.FORMS_APPROVED if review.decision == APPROVE else Metric.FORMS_RETURNED)
    return app.send(document(201, review_document(review)))


app.only("/v1/reviews", "POST")


@telemetry.handler
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
