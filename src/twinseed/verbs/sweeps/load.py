"""The verb ``load_sweep``: reads the draws in a store, while a sweep runs and afterwards."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twinseed.checks import given_path
from twinseed.errors import ReadoutError
from twinseed.files import write_csv, write_parquet
from twinseed.readout import Readout
from twinseed.status import Status
from twinseed.sweep import described, stored
from twinseed.tables import data_frame
from twinseed.verbs.sweeps.from_store import Draw, gathered, require_draws

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Sweep", "load_sweep"]

_STATUSES = frozenset(map(str, Status))


@dataclass(frozen=True, repr=False)
class Sweep:
    """The draws that were in a store when it was read, in the order in which they were made.

    ``about`` are the facts about the job in the store (kind, version, seed, engine, population). A
    table has one row per draw: its description (``n``, ``d``, ``filter_ridge``,
    ``population_kind``, ``replicate``, ...), the load ``gamma``, and each variable with its status
    (``recovery_1``, ``recovery_1_status`` for the first factor). Lists are numbered from 1.
    """

    path: Path
    about: Mapping[str, str]
    draws: Sequence[Draw]

    def __len__(self) -> int:
        return len(self.draws)

    def __repr__(self) -> str:
        kind, seed = self.about.get("kind"), self.about.get("seed")
        return f"<Sweep {str(self.path)!r}: {len(self)} draws of kind {kind!r}, seed {seed}>"

    def to_xarray(self) -> Readout:
        """Return the readout of the smallest grid that holds all draws.

        Equation: the means and standard errors of ``simulate``, with the same bits where the store
        has all draws. Range: see ``readout.VARIABLES``; a point without a draw is NaN, "not
        measured", and counted by the attribute ``missing``; a point with a single draw has a
        standard error of NaN. Shapes: the coordinates of ``simulate`` in rising order; a coordinate
        with a single value is a scalar; filters of different kinds are along the dimension
        ``filter``, labelled by kind and parameters. The variable ``draws`` is the number of draws
        per point.

        Raises:
            ReadoutError: the store was not made by ``simulate``, is empty, or its populations do
                not form a dimension: use a table of draws, which any store has.
        """
        if self.about.get("kind") != "simulate":
            raise ReadoutError(
                f"{self.path} holds draws of kind {self.about.get('kind')!r}, which do not form "
                "a grid: use the table of draws instead"
            )
        drew = self.about["version"].partition("/")[0]
        return gathered(self.draws, {"entropy": self.about["seed"], "twinseed": drew})

    def to_csv(self, path: str | Path) -> None:
        """Write the table of draws as CSV; a number that does not exist is empty.

        Args:
            path: the file to write.

        Raises:
            ReadoutError: there is no draw yet.
        """
        require_draws(self.draws)
        write_csv(self._columns(), path)

    def to_parquet(self, path: str | Path) -> None:
        """Write the table of draws as Parquet; a number that does not exist is null.

        Args:
            path: the file to write.

        Raises:
            MissingExtraError: without pyarrow.
            ReadoutError: there is no draw yet.
        """
        require_draws(self.draws)
        write_parquet(self._columns(), path, "path", "Sweep.to_parquet")

    def to_frame(self) -> pd.DataFrame:
        """Return the table of draws as a pandas data frame; a number that does not exist is NaN.

        Raises:
            MissingExtraError: without pandas.
        """
        return data_frame(self._columns(), "Sweep.to_frame")

    def _columns(self) -> dict[str, list[Any]]:
        rows = [dict(_row(*draw)) for draw in self.draws]
        names = dict.fromkeys(name for row in rows for name in row)
        return {name: [row.get(name) for row in rows] for name in names}


def load_sweep(path: str | Path) -> Sweep:
    """Read the draws that a sweep has made so far; a running sweep is not disturbed.

    Args:
        path: the store that was passed to ``simulate``.

    Returns:
        A sweep: ``.to_xarray()`` is a readout, ``.to_frame()`` a table with one row per draw.

    Raises:
        StoreError: there is no store, or it cannot be read.

    >>> import tempfile, twinseed as ts
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = Path(folder) / "draws.sqlite"
    ...     size = {"n": [40, 80], "d": 40, "replicates": 2}
    ...     drawn = ts.simulate(ts.Spiked([3.0]), **size, rng=0, store=store)
    ...     sweep = ts.load_sweep(store)
    >>> len(sweep), sweep.to_xarray().convergence.equals(drawn.convergence)
    (4, True)

    See also: ``simulate``.
    """
    store = given_path("path", path, "pass the store that was passed to ts.simulate")
    return Sweep(store, described(store), stored(store))


def _row(about: Mapping[str, Any], result: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in about.items():
        yield from _flat(key, value)
    if {"n", "d"} <= about.keys():
        yield "gamma", about["n"] / about["d"]
    for name, value in result.items():
        if isinstance(value, list) and len(value) == 2 and _holds_statuses(value[1]):
            yield from _flat(name, value[0])
            yield from ((f"{key}_status", one) for key, one in _flat(name, value[1]))
        else:
            yield from _flat(name, value)


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield columns: the parts of a mapping by name, those of a list by number from 1."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _flat(f"{name}_{key}", part)
    elif isinstance(value, list):
        for number, part in enumerate(value, start=1):
            yield from _flat(f"{name}_{number}", part)
    else:
        yield name, None if isinstance(value, float) and math.isnan(value) else value


def _holds_statuses(value: Any) -> bool:
    return all(map(_holds_statuses, value)) if isinstance(value, list) else value in _STATUSES
