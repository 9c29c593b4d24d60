"""The reference directions: principal directions of real rows, or the true directions."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from twinseed.arrays import Array
from twinseed.checks import finite_vector, numeric_rows
from twinseed.data.directions import Jackknifed, jackknifed, left_out
from twinseed.data.rows import Rows
from twinseed.errors import InputError
from twinseed.orders.factor_count import FactorCount, factor_count
from twinseed.randomness import stream

__all__ = ["Reference", "counted", "orthonormal", "reference_of"]

SPARE = 5
"""Directions found beyond the factors, so that a group of equal factors is complete."""


@dataclass(frozen=True)
class Reference:
    """Leading directions of the data, and how many of them are compared."""

    asked: FactorCount
    found: Jackknifed | None
    """The directions, with ``SPARE`` more than are compared; None without rows for them."""
    count: int = field(init=False)
    """Number of directions that are compared: as many as asked for, or as many as exist."""
    eigenvalues: Array = field(init=False)
    """Eigenvalues of the compared directions, largest first; NaN where they are not known."""
    directions: Array | None = field(init=False)
    """The compared directions, (d, count), orthonormal columns."""

    def __post_init__(self) -> None:
        count, found = self.asked.count, self.found
        values, directions = np.full(count, np.nan), None
        if found is not None:
            count = min(count, found.eigenvalues.size)
            values, directions = found.eigenvalues[:count], found.vectors[:, :count]
        for name, value in (("count", count), ("eigenvalues", values), ("directions", directions)):
            object.__setattr__(self, name, value)

    @classmethod
    def of_rows(
        cls,
        rows: Rows,
        entropy: tuple[int, ...],
        *,
        factors: int = 5,
        reference: ArrayLike | None = None,
        resamples: int = 200,
    ) -> Reference:
        """Return the directions of ``reference`` rows, or else of the held-out rows."""
        found = reference_of(
            rows, entropy, factors=factors, reference=reference, resamples=resamples
        )
        return cls(counted(rows, factors, reference), found)

    @classmethod
    def known(
        cls, truth: ArrayLike, eigenvalues: ArrayLike | None, *, factors: int, d: int
    ) -> Reference:
        """Return the true directions (d, k), with their eigenvalues if these are passed.

        Raises:
            InputError: too few directions, or not orthonormal; eigenvalues that do not fall, or of
                another number than the directions.
        """
        asked = factor_count(factors, columns=d)
        directions = orthonormal("truth", truth, d)
        number = directions.shape[1]
        if number < asked.count:
            raise InputError(
                "truth",
                f"must have {asked.count} columns",
                number,
                "lower factors to the number of columns",
            )
        values = np.full(number, np.nan)
        if eigenvalues is not None:
            values = finite_vector("eigenvalues", eigenvalues, "pass one for each true direction")
            if values.size != number or np.any(np.diff(values) > 0):
                raise InputError(
                    "eigenvalues",
                    f"must be {number} numbers, largest first",
                    values,
                    "sort the eigenvalues and the columns of truth in the same order",
                )
        return cls(asked, Jackknifed(directions, values, [], exact=True))


def counted(rows: Rows, factors: int, reference: ArrayLike | None = None) -> FactorCount:
    """Return how many directions are compared, of ``factors`` asked for; see ``factor_count``."""
    count = None if rows.heldout is None else len(rows.heldout)
    if reference is not None:
        given = numeric_rows("reference", reference)
        if given.shape[1] != rows.d:
            raise InputError(
                "reference",
                f"must have {rows.d} columns",
                given.shape[1],
                "use the same columns as the samples",
            )
        count = len(given)
    return factor_count(factors, columns=rows.d, rows=count)


def reference_of(
    rows: Rows,
    entropy: tuple[int, ...],
    *,
    factors: int = 5,
    reference: ArrayLike | None = None,
    resamples: int = 200,
) -> Jackknifed | None:
    """Return the reference directions; None without reference or held-out rows.

    The directions of the held-out rows are kept in ``rows``, for other samples with the same rows.
    """
    need = counted(rows, factors, reference).count + SPARE
    if reference is None:
        side = rows.reference(entropy, need, jackknife=resamples > 0)
    else:
        given = numeric_rows("reference", reference)
        draw = stream(entropy, "recovery: reference")
        side = jackknifed(given, None, need, left_out(len(given), draw) if resamples else None)
    rank = 0 if side is None else int(np.sum(side.eigenvalues > 0.0))
    return side.first(rank) if side is not None and rank else None


def orthonormal(name: str, given: ArrayLike, d: int) -> Array:
    """Return directions (d, k) in float64, if their columns are orthonormal."""
    vectors = np.asarray(numeric_rows(name, given, at_least=1), dtype=np.float64)
    remedy = f"pass shape ({d}, k), one orthonormal direction per column"
    if vectors.shape[0] != d:
        raise InputError(name, f"must have {d} rows", vectors.shape, remedy)
    off = float(np.abs(vectors.T @ vectors - np.eye(vectors.shape[1])).max())
    if off > 1e-6:
        raise InputError(name, "must be orthonormal", f"off by {off:.1g}", remedy)
    return vectors
