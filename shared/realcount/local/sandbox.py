"""Execution environments: where the functions run, each in a process of its own, one event at a time, as in Lambda.

Processes and not threads, because handlers are written for Lambda: they keep what they like in module variables, and so
does Powertools (the event being routed is a class attribute there). Two events in one process would see each other's.
A process also has its function's environment and nothing more, can be killed when its time is up, and dies alone.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from realcount.domain.errors import RealcountError
from realcount.local.intrinsics import ACCOUNT, REGION
from realcount.local.stack import Function

log = logging.getLogger(__name__)

INIT_SECONDS = 30.0
"""How long importing a handler may take. Lambda allows 10 s on its machines; ours may be busy."""


class FunctionError(RealcountError):
    """The function ended in an error, ran out of time or died. `kind` is the error's type as Lambda reports it."""

    def __init__(self, function: str, kind: str, message: str) -> None:
        self.kind = kind
        self.message = message
        super().__init__(f"{function}: {kind}: {message}")


class Sandbox:
    """One execution environment. Not for two threads at once."""

    def __init__(self, function: Function, environment: Mapping[str, str], logs: Path) -> None:
        """Start the process and wait until the handler is loaded. Raises `FunctionError` if it cannot be."""
        self._function = function
        reading, writing = os.pipe()
        with (logs / f"{function.name}.log").open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "realcount.local.bootstrap", function.folder, function.handler, str(writing)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                pass_fds=(writing,),
                start_new_session=True,  # Ctrl-C is for us alone: an event under way is finished.
                env={**environment, **_runtime_variables(function)},
            )
        os.close(writing)
        self._replies = os.fdopen(reading, "rb")
        try:
            self._reply(INIT_SECONDS)
        except FunctionError:
            self.close()
            raise

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def invoke(self, event: Any) -> Any:
        """The handler's result. Raises `FunctionError`; after a timeout or a crash the environment is gone."""
        function = self._function
        context = {
            "aws_request_id": str(uuid.uuid4()),
            "deadline": time.time() + function.timeout,
            "function_name": f"local-{function.name}",
            "invoked_function_arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:local-{function.name}",
            "memory_limit_in_mb": str(function.memory),
            "log_group_name": f"/aws/lambda/local-{function.name}",
        }
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"event": event, "context": context}).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            self._process.wait()
            raise FunctionError(function.name, "Runtime.ExitError", "the process is gone") from None
        return self._reply(function.timeout)

    def _reply(self, seconds: float) -> Any:
        ready, _, _ = select.select([self._replies], [], [], seconds)
        if not ready:
            self._process.kill()
            self._process.wait()
            raise FunctionError(self._function.name, "Sandbox.Timedout", f"Task timed out after {seconds:.2f} seconds")
        line = self._replies.readline()
        if not line:
            raise FunctionError(
                self._function.name,
                "Runtime.ExitError",
                f"the process ended with {self._process.wait()} without a reply",
            )
        reply = json.loads(line)
        if "error" in reply:
            raise FunctionError(self._function.name, reply["error"]["errorType"], reply["error"]["errorMessage"])
        return reply["result"]

    def close(self) -> None:
        """End the process. It is idle, so there is nothing to wait for; Lambda does not ask either."""
        assert self._process.stdin is not None
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(BrokenPipeError):  # It died with a request half read.
            self._process.stdin.close()
        self._replies.close()


def _runtime_variables(function: Function) -> Mapping[str, str]:
    """What Lambda sets besides the template, as far as somebody reads it; and a path, so that Python finds itself."""
    return {
        **function.environment,
        "PATH": os.environ.get("PATH", os.defpath),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_FUNCTION_NAME": f"local-{function.name}",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "TZ": ":UTC",
        # What a handler logs is on file at once, also when its process is killed.
        "PYTHONUNBUFFERED": "1",
        # There is no X-Ray daemon on one machine.
        "POWERTOOLS_TRACE_DISABLED": "true",
    }


class Sandboxes:
    """The environments of all functions. `invoke` may be called from many threads."""

    def __init__(
        self,
        functions: Mapping[str, Function],
        environment: Mapping[str, str],
        logs: Path,
        concurrency: int = 2,
        reserved: Mapping[str, int] | None = None,
    ) -> None:
        """`concurrency` is how many events of one function run at once, `reserved` the same for some by name; further
        events of that function wait. What a template reserves is meant for AWS, and far more than one machine has."""
        self._functions = functions
        self._environment = environment
        self._logs = logs
        self._idle: dict[str, list[Sandbox]] = {name: [] for name in functions}
        self._slots = {name: threading.BoundedSemaphore((reserved or {}).get(name, concurrency)) for name in functions}
        self._lock = threading.Lock()
        logs.mkdir(parents=True, exist_ok=True)

    def invoke(self, name: str, event: Any) -> Any:
        """Run one event; starts an environment if none is idle. Raises `FunctionError`."""
        with self._slots[name]:
            with self._lock:
                sandbox = self._idle[name].pop() if self._idle[name] else None
            sandbox = sandbox or Sandbox(self._functions[name], self._environment, self._logs)
            try:
                return sandbox.invoke(event)
            except FunctionError as error:
                log.warning("%s (see %s)", error, self._logs / f"{name}.log")
                raise
            finally:
                if sandbox.alive:
                    with self._lock:
                        self._idle[name].append(sandbox)
                else:
                    sandbox.close()

    def warm(self) -> None:
        """Start one environment of every function, two at a time: importing is all computing."""

        def start(function: Function) -> Sandbox:
            return Sandbox(function, self._environment, self._logs)

        with ThreadPoolExecutor(2) as pool:
            for function, sandbox in zip(
                self._functions.values(), pool.map(start, self._functions.values()), strict=True
            ):
                self._idle[function.name].append(sandbox)

    def close(self) -> None:
        """End every environment. The caller has seen to it that nobody invokes any more."""
        for sandboxes in self._idle.values():
            for sandbox in sandboxes:
                sandbox.close()
            sandboxes.clear()
