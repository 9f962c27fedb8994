"""Every five minutes: the stations that are flagged, with what was found, in the list of each regency and counted above."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from realcount import wiring
from realcount.domain.errors import RealcountError
from realcount.edge.telemetry import Metric, Telemetry
from realcount.usecases.flagged_stations import Memory
from realcount.usecases.list_flagged import list_flagged

telemetry = Telemetry("list_flagged")
wiring.prepare("list_flagged")

AT_ONCE = 10
"""Regions in work at the same time: the connections that botocore keeps open unless told otherwise."""

RESERVE = 30_000
"""Milliseconds of a run in which no list is begun: the last ones end, and what counts them is written."""

_memory: Memory = {}
"""What this environment has found so far. A new one reads all that is flagged."""


@telemetry.handler
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """One contest that cannot be read keeps no other's lists from being made."""
    on = wiring.adapters("list_flagged")
    documents, left, failed = 0, 0, list[RealcountError]()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for contest in (contest for election in on.elections.elections() for contest in election.contests):
            done = list_flagged(
                contest,
                elections=on.elections,
                tallies=on.tallies,
                copies=on.copies,
                pages=on.pages,
                memory=_memory,
                goes_on=lambda: context.get_remaining_time_in_millis() > RESERVE,
                each=pool.map,
            )
            documents, left = documents + done.documents, left + done.left
            failed.extend(done.failed.values())
    telemetry.count(Metric.FLAGGED_LISTS, documents)
    telemetry.count(Metric.FLAGGED_LEFT, left)
    telemetry.count_failures(failed)
    return {"documents": documents, "left": left, "failed": len(failed)}
