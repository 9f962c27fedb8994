"""The stack of `template.yaml` as plain values: what one machine has to create, load and trigger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Destination:
    """Where Lambda writes what it gave up on: an S3 bucket (`s3`) or an SQS queue (`sqs`), by physical name."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Function:
    """A Lambda function. `name` is its folder in functions/; `timeout` is in seconds, `memory` in MiB.

    `async_retries`, `async_max_age` (seconds) and `async_failures` say what happens to an event that came asynchronously
    and failed.
    """

    logical: str
    name: str
    folder: Path
    handler: str
    environment: Mapping[str, str]
    timeout: int
    memory: int
    async_retries: int
    async_max_age: int
    async_failures: Destination | None


@dataclass(frozen=True, slots=True)
class Throttle:
    """`rate` requests per second on average, `burst` of them at once."""

    rate: float
    burst: float


@dataclass(frozen=True, slots=True)
class Route:
    """`method` is `ANY` or an HTTP method; `path` may hold `{name}` and end in `{name+}`. A `throttle` of None: no limit."""

    method: str
    path: str
    function: str
    throttle: Throttle | None = None

    @property
    def key(self) -> str:
        """As API Gateway names it, in events and in settings."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Cors:
    """`CorsConfiguration` of the HTTP API. Empty tuples: not configured. `max_age` in seconds."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...]
    expose: tuple[str, ...]
    max_age: int | None
    credentials: bool


@dataclass(frozen=True, slots=True)
class Subscription:
    """An event source mapping from a table's stream. Limits of None mean Lambda's own: until the record expires."""

    id: str
    function: str
    table: str
    batch_size: int
    window: float
    start: str
    patterns: tuple[Mapping[str, Any], ...]
    partial_failures: bool
    bisect: bool
    retries: int | None
    max_age: int | None
    failures: Destination | None
    parallelization: int


@dataclass(frozen=True, slots=True)
class Notification:
    """S3 events of a bucket for a function; `events` as in `s3:ObjectCreated:*`."""

    function: str
    bucket: str
    events: tuple[str, ...]
    prefix: str
    suffix: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """Invoke `function` with `payload` every so many seconds (None: EventBridge's own scheduled event): from when the
    schedule begins, or `by_clock`, when the time of day is a multiple of them."""

    id: str
    function: str
    seconds: int
    payload: Mapping[str, Any] | None
    by_clock: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table in the words of CreateTable; `ttl` is the attribute items expire by."""

    name: str
    create: Mapping[str, Any]
    ttl: str | None


@dataclass(frozen=True, slots=True)
class Bucket:
    name: str
    cors: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A KMS key by its alias; `spec` is what kind of key it is."""

    alias: str
    spec: str


@dataclass(frozen=True, slots=True)
class Stack:
    """Everything one machine carries out of the template and its nested templates. Functions by folder name."""

    functions: Mapping[str, Function]
    routes: tuple[Route, ...]
    cors: Cors | None
    subscriptions: tuple[Subscription, ...]
    notifications: tuple[Notification, ...]
    schedules: tuple[Schedule, ...]
    tables: tuple[Table, ...]
    buckets: tuple[Bucket, ...]
    queues: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    signing_keys: tuple[SigningKey, ...]

    def environment(self) -> dict[str, str]:
        """All functions' variables together, for tools that stand beside the functions.

        Raises `ValueError` if two functions give one variable two values.
        """
        merged: dict[str, str] = {}
        owner: dict[str, str] = {}
        for function in self.functions.values():
            for name, value in function.environment.items():
                if merged.setdefault(name, value) != value:
                    raise ValueError(
                        f"{name} is {merged[name]!r} for {owner[name]} and {value!r} for {function.name}: "
                        "no tool can stand beside both; give one of them another name in template.yaml"
                    )
                owner.setdefault(name, function.name)
        return merged
