"""GET of `/v3/…`: races and results in the shape of AP's Elections API, translated from stored pages when asked for."""

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from realcount import wiring
from realcount.domain.errors import NotFound, Rejected
from realcount.domain.page import Page
from realcount.edge.http import Api
from realcount.edge.pages import absent, not_acceptable, ready_page
from realcount.edge.problems import bad_parameters, problem
from realcount.edge.telemetry import Telemetry
from realcount.rendering.ap3.query import LONGEST, race_query
from realcount.usecases.read_races import elections_page, races_page

app = Api()
telemetry = Telemetry("read_races", trace=False)
wiring.prepare("read_races")

ANY_PATH = "/v3/.*"


@app.route("/v3/elections", method=["GET", "HEAD"])
def read_elections() -> Response[str]:
    on = wiring.adapters("read_races")
    return _send(elections_page(on.page_reader, app.address(on.public_url)))


@app.route("/v3/elections/<date>", method=["GET", "HEAD"])
def read_races(date: str) -> Response[str]:
    on = wiring.adapters("read_races")
    if len(app.instance) + 1 + len(app.query) > LONGEST:
        return app.send(problem("uri-too-long", f"URI length exceeds {LONGEST} characters", app.instance))
    try:
        return _send(races_page(on.page_reader, race_query(date, app.parameters), app.address(on.public_url)))
    except Rejected as error:
        return app.send(bad_parameters(error, app.instance))
    except NotFound:
        return app.send(absent(app.instance))


app.only(ANY_PATH, "GET", "HEAD")


def _send(page: Page) -> Response[str]:
    accepted = app.header("accept-encoding")
    ready = ready_page(page, accepted)
    return app.send(ready.answer(app.header("if-none-match")) if ready else not_acceptable(app.instance, accepted))


@telemetry.handler
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
