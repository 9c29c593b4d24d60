"""The data of the main job: checked, cleaned and shuffled rows, and their population."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.checks import numeric_rows
from twinseed.errors import InputError, needs
from twinseed.matched import matched_model
from twinseed.orders.recovery import factor_groups
from twinseed.populations import Atoms, estimate_population
from twinseed.randomness import stream
from twinseed.readers import load_rows

__all__ = ["CleanRows", "DataPopulation", "data_population", "prepared"]

_FEWEST = 8
"""Rows for two training sets of two rows, two held-out rows, and two fresh rows."""
_MANY = 20
"""With at least as many rows per column, the sample spectrum is the population spectrum."""
_FACTORS = 5


@dataclass(frozen=True, eq=False)
class CleanRows:
    """Cleaned rows in random order, and the constant columns that were removed.

    Shapes: ``values`` (N, d), the columns that vary; ``template`` (all columns), one row with the
    values of constant columns; ``varying`` marks the d columns in the template. ``picture`` is the
    shape of a row as an image, or empty.
    """

    name: str
    values: Array
    template: Array
    varying: NDArray[np.bool_]
    picture: tuple[int, ...]
    repeated: int
    own: bool

    @property
    def count(self) -> int:
        """Number of rows."""
        return len(self.values)

    @property
    def d(self) -> int:
        """Number of columns that vary."""
        return int(self.values.shape[1])

    @property
    def constant_columns(self) -> int:
        """Number of columns that never vary and were removed."""
        return int((~self.varying).sum())

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the cleaned rows in their random order."""
        head = f"{self.values.shape};".encode()
        return hashlib.sha256(head + np.ascontiguousarray(self.values).tobytes()).hexdigest()

    @cached_property
    def spectrum(self) -> tuple[Array, Array]:
        """Eigenvalues (d,) of the covariance of all rows, largest first, and directions (d, k).

        The covariance of the N rows about their mean is divided by N, because the rows are the
        population of which training sets are random subsets.
        """
        model = matched_model(self.values)
        eigenvalues = np.zeros(self.d)
        eigenvalues[: model.eigenvalues.size] = model.eigenvalues * (1.0 - 1.0 / self.count)
        return eigenvalues, np.ascontiguousarray(model.directions)

    def restored(self, samples: Array) -> Array:
        """Return samples as pictures, with the constant columns inserted again."""
        full = np.tile(self.template, (len(samples), 1))
        full[:, self.varying] = samples
        return full.reshape(len(samples), *self.picture)


def prepared(data: Any, entropy: tuple[int, ...]) -> CleanRows:
    """Return the rows to work on: scikit-learn's digits, or ``data``, a path or an array.

    Repeated rows are removed, because a row in both halves would raise agreement, and a row in a
    training set and among the held-out rows would hide copying. Constant columns are removed too.
    Then the rows are shuffled: consecutive rows of a file are often related (the digits are sorted
    by writer), and a split in the order of the file would compare two populations.

    Raises:
        InputError: an unreadable file, values that are not finite numbers, fewer than 8 different
            rows or fewer than 2 columns that vary.
        MissingExtraError: the digits without scikit-learn.
    """
    if data is None:
        name, given = "digits", _digits()
    elif isinstance(data, str | PathLike):
        name, given = Path(data).name, load_rows(data)
    else:
        name, given = "data", np.asarray(data)
    picture = tuple(given.shape[1:]) if given.ndim == 3 else ()
    raw = numeric_rows("data", given, at_least=_FEWEST)
    values = np.array(raw, dtype=np.float64)
    whole = np.ascontiguousarray(values).view(np.dtype((np.void, values.strides[0]))).ravel()
    first = np.sort(np.unique(whole, return_index=True)[1])
    repeated = len(values) - first.size
    values = values[first]
    varying = values.max(axis=0) > values.min(axis=0)
    if len(values) < _FEWEST:
        raise InputError(
            "data", f"must have at least {_FEWEST} different rows", len(values), "pass more rows"
        )
    if varying.sum() < 2:
        raise InputError(
            "data",
            "must have at least 2 columns that vary",
            int(varying.sum()),
            "pass rows as samples and columns as features",
        )
    order = stream(entropy, "shuffle of the data").permutation(len(values))
    return CleanRows(
        name=name,
        values=np.ascontiguousarray(values[order][:, varying]),
        template=values[0].copy(),
        varying=varying,
        picture=picture,
        repeated=repeated,
        own=data is not None,
    )


@dataclass(frozen=True)
class DataPopulation:
    """A population for the rows, and the leading directions whose recovery is measured.

    ``factors`` is 0 where the population is estimated: it then has a spectrum, but no directions.
    Groups of nearly equal eigenvalues are compared as subspaces.
    """

    population: Atoms
    exact: bool
    factors: int
    groups: list[slice]


def data_population(rows: CleanRows) -> DataPopulation:
    """Return the population of the rows.

    With at least 20 rows per column the N rows are the population, and training sets are random
    subsets of these rows: the population spectrum is known exactly. With fewer rows the spectrum of
    the rows is too wide, so that predicted agreement is too high; then the population is estimated.
    """
    eigenvalues, _ = rows.spectrum
    if rows.count < _MANY * rows.d:
        estimate = estimate_population(rows.values)
        return DataPopulation(Atoms(estimate.eigenvalues(rows.d)), False, 0, [])
    apart = np.flatnonzero(eigenvalues[1:] < 0.9 * eigenvalues[:-1]) + 1
    apart = apart[(apart <= _FACTORS) & (apart < rows.d)]
    number = int(apart[-1]) if apart.size else 0
    if np.unique(eigenvalues[: number + 1]).size <= number:
        number = 0
    groups = factor_groups(eigenvalues[:number]) if number else []
    return DataPopulation(Atoms(eigenvalues, leading=number), True, number, groups)


def _digits() -> NDArray[Any]:
    with needs("scikit-learn", "data", "the digits of the main job"):
        from sklearn.datasets import load_digits
    images: NDArray[Any] = load_digits().images
    return images
