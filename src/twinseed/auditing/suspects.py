"""The suspects as a list: which sample, which real row, and what differs between the two."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from twinseed.auditing.copying import Copying
from twinseed.data.twins import Twins
from twinseed.files import require_output, write_text
from twinseed.jsonable import as_json

__all__ = ["SuspectRow", "save_suspects", "suspects_of"]

_ROUNDING = 1e-6  # relative: values that differ by less are equal up to float32
_LISTED = 50  # columns that are listed by name, at most


@dataclass(frozen=True)
class SuspectRow:
    """A sample beside the real row that it is closest to.

    ``sample`` and ``row`` count from 0, the header of a file is not counted. ``set`` is the
    argument that holds the row. ``distance`` is in the units of the comparison, ``times_closer``
    says how many times closer the row is than other rows, and ``by_chance`` how many such pairs
    chance makes; NaN where it is not known.
    """

    generator: str
    sample: int
    set: str
    row: int
    distance: float
    times_closer: float
    by_chance: float
    different: int
    """Number of columns in which the two differ."""
    columns_that_differ: tuple[str, ...]
    """Their names, the first fifty; empty for images."""
    sample_values: Mapping[str, Any] = field(default_factory=dict)
    """The sample as it was given, for tables."""
    row_values: Mapping[str, Any] = field(default_factory=dict)
    """The real row as it was given, for tables."""

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain numbers, lists and strings."""
        told = {name: as_json(value) for name, value in vars(self).items() if name not in _VALUES}
        told["columns_that_differ"] = list(self.columns_that_differ)
        return told | {name: _plain(getattr(self, name)) for name in _VALUES}

    def flat(self) -> dict[str, Any]:
        """Return it as one line of a table: values under "sample: age" and "row: age"."""
        told = {name: getattr(self, name) for name in _HEAD}
        told["columns_that_differ"] = "; ".join(self.columns_that_differ)
        told = {name: _short(value) for name, value in told.items()}
        names = list(dict.fromkeys([*self.sample_values, *self.row_values]))
        for name in names:
            for what, values in (("sample", self.sample_values), ("row", self.row_values)):
                told[f"{what}: {name}"] = values.get(name)
        return told


_VALUES = ("sample_values", "row_values")
_HEAD = tuple(name for name in SuspectRow.__dataclass_fields__ if name not in _VALUES)


def suspects_of(twins: Twins, copying: Copying) -> tuple[SuspectRow, ...]:
    """Return the named copies and the suspects of an audit, with the rows as they were given.

    ``twins`` are those that were handed in, before an encoder and before columns were scaled.
    """
    chosen: dict[tuple[str, int], tuple[str, int, float, float, float]] = {}
    for same in copying.named:
        pair = same.set, same.row, same.distance, math.nan, same.by_chance
        chosen[same.generator, same.sample] = pair
    for one in copying.suspects:
        key = one.generator, one.sample
        own = f"train_{one.generator}" if f"train_{one.generator}" in twins.arrays else "train_a"
        chance = math.nan
        if key in chosen and chosen[key][:2] == (own, one.training_row):
            chance = chosen[key][4]
        if key not in chosen or not math.isnan(chance):
            chosen[key] = own, one.training_row, one.distance, one.times_closer, chance
    return tuple(
        _beside(twins, generator, sample, *found) for (generator, sample), found in chosen.items()
    )


def save_suspects(suspects: Sequence[SuspectRow], path: str | Path, argument: str = "path") -> None:
    """Write suspects as .csv or .json; without any, the names of the columns alone.

    Raises:
        InputError: another ending, a file that cannot be written.
    """
    path = Path(path)
    require_output(argument, path, (".csv", ".json"))
    if path.suffix.lower() == ".json":
        text = json.dumps([one.to_dict() for one in suspects], indent=1, ensure_ascii=False)
        write_text(path, text + "\n", argument)
        return
    lines = [one.flat() for one in suspects]
    names = list(dict.fromkeys([*_HEAD, *(name for line in lines for name in line)]))
    table = io.StringIO()
    writer = csv.DictWriter(table, names, lineterminator="\n")
    writer.writeheader()
    for line in lines:
        writer.writerow({name: _written(value) for name, value in line.items()})
    write_text(path, table.getvalue(), argument)


def _beside(
    twins: Twins,
    generator: str,
    sample: int,
    role: str,
    row: int,
    distance: float,
    times_closer: float,
    by_chance: float,
) -> SuspectRow:
    made, real = twins.arrays[f"samples_{generator}"][sample], twins.arrays[role][row]
    x, y = (np.asarray(part, dtype=np.float64) for part in (made, real))
    apart = np.abs(x - y) > _ROUNDING * np.maximum(np.abs(x), np.abs(y))
    widths = [column.width for column in twins.layout]
    columns = np.add.reduceat(apart, np.cumsum([0, *widths[:-1]])) > 0
    table = twins.columns is not None
    names = [column.name for column in twins.layout]
    listed = () if twins.image_shape else tuple(names[k] for k in np.flatnonzero(columns)[:_LISTED])
    return SuspectRow(
        generator=generator.upper(),
        sample=sample,
        set=role,
        row=row,
        distance=distance,
        times_closer=times_closer,
        by_chance=by_chance,
        different=int(columns.sum()),
        columns_that_differ=listed,
        sample_values=twins.as_given(f"samples_{generator}", sample) if table else {},
        row_values=twins.as_given(role, row) if table else {},
    )


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _whole(value) for name, value in values.items()}


def _whole(value: Any) -> Any:
    """Return a cell as JSON can hold it; whole numbers without a point."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return int(value) if value.is_integer() else as_json(value)
    return value if isinstance(value, str | int | bool) or value is None else str(value)


def _written(value: Any) -> Any:
    if isinstance(value, float) and math.isinf(value):
        return "inf"
    return _whole(value)


def _short(value: Any) -> Any:
    """Return a measured number to six digits, and nothing where there is none."""
    if not isinstance(value, float):
        return value
    return None if math.isnan(value) else float(f"{value:.6g}")
