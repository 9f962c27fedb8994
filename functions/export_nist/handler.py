"""Every hour: the reports of NIST SP 1500-100 for each contest, at the state of the totals that were sealed last, if there is anything new."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from realcount import wiring
from realcount.domain.errors import RealcountError
from realcount.edge.telemetry import Metric, Telemetry
from realcount.evidence.signatures import holds
from realcount.usecases.export_nist import export_nist
from realcount.usecases.sealed_state import Standing

telemetry = Telemetry("export_nist")
wiring.prepare("export_nist")

RESERVE = 420_000
"""Milliseconds in which all reports of a nation are written: before them the reading ends, and the next run goes on with it."""

AT_ONCE = 10
"""Regions read at the same time: the connections that botocore keeps open unless told otherwise."""

_standings: dict[str, Standing] = {}
"""What this environment has read so far. A new one begins at the first entry."""


@telemetry.handler
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """One contest that cannot be exported keeps no other from it."""
    on = wiring.adapters("export_nist")
    contests = reports = behind = 0
    failed: list[RealcountError] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for election in on.elections.elections():
            try:
                done = export_nist(
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
                telemetry.logger.error("no reports of %s were exported: %s", election.id, error)
                failed.append(error)
                continue
            contests, reports = contests + len(done.contests), reports + done.reports
            behind += done.behind
            failed += done.failed.values()
    telemetry.count(Metric.NIST_REPORTS, reports)
    telemetry.count(Metric.EXPORT_BEHIND, behind)
    telemetry.count_failures(failed)
    return {"contests": contests, "reports": reports, "behind": behind, "failed": len(failed)}
