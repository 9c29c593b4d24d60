"""``.parquet``: columns of numbers and of categories."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.errors import MissingExtraError
from twinseed.readers.source import Source
from twinseed.readers.table import MISSING, Categories, Table

__all__ = ["read_parquet"]

_INDEX = re.compile(r"__index_level_\d+__")
_STRING = 1 << 26


def read_parquet(source: Source) -> Table:
    """Return the columns; the index that pandas wrote is left out."""
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError("pyarrow", "formats", "Reading .parquet") from error
    if source.key:
        raise source.bad("has no arrays to name", f"drop '#{source.key}'")
    with pyarrow.parquet.ParquetFile(
        source.path, thrift_string_size_limit=_STRING, thrift_container_size_limit=1 << 20
    ) as file:
        schema = file.schema_arrow
        names = schema.names  # made anew each time that it is asked for
        places = [i for i, n in enumerate(names) if not _INDEX.fullmatch(n)]
        for i in places:
            _require_kind(source, names[i], schema.field(i).type)
        rows = file.metadata.num_rows
        source.require_room((rows, len(names)), 8)
        pieces: list[list[Any]] = [[] for _ in places]
        for batch in file.iter_batches():  # all columns, by place: names are searched one by one
            rows -= batch.num_rows
            for found, i in zip(pieces, places, strict=True):
                found.append(_piece(batch.column(i)))
            if rows < 0:
                raise source.damaged("more rows than it announces")
        if rows:
            raise source.damaged("fewer rows than it announces")
        return Table(tuple(names[i] for i in places), tuple(map(_joined, pieces)))


def _require_kind(source: Source, name: str, kind: Any) -> None:
    from pyarrow import types

    inner = kind.value_type if types.is_dictionary(kind) else kind
    fine = (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal)
    text = (types.is_string, types.is_large_string, types.is_string_view)
    if not any(check(inner) for check in (*fine, *text)):
        raise source.bad(
            f"has a column {name!r} of type {kind}",
            "turn it into numbers or text, or drop it",
        )


def _piece(column: Any) -> NDArray[Any] | list[str]:
    """Return part of a column: numbers, or words."""
    from pyarrow import types

    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if types.is_integer(column.type) or types.is_floating(column.type):
        values: NDArray[Any] = column.to_numpy(zero_copy_only=False)
        return values
    if types.is_boolean(column.type) or types.is_decimal(column.type):
        return np.array([np.nan if value is None else float(value) for value in column.to_pylist()])
    return [MISSING if word is None else word for word in column.to_pylist()]


def _joined(pieces: list[Any]) -> NDArray[Any] | Categories:
    if isinstance(pieces[0], list):
        return Categories.of([word for piece in pieces for word in piece])
    return np.concatenate(pieces)
