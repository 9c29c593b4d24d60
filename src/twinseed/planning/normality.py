"""Whether the rows of a pilot are Gaussian, by their third and fourth moments."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twinseed.arrays import Array

__all__ = ["HEAVY", "heaviest_direction", "moments", "oddness"]

HEAVY = 8.0
"""Kurtosis of a direction above which few rows dominate the direction, and the plan warns."""
_LEADING = 10
"""Directions whose moments are looked at."""
_NO_SIGN = 1.3
"""Standard deviations above the mean of Gaussian pilots up to which nothing is concluded."""
_SURE = 3.0
"""Standard deviations from which the rows are taken to be not Gaussian."""
_LEAST_SHARE = 0.01
"""Share of the variance below which a direction does not count as heavy."""


def moments(rows: Array) -> Array:
    """Return how far the third and the fourth moments of rows are from those of Gaussian rows.

    Equation: with z the coordinates of the rows along their leading directions, scaled to variance
    1, the mean of ``E[z_i z_j z_k]^2`` over i, j, k, and the mean over i, j of
    ``(E[z_i^2 z_j^2] - 1 - 2 delta_ij)^2``. The first is the skewness of Mardia, but for a
    constant factor. For Gaussian rows both tend to 0 as 1/n.

    Args:
        rows: rows, (n, k), in any coordinates. At most ten directions are looked at, and a fifth
            of the rows.

    Returns:
        Both numbers, (2,).

    Source: Mardia, Biometrika 57 (1970).
    """
    centred = rows - rows.mean(axis=0)
    tall = len(rows) > rows.shape[1]
    values, vectors = np.linalg.eigh(centred.T @ centred if tall else centred @ centred.T)
    kept = int(np.count_nonzero(values > values[-1] * 1e-10))
    number = max(1, min(_LEADING, len(rows) // 5, kept))
    scores = (centred @ vectors if tall else vectors)[:, ::-1][:, :number]
    scores = scores / np.sqrt(np.mean(scores**2, axis=0))
    pairs = (scores[:, :, None] * scores[:, None, :]).reshape(len(scores), -1)
    third = pairs.T @ scores / len(scores)
    fourth = (scores**2).T @ scores**2 / len(scores) - 1.0 - 2.0 * np.eye(number)
    return np.array([np.mean(third**2), np.mean(fourth**2)])


def oddness(own: Array, of_gaussians: Sequence[Array]) -> float:
    """Return how sure it is that rows are not Gaussian: 0, no sign, to 1, no doubt.

    The moments of the rows are compared with the moments of Gaussian rows of the same number and
    covariance: 0 up to 1.3 standard deviations above their mean, 1 from 3 on.

    Args:
        own: the moments of the rows, (2,), from ``moments``.
        of_gaussians: the moments of at least two sets of Gaussian rows.
    """
    usual = np.array(of_gaussians)
    above = (own - usual.mean(axis=0)) / np.maximum(usual.std(axis=0, ddof=1), 1e-300)
    return float(np.clip((above.max() - _NO_SIGN) / (_SURE - _NO_SIGN), 0.0, 1.0))


def heaviest_direction(rows: Array) -> float:
    """Return the largest kurtosis of a leading direction of rows; 3 for Gaussian rows.

    At most ten directions are looked at, each with at least 1 % of the variance. A large kurtosis
    means that few rows have most of the variance along this direction. Another pilot has other
    such rows, or none.

    Args:
        rows: rows, (n, k), in any coordinates.
    """
    centred = rows - rows.mean(axis=0)
    tall = len(rows) > rows.shape[1]
    values, vectors = np.linalg.eigh(centred.T @ centred if tall else centred @ centred.T)
    values = np.maximum(values[::-1], 0.0)
    counted = (values >= _LEAST_SHARE * values.sum())[:_LEADING]
    scores = (centred @ vectors if tall else vectors)[:, ::-1][:, :_LEADING][:, counted]
    kurtosis = np.mean(scores**4, axis=0) / np.mean(scores**2, axis=0) ** 2
    return float(kurtosis.max(initial=1.0))
