"""Becomes the program on its command line, which Linux then kills when whoever started it is gone, however suddenly.

For programs that need no time to stop in order: what they were told is on disk already. Executed, not imported. The
thread that starts it must live as long as the program is wanted: it is that thread's end the kernel looks at.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(starter: int, program: list[str]) -> None:
    """Never returns. `starter` is the process that started us; the signal survives becoming another program."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != starter:  # It was gone before the kernel was told to look.
        os._exit(1)
    os.execv(program[0], program)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
