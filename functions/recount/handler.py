"""Every five minutes: count again out of the public log alone, and compare with every row, page and head."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from realcount import wiring
from realcount.domain.errors import Drift, RealcountError
from realcount.edge.rounds import minute_of
from realcount.edge.telemetry import Metric, Telemetry
from realcount.evidence.signatures import holds
from realcount.usecases.recount import Standing, recount
from realcount.usecases.recount_report import Recounted

telemetry = Telemetry("recount")
wiring.prepare("recount")

RESERVE = 30_000
"""Milliseconds of a run that are not used."""

_standings: dict[str, Standing] = {}
"""What this environment has counted so far. A new one begins at the first entry."""


@telemetry.handler
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    on = wiring.adapters("recount")
    now = on.clock()
    total, failed = Recounted(), list[RealcountError]()
    for election in (each.id for each in on.elections.elections()):
        try:
            done = recount(
                _standings.setdefault(election, Standing(election)),
                now,
                minute_of(now) // 5,  # A run comes every five minutes.
                elections=on.elections,
                forms=on.forms,
                tallies=on.tallies,
                pages=on.pages,
                uploads=on.uploads,
                log=on.logs.of(election),
                key=on.signers.of(election).key,
                holds=holds,
                goes_on=lambda: context.get_remaining_time_in_millis() > RESERVE,
            )
        except RealcountError as error:
            telemetry.logger.error("%s was not recounted: %s", election, error)
            failed.append(error)
            continue
        total.add(done)
    for difference in total.differences:
        telemetry.logger.error("drift: %s", difference)
    for waits in (*total.late, *total.unsealed):
        telemetry.logger.warning("late: %s", waits)
    counts = {Metric.RECOUNT_ROWS: total.rows, Metric.RECOUNT_BEHIND: total.behind, Metric.RECOUNT_LEFT: total.left}
    counts |= {Metric.RECOUNT_LATE: len(total.late), Metric.UNSEALED: len(total.unsealed)}
    for metric, number in (*counts.items(), (Metric.RECEIPTS_UNMATCHED, len(total.unmatched))):
        telemetry.count(metric, number)
    telemetry.count_failures([*failed, *total.failed.values(), *(Drift(str(each)) for each in total.differences)])
    return {"rows": total.rows, "regions": total.regions, "drift": len(total.differences), "behind": total.behind}
