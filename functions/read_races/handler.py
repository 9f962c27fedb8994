"""GET of `/v3/…`: races and results in the shape of AP's Elections API, translated from stored pages when asked for."""

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from realcount import wiring
from realcount.edge.http import Api
from realcount.edge.pages import not_acceptable, ready_page
from realcount.edge.telemetry import Telemetry
from realcount.usecases.read_races import elections_page

app = Api()
telemetry = Telemetry("read_races", trace=False)
wiring.prepare("read_races")

ELECTIONS = "/v3/elections"


@app.route(ELECTIONS, method=["GET", "HEAD"])
def read_elections() -> Response[str]:
    on = wiring.adapters("read_races")
    page = elections_page(on.page_reader, app.address(on.public_url))
    accepted = app.header("accept-encoding")
    ready = ready_page(page, accepted)
    return app.send(ready.answer(app.header("if-none-match")) if ready else not_acceptable(app.instance, accepted))


app.only(ELECTIONS, "GET", "HEAD")


@telemetry.handler
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
