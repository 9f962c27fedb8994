"""What a machine's run has cost: item writes, and the memory of all its processes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from realcount.local.machine import Machine
from realcount.local.stream_source import PAGE, TableStream


def peak_rss_mib() -> float:
    """The sum of the peaks of this process and of every process below it that is still running.

    Reads /proc, so it is 0.0 where there is none.
    """
    return sum(_peak_kib(pid) for pid in _family(os.getpid())) / 1024


def cpu_seconds() -> float:
    """What this process and every process below it that is still running have used of processors; 0.0 without /proc."""
    return process_seconds(os.getpid())


def process_seconds(pid: int) -> float:
    """The same for that process and every process below it."""
    return sum(_ticks(process) for process in _family(pid)) / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    # The second word is the command in parentheses, which may hold spaces; user and system time come 12th and 13th after.
    words = " ".join(_words(Path(f"/proc/{pid}/stat"))).rpartition(")")[2].split()
    return int(words[11]) + int(words[12]) if words else 0


def _family(pid: int) -> Iterator[int]:
    yield pid
    for task in _entries(Path(f"/proc/{pid}/task")):
        for child in _words(task / "children"):
            yield from _family(int(child))


def _peak_kib(pid: int) -> int:
    words = _words(Path(f"/proc/{pid}/status"))
    return int(words[words.index("VmHWM:") + 1]) if "VmHWM:" in words else 0


def _entries(path: Path) -> list[Path]:
    try:
        return list(path.iterdir())
    except OSError:
        return []  # The process has ended meanwhile, or there is no /proc.


def _words(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").split()
    except OSError:
        return []


def stream_records(machine: Machine, variables: Sequence[str]) -> int:
    """How often an item of these tables (named by their environment variable) has been written: their streams say so."""
    names = machine.stack.environment()
    dynamodb, streams = machine.engine.client("dynamodb"), machine.engine.client("dynamodbstreams")
    return sum(_records(TableStream(dynamodb, streams, names[variable])) for variable in variables)


def _records(source: TableStream) -> int:
    count = 0
    for shard in source.shards():
        iterator: str | None = source.open(shard.id, None, "TRIM_HORIZON")
        while iterator is not None:
            records, iterator = source.read(iterator, PAGE)
            count += len(records)
            if not records:
                break  # The end of a shard that is still open.
    return count
