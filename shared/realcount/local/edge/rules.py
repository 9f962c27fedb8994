"""What an edge does, as plain values: the same words whether CloudFront carries it out or Varnish.

Durations are in seconds. The cache key is the path, the parameters that `Caching` names, and which of br and gzip the
reader takes (`distribution` refuses a template that says otherwise).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """`connect` is how long a connection may take, `answer` how long the origin may be silent. It is asked once."""

    id: str
    address: str
    connect: float
    answer: float


@dataclass(frozen=True, slots=True)
class Caching:
    """How long an answer is fresh: what it says itself, `default` if it says nothing, but within `least` and `most`.
    With its time of being stale it is kept no longer than `most` either. `parameters` are the names, in lower case, of
    what is in the key beside the path, and reaches the origin; all else behind the question mark is dropped."""

    least: int
    default: int
    most: int
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """A header the edge gives to its answers. If it does not `override`, what the origin said stays."""

    name: str
    value: str
    override: bool


@dataclass(frozen=True, slots=True)
class Behaviour:
    """For paths that `pattern` matches (`*` is any run of characters, `?` any one): `origins` are asked in this order,
    the next one if a connection fails, an answer does not come, or its status is one of `failover`."""

    pattern: str
    origins: tuple[Origin, ...]
    failover: tuple[int, ...]
    methods: tuple[str, ...]
    caching: Caching
    headers: tuple[Header, ...]


@dataclass(frozen=True, slots=True)
class EdgeRules:
    """`behaviours` in the order in which they are tried; the last matches every path.

    `errors` says how long an error is believed at least, by status. `page` and `file` are regular expressions: below
    /v1, and elsewhere, paths that do not match can be nothing and reach no origin.
    """

    behaviours: tuple[Behaviour, ...]
    errors: Mapping[int, int]
    page: str
    file: str

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Each once, in order of first use."""
        return tuple({origin.id: origin for behaviour in self.behaviours for origin in behaviour.origins}.values())
