"""Rows to Parquet. The one module that needs pyarrow, and with it a layer of its own."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import pyarrow as pa
from pyarrow import parquet

from realcount.rendering.bulk.columns import INTEGER, Column, Row

GROUP = 50_000
"""Rows held in memory until they are written: a row group."""


class ParquetTable:
    """Integers are 32 bits wide, as a form has no larger ones; the log's entries are numbered with 64."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._schema = pa.schema([pa.field(column.name, _type(column)) for column in columns])
        self._out = BytesIO()
        self._writer = parquet.ParquetWriter(self._out, self._schema, compression="zstd")
        self._rows: list[Row] = []

    def add(self, row: Row) -> None:
        self._rows.append(row)
        if len(self._rows) == GROUP:
            self._flush()

    def close(self) -> bytes:
        if self._rows:
            self._flush()
        self._writer.close()
        return self._out.getvalue()

    def _flush(self) -> None:
        columns = zip(*self._rows, strict=True)
        arrays = [pa.array(values, field.type) for values, field in zip(columns, self._schema, strict=True)]
        self._writer.write_batch(pa.record_batch(arrays, schema=self._schema), row_group_size=GROUP)
        self._rows.clear()


def _type(column: Column) -> pa.DataType:
    if column.type != INTEGER:
        return pa.string()
    return pa.int64() if column.name == "entry" else pa.int32()
