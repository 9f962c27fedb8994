"""The whole system on one machine: engine, stores, functions, their triggers and the HTTP API, up and down in order.

Up from the bottom, down from the top: when a machine stops, requests under way are answered, triggers are delivered, and
only then the engine saves its state. A stream does not outlive the engine's process. So a machine that did not stop in
order, or not in time, sweeps every election when it starts again: what lost triggers left behind is brought up to date.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from realcount.aws.elections_dynamodb import DynamoDBElections
from realcount.aws.forms_dynamodb import DynamoDBForms
from realcount.aws.keys_dynamodb import DynamoDBKeys
from realcount.aws.pages_dynamodb import DynamoDBPages
from realcount.aws.tallies_dynamodb import DynamoDBTallies
from realcount.aws.uploads_dynamodb import DynamoDBUploads
from realcount.local.activity import Activity
from realcount.local.checkpoints import Checkpoints
from realcount.local.delivery import GiveUp, Record, sequence
from realcount.local.engine import Engine, start_engine
from realcount.local.events import AsyncEvents
from realcount.local.failures import Failures
from realcount.local.gateway import Gateway, Server
from realcount.local.places import LOOPBACK, LocalError, Places, checkout, listen
from realcount.local.provision import provision
from realcount.local.sandbox import Sandboxes
from realcount.local.schedules import Ticker
from realcount.local.stack import Stack, Subscription
from realcount.local.stream_source import TableStream
from realcount.local.streams import Mapping
from realcount.local.template import read_stack
from realcount.usecases.sweep_tally import sweep_tally

log = logging.getLogger(__name__)

SETTLE_SECONDS = 3.0
"""How long a machine that stops waits for triggers to be delivered: nobody likes to wait after Ctrl-C."""

QUIET_ROUNDS = 2
"""S3 tells its queue a moment after it answered the upload, so one quiet round may just be too early."""


@dataclass(slots=True)
class Stores:
    """The stores of the running machine, for tools that stand beside the functions."""

    elections: DynamoDBElections
    keys: DynamoDBKeys
    uploads: DynamoDBUploads
    forms: DynamoDBForms
    tallies: DynamoDBTallies
    pages: DynamoDBPages


@dataclass(slots=True)
class Machine:
    """A running machine. Made by `running_machine`; `base_url` is where its HTTP API listens.

    `resumed` says whether it found the state of an earlier run, `repaired` how many rows and pages were behind then.
    """

    places: Places
    stack: Stack
    engine: Engine
    base_url: str
    stores: Stores
    resumed: bool
    sandboxes: Sandboxes
    activity: Activity
    mappings: list[Mapping] = field(default_factory=list)
    queues: list[AsyncEvents] = field(default_factory=list)
    repaired: int = 0

    def drain(self, seconds: float = 60.0) -> None:
        """Wait until every trigger has been delivered and what it caused too, and nothing more is coming.

        Raises `TimeoutError` after so many seconds: an event that failed and waits for its next attempt keeps a machine
        from being quiet.
        """
        give_up = time.monotonic() + seconds
        rounds = 0
        while rounds < QUIET_ROUNDS:
            rounds = rounds + 1 if self._quiet_round(give_up) else 0

    def _quiet_round(self, give_up: float) -> bool:
        """Look at everything once; says whether all of it was quiet from before the first look until after the last."""
        before = self.activity.seen()
        began = time.monotonic()
        while not (
            all(mapping.caught_up_since(began) for mapping in self.mappings)
            and all(queue.empty() for queue in self.queues)
        ):
            if time.monotonic() > give_up:
                raise TimeoutError("triggers are still being delivered; see the logs in " + str(self.places.logs))
            time.sleep(0.05)
        return before is not None and self.activity.seen() == before


@contextmanager
def running_machine(
    places: Places | None = None, *, port: int = 0, engine_port: int = 0, reset: bool = False
) -> Iterator[Machine]:
    """Start a machine from the checkout's template; it stops in order when the block is left, however it is left.

    Ports of 0 are any free ones. `reset` forgets the state of earlier runs. Raises `LocalError`, `TemplateError`.
    """
    places = places or checkout()
    with ExitStack() as parts:
        parts.enter_context(places.locked())
        if reset:
            places.reset()
        parts.enter_context(_logged(places))
        stack = read_stack(places.template)
        listening = parts.enter_context(listen(port, "--port"))
        resumed = (places.data / "engine" / "state" / "dynamodb.json").exists()
        order = _Order(places)
        engine = start_engine(places, engine_port)
        parts.callback(order.stop, engine)
        provision(engine, stack)
        sandboxes = Sandboxes(stack.functions, engine.environment(), places.logs)
        parts.callback(sandboxes.close)
        machine = Machine(
            places=places,
            stack=stack,
            engine=engine,
            base_url=f"http://{LOOPBACK}:{listening.getsockname()[1]}",
            stores=_stores(engine, stack),
            resumed=resumed,
            sandboxes=sandboxes,
            activity=Activity(),
        )
        sandboxes.warm()
        if resumed and not order.before:
            machine.repaired = _swept(machine.stores)
        _start_triggers(machine, parts)
        parts.callback(_settle, machine, order)
        server = Server(Gateway(stack.routes, stack.cors, sandboxes.invoke), listening)
        parts.callback(server.stop)
        yield machine


class _Order:
    """Whether the run before this one stopped in order, and whether this one does: `mark` lies there in between."""

    def __init__(self, places: Places) -> None:
        self._mark = places.data / "stopped-in-order"
        self.before = self._mark.exists()
        self.settled = False
        self._mark.unlink(missing_ok=True)  # Whatever happens from here on, we have not stopped in order yet.

    def stop(self, engine: Engine) -> None:
        engine.stop()
        if self.settled:
            self._mark.touch()


def _settle(machine: Machine, order: _Order) -> None:
    try:
        machine.drain(SETTLE_SECONDS)
    except TimeoutError as error:
        log.warning("stopping with triggers undelivered; the next start looks for what they left behind: %s", error)
    else:
        order.settled = True


def _swept(stores: Stores) -> int:
    """Sweep every election from its stations up; returns how many rows and pages were behind. Raises `LocalError`."""
    repairs = 0
    for election in stores.elections.elections():
        for contest in election.contests:
            for root in contest.roots:
                swept = sweep_tally(
                    contest.key,
                    root,
                    elections=stores.elections,
                    forms=stores.forms,
                    tallies=stores.tallies,
                    pages=stores.pages,
                )
                if swept.failed:
                    unit, error = next(iter(swept.failed.items()))
                    raise LocalError(
                        f"what is stored of {unit} in {contest.key} does not agree: {error}; --reset begins anew"
                    )
                repairs += swept.repairs
    return repairs


@contextmanager
def _logged(places: Places) -> Iterator[None]:
    """Write what the machine has to say to a file of its own, so that it does not disturb whoever runs it."""
    places.logs.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(places.logs / "machine.log")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(threadName)s: %(message)s"))
    logger = logging.getLogger("realcount.local")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()


def _stores(engine: Engine, stack: Stack) -> Stores:
    names = stack.environment()
    dynamodb = engine.client("dynamodb")
    try:
        return Stores(
            elections=DynamoDBElections(dynamodb, names["TABLE_ELECTIONS"]),
            keys=DynamoDBKeys(dynamodb, names["TABLE_KEYS"]),
            uploads=DynamoDBUploads(dynamodb, names["TABLE_UPLOADS"]),
            forms=DynamoDBForms(dynamodb, names["TABLE_FORMS"], names["TABLE_KEYS"]),
            tallies=DynamoDBTallies(dynamodb, names["TABLE_TALLY"]),
            pages=DynamoDBPages(dynamodb, names["TABLE_PAGES"]),
        )
    except KeyError as missing:
        raise LocalError(f"template.yaml gives no function the variable {missing}") from None


def _start_triggers(machine: Machine, parts: ExitStack) -> None:
    engine, stack, sandboxes = machine.engine, machine.stack, machine.sandboxes
    dynamodb, streams, sqs = engine.client("dynamodb"), engine.client("dynamodbstreams"), engine.client("sqs")
    failures = Failures(engine.client("s3"), sqs)
    for subscription in stack.subscriptions:
        source = TableStream(dynamodb, streams, subscription.table)
        mapping = Mapping(
            subscription,
            source,
            Checkpoints(machine.places.checkpoints / f"{subscription.id}.json", source.arn),
            sandboxes.invoke,
            _GiveUps(failures, subscription, source.arn).on,
            machine.activity,
        )
        machine.mappings.append(mapping)
    called = {notification.function for notification in stack.notifications}
    called |= {schedule.function for schedule in stack.schedules}
    for name in sorted(called):
        machine.queues.append(AsyncEvents(stack.functions[name], sqs, sandboxes.invoke, failures, machine.activity))
    tickers = [Ticker(schedule, sqs) for schedule in stack.schedules]
    triggers: list[Mapping | AsyncEvents | Ticker] = [*machine.mappings, *machine.queues, *tickers]
    for trigger in triggers:
        trigger.start()
        parts.callback(trigger.stop)


@dataclass(frozen=True, slots=True)
class _GiveUps:
    """Where batches of one subscription go when they are given up."""

    failures: Failures
    subscription: Subscription
    stream: str

    def on(self, shard: str) -> GiveUp:
        def give_up(records: Any, condition: str, attempts: int, error: str | None) -> None:
            self._write(shard, records, condition, attempts, error)

        return give_up

    def _write(self, shard: str, records: list[Record], condition: str, attempts: int, error: str | None) -> None:
        if self.subscription.failures is None:
            return  # Lambda too gives up in silence where the template names no place for it.
        batch = {
            "shardId": shard,
            "startSequenceNumber": sequence(records[0]),
            "endSequenceNumber": sequence(records[-1]),
            "approximateArrivalOfFirstRecord": records[0]["dynamodb"]["ApproximateCreationDateTime"],
            "approximateArrivalOfLastRecord": records[-1]["dynamodb"]["ApproximateCreationDateTime"],
            "batchSize": len(records),
            "streamArn": self.stream,
        }
        self.failures.of_batch(
            self.subscription.failures,
            self.subscription.function,
            self.subscription.id,
            batch,
            condition=condition,
            attempts=attempts,
            error=error,
            event={"Records": list(records)},
        )
