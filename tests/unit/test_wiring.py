"""Each function gets the adapters of its ports, made once, and can be given others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from realcount import wiring
from realcount.domain.instants import from_instant
from realcount.edge.settings import PORTS_OF, VARIABLES, SettingsMissing, variables_of
from realcount.local.memory import MemoryPages


@pytest.fixture(autouse=True)
def fresh_container(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty environment with credentials for nobody, and no adapters from another test."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-southeast-3")
    wiring._adapters.cache_clear()
    yield
    wiring._adapters.cache_clear()


@pytest.mark.parametrize("function", PORTS_OF)
def test_a_function_starts_with_exactly_its_own_variables(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in variables_of(function):
        monkeypatch.setenv(name, f"the-{name.lower()}")
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
    wiring.prepare(function)
    made = wiring.adapters(function)
    assert all(port in vars(made) for port in PORTS_OF[function])
    assert not [
        port for ports in PORTS_OF.values() for port in ports if port in vars(made) and port not in PORTS_OF[function]
    ]


@pytest.mark.parametrize("function", PORTS_OF)
def test_in_lambda_a_function_that_lacks_a_variable_does_not_start(
    function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
    with pytest.raises(SettingsMissing) as caught:
        wiring.prepare(function)
    assert all(name in str(caught.value) for name in variables_of(function))


def test_elsewhere_importing_a_handler_needs_no_environment() -> None:
    for function in PORTS_OF:
        wiring.prepare(function)


def test_adapters_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLE_PAGES", "pages")
    assert wiring.adapters("read_results") is wiring.adapters("read_results")
    assert wiring.adapters("read_results").page_reader is wiring.adapters("read_results").page_reader


def test_uploads_are_signed_for_the_regions_own_host() -> None:
    post = wiring._s3().generate_presigned_post("uploads", "key")
    assert post["url"] == "https://uploads.s3.ap-southeast-3.amazonaws.com/"


def test_what_is_given_stands_in_for_every_function_until_it_is_taken_back() -> None:
    pages = MemoryPages()
    with wiring.installed(wiring.Adapters("test", pages=pages, page_reader=pages)):
        assert wiring.adapters("read_results").page_reader is pages
        assert wiring.adapters("sweep_tally").pages is pages
    with pytest.raises(SettingsMissing):
        _ = wiring.adapters("read_results").page_reader


def test_a_port_that_is_none_of_the_functions_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(name, "x")
    with pytest.raises(KeyError, match="TABLE_FORMS"):
        _ = wiring.adapters("read_results").forms


def test_the_clock_says_now() -> None:
    assert abs(from_instant(wiring.Adapters("test").clock()) - datetime.now(UTC)) < timedelta(minutes=1)
