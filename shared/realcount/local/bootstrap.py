"""The inside of an execution environment: loads one function's handler and runs it, one event at a time.

Lambda's own runtime does the same against an HTTP interface; here it is two pipes. Requests come on standard input,
replies leave on the descriptor given on the command line, and whatever the handler prints goes to the function's log.
Both are JSON lines. Without a request to answer, the end of input ends the process.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

Handler = Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True)
class Context:
    """The context object that handlers get, with the members of Lambda's for Python. `deadline` is in epoch seconds."""

    aws_request_id: str
    deadline: float
    function_name: str
    invoked_function_arn: str
    memory_limit_in_mb: str
    log_group_name: str
    function_version: str = "$LATEST"
    log_stream_name: str = "local"
    identity: None = field(default=None)
    client_context: None = field(default=None)

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.deadline - time.time()) * 1000))


def run(handle: Handler, request: dict[str, Any]) -> dict[str, Any]:
    """The reply to one request: `{"result": …}`, or `{"error": …}` in the form of Lambda's function errors.

    Every exception of the handler ends here, as it does in Lambda: the environment lives on.
    """
    try:
        result = handle(request["event"], Context(**request["context"]))
        json.dumps(result, allow_nan=False)
    except Exception as error:  # noqa: BLE001  the runtime is the one place that must survive any handler
        traceback.print_exc()
        return {"error": _described(error)}
    return {"result": result}


def _described(error: BaseException) -> dict[str, Any]:
    return {
        "errorType": type(error).__name__,
        "errorMessage": str(error),
        "stackTrace": traceback.format_tb(error.__traceback__),
    }


def load(folder: str, handler: str) -> Handler:
    """Import the handler the way Lambda does: the function's folder first on the path, the module under its own name."""
    sys.path.insert(0, folder)
    module, _, name = handler.rpartition(".")
    loaded: Handler = getattr(importlib.import_module(module), name)
    return loaded


def _serve(folder: str, handler: str, replies: BinaryIO) -> None:
    def reply(message: dict[str, Any]) -> None:
        replies.write(json.dumps(message).encode() + b"\n")
        replies.flush()

    try:
        handle = load(folder, handler)
    except Exception as error:  # noqa: BLE001  a handler that cannot be imported is reported, whatever it raised
        traceback.print_exc()
        reply({"error": _described(error)})
        return
    reply({"result": None})
    for line in sys.stdin.buffer:
        reply(run(handle, json.loads(line)))


if __name__ == "__main__":
    _serve(sys.argv[1], sys.argv[2], os.fdopen(int(sys.argv[3]), "wb"))
