"""Rows to bytes: CSV and NDJSON, packed. The same rows always give the same bytes: gzip carries no time and no name.

CSV: RFC 4180 with line feeds, UTF-8, a header, an empty value for what is missing. NDJSON: one object in a line, members as
the CSV's columns, left out where there is no value; `findings` is a list.
"""

from __future__ import annotations

import csv
import json
import zlib
from collections.abc import Sequence
from io import StringIO
from typing import Protocol

from realcount.rendering.bulk.columns import Column, Row

GZIP_MEDIA = "application/gzip"
PARQUET_MEDIA = "application/vnd.apache.parquet"

FINDINGS = "findings"

_GZIP = 31
"""What zlib calls a gzip wrapper; its header says that the time is unknown."""

_AT_ONCE = 1_000
"""Rows encoded before they are packed."""

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


class Table(Protocol):
    """A file in the making."""

    def add(self, row: Row) -> None: ...

    def close(self) -> bytes:
        """The whole file. Nothing can be added any more."""
        ...


class _Packed:
    def __init__(self) -> None:
        self._packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
        self._parts: list[bytes] = []

    def write(self, text: str) -> None:
        self._parts.append(self._packer.compress(text.encode("utf-8")))

    def close(self) -> bytes:
        return b"".join([*self._parts, self._packer.flush()])


class CsvTable:
    def __init__(self, columns: Sequence[Column]) -> None:
        self._out = _Packed()
        self._text = StringIO()
        self._rows = csv.writer(self._text, lineterminator="\n")
        self._rows.writerow([column.name for column in columns])
        self._held = 0

    def add(self, row: Row) -> None:
        self._rows.writerow(row)
        self._held += 1
        if self._held == _AT_ONCE:
            self._flush()

    def close(self) -> bytes:
        self._flush()
        return self._out.close()

    def _flush(self) -> None:
        self._out.write(self._text.getvalue())
        self._text.seek(0)
        self._text.truncate()
        self._held = 0


class NdjsonTable:
    def __init__(self, columns: Sequence[Column]) -> None:
        self._out = _Packed()
        self._names = [column.name for column in columns]
        self._lines: list[str] = []

    def add(self, row: Row) -> None:
        document: dict[str, object] = {
            name: value for name, value in zip(self._names, row, strict=True) if value is not None
        }
        if FINDINGS in document:
            document[FINDINGS] = str(document[FINDINGS]).split()
        self._lines.append(_encode(document) + "\n")
        if len(self._lines) == _AT_ONCE:
            self._flush()

    def close(self) -> bytes:
        self._flush()
        return self._out.close()

    def _flush(self) -> None:
        self._out.write("".join(self._lines))
        self._lines.clear()
