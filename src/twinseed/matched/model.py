"""The matched linear model: fitted to rows, and sampled."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.data.twins import Twins
from twinseed.filters import Ridge
from twinseed.generators import LinearGenerator

__all__ = ["matched_model", "matched_twins"]

_PLAIN = Ridge(0.0)


def matched_model(rows: NDArray[Any]) -> LinearGenerator:
    """Fit the linear model whose samples have the mean and the covariance of the rows.

    Equation: ``x = mean + S^(1/2) z``, the mean and S of the rows.
    """
    return LinearGenerator.fit(rows, _PLAIN, center=True)


def matched_twins(twins: Twins, noise: Array, *, same_rows: bool = False) -> Twins:
    """Return the twins of the matched linear model: the same rows, sampled from the same noise.

    Without ``train_b`` there is no second model, unless ``same_rows`` says that B has A's rows.
    """
    a = matched_model(twins.train_a).sample(noise)
    b = a if same_rows else None
    if twins.train_b is not None:
        b = matched_model(twins.train_b).sample(noise)
    return Twins.of(twins.rows, a, b)
