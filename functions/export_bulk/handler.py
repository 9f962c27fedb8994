"""Every quarter of an hour: each contest as files, at the state of the totals that were sealed last, if there is anything new."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from realcount import wiring
from realcount.domain.errors import RealcountError
from realcount.edge.telemetry import Metric, Telemetry
from realcount.evidence.signatures import holds
from realcount.usecases.export_bulk import export_bulk
from realcount.usecases.sealed_state import Standing

telemetry = Telemetry("export_bulk")
wiring.prepare("export_bulk")

RESERVE = 420_000
"""Milliseconds in which a nation is written: before them the reading ends, and the next run goes on with it."""

AT_ONCE = 10
"""Regions read at the same time: the connections that botocore keeps open unless told otherwise."""

_standings: dict[str, Standing] = {}
"""What this environment has read so far. A new one begins at the first entry."""


@telemetry.handler
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """One contest that cannot be exported keeps no other from it."""
    on = wiring.adapters("export_bulk")
    folders = files = behind = 0
    failed: list[RealcountError] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for election in on.elections.elections():
            try:
                done = export_bulk(
                    _standings.setdefault(election.id, Standing()),
                    election,
                    elections=on.elections,
                    log=on.published_logs.of(election.id),
                    key=on.log_keys.of(election.id),
                    holds=holds,
                    bulk=on.bulk,
                    copies=on.copies,
                    pages=on.pages,
                    goes_on=lambda: context.get_remaining_time_in_millis() > RESERVE,
                    each=pool.map,
                )
            except RealcountError as error:
                telemetry.logger.error("nothing of %s was exported: %s", election.id, error)
                failed.append(error)
                continue
            folders, files, behind = folders + len(done.folders), files + done.files, behind + done.behind
            failed += done.failed.values()
    telemetry.count(Metric.BULK_FOLDERS, folders)
    telemetry.count(Metric.EXPORT_BEHIND, behind)
    telemetry.count_failures(failed)
    return {"folders": folders, "files": files, "behind": behind, "failed": len(failed)}
