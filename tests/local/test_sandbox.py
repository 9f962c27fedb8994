"""Functions run as in Lambda: each in a process of its own, one event at a time, ended when its time is up."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from realcount.local.sandbox import FunctionError, Sandboxes
from realcount.local.stack import Function
from tests.local.conftest import MakeFunction


@pytest.fixture
def start(plain_environment: dict[str, str], tmp_path: Path) -> Iterator:
    """Start the environments of these functions; they end with the test."""
    started: list[Sandboxes] = []

    def starting(*functions: Function, concurrency: int = 2, reserved: dict[str, int] | None = None) -> Sandboxes:
        sandboxes = Sandboxes(
            {function.name: function for function in functions},
            plain_environment,
            tmp_path / "logs",
            concurrency,
            reserved,
        )
        started.append(sandboxes)
        return sandboxes

    yield starting
    for sandboxes in started:
        sandboxes.close()


def test_an_event_goes_in_and_the_result_comes_out(start, make_function: MakeFunction) -> None:
    function = make_function(
        "echo",
        """
        import os
        def lambda_handler(event, context):
            print("a line for the log")
            return {
                "event": event,
                "name": context.function_name,
                "arn": context.invoked_function_arn,
                "memory": context.memory_limit_in_mb,
                "time_left": 0 < context.get_remaining_time_in_millis() <= 10_000,
                "setting": os.environ["SETTING"],
                "lambda": os.environ["AWS_LAMBDA_FUNCTION_NAME"],
                "strange": sorted(n for n in os.environ if n.startswith("PYTEST")),
            }
        """,
        environment={"SETTING": "its own"},
    )
    assert start(function).invoke("echo", {"a": ["ü", 1, None]}) == {
        "event": {"a": ["ü", 1, None]},
        "name": "local-echo",
        "arn": "arn:aws:lambda:us-east-1:000000000000:function:local-echo",
        "memory": "128",
        "time_left": True,
        "setting": "its own",
        "lambda": "local-echo",
        "strange": [],
    }
    assert (function.folder.parent / "logs" / "echo.log").read_text() == "a line for the log\n"


def test_an_environment_is_used_again_and_keeps_what_its_module_keeps(start, make_function: MakeFunction) -> None:
    counting = """
        calls = 0
        def lambda_handler(event, context):
            global calls
            calls += 1
            return calls
    """
    sandboxes = start(make_function("one", counting), make_function("two", counting))
    assert [sandboxes.invoke("one", {}) for _ in range(3)] == [1, 2, 3]
    # Another function's module of the same name is another module.
    assert sandboxes.invoke("two", {}) == 1


def test_an_error_of_the_handler_is_told_and_the_environment_lives_on(start, make_function: MakeFunction) -> None:
    function = make_function(
        "moody",
        """
        calls = 0
        def lambda_handler(event, context):
            global calls
            calls += 1
            if event == "raise":
                raise LookupError("no such thing")
            if event == "unspeakable":
                return {1, 2}
            return calls
        """,
    )
    sandboxes = start(function)
    with pytest.raises(FunctionError, match="moody: LookupError: no such thing"):
        sandboxes.invoke("moody", "raise")
    with pytest.raises(FunctionError, match="TypeError"):
        sandboxes.invoke("moody", "unspeakable")
    assert sandboxes.invoke("moody", "count") == 3
    assert "Traceback" in (function.folder.parent / "logs" / "moody.log").read_text()


def test_a_handler_whose_time_is_up_is_ended(start, make_function: MakeFunction) -> None:
    function = make_function(
        "sleepy",
        """
        import time
        def lambda_handler(event, context):
            time.sleep(event)
            return "awake"
        """,
        timeout=1,
    )
    sandboxes = start(function)
    with pytest.raises(FunctionError, match=r"Task timed out after 1\.00 seconds"):
        sandboxes.invoke("sleepy", 60)
    assert sandboxes.invoke("sleepy", 0) == "awake"


def test_a_handler_that_takes_its_process_along_fails_alone(start, make_function: MakeFunction) -> None:
    function = make_function(
        "fragile",
        """
        import os
        def lambda_handler(event, context):
            if event == "die":
                os._exit(3)
            return "alive"
        """,
    )
    sandboxes = start(function)
    assert sandboxes.invoke("fragile", "live") == "alive"
    with pytest.raises(FunctionError, match="the process ended with 3 without a reply"):
        sandboxes.invoke("fragile", "die")
    assert sandboxes.invoke("fragile", "live") == "alive"


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("import nowhere_to_be_found", "ModuleNotFoundError"),
        ("def another_name(event, context): ...", "AttributeError"),
        ("def lambda_handler(:", "SyntaxError"),
    ],
)
def test_a_handler_that_cannot_be_loaded_says_why(
    start, make_function: MakeFunction, source: str, complaint: str
) -> None:
    with pytest.raises(FunctionError, match=complaint):
        start(make_function("unloadable", source)).warm()


def test_two_events_at_once_run_in_two_environments_and_a_third_waits(start, make_function: MakeFunction) -> None:
    function = make_function(
        "meeting",
        """
        import pathlib, os, time
        def lambda_handler(event, context):
            folder = pathlib.Path(event)
            (folder / str(os.getpid())).touch()
            while len(list(folder.iterdir())) < 2:
                time.sleep(0.01)
            return os.getpid()
        """,
    )
    sandboxes = start(function)
    meeting = function.folder.parent / "meeting-place"
    meeting.mkdir()
    with ThreadPoolExecutor(3) as pool:
        processes = list(pool.map(lambda _: sandboxes.invoke("meeting", str(meeting)), range(3)))
    assert len(set(processes)) == 2


def test_environments_end_when_they_are_closed(start, make_function: MakeFunction) -> None:
    function = make_function("brief", "def lambda_handler(event, context): return __import__('os').getpid()")
    sandboxes = start(function)
    process = sandboxes.invoke("brief", None)
    assert Path(f"/proc/{process}").exists() or not Path("/proc").exists()
    sandboxes.close()
    assert not Path(f"/proc/{process}").exists()


def test_a_function_runs_as_many_events_at_once_as_are_reserved_for_it(start, make_function: MakeFunction) -> None:
    function = make_function(
        "alone",
        """
        import pathlib, time
        def lambda_handler(event, context):
            before = len(list(pathlib.Path(event).iterdir()))
            mark = pathlib.Path(event, str(time.monotonic_ns()))
            mark.touch()
            time.sleep(0.5)
            mark.unlink()
            return before
        """,
    )
    folder = function.folder.parent / "at-work"
    folder.mkdir()
    sandboxes = start(function, reserved={"alone": 1})
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda _: sandboxes.invoke("alone", str(folder)), range(2))) == [0, 0]
