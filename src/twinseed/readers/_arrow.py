"""Arrow tables, of ``.parquet``, ``.feather``, ``.jsonl`` and data frames: columns by kind."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from twinseed.errors import InputError, needs
from twinseed.readers._encodings import opened_text
from twinseed.readers._images import stacked
from twinseed.readers.source import Source
from twinseed.readers.table import MISSING, Categories, Table

__all__ = ["read_feather", "read_jsonl", "read_parquet", "table_of_arrow"]

_INDEX = re.compile(r"__index_level_\d+__")
_STRING = 1 << 26
_STARTS = (
    *(b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF", b"II*\x00", b"MM\x00*"),
    *(b"\x00\x00\x00\x0cjP", b"P5", b"P6"),
)
"""How files of pictures start."""

Refuse = Callable[[str, str], InputError]
"""From a problem and a remedy to the error to raise."""


def read_parquet(source: Source) -> Table | NDArray[Any]:
    """Return the columns, without the index that pandas wrote; or the pictures of a column."""
    _pyarrow("Reading .parquet")
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(
        source.path, thrift_string_size_limit=_STRING, thrift_container_size_limit=1 << 20
    ) as file:
        rows = file.metadata.num_rows
        source.require_room((rows, len(file.schema_arrow.names)), 8)
        pictures = [one.name for one in file.schema_arrow if _is_picture(file, one)]
        named = source.key in file.schema_arrow.names and source.key not in pictures
        if named and pictures:  # labels beside pictures
            columns = [source.key]
            return _batched(
                source.bad,
                file.schema_arrow.empty_table().select(columns).schema,
                file.iter_batches(columns=columns),
                rows,
            )
        if source.key or pictures:
            return _pictures(source, file, source.chosen(pictures, "columns of pictures"), rows)
        return _batched(source.bad, file.schema_arrow, file.iter_batches(), rows)


def _is_picture(file: Any, column: Any) -> bool:
    """Say whether cells are packed pictures: as the library datasets writes them, or bare bytes.

    Bare bytes are pictures where the first cell starts as a picture does; else they are no rows.
    """
    from pyarrow import types

    kind = column.type
    if types.is_struct(kind):
        return any(kind.field(k).name == "bytes" for k in range(kind.num_fields))
    if not types.is_binary(kind) and not types.is_large_binary(kind):
        return False
    first = next(iter(file.iter_batches(batch_size=1, columns=[column.name])), None)
    cell = b"" if first is None or not len(first) else first.column(0)[0].as_py() or b""
    return bool(cell.startswith(_STARTS) or cell[4:8] == b"ftyp")


def _pictures(source: Source, file: Any, name: str, rows: int) -> NDArray[Any]:
    """Return the pictures of a column; other columns are not read."""
    others = len(file.schema_arrow.names) - 1
    if others:
        source.notes.append(f"the pictures of column {name!r} are read; {others} columns are not")

    def opened() -> Iterator[tuple[str, IO[bytes]]]:
        row = 0
        for batch in file.iter_batches(batch_size=64, columns=[name]):
            for cell in batch.column(0).to_pylist():
                content = cell.get("bytes") if isinstance(cell, dict) else cell
                if not isinstance(content, bytes):
                    raise source.bad(f"has no picture in row {row + 1}", "remove the row")
                yield str(row), io.BytesIO(content)
                row += 1

    return stacked(source, [str(row) for row in range(rows)], opened())


def read_feather(source: Source) -> Table:
    """Return the columns of an Arrow file, which ``.feather`` is too, or of an Arrow stream."""
    _pyarrow("Reading .feather")
    from pyarrow import ipc

    with source.path.open("rb") as file:
        start = file.read(6)
    if start == b"ARROW1":
        with ipc.open_file(str(source.path)) as file:
            return _batched(
                source.bad,
                file.schema,
                (file.get_batch(place) for place in range(file.num_record_batches)),
            )
    if start[:4] == b"FEA1":
        raise source.bad(
            "is the first version of .feather, which is not read", "save it as .parquet"
        )
    with ipc.open_stream(str(source.path)) as stream:
        return _batched(source.bad, stream.schema, stream)


def read_jsonl(source: Source) -> Table:
    """Return lines of JSON, each an object with the cells of a row."""
    _pyarrow("Reading .jsonl")
    from pyarrow import json

    if source.path.suffix.lower() in (".gz", ".zst"):
        with opened_text(source, "utf-8-sig") as file:
            content = file.read(source.limit + 1)
        if len(content) > source.limit:
            raise source.bad(f"unpacks to more than {source.limit:,} bytes", "save it as .parquet")
        found = json.read_json(io.BytesIO(content.encode()))
    else:
        found = json.read_json(str(source.path))
    return table_of_arrow(source.bad, found)


def table_of_arrow(refuse: Refuse, table: Any) -> Table:
    """Return an Arrow table as columns of numbers, words, moments and durations."""
    return _batched(refuse, table.schema, table.to_batches(), table.num_rows)


def _pyarrow(purpose: str) -> None:
    with needs("pyarrow", "formats", purpose):
        import pyarrow  # noqa: F401  # the import is the check


def _batched(
    refuse: Refuse, schema: Any, batches: Iterable[Any], announced: int | None = None
) -> Table:
    """Return the columns of batches of rows; columns go by place, as a name may occur twice."""
    names = schema.names  # pyarrow makes a new list on each access
    places = [i for i, name in enumerate(names) if not _INDEX.fullmatch(name)]
    for i in places:
        _require_kind(refuse, names[i], schema.field(i).type)
    if not places:
        raise refuse("must have columns", "pass a table with columns")
    pieces: list[list[Any]] = [[] for _ in places]
    rows = 0
    for batch in batches:
        rows += batch.num_rows
        if announced is not None and rows > announced:
            raise refuse("is damaged (more rows than it announces)", "write the file again")
        for found, i in zip(pieces, places, strict=True):
            found.append(_piece(batch.column(i)))
    if announced is not None and rows < announced:
        raise refuse("is damaged (fewer rows than it announces)", "write the file again")
    if rows == 0:
        raise refuse("must hold rows", "save some rows")
    ordered = [_is_ordered(schema.field(i).type) for i in places]
    columns = (_joined(piece, order) for piece, order in zip(pieces, ordered, strict=True))
    return Table(tuple(names[i] for i in places), tuple(columns))


def _inner(kind: Any) -> Any:
    """Return the type of the cells: of a dictionary, of runs, of an extension such as a period."""
    from pyarrow import types

    if isinstance(kind, _extension()):
        return _inner(kind.storage_type)
    if types.is_dictionary(kind) or types.is_run_end_encoded(kind):
        return _inner(kind.value_type)
    return kind


def _extension() -> Any:
    import pyarrow

    return pyarrow.BaseExtensionType


def _is_ordered(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_dictionary(kind) and kind.ordered)


def _require_kind(refuse: Refuse, name: str, kind: Any) -> None:
    from pyarrow import types

    inner = _inner(kind)
    fine = (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal, types.is_null)
    text = (types.is_string, types.is_large_string, types.is_string_view)
    times = (types.is_timestamp, types.is_date, types.is_time, types.is_duration)
    if not any(check(inner) for check in (*fine, *text, *times)):
        raise refuse(
            f"has a column {name!r} that is neither numbers nor text, but {kind}",
            "turn it into numbers or text, or drop it",
        )


def _piece(column: Any) -> NDArray[Any] | Categories:
    """Return part of a column: numbers, moments, durations, or words."""
    import pyarrow
    from pyarrow import types

    if isinstance(column.type, _extension()):
        column = column.storage
    if types.is_run_end_encoded(column.type):
        column = pyarrow.compute.run_end_decode(column)
    if types.is_dictionary(column.type):
        if _is_ordered(column.type):
            return _dictionary(column)
        column = column.dictionary_decode()
    kind = column.type
    if types.is_integer(kind) or types.is_floating(kind):
        values: NDArray[Any] = column.to_numpy(zero_copy_only=False)
        return values.astype(np.float64) if values.dtype == object else values
    if types.is_null(kind):
        return np.full(len(column), np.nan)
    if types.is_decimal(kind):
        return np.array([np.nan if value is None else float(value) for value in column.to_pylist()])
    if types.is_boolean(kind) and not column.null_count:
        return np.asarray(column.to_numpy(zero_copy_only=False))
    if types.is_timestamp(kind) or types.is_date(kind):
        return np.asarray(column.cast(pyarrow.timestamp("us"), safe=False).to_numpy(False))
    if types.is_time(kind) or types.is_duration(kind):
        if types.is_time(kind):
            column = column.cast(pyarrow.time64("us"), safe=False).cast(pyarrow.int64())
        column = column.cast(pyarrow.duration("us"), safe=False)
        return np.asarray(column.to_numpy(False))
    words = column.to_pylist()
    return Categories.of(MISSING if word is None else str(word).strip() for word in words)


def _dictionary(column: Any) -> Categories:
    """Return ordered categories: their words in order, and what is missing as one more word."""
    words = tuple(str(word) for word in column.dictionary.to_pylist())
    codes = column.indices.to_numpy(zero_copy_only=False).astype(np.float64)
    gaps = np.isnan(codes)
    if gaps.any():
        words = (*words, MISSING)
    return Categories(np.where(gaps, len(words) - 1, codes).astype(np.int64), words, ordered=True)


def _joined(pieces: list[Any], ordered: bool) -> NDArray[Any] | Categories:
    if not any(isinstance(piece, Categories) for piece in pieces):
        return np.concatenate(pieces)
    if ordered:
        longest = max((piece.values for piece in pieces), key=len)
        place = {word: k for k, word in enumerate(longest)}
        codes = [np.array([place[w] for w in p.values], np.int64)[p.codes] for p in pieces]
        return Categories(np.concatenate(codes), longest, ordered=True)
    return Categories.of(word for piece in pieces for word in _cells(piece))


def _cells(piece: Any) -> list[str]:
    if isinstance(piece, Categories):
        return [piece.values[code] for code in piece.codes]
    return [str(value) for value in piece.tolist()]  # truth values, where other parts have gaps
