"""How files are to be read: what the caller says of their form and of their columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from twinseed.errors import InputError

__all__ = ["KINDS", "ColumnSchema", "ReadOptions"]

KINDS = ("number", "words", "yes/no", "ordered", "date", "duration", "group", "label", "leave out")
"""What a schema may say that a column is."""

_MARKS = {"tab": "\t", "\\t": "\t"}


@dataclass(frozen=True)
class ColumnSchema:
    """What a schema says of one column; what is None is found from the cells."""

    kind: str | None = None
    unit: float | None = None
    """Numbers are divided by it."""
    order: tuple[str, ...] = ()
    """The words of an ordered column, from the least to the largest."""
    format: str | None = None
    """How dates are written, in the letters of ``datetime.strptime``: "%d/%m/%Y"."""


@dataclass(frozen=True, repr=False)
class ReadOptions:
    """How files are read; everything that is None is found from the files.

    >>> ReadOptions(resize=8)
    ReadOptions(resize=8)
    >>> ReadOptions(keep=("id",)).column("id").kind is None
    True
    """

    columns: Mapping[str, ColumnSchema] = field(default_factory=dict)
    """What a schema says of each column, by the name of the column."""
    separator: str | None = None
    """What stands between the cells of a line: "," ";" "|" or a tab."""
    decimal: str | None = None
    """The decimal mark, "." or ","."""
    encoding: str | None = None
    """The encoding of text, such as "latin-1"."""
    header: bool | None = None
    """Whether the first line names the columns."""
    missing: tuple[str, ...] = ()
    """Words that mean a missing value, beside the usual ones."""
    keep: tuple[str, ...] = ()
    """Columns that are not left out, although they name rows."""
    show_values: bool = False
    """Whether messages may show the cells of tables."""
    convert: str | None = None
    """Pictures become "L" (grey) or "RGB"."""
    resize: int | None = None
    """Pictures become squares; this is the number of pixels on each side."""
    range: tuple[float, float] | None = None
    """Values of arrays and pictures are moved from this range to 0 ... 255."""
    layout: str | None = None
    """Which axis of an array is which: "NHWC" is turned into N x C x H x W."""
    rows: tuple[str, ...] | None = None
    """The dimensions of NetCDF and zarr whose entries are rows, such as time."""
    log_normalise: bool = False
    """Whether the counts of each row are brought to one total, and become logarithms."""

    def __post_init__(self) -> None:
        """Refuse what no file can be read by, before any file is opened."""
        if self.separator is not None:
            mark = _MARKS.get(self.separator, self.separator)
            if mark not in (",", ";", "|", "\t"):
                remedy = "write , or ; or | or tab"
                raise InputError("separator", "must be one of four marks", self.separator, remedy)
            object.__setattr__(self, "separator", mark)
        _require("convert", self.convert in (None, "L", "RGB"), self.convert, "write L or RGB")
        _require("layout", self.layout in (None, "NHWC"), self.layout, "write NHWC")
        _require(
            "resize",
            self.resize is None or 1 <= self.resize <= 1 << 14,
            self.resize,
            "write the pixels of a side, at most 16384",
        )
        _require(
            "rows",
            self.rows is None or bool(self.rows and all(self.rows)),
            self.rows,
            "write the name of a dimension, such as time; several with commas between them",
        )
        ends = self.range
        _require(
            "range",
            ends is None or (len(ends) == 2 and -1e30 < ends[0] < ends[1] < 1e30),
            ends,
            "write the least and the largest value, as in -1,1",
        )
        if self.encoding is not None:
            try:
                "".encode(self.encoding)
            except LookupError as error:
                remedy = "write one that Python knows, such as latin-1 or utf-16"
                problem = "must be an encoding of text"
                raise InputError("encoding", problem, self.encoding, remedy) from error

    def __repr__(self) -> str:
        plain = ReadOptions()
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        told = (f"{k}={v!r}" for k, v in given.items() if v != getattr(plain, k))
        return f"ReadOptions({', '.join(told)})"

    def column(self, name: str) -> ColumnSchema:
        """Return what the schema says of a column.

        Args:
            name: the name of the column.
        """
        return self.columns.get(name, ColumnSchema())

    def sendable(self) -> dict[str, Any]:
        """Return what the reader of a file needs of it, as JSON can hold it."""
        parts = asdict(self)
        del parts["columns"]
        return parts

    @classmethod
    def received(cls, parts: dict[str, Any]) -> ReadOptions:
        """Return the options that ``sendable`` packed.

        Args:
            parts: what ``sendable`` returned.
        """
        found: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in parts.items()
        }
        return cls(**found)


def _require(argument: str, fine: bool, value: object, remedy: str) -> None:
    if not fine:
        raise InputError(argument, "must be one of those that are known", value, remedy)
