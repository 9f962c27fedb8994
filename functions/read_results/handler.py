"""GET and HEAD of every public page: one look-up, and the bytes as they are stored.

This is the function that millions call. It imports neither pydantic nor anything of the write side, makes no AWS client,
writes no log line for a page that is there, and sends no metrics: API Gateway counts requests already.
"""

from realcount import wiring  # first, since it holds the garbage collector off while everything else is imported

# isort: split
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from realcount.edge.http import Api
from realcount.edge.pages import absent, not_acceptable, page_key, ready_page
from realcount.edge.telemetry import Telemetry

app = Api()
telemetry = Telemetry("read_results", trace=False)

ANY_PATH = ".+"

# What reaches this function of these is of a method that their own functions have no route for. First come, first served.
app.only("/v1/uploads", "POST")
app.only("/v1/reviews", "POST")


@app.route(ANY_PATH, method=["GET", "HEAD"])
def read() -> Response[str]:
    on = wiring.adapters("read_results")
    asked = (app.instance, app.header("accept-encoding"))
    ready = on.recent.get(asked)
    if ready is None:
        now = on.recent.clock()
        path = page_key(app.instance)
        page = on.page_reader.get(path) if path else None
        # Pages that are not there are not held: there are too many of them.
        if page is None:
            return app.send(absent(app.instance))
        ready = ready_page(page, asked[1])
        if ready is None:
            return app.send(not_acceptable(*asked))
        on.recent.keep(asked, ready, weight=ready.weight, since=now)
    return app.send(ready.answer(app.header("if-none-match")))


app.only(ANY_PATH, "GET", "HEAD")


@telemetry.handler
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)


wiring.prepare("read_results", rehearse=lambda: app.rehearse("/v1"))
