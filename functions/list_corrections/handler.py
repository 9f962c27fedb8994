"""Every minute: what the public log says was corrected, in the lists of all regions above; and the feeds that tell of it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from realcount import wiring
from realcount.domain.election import Election
from realcount.domain.errors import RealcountError
from realcount.edge.telemetry import Metric, Telemetry
from realcount.usecases.list_corrections import Listed, list_corrections
from realcount.usecases.renew_sums import Each
from realcount.usecases.write_feeds import write_feeds

telemetry = Telemetry("list_corrections")
wiring.prepare("list_corrections")

AT_ONCE = 10
"""Regions in work at the same time: the connections that botocore keeps open unless told otherwise."""


@telemetry.handler
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """One election's log that cannot be read keeps no other's corrections from being listed."""
    on = wiring.adapters("list_corrections")
    listed: list[Listed] = []
    failed: list[RealcountError] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for election in on.elections.elections():
            try:
                listed.append(_list(on, election, pool.map))
            except RealcountError as error:
                telemetry.logger.error("the corrections of %s are not listed: %s", election.id, error)
                failed.append(error)
    corrections, left = sum(one.corrections for one in listed), sum(one.left for one in listed)
    telemetry.count(Metric.CORRECTIONS_LISTED, corrections)
    telemetry.count(Metric.ENTRIES_LEFT, left)
    telemetry.count_failures(failed)
    return {"corrections": corrections, "left": left, "failed": len(failed)}


def _list(on: wiring.Adapters, election: Election, each: Each) -> Listed:
    log = on.logs.of(election.id)
    listed = list_corrections(
        election.id, elections=on.elections, forms=on.forms, log=log, copies=on.copies, pages=on.pages, each=each
    )
    for contest in election.contests:
        write_feeds(election, contest, copies=on.copies, pages=on.pages, public_url=on.public_url, origin=on.log_origin)
    return listed
