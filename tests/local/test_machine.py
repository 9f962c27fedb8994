"""Any template makes a machine: here one of three functions that the project does not have."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from realcount.local.machine import Machine, running_machine
from realcount.local.places import LocalError, Places
from tests.local import another_project
from tests.local.another_project import write_project


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    return write_project(tmp_path_factory.mktemp("another-project"))


@pytest.fixture(scope="module")
def machine(places: Places) -> Iterator[Machine]:
    with running_machine(places) as running:
        yield running


def notes(machine: Machine) -> set[str]:
    return another_project.notes(machine.engine, machine.stack)


def test_a_request_and_all_it_sets_off_are_done_when_the_machine_is_quiet(machine: Machine) -> None:
    assert httpx.post(f"{machine.base_url}/notes/first").status_code == 201
    machine.drain()
    assert {"first", "seen-first"} <= notes(machine)


def test_an_object_sets_off_its_function_and_what_follows(machine: Machine) -> None:
    machine.engine.client("s3").put_object(Bucket="machine-test-drop", Key="drop", Body=b"x")
    machine.drain()
    assert {"drop", "seen-drop"} <= notes(machine)


def test_a_record_that_no_function_can_swallow_holds_up_no_other_and_is_on_record(machine: Machine) -> None:
    for note in ("before", "poison", "after"):
        httpx.post(f"{machine.base_url}/notes/{note}")
    machine.drain()
    assert {"seen-before", "seen-after"} <= notes(machine)
    s3 = machine.engine.client("s3")
    (entry,) = s3.list_objects_v2(Bucket="machine-test-failures")["Contents"]
    record = json.loads(s3.get_object(Bucket="machine-test-failures", Key=entry["Key"])["Body"].read())
    assert record["DDBStreamBatchInfo"]["batchSize"] == 1
    assert "cannot swallow poison" in record["responsePayload"]["errorMessage"]
    (given_up,) = json.loads(record["payload"])["Records"]
    assert given_up["dynamodb"]["Keys"] == {"pk": {"S": "poison"}}
    for log in ("follow_notes.log", "machine.log"):
        assert "cannot swallow poison" in (machine.places.logs / log).read_text()


def test_a_second_machine_on_the_same_state_is_refused(machine: Machine, places: Places) -> None:
    with pytest.raises(LocalError, match="another realcount is running"), running_machine(places):
        pytest.fail("two machines on one state")


def test_an_event_that_waits_for_its_next_attempt_keeps_a_machine_from_being_quiet(machine: Machine) -> None:
    """The last story: what it leaves behind waits for a minute, and the machine stops without waiting for it."""
    machine.engine.client("s3").put_object(Bucket="machine-test-drop", Key="unlucky", Body=b"x")
    with pytest.raises(TimeoutError, match="still being delivered"):
        machine.drain(1.0)
