"""The examples of a manual, executed as they stand: `console` blocks in a shell, `python` blocks by Python.

A block of any other kind is an error, so that none escapes; but `sh` blocks, which belong to lanes with tools of their own
and are executed there (`made_elsewhere`). The address that the manual names is put in the place of the one that answers.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.journeys.shown import differences

CURL = f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).with_name("curl.py")}" "$@"\n'
"""What is called `curl` here: not every machine has it."""


class Block(NamedTuple):
    line: int
    kind: str
    text: str


class Example(NamedTuple):
    """A command and what is shown of its output."""

    line: int
    command: str
    shown: str


def blocks(manual: str) -> Iterator[Block]:
    lines = enumerate(manual.splitlines(), start=1)
    for number, line in lines:
        if line.startswith("```"):
            inside = []
            for _, within in lines:
                if within.startswith("```"):
                    break
                inside.append(within)
            yield Block(number, line[3:].strip(), "\n".join(inside))


def examples(block: Block) -> Iterator[Example]:
    """Those of a `console` block: `$ command`, then its output up to the next command or an empty line before it."""
    parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
    assert parts[0].strip() == "", f"line {block.line}: output before any command"
    line = block.line + 1
    for part in parts[1:]:
        command, _, shown = part.partition("\n")
        yield Example(line, command, shown.strip("\n"))
        line += part.count("\n")


def check(manual: str, base_url: str, folder: Path, *, named: str, elsewhere: str) -> list[str]:
    """Execute everything; what is not as the manual says, one line each. Commands run in `folder`.

    `named` is the address in the manual. `elsewhere` begins the `sh` blocks that another lane executes.
    """
    (folder / "bin").mkdir()
    (folder / "bin" / "curl").write_text(CURL)
    (folder / "bin" / "curl").chmod(0o755)
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]),
        "REALCOUNT_BASE": base_url,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    wrong: list[str] = []

    def run(line: int, command: list[str], shown: str) -> None:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        found = differences(shown, done.stdout.replace(base_url, named))
        found += [done.stderr[-500:]] if done.returncode or (found and done.stderr) else []
        wrong.extend(f"line {line}: {one}" for one in found)

    for block in blocks(manual):
        if block.kind == "console":
            for example in examples(block):
                run(example.line, ["sh", "-c", example.command.replace(named, base_url)], example.shown)
        elif block.kind == "python":
            shown = "\n".join(re.findall(r"# -> (.*)$", block.text, flags=re.MULTILINE))
            run(block.line, [sys.executable, "-c", block.text.replace(named, base_url)], shown)
        elif block.kind != "sh" or not block.text.startswith(elsewhere):
            wrong.append(f"line {block.line}: nobody executes a block of the kind {block.kind!r}")
    return wrong
