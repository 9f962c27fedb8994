"""GET of `/static/json/…`, `/pemilu/…` and `/wilayah/pemilu/…`: results in the words of Situng (2019) and Sirekap (2024),
translated from stored pages when asked for."""

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from realcount import wiring
from realcount.edge.http import Api
from realcount.edge.pages import absent, not_acceptable, ready_page
from realcount.edge.telemetry import Telemetry
from realcount.usecases.translate_results import asked_for, find_claim, translate

app = Api()
telemetry = Telemetry("translate_results", trace=False)
wiring.prepare("translate_results")

ANY_PATH = ".+"


@app.route(ANY_PATH, method=["GET", "HEAD"])
def read() -> Response[str]:
    on = wiring.adapters("translate_results")
    base, accepted = app.address(on.public_url), app.header("accept-encoding")
    key = (app.instance, accepted, base)
    ready = on.recent.get(key)
    if ready is None:
        now = on.recent.clock()
        asked = asked_for(app.instance)
        claim = None
        if asked is not None:
            claim = on.claims.get(asked.shape)
            if claim is None:
                claim = find_claim(asked.shape, on.page_reader)
                if claim is not None:
                    on.claims.keep(asked.shape, claim, weight=1, since=now)
        page = translate(asked, claim, base, on.page_reader) if asked and claim else None
        if page is None:
            return app.send(absent(app.instance))
        ready = ready_page(page, accepted)
        if ready is None:
            return app.send(not_acceptable(app.instance, accepted))
        on.recent.keep(key, ready, weight=ready.weight, since=now)
    return app.send(ready.answer(app.header("if-none-match")))


app.only(ANY_PATH, "GET", "HEAD")


@telemetry.handler
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
