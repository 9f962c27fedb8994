"""Stream of the tally table: rows moved. Renders the pages of what changed, each once."""

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from realcount import wiring
from realcount.aws.keys import row_change
from realcount.edge.stream import read_batch
from realcount.edge.telemetry import Metric, Telemetry
from realcount.usecases.publish_results import publish_results

telemetry = Telemetry("publish_results")
wiring.prepare("publish_results")


@telemetry.handler
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    on = wiring.adapters("publish_results")
    batch = read_batch(event, row_change)
    outcome = publish_results(batch.changes, elections=on.elections, forms=on.forms, tallies=on.tallies, pages=on.pages)
    telemetry.count(Metric.PAGES_PUBLISHED, len(outcome.stored))
    telemetry.count(Metric.TRIGGERS_UNREADABLE, batch.unreadable)
    telemetry.count_failures(outcome.failed.values())
    return batch.response(
        outcome.failed, lambda change: ((change.contest, change.child), (change.contest, change.parent))
    )
