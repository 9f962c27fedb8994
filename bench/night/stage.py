"""The machine that a bench drives: stores, machine and edge as processes of their own, each of which may be killed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.night.cores import behind, in_front
from realcount.cli.replay.machine_costs import process_seconds
from realcount.local.dynoxide import start_dynoxide
from realcount.local.edge.copies_origin import serving_copies
from realcount.local.edge.varnish import Edge, Fetch, running_edge
from realcount.local.engine import Engine, start_engine
from realcount.local.machine_process import MachineProcess, start_machine
from realcount.local.places import Places, checkout
from realcount.local.provision import provision
from realcount.local.stores import Stores, open_stores
from realcount.local.template import read_stack

READERS = {"read_results": 2}
"""Readers and officials have environments of their own here too, as their reserved concurrency is on AWS."""


@dataclass(slots=True)
class Stage:
    """`api` is where officials post, `edge` where the public reads. Stores and edge outlive the machine between them."""

    engine: Engine
    bucket: str
    stores: Stores
    machine: MachineProcess
    edge: Edge
    parameters: Mapping[str, str]
    _stores_at: Places
    _machine_at: Places

    @property
    def api(self) -> str:
        return self.machine.base_url

    def kill_dynamodb(self) -> None:
        assert self.engine.dynoxide is not None
        self.engine.dynoxide.kill()

    def start_dynamodb(self) -> None:
        with behind():
            self.engine.dynoxide = start_dynoxide(self._stores_at, self.engine.dynamodb_port or 0)

    def kill_machine(self) -> None:
        """API, functions and triggers at once."""
        self.machine.kill()

    def start_machine(self) -> None:
        port = int(self.api.rpartition(":")[2])
        with behind():
            self.machine = start_machine(
                self._machine_at, self.engine, port=port, concurrency=READERS, parameters=self.parameters
            )

    def fetches_since(self, moment: float) -> list[Fetch]:
        """What the edge asked its origins since then (in seconds since 1970)."""
        return [fetch for fetch in self.edge.fetches() if fetch.at >= moment]

    def edge_cpu(self) -> float:
        """Processor seconds the cache has used so far."""
        return process_seconds(self.edge.process.pid)

    def body_size(self, path: str, coding: str) -> int:
        """The bytes of a page's body as the edge sends it in this coding."""
        answer = httpx.head(self.edge.base_url + path, headers={"accept-encoding": coding})
        return int(answer.raise_for_status().headers["content-length"])

    def put_static(self, size: int) -> str:
        """Put a file of so many bytes beside the copies, to be kept for ever; returns its path at the edge."""
        path = f"/bulk/static-{size}-{int(time.time())}.bin"
        self.engine.client("s3").put_object(
            Bucket=self.bucket,
            Key=path[1:],
            Body=bytes(size),
            ContentType="application/octet-stream",
            CacheControl="public, max-age=31536000, immutable",
        )
        assert httpx.get(self.edge.base_url + path).raise_for_status().content == bytes(size)
        return path


@contextmanager
def raised_stage(folder: Path, parameters: Mapping[str, str] | None = None) -> Iterator[Stage]:
    """Set it up in this folder, and take all of it down again. Raises `LocalError` if something it needs is absent."""
    root = checkout().root
    stores_at, machine_at = Places(root, folder / "stores"), Places(root, folder / "machine")
    with ExitStack() as parts:
        with behind():
            engine = start_engine(stores_at, dynamodb="dynoxide")
            parts.callback(engine.stop)
            stack = read_stack(machine_at.template, parameters)
            provision(engine, stack)
            machine = start_machine(machine_at, engine, concurrency=READERS, parameters=parameters)
        started = [machine]  # The machine that runs at the end may be another one.
        parts.callback(lambda: started[-1].stop())
        bucket = stack.environment()["BUCKET_PUBLISHED"]
        copies = parts.enter_context(serving_copies(engine, bucket))
        with in_front():
            edge = parts.enter_context(running_edge(machine_at, api=machine.base_url, copies=copies))
        stage = Stage(
            engine, bucket, open_stores(engine, stack), machine, edge, parameters or {}, stores_at, machine_at
        )
        parts.callback(lambda: started.append(stage.machine))
        yield stage
