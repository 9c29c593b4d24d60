"""The sample spectrum of a pilot: eigenvalues of its sample covariance, degrees of freedom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.arrays import Array
from twinseed.checks import numeric_rows
from twinseed.errors import InputError

__all__ = ["PilotSpectrum", "gaussian_spectrum", "sample_spectrum"]

_FEWEST_ROWS = 8
_BLOCK = 1 << 22
"""Entries per block of the data that is converted to float64."""


@dataclass(frozen=True)
class PilotSpectrum:
    """The sample spectrum of a pilot.

    Args:
        eigenvalues: the eigenvalues of the sample covariance above zero, (rank,), largest first.
        degrees: degrees of freedom: the rows, less one if the rows also gave the mean.
        d: number of columns.
        directions: how many directions of the population vary, as far as the pilot shows.
        constant_columns: number of columns that never vary.
    """

    eigenvalues: Array
    degrees: int
    d: int
    directions: int
    constant_columns: int


def sample_spectrum(data: ArrayLike, *, known_mean: bool = False) -> PilotSpectrum:
    """Return the sample spectrum of the rows, through the smaller of the two Gram matrices."""
    rows = numeric_rows("data", data, at_least=_FEWEST_ROWS)
    n, d = rows.shape
    still = rows.max(axis=0) == rows.min(axis=0)
    if known_mean:
        mean, degrees = np.zeros(d), n
        still &= rows[0] == 0
    else:
        mean, degrees = rows.mean(axis=0, dtype=np.float64), n - 1
    gram = np.zeros((min(n, d), min(n, d)))
    step = max(1, _BLOCK // min(n, d))
    for start in range(0, max(n, d), step):
        part = slice(start, start + step)
        block = rows[:, part] - mean[part] if n < d else (rows[part] - mean).T
        gram += block @ block.T
    values = np.linalg.eigvalsh(gram)[::-1][: min(degrees, d)] / degrees
    values = _above_rounding(values, max(n, d))
    if values.size < 2:
        raise InputError(
            "data",
            "must vary along at least two directions",
            f"rank {values.size}",
            "pass the rows of the data, as samples by features",
        )
    constant = int(np.count_nonzero(still))
    full = values.size == min(degrees, d - constant)
    if not full:
        _require_distinct(rows, values.size + (not known_mean))
    directions = d - constant if full else int(values.size)
    return PilotSpectrum(values, degrees, d, directions, constant)


def gaussian_spectrum(variances: Array, degrees: int, rng: np.random.Generator) -> Array:
    """Draw the eigenvalues of a Gaussian sample covariance, largest first.

    Where the rows outnumber the directions, the rows themselves are never drawn.
    """
    size = variances.size
    if degrees < size:
        gram = np.zeros((degrees, degrees))
        step = max(1, _BLOCK // degrees)
        for start in range(0, size, step):
            root = np.sqrt(variances[start : start + step])
            block = rng.standard_normal((degrees, root.size)) * root
            gram += block @ block.T
    else:  # Bartlett's factor: chi on the diagonal, normal below
        factor = np.tril(rng.standard_normal((size, size)), -1)
        np.fill_diagonal(factor, np.sqrt(rng.chisquare(degrees - np.arange(size))))
        factor *= np.sqrt(variances)[:, None]
        gram = factor @ factor.T
    return _above_rounding(np.linalg.eigvalsh(gram)[::-1] / degrees, max(degrees, size))


def _above_rounding(values: Array, size: int) -> Array:
    return np.asarray(values[values > values[0] * size * np.finfo(np.float64).eps])


def _require_distinct(rows: NDArray[Any], needed: int) -> None:
    """Refuse repeated rows where only ``needed`` rows differ, as many as the rank needs.

    Where more rows differ, the columns limit the rank, as the categories of a table do.
    """
    distinct = len({row.tobytes() for row in rows})
    if distinct < len(rows) and distinct <= needed:
        raise InputError(
            "data",
            "must not repeat rows, because repeated rows hide how many directions vary",
            f"{distinct} different rows of {len(rows)}",
            "drop the repeated rows",
        )
