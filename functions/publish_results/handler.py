"""Stream of the tally table: rows moved. Renders the pages of what changed, each once."""

from concurrent.futures import ThreadPoolExecutor
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

AT_ONCE = 8
"""Pages in work at the same time. Each waits for half a dozen requests, one after the other; the processor is one core."""


@telemetry.handler
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    on = wiring.adapters("publish_results")
    batch = read_batch(event, row_change)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcome = publish_results(
            batch.changes,
            elections=on.elections,
            forms=on.forms,
            tallies=on.tallies,
            editions=on.editions,
            copies=on.copies,
            pages=on.pages,
            each=pool.map,
        )
    telemetry.count(Metric.PAGES_PUBLISHED, len(outcome.stored))
    if outcome.since is not None:
        telemetry.time(Metric.PUBLISH_LAG, since=outcome.since, now=on.clock())
    telemetry.count(Metric.TRIGGERS_UNREADABLE, batch.unreadable)
    telemetry.count_failures(outcome.failed.values())
    return batch.response(
        outcome.failed, lambda change: ((change.contest, change.child), (change.contest, change.parent))
    )
