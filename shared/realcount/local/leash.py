"""Runs MiniStack until whoever started it is gone. Executed by MiniStack's own interpreter, not imported by ours.

The starter holds our standard input open. When it closes it, or dies however suddenly, we get the end of file and shut
down in order, so that the state is saved. Only if this very process is killed is what happened since its start lost.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading


def _await_end() -> None:
    while sys.stdin.buffer.read(1):
        pass
    # The server's own handler for this signal ends the event loop, which is what writes the snapshot.
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    threading.Thread(target=_await_end, name="leash", daemon=True).start()
    importlib.import_module("ministack.app").main()


if __name__ == "__main__":
    main()
