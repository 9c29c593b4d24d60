"""Fourth moments of rows: how much rows that are not Gaussian change the order parameters.

The theory is for Gaussian rows. For n >> d the order parameters depend on the noise of a sample
covariance, and the variance of this noise is a fourth moment. So the first correction for other
data is known before anything is measured: these factors, which are 1 for Gaussian rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twinseed.arrays import Array

__all__ = ["FourthMoments", "fourth_moments"]


@dataclass(frozen=True)
class FourthMoments:
    """Ratios to the values of Gaussian rows; 1 means no difference."""

    agreement: float
    """The ratio for 1 - q."""
    closeness: float
    """The ratio for rho^2 - 1."""
    directions: Array
    """The ratio for 1 - Q, for each leading direction or group of directions."""


def fourth_moments(
    values: Array, eigenvalues: Array, directions: Array, groups: list[slice]
) -> FourthMoments:
    """Return the three factors of rows with this spectrum.

    Equations, with ``y`` the coordinates of a row about the mean along the directions:
    ``1 - q = (1/n) sum_ij var(y_i y_j)/(sqrt mu_i + sqrt mu_j)^2 / tr Sigma``;
    ``rho^2 - 1 ~ (1/n) (E|y|^4 - tr Sigma^2)``;
    ``1 - Q = (1/n) sum E[y_k^2 y_j^2]/(mu_k - mu_j)^2`` over k inside and j outside a group, per
    direction of the group; each divided by the same with Gaussian moments. Shapes: values (N, d),
    eigenvalues (d,), directions (d, k).

    >>> rng = np.random.default_rng(0)
    >>> rows = rng.standard_normal((20000, 3)) * [3.0, 2.0, 1.0]
    >>> found = fourth_moments(rows, np.array([9.0, 4.0, 1.0]), np.eye(3), [slice(0, 1)])
    >>> round(found.agreement, 1), round(found.closeness, 1), found.directions.round(1)
    (1.0, 1.0, array([1.]))
    """
    kept = eigenvalues[: directions.shape[1]] > 1e-12 * eigenvalues[0]
    mu = eigenvalues[: directions.shape[1]][kept]
    squares = ((values - values.mean(axis=0)) @ directions[:, kept]) ** 2
    mixed = squares.T @ squares / len(values)
    gaussian = np.outer(mu, mu)
    extra = np.diag(mu**2)
    root = np.sqrt(mu)
    weight = 1.0 / (root[:, None] + root) ** 2
    total, square = float(mu.sum()), float(np.dot(mu, mu))
    length = float(np.mean(squares.sum(axis=1) ** 2))
    factors = []
    for group in groups:
        outside = np.delete(np.arange(mu.size), group)
        inside = np.arange(mu.size)[group]
        pull = 1.0 / (mu[inside][:, None] - mu[outside]) ** 2
        block = np.ix_(inside, outside)
        factors.append(np.sum(mixed[block] * pull) / np.sum(gaussian[block] * pull))
    return FourthMoments(
        agreement=float(np.sum((mixed - extra) * weight) / np.sum((gaussian + extra) * weight)),
        closeness=(length - square) / (total**2 + square),
        directions=np.array(factors),
    )
