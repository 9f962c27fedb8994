"""Each function gets the adapters of its ports, made once, and can be given others."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from realcount import wiring
from realcount.aws import clients
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
    post = clients.s3().generate_presigned_post("uploads", "key")
    assert post["url"] == "https://uploads.s3.ap-southeast-3.amazonaws.com/"


class FakeCalls:
    """What a rehearsal meets, and what is left of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
        for name in variables_of("read_results"):
            monkeypatch.setenv(name, "x")
        monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", kind)
        self.deeds: list[str] = []
        monkeypatch.setattr(
            "realcount.aws.page_reader.DynamoDBPageReader.close", lambda reader: self.deeds.append("closed")
        )

    def rehearse(self) -> None:
        self.deeds.append("rehearsed")
        made = wiring.adapters("read_results")
        made.recent.keep("page", "ready", weight=1, since=made.recent.clock())  # type: ignore[arg-type]


def test_a_snapshot_is_taken_after_a_rehearsal_with_nothing_open_and_nothing_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake = FakeCalls(monkeypatch, "snap-start")
    wiring.prepare("read_results", fake.rehearse)
    assert fake.deeds == ["rehearsed", "closed"]
    assert wiring.adapters("read_results").recent.get("page") is None


@pytest.mark.parametrize("kind", ["on-demand", "provisioned-concurrency"])
def test_where_there_is_no_snapshot_there_is_no_rehearsal(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    fake = FakeCalls(monkeypatch, kind)
    wiring.prepare("read_results", fake.rehearse)
    assert fake.deeds == []


@pytest.mark.parametrize("error", [NoCredentialsError(), ClientError({"Error": {"Code": "AccessDenied"}}, "GetItem")])
def test_a_rehearsal_that_fails_stops_no_deployment(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    fake = FakeCalls(monkeypatch, "snap-start")

    def refused() -> None:
        raise error

    wiring.prepare("read_results", refused)
    assert fake.deeds == ["closed"]
    assert "the rehearsal before the snapshot failed" in caplog.text


def test_the_garbage_collector_is_off_only_while_a_function_starts() -> None:
    """In processes of their own: what a start makes is never looked at again, and elsewhere nothing changes."""
    program = """
import gc
from realcount import wiring
began = gc.isenabled()
wiring.prepare("read_results")
print(began, gc.isenabled(), gc.get_freeze_count() > 1000)
"""
    environment = {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_REGION": "us-east-1",
        "TABLE_PAGES": "t",
    }
    said = []
    for more in ({}, {"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand"}):
        run = subprocess.run(
            [sys.executable, "-c", program], env={**environment, **more}, capture_output=True, text=True, check=True
        )
        said.append(run.stdout.split())
    assert said == [["True", "True", "False"], ["False", "True", "True"]]


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
