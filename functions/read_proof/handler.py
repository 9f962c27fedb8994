"""GET and HEAD of a station's proof: that its form is in the public log, and its votes in the totals that were sealed last."""

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from realcount import wiring
from realcount.domain.election import ContestKey
from realcount.edge.http import Api
from realcount.edge.pages import absent, not_acceptable, not_proven_yet, page_key, ready_page
from realcount.edge.telemetry import Telemetry
from realcount.rendering.proofs import proof_page
from realcount.usecases.read_proof import NotYet, read_proof

app = Api()
telemetry = Telemetry("read_proof")
wiring.prepare("read_proof")

PATH = "/v1/elections/<election>/contests/<contest>/stations/<station>/proof"


@app.route(PATH, method=["GET", "HEAD"])
def read(election: str, contest: str, station: str) -> Response[str]:
    on = wiring.adapters("read_proof")
    path = page_key(app.instance)
    if path is None:
        return app.send(absent(app.instance))  # Names that nothing can have are not asked for.
    key = ContestKey(election, contest)
    found = read_proof(key, station, elections=on.elections, forms=on.forms, log=on.logs.of(election))
    if isinstance(found, NotYet):
        return app.send(not_proven_yet(app.instance, found.since))
    accepted = app.header("accept-encoding")
    ready = ready_page(proof_page(path, found.data, found.at), accepted)
    return app.send(ready.answer(app.header("if-none-match")) if ready else not_acceptable(app.instance, accepted))


app.only(PATH, "GET", "HEAD")


@telemetry.handler
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
