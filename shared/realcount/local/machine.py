"""The whole system on one machine: engine, stores, functions, their triggers and the HTTP API, up and down in order.

Up from the bottom, down from the top: when a machine stops, requests under way are answered, triggers are delivered, and
only then the engine saves its state. A machine that did not stop in order, or not in time, is swept when it starts again
(`restart`). A machine on an engine that is not its own leaves that running, and may be killed without harm to it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from realcount.domain.instants import to_instant
from realcount.local.edge.signed_reader import SignedReader
from realcount.local.engine import DynamoDB, Engine, start_engine
from realcount.local.gateway import App, Gateway, Server
from realcount.local.places import LOOPBACK, Places, bind, checkout
from realcount.local.provision import provision
from realcount.local.published import Published
from realcount.local.restart import Order, sweep_everything
from realcount.local.sandbox import Sandboxes
from realcount.local.stack import Stack
from realcount.local.stores import Stores, open_stores
from realcount.local.template import PUBLIC_ADDRESS, read_stack
from realcount.local.triggers import Triggers

log = logging.getLogger(__name__)

SETTLE_SECONDS = 3.0
"""How long a machine that stops waits for triggers to be delivered: nobody likes to wait after Ctrl-C."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A running machine. Made by `running_machine`; `base_url` is where its HTTP API listens.

    `resumed` says whether it found the state of an earlier run, `repaired` how many rows and pages were behind then.
    """

    places: Places
    stack: Stack
    engine: Engine
    base_url: str
    stores: Stores
    triggers: Triggers
    resumed: bool
    repaired: int

    def tick(self, function: str) -> None:
        """Have a function's schedule come now: for whoever does not want to wait for minutes until it does."""
        self.triggers.tick(function)

    def drain(self, seconds: float = 60.0) -> None:
        """Wait until every trigger has been delivered and what it caused too, and nothing more is coming.

        Raises `TimeoutError` after so many seconds: an event that failed and waits for its next attempt keeps a machine
        from being quiet.
        """
        try:
            self.triggers.drain(seconds)
        except TimeoutError as error:
            raise TimeoutError(f"{error} after {seconds:.0f} s; see the logs in {self.places.logs}") from None


@contextmanager
def running_machine(
    places: Places | None = None,
    *,
    port: int = 0,
    engine_port: int = 0,
    reset: bool = False,
    dynamodb: DynamoDB = "ministack",
    attached: Engine | None = None,
    concurrency: Mapping[str, int] | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Iterator[Machine]:
    """Start a machine from the checkout's template; it stops in order when the block is left, however it is left.

    Ports of 0 are any free ones. `reset` forgets the state of earlier runs. `dynamodb` says who plays it; `attached` is an
    engine that somebody else has started. `concurrency` is how many events of a function run at once, by its name (2
    otherwise), `parameters` are the template's where they differ from the defaults. Raises `LocalError`,
    `TemplateError`, and `FunctionError` if a handler cannot be loaded.
    """
    places = places or checkout()
    with ExitStack() as parts:
        parts.enter_context(places.locked())
        if reset:
            places.reset()
        parts.enter_context(_logged(places))
        listening = parts.enter_context(bind(port, "--port"))
        base_url = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
        stack = read_stack(places.template, {PUBLIC_ADDRESS: base_url, **(parameters or {})})
        order = Order(places)
        engine = attached or start_engine(places, engine_port, dynamodb)
        parts.callback(order.stop, engine)
        resumed = bool(engine.client("dynamodb").list_tables(Limit=1)["TableNames"])
        provision(engine, stack)
        stores = open_stores(engine, stack)
        sandboxes = Sandboxes(stack.functions, engine.environment(), places.logs, reserved=concurrency)
        parts.callback(sandboxes.close)
        sandboxes.warm()
        missed = resumed and not order.before and not engine.keeps_streams
        repaired = sweep_everything(stores, to_instant(datetime.now(UTC))) if missed else 0
        triggers = Triggers(stack, engine, sandboxes.invoke, places.checkpoints)
        triggers.start()
        parts.callback(triggers.stop)
        parts.callback(_settle, triggers, order)
        server = Server(_app(places, stack, engine, sandboxes, parts), listening)
        parts.callback(server.stop)
        yield Machine(places, stack, engine, base_url, stores, triggers, resumed, repaired)


def _app(places: Places, stack: Stack, engine: Engine, sandboxes: Sandboxes, parts: ExitStack) -> App:
    """The API; and the files that an edge would serve beside it, if the project has an edge."""
    api = Gateway(stack.routes, stack.cors, sandboxes.invoke)
    if not places.edge.exists():
        return api
    store = parts.enter_context(SignedReader(engine, stack.environment()["BUCKET_PUBLISHED"]))
    return Published(places, store, api)


def _settle(triggers: Triggers, order: Order) -> None:
    try:
        triggers.drain(SETTLE_SECONDS)
    except TimeoutError as error:
        log.warning("stopping with triggers undelivered; the next start looks for what they left behind: %s", error)
    else:
        order.settled = True


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
