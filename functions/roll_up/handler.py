"""Stream of the tally table: rows moved. Recomputes each region that one of them lies under."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from realcount import wiring
from realcount.aws.keys import row_change
from realcount.edge.stream import read_batch
from realcount.edge.telemetry import Metric, Telemetry
from realcount.usecases.roll_up import roll_up

telemetry = Telemetry("roll_up")
wiring.prepare("roll_up")

AT_ONCE = 8
"""Regions in work at the same time: each waits for three requests, one after the other. They are different regions, so
none of them waits for another; where one lies below another, the later trigger finds what the first look missed."""


@telemetry.handler
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    on = wiring.adapters("roll_up")
    batch = read_batch(event, row_change)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcome = roll_up(batch.changes, elections=on.elections, tallies=on.tallies, each=pool.map)
    telemetry.count(Metric.REGIONS_ROLLED_UP, len(outcome.written))
    telemetry.count(Metric.TRIGGERS_UNREADABLE, batch.unreadable)
    telemetry.count_failures(outcome.failed.values())
    return batch.response(outcome.failed, lambda change: ((change.contest, change.parent),))
