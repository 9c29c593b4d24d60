"""The ``metadata.json`` of SDV, in its versions of one table and of several, as a schema."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from twinseed.errors import InputError
from twinseed.readers.reading import ColumnSchema

__all__ = ["sdv_columns"]

_KINDS = {
    "numerical": "number",
    "categorical": "words",
    "boolean": "yes/no",
    "datetime": "date",
}
"""Kinds of SDV; every other one names rows or persons, and is left out."""

Refuse = Callable[[str, str], InputError]


def sdv_columns(text: str, table: str, refuse: Refuse) -> dict[str, ColumnSchema]:
    """Return what the metadata of SDV say of the columns of a table.

    ``table`` names one of several tables; "" where there is one. Primary keys, alternate keys,
    foreign keys, ids and personal columns are left out. The key of sequences says which rows
    belong together: a group. A column of another kind that is not personal ("pii": false) is found
    from its cells.

    Raises:
        InputError: several tables and no name, an unknown name, text that is no metadata of SDV.

    >>> text = '{"columns": {"age": {"sdtype": "numerical"}, "id": {"sdtype": "id"}}}'
    >>> {name: one.kind for name, one in sdv_columns(text, "", InputError).items()}
    {'age': 'number', 'id': 'leave out'}
    """
    try:
        said = json.loads(text)
        tables = said.get("tables", {"": said})
        name = _chosen(dict(tables), table, refuse)
        about = tables[name]
        columns = about["columns"] if "columns" in about else about["fields"]
        keys = _keys(about, name, said.get("relationships", ()))
        groups = _listed(about.get("sequence_key"))
        found = {str(one): _column(described, keys, one) for one, described in columns.items()}
    except InputError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise refuse("must be the metadata of SDV, or TOML", "see docs/inputs.md") from error
    return found | {one: ColumnSchema("group") for one in groups if one in found}


def _chosen(tables: Mapping[str, Any], table: str, refuse: Refuse) -> str:
    listed = ", ".join(tables)
    if table:
        if table not in tables:
            raise refuse(f"describes no table {table!r}", f"it describes {listed or 'one table'}")
        return table
    if len(tables) > 1:
        raise refuse(
            f"describes {len(tables)} tables ({listed})",
            f"name the table of the files, as in metadata.json#{next(iter(tables))}",
        )
    if not tables:
        raise ValueError("no table")
    return next(iter(tables))


def _keys(about: Mapping[str, Any], name: str, relationships: Any) -> set[str]:
    """Return the columns that name rows of this table, or of another one."""
    found = {*_listed(about.get("primary_key"))}
    for one in about.get("alternate_keys") or ():
        found |= {*_listed(one)}
    for one in relationships or ():
        if one.get("child_table_name") == name:
            found |= {*_listed(one.get("child_foreign_key"))}
    return found


def _listed(value: Any) -> list[str]:
    if value is None:
        return []
    return list(map(str, value)) if isinstance(value, list) else [str(value)]


def _column(about: Mapping[str, Any], keys: set[str], name: str) -> ColumnSchema:
    kind = about["sdtype"] if "sdtype" in about else about["type"]
    if str(name) in keys or "ref" in about:
        return ColumnSchema("leave out")
    written = about.get("datetime_format", about.get("format")) if kind == "datetime" else None
    if kind not in _KINDS and about.get("pii") is False:
        return ColumnSchema()
    return ColumnSchema(_KINDS.get(kind, "leave out"), format=written)
