"""One suite per port, run against every engine that can keep its promises.

    memory     the ports' reference, as simulations use them
    moto       AWS imitated in this process: not safe under threads, so no races here
    ministack  DynamoDB, S3 and SSM in a server, with real transactions, signatures and policies
    dynoxide   DynamoDB in a server, with exact capacity; comes by npm, so it has its own lane: `pytest -m dynoxide`

A test names the engines it is about with `@pytest.mark.engines(...)`; without, it runs on all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from moto import mock_aws

from tests.contract.engines import AWSStores, MemoryStores, Stores
from tests.contract.servers import NotInstalled, dynoxide, ministack
from tests.contract.weather import Weather

ENGINES = ("memory", "moto", "ministack", "dynoxide")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "dynoxide: needs the dynoxide server (npm ci --prefix infra/tools/dynoxide)")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "stores" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("engines")
    names = marker.args if marker else ENGINES
    unknown = set(names) - set(ENGINES)
    if unknown:
        raise pytest.UsageError(f"{metafunc.definition.nodeid}: no such engines: {', '.join(sorted(unknown))}")
    params = [pytest.param(name, marks=pytest.mark.dynoxide if name == "dynoxide" else ()) for name in names]
    metafunc.parametrize("stores", params, indirect=True)


@pytest.fixture(scope="session")
def ministack_url() -> Iterator[str]:
    yield from _started(ministack)


@pytest.fixture(scope="session")
def dynoxide_url() -> Iterator[str]:
    yield from _started(dynoxide)


@pytest.fixture
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    match request.param:
        case "memory":
            yield MemoryStores()
        case "moto":
            with mock_aws():
                yield AWSStores(None)
        case server:
            yield AWSStores(request.getfixturevalue(f"{server}_url"))


@pytest.fixture(scope="session")
def _any_weather() -> Iterator[Weather]:
    with closing(Weather(seed=20190417)) as weather:
        yield weather


@pytest.fixture
def weather(_any_weather: Weather) -> Weather:
    """Good weather, until the test says otherwise."""
    _any_weather.clear()
    return _any_weather


def _started(server: object) -> Iterator[str]:
    try:
        with server() as url:
            yield url
    except NotInstalled as missing:
        pytest.fail(str(missing), pytrace=False)
