"""Every five minutes: seal what all forms in each election's log come to, unless nothing was added since the last time."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from realcount import wiring
from realcount.aws.batches import pause
from realcount.domain.errors import RealcountError
from realcount.edge.telemetry import Metric, Telemetry
from realcount.usecases.seal_totals import Totals, seal_totals

telemetry = Telemetry("seal_totals")
wiring.prepare("seal_totals")

AT_ONCE = 10
"""Nodes and units in work at the same time: the connections that botocore keeps open unless told otherwise."""


@telemetry.handler
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """One election's log that is not what it must be keeps no other's totals from being sealed."""
    on = wiring.adapters("seal_totals")
    found: list[Totals] = []
    failed: list[RealcountError] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for election in on.elections.elections():
            try:
                totals = seal_totals(
                    election.id,
                    on.clock(),
                    elections=on.elections,
                    log=on.logs.of(election.id),
                    signer=on.signers.of(election.id),
                    pause=pause,
                    each=pool.map,
                )
            except RealcountError as error:
                telemetry.logger.error("the totals of %s are not sealed: %s", election.id, error)
                failed.append(error)
                continue
            found.append(totals)
    snapshots, left = sum(totals.snapshots for totals in found), sum(totals.left for totals in found)
    telemetry.count(Metric.TOTALS_SEALED, snapshots)
    telemetry.count(Metric.ENTRIES_LEFT, left)
    telemetry.count_failures(failed)
    return {"snapshots": snapshots, "left": left, "failed": len(failed)}
