"""Every five minutes: the pages that are current become points of their regions' curves."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from realcount import wiring
from realcount.domain.errors import RealcountError
from realcount.edge.telemetry import Metric, Telemetry
from realcount.usecases.record_history import record_history

telemetry = Telemetry("record_history")
wiring.prepare("record_history")

AT_ONCE = 10
"""Regions in work at the same time: the connections that botocore keeps open unless told otherwise."""


@telemetry.handler
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """One contest that cannot be read keeps no other's history from being recorded."""
    on = wiring.adapters("record_history")
    now = on.clock()
    points, failed = 0, list[RealcountError]()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for contest in (contest for election in on.elections.elections() for contest in election.contests):
            try:
                recorded = record_history(
                    contest, now, elections=on.elections, copies=on.copies, pages=on.pages, each=pool.map
                )
            except RealcountError as error:
                telemetry.logger.error("the history of %s is not recorded: %s", contest.key, error)
                failed.append(error)
                continue
            points += recorded.points
            failed.extend(recorded.failed.values())
    telemetry.count(Metric.HISTORY_POINTS, points)
    telemetry.count_failures(failed)
    return {"points": points, "failed": len(failed)}
