"""The population behind rows: their own spectrum where they are many, an estimate where few."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.optimize
from numpy.typing import NDArray

from twinseed.orders.recovery import factor_groups
from twinseed.populations import Atoms
from twinseed.reproduction.rows import Rows

__all__ = ["Described", "deconvolved", "described"]

Array = NDArray[np.float64]

_MANY = 20
"""Rows a column from which the sample spectrum is taken as the population's."""
_FACTORS = 5
_ZETAS, _LEVELS = 60, 200
_UNIT_ROW = 100.0


@dataclass(frozen=True)
class Described:
    """A population for the rows, and the leading directions that recovery asks for.

    ``factors`` is 0 where the population is an estimate: it has a spectrum, but no directions.
    Groups of nearly equal eigenvalues are compared as subspaces.
    """

    population: Atoms
    exact: bool
    factors: int
    groups: list[slice]


def described(rows: Rows) -> Described:
    """Return the population of the rows.

    With at least 20 rows a column the N rows themselves are the population, and training sets are
    random subsets of it: its spectrum is known exactly. With fewer, that spectrum is far too wide
    and makes agreement look too easy; the law behind the rows is estimated instead.
    """
    eigenvalues, _ = rows.spectrum
    if rows.count < _MANY * rows.d:
        rank = min(rows.count - 1, rows.d)
        scale = rows.count / (rows.count - 1)
        estimate = deconvolved(scale * eigenvalues[:rank], rows.count - 1, rows.d)
        return Described(estimate, False, 0, [])
    apart = np.flatnonzero(eigenvalues[1:] < 0.9 * eigenvalues[:-1]) + 1
    apart = apart[(apart <= _FACTORS) & (apart < rows.d)]
    number = int(apart[-1]) if apart.size else 0
    if np.unique(eigenvalues[: number + 1]).size <= number:
        number = 0
    groups = factor_groups(eigenvalues[:number]) if number else []
    return Described(Atoms(eigenvalues, leading=number), True, number, groups)


def deconvolved(eigenvalues: Array, n: int, d: int) -> Atoms:
    """Estimate a population spectrum from the eigenvalues of one sample covariance.

    Equation: for a grid of zeta, ``kappa = 1/m(-zeta)`` with the companion transform
    ``m(-zeta) = (1/n) sum 1/(lambda_i + zeta)`` over n eigenvalues, zeros included; then
    ``kappa - zeta = (d/n) sum_k w_k kappa mu_k/(kappa + mu_k)`` is linear in the weights w of a
    grid of mu: non-negative least squares in relative error, with ``sum w = 1``. Shapes: the
    non-zero eigenvalues (k,), ``k <= min(n, d)``.

    Validity: n and d of a hundred or more; from 200 rows of 400 columns it predicts convergence to
    0.005, where the sample spectrum itself is off by 0.3.
    Source: El Karoui, Ann. Statist. 36 (2008) 2757.

    >>> rng = np.random.default_rng(0)
    >>> rows = rng.standard_normal((150, 300))
    >>> estimate = deconvolved(np.linalg.eigvalsh(rows @ rows.T / 150), 150, 300)
    >>> bool(abs(np.mean(estimate.eigenvalues(300)) - 1.0) < 0.02)
    True
    """
    level = float(eigenvalues.sum()) / d
    top = float(eigenvalues.max())
    zeta = np.geomspace(1e-3 * level, 1e2 * top, _ZETAS)
    mu = np.geomspace(1e-3 * level, 1.2 * top, _LEVELS)
    companion = (1.0 / (eigenvalues + zeta[:, None])).sum(axis=1) + (n - eigenvalues.size) / zeta
    kappa = n / companion
    excess = kappa - zeta
    table = (d / n) * kappa[:, None] * mu / (kappa[:, None] + mu) / excess[:, None]
    system = np.vstack([table, np.full(mu.size, _UNIT_ROW)])
    target = np.append(np.ones(zeta.size), _UNIT_ROW)
    weights = scipy.optimize.nnls(system, target)[0]
    kept = weights > 1e-9
    values, share = mu[kept], weights[kept] / weights[kept].sum()
    return Atoms(values * (level / float(np.dot(values, share))), share)
