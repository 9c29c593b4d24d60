"""Chooses the engine that takes less time, by a model of the costs of Dense and of Krylov.

The unit of cost is one multiplication of a matrix product of the rows with 64 vectors. The
constants were measured once, on one core of an AMD EPYC (Zen 3) with OpenBLAS, at 350 to 1,400 rows
and columns. Only their ratios matter; the benchmark ``the_default_engine`` compares the choice with
both engines.
"""

from __future__ import annotations

import numpy as np
import scipy

from twinseed.arrays import Array
from twinseed.coupling.companion import outer_edges
from twinseed.errors import InputError, NoTheoryError
from twinseed.filters import Filter, checked
from twinseed.populations import Population
from twinseed.simulation._base import Engine
from twinseed.simulation.dense import Dense
from twinseed.simulation.krylov import Krylov

__all__ = ["DEFAULT_REVISION", "cheaper", "dense_cost", "expected_steps", "krylov_cost"]

_SQUARE, _WIDE, _TALL = 9.0, 11.0, 5.0
"""Cost of a thin decomposition over the cube of the short side; and over the square of the short
side times what the long side has more, for more columns and for more rows. Lapack works on a wide
matrix several times, and reduces a tall one to a triangle first."""
_VECTORS, _BASIS = 600.0, 20.0
"""Cost of a step for each entry of the vectors, which are read and written many times, and for each
entry of the basis. These read memory, and so cost more than the multiplications they do."""
_DIRECTIONS = 250.0
"""Products of the data with one vector until the directions of the factors are found."""
_CHECKED = 1.25
"""Steps taken over steps needed: the error is estimated from above, and not at every step."""
_NODES = 2048
"""Points at which a filter is evaluated; more steps than these are never the better way."""

DEFAULT_REVISION = f"{Dense.revision}.{Krylov.revision}.1"
"""The version of draws whose engine is chosen here; the last number is that of the choice."""


def cheaper(population: Population, filter: Filter, n: int, d: int) -> Engine:
    """Return ``Dense()``, or ``Krylov()`` where a draw of it takes less time.

    Up to ``Dense.wasserstein_limit`` columns the answer is ``Dense()``, which measures the
    distances to the truth; so is it for a filter that ``Krylov`` refuses. An engine without room
    for a draw is not chosen if the other engine has room.

    Args:
        population: the covariance of the data.
        filter: the filter of both models.
        n: training rows of each model.
        d: columns of the data.

    >>> import twinseed as ts
    >>> cheaper(ts.Spiked([3.0]), ts.Ridge(1.0), 4000, 4000)
    Krylov(seeds=64, tolerance=1e-06, dtype='float64', folder=None, basis_gib=1.0, max_gib=8.0)
    >>> cheaper(ts.Spiked([3.0]), ts.Ridge(0.0), 4000, 4000)
    Dense(seeds=64, wasserstein_limit=1000, max_gib=8.0)
    """
    dense, krylov = Dense(), Krylov()
    if d <= dense.wasserstein_limit or not _can(krylov, population, filter, n, d):
        return dense
    if not _can(dense, population, filter, n, d):
        return krylov
    steps = expected_steps(population, filter, n, d, krylov.tolerance)
    factors = population.factors.size
    return krylov if krylov_cost(n, d, krylov.seeds, steps, factors) < dense_cost(n, d) else dense


def dense_cost(n: int, d: int) -> float:
    """Return the cost of one thin decomposition, in multiplications of a matrix product.

    Args:
        n: training rows.
        d: columns of the data.
    """
    short, long = sorted((float(n), float(d)))
    return _SQUARE * short**3 + (_WIDE if n < d else _TALL) * short**2 * (long - short)


def krylov_cost(n: int, d: int, seeds: int, steps: int, factors: int) -> float:
    """Return the cost of one matrix function by Golub-Kahan steps, in the units of ``dense_cost``.

    Args:
        n: training rows.
        d: columns of the data.
        seeds: samples of a model.
        steps: Golub-Kahan steps.
        factors: leading directions that are found too.
    """
    products = 2.0 * float(n) * d
    around = _VECTORS * (n + d) + _BASIS * steps * d
    directions = _DIRECTIONS * float(n) * d if factors else 0.0
    return float(seeds * steps * (products + around) + directions)


def expected_steps(population: Population, filter: Filter, n: int, d: int, tolerance: float) -> int:
    """Return about how many Golub-Kahan steps samples of this relative error need.

    Equation: p directions far above the others take one step each; the least degree of a polynomial
    that equals the filter, within the tolerance, on the sample eigenvalues that are left is that of
    its Chebyshev series there. The answer is the least sum over p, and at most ``min(n + 1, d)``.
    For a ridge r the degree grows like ``sqrt((high + r)/(low + r)) log(1/tolerance)/2``.

    Args:
        population: the covariance of the data.
        filter: a filter that ``Krylov`` takes.
        n: training rows.
        d: columns of the data.
        tolerance: the relative error of the samples.

    Source: Saad, SIAM J. Numer. Anal. 29 (1992) 209, for the bound by polynomials.

    >>> import twinseed as ts
    >>> few, many = (expected_steps(ts.Spiked([]), ts.Ridge(r), 900, 900, 1e-6) for r in (1.0, 0.0))
    >>> few < 20, many
    (True, 900)
    """
    most = min(n + 1, d)
    mu = np.sort(population.eigenvalues(d)[population.factors.size :])[::-1]
    mu = mu[mu > 0.0]
    best, above = most, 0
    while above < min(best, mu.size):
        try:
            values, counts = np.unique(mu[above:], return_counts=True)
            low, high = outer_edges((values, counts / d), n, d)
        except NoTheoryError:
            break
        degree = _degree(filter, low, high, tolerance)
        best = min(best, above + population.factors.size + int(_CHECKED * degree) + 1)
        above = max(1, 2 * above) if values.size > 1 else mu.size
    return int(best)


def _degree(filter: Filter, low: float, high: float, tolerance: float) -> int:
    """Return the degree at which the rest of the filter's Chebyshev series is within tolerance."""
    turn = np.cos(np.pi * (np.arange(_NODES) + 0.5) / _NODES)
    values = checked(filter, low + (high - low) * (1.0 + turn) / 2.0)
    terms: Array = scipy.fft.dct(values) / _NODES
    rest = np.sqrt(np.cumsum(terms[::-1] ** 2)[::-1] / 2.0)
    within = np.flatnonzero(rest <= tolerance * np.sqrt(np.mean(values**2)))
    return int(within[0]) if within.size else _NODES


def _can(engine: Engine, population: Population, filter: Filter, n: int, d: int) -> bool:
    """Tell whether an engine takes a filter and has room."""
    try:
        engine.require_supported(population, filter)
        engine.require_room(n, d)
    except InputError:
        return False
    return True
