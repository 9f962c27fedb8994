"""Every minute: show each election's public log to its witnesses, and say on the log's page who has seen what."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from realcount import wiring
from realcount.domain.errors import RealcountError
from realcount.domain.log.witnesses import MAX_WITNESSES
from realcount.edge.telemetry import Metric, Telemetry
from realcount.evidence.signatures import holds
from realcount.usecases.ask_witnesses import Asked, ask_witnesses

telemetry = Telemetry("ask_witnesses")
wiring.prepare("ask_witnesses")


@telemetry.handler
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    """One election's log that cannot be shown keeps no other's from it, and one witness no other witness."""
    on = wiring.adapters("ask_witnesses")
    roll = on.witness_roll.read()
    failed: list[RealcountError] = []
    with ThreadPoolExecutor(MAX_WITNESSES, thread_name_prefix="witness") as pool:
        for election in on.elections.elections():
            try:
                asked = ask_witnesses(
                    election,
                    on.clock(),
                    roll,
                    log=on.witnessed_logs.of(election.id),
                    key=on.log_keys.of(election.id),
                    receipts=on.receipt_keys.of(election.id),
                    witness=on.witness,
                    verify=holds,
                    copies=on.copies,
                    pages=on.pages,
                    each=pool.map,
                )
            except RealcountError as error:
                telemetry.logger.error("the log of %s is not shown to its witnesses: %s", election.id, error)
                failed.append(error)
                continue
            _count(asked, now=on.clock())
    telemetry.count_failures(failed)


def _count(asked: Asked, now: str) -> None:
    telemetry.count(Metric.WITNESSES_AGREED, asked.agreed)
    telemetry.count(Metric.WITNESS_REFUSED, len(asked.refused))
    if asked.quorum_seen_at is not None:
        telemetry.time(Metric.QUORUM_AGE, since=asked.quorum_seen_at, now=now)
