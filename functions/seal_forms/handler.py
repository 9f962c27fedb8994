"""Stream of the forms table: seals what was approved in the public log. On schedule: opening, revocations, recalls."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from realcount import wiring
from realcount.aws.keys import station_change
from realcount.domain.errors import RealcountError
from realcount.edge.stream import read_batch
from realcount.edge.telemetry import Metric, Telemetry
from realcount.usecases.seal_forms import Sealed, seal_forms, seal_untold

telemetry = Telemetry("seal_forms")
wiring.prepare("seal_forms")


@telemetry.handler
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse | None:
    """One election's log that does not go on keeps no other's from it. The schedule's event has no records."""
    on = wiring.adapters("seal_forms")
    batch = read_batch(event, station_change) if "Records" in event else None
    changes = batch.changes if batch else ()
    ids = [each.id for each in on.elections.elections()] if batch is None else [c.contest.election for c in changes]
    failed: dict[str, RealcountError] = {}
    alone: list[RealcountError] = []
    for election in dict.fromkeys(ids):
        now = on.clock()
        try:
            stands_on: dict[str, Any] = {
                "elections": on.elections,
                "forms": on.forms,
                "keys": on.keys,
                "log": on.logs.of(election),
                "signer": on.signers.of(election),
            }
            if batch is None:
                with ThreadPoolExecutor(10) as pool:  # As many connections as botocore keeps.
                    sealed = seal_untold(election, now, each=pool.map, **stands_on)
            else:
                mine = [change for change in changes if change.contest.election == election]
                sealed = seal_forms(election, mine, now, **stands_on)
        except RealcountError as error:
            telemetry.logger.error("the log of %s does not go on: %s", election, error)
            failed[election] = error
            continue
        _count(sealed, now=on.clock())
        alone.extend(sealed.failed.values())
    telemetry.count(Metric.TRIGGERS_UNREADABLE, batch.unreadable if batch else 0)
    telemetry.count_failures([*failed.values(), *alone])
    return batch.response(failed, lambda change: (change.contest.election,)) if batch else None


def _count(sealed: Sealed, now: str) -> None:
    telemetry.count(Metric.FORMS_SEALED, sealed.forms)
    telemetry.count(Metric.FORMS_RECALLED, sealed.recalled)
    if sealed.since is not None:
        telemetry.time(Metric.SEAL_LAG, since=sealed.since, now=now)
