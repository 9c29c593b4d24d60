"""How files are to be read: options of the caller, and the schema file of a table."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from twinseed.errors import InputError

__all__ = ["KINDS", "ColumnSchema", "ReadOptions", "schema_of"]

KINDS = ("number", "words", "yes/no", "ordered", "date", "duration", "group", "label", "leave out")
"""What a schema may say that a column is."""

_MARKS = {"tab": "\t", "\\t": "\t"}
_COLUMN = {"kind": str, "unit": (int, float), "order": list, "format": str}
_TABLE = {"separator": str, "decimal": str, "encoding": str, "header": bool, "missing": list}


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


@dataclass(frozen=True)
class ReadOptions:
    """How files are read; everything that is None is found from the files.

    >>> ReadOptions(keep=("id",)).column("id").kind is None
    True
    """

    columns: Mapping[str, ColumnSchema] = field(default_factory=dict)
    separator: str | None = None
    """What stands between the cells of a line: "," ";" "|" or a tab."""
    decimal: str | None = None
    """The decimal mark, "." or ","."""
    encoding: str | None = None
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
    """Pictures become squares of this many pixels a side."""
    range: tuple[float, float] | None = None
    """Values of arrays and pictures are moved from this range to 0 ... 255."""
    layout: str | None = None
    """Which axis of an array is which: "NHWC" is turned into N x C x H x W."""

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

    def column(self, name: str) -> ColumnSchema:
        """Return what the schema says of a column."""
        return self.columns.get(name, ColumnSchema())

    def sendable(self) -> dict[str, Any]:
        """Return what the reader of a file needs of it, as JSON can hold it."""
        parts = asdict(self)
        del parts["columns"]
        return parts

    @classmethod
    def received(cls, parts: dict[str, Any]) -> ReadOptions:
        """Return the options that ``sendable`` packed."""
        found: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in parts.items()
        }
        return cls(**found)


def schema_of(path: str | Path, reading: ReadOptions | None = None) -> ReadOptions:
    """Return what a schema file says, on top of other options.

    The file is TOML, as ``twinseed inspect --write`` leaves it: a table ``[columns.NAME]`` for each
    column, with ``kind``, ``unit``, ``order`` and ``format``; or the ``metadata.json`` of SDV.

    Raises:
        InputError: no such file, text that is not TOML, a word that no schema knows, metadata of
            several tables.
    """
    if Path(path).suffix.lower() == ".json":
        return replace(reading or ReadOptions(), columns=_of_sdv(path))
    try:
        said = tomllib.loads(_text(path))
    except OSError as error:
        raise _bad(path, f"cannot be read ({error.strerror or error})", "check the name") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _bad(
            path, f"must be TOML ({error})", "write one with twinseed inspect FILE --write SCHEMA"
        ) from error
    columns = said.pop("columns", {})
    if not isinstance(columns, dict) or not all(isinstance(one, dict) for one in columns.values()):
        raise _bad(path, "must have a table [columns.NAME] for each column", "see docs/inputs.md")
    _require_known(path, "the schema", said, _TABLE)
    found = {name: _column(path, name, about) for name, about in columns.items()}
    missing = tuple(map(str, said.pop("missing", ())))
    told = {name: value for name, value in said.items() if value is not None}
    return replace(reading or ReadOptions(), columns=found, missing=missing, **told)


def _text(path: str | Path) -> str:
    """Return the text of a schema; a device that never ends is none."""
    if not Path(path).is_file():
        raise _bad(path, "cannot be read (it is no file)", "check the name")
    with Path(path).open("rb") as file:
        content = file.read(_LONGEST + 1)
    if len(content) > _LONGEST:
        raise _bad(path, f"has more than {_LONGEST:,} bytes", "pass a schema")
    return content.decode("utf-8")


def _require(argument: str, fine: bool, value: object, remedy: str) -> None:
    if not fine:
        raise InputError(argument, "must be one of those that are known", value, remedy)


_LONGEST = 1 << 22
_SDV = {
    "numerical": "number",
    "categorical": "words",
    "boolean": "yes/no",
    "datetime": "date",
}
"""Kinds of SDV; every other one names rows or persons, and is left out."""


def _of_sdv(path: str | Path) -> dict[str, ColumnSchema]:
    """Return the columns of the one table that SDV's metadata describe."""
    try:
        said = json.loads(_text(path))
        tables = [said] if "columns" in said else list(said["tables"].values())
        if len(tables) > 1:
            raise _bad(
                path,
                f"describes {len(tables)} tables",
                "write the metadata of one table into a file of its own",
            )
        return {
            str(name): ColumnSchema(
                _SDV.get(about["sdtype"], "leave out"),
                format=about.get("datetime_format") if about["sdtype"] == "datetime" else None,
            )
            for name, about in tables[0]["columns"].items()
        }
    except OSError as error:
        raise _bad(path, f"cannot be read ({error.strerror or error})", "check the name") from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        if isinstance(error, InputError):
            raise
        raise _bad(
            path, "must be the metadata.json of SDV, or TOML", "see docs/inputs.md"
        ) from error


def _column(path: str | Path, name: str, about: dict[str, Any]) -> ColumnSchema:
    _require_known(path, f"column {name!r}", about, _COLUMN)
    if about.get("kind", "number") not in KINDS:
        raise _bad(
            path, f"gives column {name!r} an unknown kind", f"write one of {', '.join(KINDS)}"
        )
    unit = about.get("unit")
    if unit is not None and not (unit > 0 and unit < float("inf")):
        raise _bad(path, f"gives column {name!r} a unit that is not above zero", "write a number")
    if about.get("kind") == "ordered" and not about.get("order"):
        raise _bad(
            path,
            f"must say the order of the ordered column {name!r}",
            'write order = ["low", "middle", "high"]',
        )
    order = tuple(map(str, about.get("order", ())))
    kind = about.get("kind", "ordered" if order else None)
    return ColumnSchema(kind, unit, order, about.get("format"))


def _require_known(
    path: str | Path, what: str, said: Mapping[str, Any], known: Mapping[str, Any]
) -> None:
    for name, value in said.items():
        if name not in known:
            raise _bad(
                path,
                f"says {name!r} of {what}",
                f"write one of {', '.join(known)}, or leave it out",
            )
        if not isinstance(value, known[name]) or isinstance(value, bool) != (name == "header"):
            raise _bad(path, f"gives {name!r} of {what} a value of another type", "mend the value")


def _bad(path: str | Path, problem: str, remedy: str) -> InputError:
    return InputError("schema", problem, str(path), remedy)
