"""Every minute: look for rows and pages that lost triggers left behind, and bring them up to date."""

from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from realcount import wiring
from realcount.domain.errors import RealcountError
from realcount.domain.instants import from_instant, to_instant
from realcount.edge.rounds import minute_of, plan_run, while_time_allows
from realcount.edge.telemetry import Metric, Telemetry
from realcount.usecases.sweep_tally import sweep_tally

telemetry = Telemetry("sweep_tally")
wiring.prepare("sweep_tally")

OVERDUE = timedelta(minutes=2)
"""Twice what is promised between an approval and its seal."""


@telemetry.handler
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    on = wiring.adapters("sweep_tally")
    now = on.clock()
    overdue = to_instant(from_instant(now) - OVERDUE)
    sweeps = plan_run(minute_of(now), on.elections)
    done, looked_at, repairs, failed = 0, 0, 0, list[RealcountError]()
    for sweep in while_time_allows(sweeps, context.get_remaining_time_in_millis):
        done += 1
        try:
            swept = sweep_tally(
                sweep.contest,
                sweep.region,
                elections=on.elections,
                forms=on.forms,
                tallies=on.tallies,
                editions=on.editions,
                copies=on.copies,
                pages=on.pages,
                overdue=overdue,
                deep=sweep.deep,
            )
        except RealcountError as error:
            telemetry.logger.error("region %s of %s was not swept: %s", sweep.region, sweep.contest, error)
            failed.append(error)
            continue
        for unit, why in swept.failed.items():
            telemetry.logger.error("the sweep of %s in %s met: %s", unit, sweep.contest, why)
        looked_at, repairs = looked_at + swept.looked_at, repairs + swept.repairs
        failed.extend(swept.failed.values())
    telemetry.count(Metric.SWEEP_REPAIRS, repairs)
    telemetry.count(Metric.SWEEPS_LEFT, len(sweeps) - done)
    telemetry.count_failures(failed)
    return {"looked_at": looked_at, "repairs": repairs, "failed": len(failed), "left": len(sweeps) - done}
