"""The schema file of a table: TOML, or the metadata.json of SDV."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from twinseed.errors import InputError
from twinseed.readers.reading import KINDS, ColumnSchema, ReadOptions

__all__ = ["schema_of"]

_COLUMN = {"kind": str, "unit": (int, float), "order": list, "format": str}
_TABLE = {"separator": str, "decimal": str, "encoding": str, "header": bool, "missing": list}
_LONGEST = 1 << 22
_SDV = {
    "numerical": "number",
    "categorical": "words",
    "boolean": "yes/no",
    "datetime": "date",
}
"""Kinds of SDV; every other one names rows or persons, and is left out."""


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
