"""GET and HEAD of every public page: one look-up, and the bytes as they are stored.

This is the function that millions call. It imports neither pydantic nor anything of the write side, writes no log line
for a page that is there, and sends no metrics: API Gateway counts requests already.
"""

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from realcount import wiring
from realcount.edge.http import Api
from realcount.edge.pages import absent, page_answer, page_key
from realcount.edge.telemetry import Telemetry

app = Api()
telemetry = Telemetry("read_results", trace=False)
wiring.prepare("read_results")

ANY_PATH = ".+"


@app.route(ANY_PATH, method=["GET", "HEAD"])
def read() -> Response[str]:
    path = page_key(app.instance)
    page = wiring.adapters("read_results").pages.get(path) if path else None
    if page is None:
        return app.send(absent(app.instance))
    return app.send(page_answer(page, app.instance, app.header("accept-encoding"), app.header("if-none-match")))


app.only(ANY_PATH, "GET", "HEAD")


@telemetry.handler
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
