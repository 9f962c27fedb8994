"""Bulk files, checked while they come: a file has its name only once its bytes are the ones that the index promised.

What has come of a file stays under a temporary name beside it, so that a next call goes on where one broke off, if the
server can. If we die here, that name is all that is left.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import urllib3

from realcount.client.reading import AGAIN, Reader, refusal
from realcount.domain.errors import Drift, Unavailable

PART = 256 * 1024

Progress = Callable[[str, int, int], None]
"""Told the name of a file, how many of its bytes are there, and how many it has."""


def download(reader: Reader, file: dict[str, Any], folder: Path, progress: Progress) -> Path:
    """One file of an index into `folder`; where it lies. One that is there already and right is left as it is.

    Raises `Drift` if its bytes are not those of the index, `NotFound`, and `Unavailable` after all tries.
    """
    path, size, digest = str(file["path"]), int(file["bytes"]), str(file["sha256"])
    target = folder / _name(path)
    if target.exists() and _sha256(target) == digest:
        progress(target.name, size, size)
        return target
    folder.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    tried = 0
    while True:
        before = part.stat().st_size if part.exists() else 0
        tried += 1
        retry_after = None
        try:
            retry_after = _fetch(reader, path, part, size, lambda there: progress(target.name, there, size))
            said = "it broke off"
        except urllib3.exceptions.HTTPError as error:
            said = f"{type(error).__name__}: {error}"
        if part.exists() and part.stat().st_size >= size:
            if _sha256(part) == digest:
                part.replace(target)
                return target
            part.unlink()
            raise Drift(f"{reader.address(path)} has other bytes than its index says")
        if part.exists() and part.stat().st_size > before:
            tried = 1  # It is getting on.
        if not reader.patience.pause(tried, retry_after):
            raise Unavailable(f"{reader.address(path)} cannot be read after {tried} tries: {said}")


def _fetch(reader: Reader, path: str, part: Path, size: int, there: Callable[[int], None]) -> str | None:
    """What is missing of a file, as far as it comes. Gives Retry-After of a server that asks to wait."""
    start = part.stat().st_size if part.exists() else 0
    answer = reader.stream(path, start)
    try:
        if answer.status in AGAIN:
            return answer.headers.get("Retry-After")
        if answer.status == 416:  # What lies here is no beginning of it.
            part.unlink()
            return None
        goes_on = answer.status == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {start}-")
        if answer.status != 200 and not goes_on:
            raise refusal(reader.address(path), answer.status)
        got = start if goes_on else 0
        with part.open("ab" if goes_on else "wb") as file:
            for data in _parts(answer):
                file.write(data)
                got += len(data)
                there(got)
                if got > size:
                    break  # It is not the file; the digest will say so.
    finally:
        answer.release_conn()
        answer.close()
    return None


def _parts(answer: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    return answer.stream(PART, decode_content=False)


def _name(path: str) -> str:
    name = path.rpartition("/")[2]
    if not name or name.startswith(".") or "\\" in name:
        raise Unavailable(f"the index has a file called {name!r}, as no file should be here")
    return name


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
