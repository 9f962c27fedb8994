"""Stream of the forms table: a station's head moved. Brings the station's row in the tally up to it."""

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from realcount import wiring
from realcount.aws.keys import station_change
from realcount.domain.errors import RealcountError
from realcount.domain.tally import StationChange
from realcount.edge.stream import read_batch
from realcount.edge.telemetry import Metric, Telemetry
from realcount.usecases.count_form import count_form

telemetry = Telemetry("count_form")
wiring.prepare("count_form")


@telemetry.handler
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """One station's failure keeps no other from being counted."""
    on = wiring.adapters("count_form")
    batch = read_batch(event, station_change)
    moved, failed = 0, dict[StationChange, RealcountError]()
    for change in batch.changes:
        try:
            moved += count_form(change, elections=on.elections, forms=on.forms, tallies=on.tallies)
        except RealcountError as error:
            telemetry.logger.error("station %s of %s was not counted: %s", change.station, change.contest, error)
            failed[change] = error
    telemetry.count(Metric.STATIONS_COUNTED, moved)
    telemetry.count(Metric.TRIGGERS_UNREADABLE, batch.unreadable)
    telemetry.count_failures(failed.values())
    return batch.response(failed, lambda change: (change,))
