"""The schema file of a table: TOML, or the metadata.json of SDV."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from twinseed.errors import InputError
from twinseed.readers._sdv import sdv_columns
from twinseed.readers.reading import KINDS, ColumnSchema, ReadOptions

__all__ = ["schema_of"]

_COLUMN = {"kind": str, "unit": (int, float), "order": list, "format": str}
_TABLE = {"separator": str, "decimal": str, "encoding": str, "header": bool, "missing": list}
_LONGEST = 1 << 22


def schema_of(path: str | Path, reading: ReadOptions | None = None) -> ReadOptions:
    """Return what a schema file says, on top of other options.

    The file is TOML, as ``twinseed inspect --write`` leaves it: a table ``[columns.NAME]`` for each
    column, with ``kind``, ``unit``, ``order`` and ``format``; or the ``metadata.json`` of SDV, of
    several tables one that is named: ``metadata.json#guests``.

    Raises:
        InputError: no such file, text that is not TOML, a word that no schema knows, metadata of
            several tables of which none is named.
    """
    file, _, table = str(path).partition("#") if not Path(path).exists() else (path, "", "")
    if Path(file).suffix.lower() == ".json":
        described = sdv_columns(_read(path, file), table, lambda *said: _bad(path, *said))
        return replace(reading or ReadOptions(), columns=described)
    try:
        said = tomllib.loads(_read(path, path))
    except tomllib.TOMLDecodeError as error:
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


def _read(path: str | Path, file: str | Path) -> str:
    """Return the text of a schema; a device that never ends is none."""
    if not Path(file).is_file():
        raise _bad(path, "cannot be read (it is no file)", "check the name")
    try:
        with Path(file).open("rb") as opened:
            content = opened.read(_LONGEST + 1)
        if len(content) > _LONGEST:
            raise _bad(path, f"has more than {_LONGEST:,} bytes", "pass a schema")
        return content.decode("utf-8")
    except OSError as error:
        raise _bad(path, f"cannot be read ({error.strerror or error})", "check the name") from error
    except UnicodeDecodeError as error:
        raise _bad(path, f"must be text in UTF-8 ({error})", "save the file as UTF-8") from error


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
            raise _bad(
                path, f"gives {name!r} of {what} a value of another type", "correct the value"
            )


def _bad(path: str | Path, problem: str, remedy: str) -> InputError:
    return InputError("schema", problem, str(path), remedy)
