"""A real cache before origins that say what a test wants. One edge for all tests of a run; each has paths of its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import httpx
import pytest

from realcount.local.edge.varnish import Edge, running_edge
from realcount.local.machine import Machine, running_machine
from realcount.local.places import Places, checkout
from tests.edge.scripted import ScriptedOrigin, scripted_origin
from tests.journeys.conftest import Night, open_polls

Get = Callable[..., httpx.Response]

PATIENCE = 1.0
"""Seconds that this edge waits for an origin. The template says three, which `test_rules.py` holds; here time is short."""


def hasty(vcl: str) -> str:
    assert vcl.count("first_byte_timeout = 3s") == 2
    return vcl.replace("first_byte_timeout = 3s", f"first_byte_timeout = {PATIENCE}s")


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    return Places(checkout().root, tmp_path_factory.mktemp("edge"))


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The whole system, for tests that want real functions behind the edge."""
    with running_machine(Places(checkout().root, tmp_path_factory.mktemp("machine"))) as running:
        yield running


@pytest.fixture(scope="session")
def night(machine: Machine) -> Iterator[Night]:
    """The small election, open, with its officials."""
    opened = open_polls(machine)
    yield opened
    opened.sender.http.close()


@pytest.fixture(scope="session")
def api() -> Iterator[ScriptedOrigin]:
    with scripted_origin() as origin:
        yield origin


@pytest.fixture(scope="session")
def copies() -> Iterator[ScriptedOrigin]:
    with scripted_origin() as origin:
        yield origin


@pytest.fixture(scope="session")
def edge(places: Places, api: ScriptedOrigin, copies: ScriptedOrigin) -> Iterator[Edge]:
    with running_edge(places, api=api.address, copies=copies.address, changed=hasty) as running:
        yield running


@pytest.fixture(scope="session")
def http(edge: Edge) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=edge.base_url, timeout=20.0, limits=httpx.Limits(max_connections=100)) as client:
        del client.headers["accept-encoding"], client.headers["user-agent"], client.headers["accept"]
        yield client


@pytest.fixture
def get(http: httpx.Client) -> Get:
    """A reader: `get(path, **headers)`."""

    def read(path: str, **headers: str) -> httpx.Response:
        return http.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return read


_NUMBERS = itertools.count()


@pytest.fixture
def path() -> str:
    """A path of the test's own, at which there may be a page."""
    return f"/v1/pages/{next(_NUMBERS)}"


def result(answer: httpx.Response) -> str:
    """What the edge says of how it came by the answer: `Hit`, `Miss`…"""
    said: str = answer.headers["x-cache"]
    return said.removesuffix(" from edge")
