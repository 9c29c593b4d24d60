"""Writes readouts to files, in the format that the ending of the name says."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twinseed.cli.output import as_json_text, print_json, print_readout, readout_as_json
from twinseed.files import write_csv, write_parquet, write_text, written
from twinseed.jsonable import as_json

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["READOUT", "finish", "save_dataset", "save_json", "save_readout", "save_table"]

READOUT = (".nc", ".csv", ".parquet", ".json")
"""Endings that ``save_readout`` understands."""
_PARTS = {"value": "", "se": "_se", "bias": "_bias", "status": "_status"}


def save_dataset(
    dataset: xr.Dataset, names: Sequence[str], parts: dict[str, str], path: Path, as_json: Any
) -> None:
    """Write a data set; its variables have several parts, each with a suffix of the name."""
    ending = path.suffix.lower()
    if ending == ".nc":
        stored = dataset.drop_dims([dim for dim, size in dataset.sizes.items() if not size])
        with written(path, "--output") as unfinished:
            stored.to_netcdf(unfinished, engine="scipy")
    elif ending == ".json":
        save_json(as_json, path)
    else:
        save_table(list(_rows(dataset, names, parts)), path)


def save_readout(readout: xr.Dataset, path: Path) -> None:
    """Write a readout as NetCDF, as JSON, or as a table with one row for each number.

    The table has the columns ``variable``, the coordinates, ``factor`` (empty for variables without
    factors), ``value``, ``se``, ``bias`` and ``status``; a number that does not exist is empty.
    """
    from twinseed.readout import VARIABLES, save

    if path.suffix.lower() == ".nc":
        save(readout, path, "--output")
    else:
        save_dataset(readout, list(VARIABLES), _PARTS, path, readout_as_json(readout))


def finish(readout: xr.Dataset, output: Path | None, as_json: bool, quiet: bool) -> None:
    """Save a readout if ``output`` is passed, and print it."""
    if output is not None:
        save_readout(readout, output)
    if as_json:
        print_json(readout_as_json(readout))
    elif not quiet:
        print_readout(readout)


def save_json(value: Any, path: Path) -> None:
    """Write the JSON that ``--json`` prints."""
    write_text(path, as_json_text(value) + "\n", "--output")


def save_table(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Write rows of equal keys as .csv or .parquet."""
    names = list(rows[0]) if rows else []
    columns = {name: [row[name] for row in rows] for name in names}
    if path.suffix.lower() == ".csv":
        write_csv(columns, path, "--output")
    else:
        write_parquet(columns, path, "--output", "A .parquet file")


def _rows(
    dataset: xr.Dataset, names: Sequence[str], parts: dict[str, str]
) -> Iterator[dict[str, Any]]:
    """Yield a row for each number of a data set; its variables have several parts."""
    coordinates = {
        str(name): (tuple(map(str, found.dims)), found.values)
        for name, found in dataset.coords.items()
    }
    for name in names:
        dims = tuple(map(str, dataset[name + next(iter(parts.values()))].dims))
        columns = {part: dataset[name + end].transpose(*dims).values for part, end in parts.items()}
        for place in itertools.product(*(range(dataset.sizes[dim]) for dim in dims)):
            at = dict(zip(dims, place, strict=True))
            row: dict[str, Any] = {"variable": name}
            for coordinate, (along, values) in coordinates.items():
                known = set(along) <= set(dims)
                row[coordinate] = as_json(values[tuple(map(at.get, along))]) if known else None
            yield row | {part: as_json(values[place]) for part, values in columns.items()}
