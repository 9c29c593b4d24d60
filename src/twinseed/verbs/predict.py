"""The verb ``predict``: every order parameter by theory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twinseed.checks import Loads, Sizes
from twinseed.coupling import Coupling, solve
from twinseed.errors import InputError
from twinseed.filters import Filter, Ridge
from twinseed.orders import ORDERS, OrderParameter
from twinseed.populations import Population
from twinseed.readout import VARIABLES, Estimate, Readout
from twinseed.status import Status
from twinseed.verbs.sweeps.grid import Grid

__all__ = ["predict", "predicted"]

_PLAIN = Ridge(0.0)


def predict(
    population: Population | Sequence[Population],
    filter: Filter | Sequence[Filter] = _PLAIN,
    *,
    n: Sizes | None = None,
    d: Sizes | None = None,
    gamma: Loads | None = None,
) -> Readout:
    """Predict every order parameter of twin linear generators, on a grid.

    Equation: two models ``x = f(S) z``, each with the sample covariance S of ``n`` different
    Gaussian rows, share the noise z; the functions ``from_coupling`` of ``twinseed.orders`` give
    each variable's formula. Pass two of ``n``, ``d`` and ``gamma = n/d``. For a population that has
    a dimension pass ``n`` or ``gamma`` alone. For any other population ``gamma`` alone is the limit
    of large n and d.

    Range: ``n`` and ``d`` from 1, ``gamma`` from 1e-100 to 1e100, the population's mean eigenvalue
    from 1e-150 to 1e150; filters other than ``Ridge`` have no theory where ``n/d`` is below 1e-12
    or above 1e12. See ``readout.VARIABLES`` for the range of each variable.
    Shapes: a number gives a scalar coordinate, a 1-d sequence a dimension (``n``, ``d``, ``gamma``,
    and the filter's parameter, such as ``ridge``); a sequence of populations gives the first
    dimension, ``strength`` or ``exponent``; recovery has a further dimension ``factor``.

    Args:
        population: the covariance of the data, or a sequence. A sequence is all ``Spiked`` with one
            bulk and one number of factors (dimension ``strength``: of the first factor whose
            strength differs), or all ``PowerLaw`` with one d (dimension ``exponent``).
        filter: one filter, or a sequence of them.
        n: training rows of each model.
        d: columns of the data.
        gamma: sample complexity n/d.

    Returns:
        A readout; standard errors are 0, and each status says how far to trust the formula. Where
        theory has no number for a cell, or the filter fails in a cell, the values of this cell are
        missing, with the status "no theory". The other cells have values, and recovery has values
        everywhere, because recovery does not depend on the filter.

    Raises:
        InputError: an argument out of range, a combination that does not determine the load, or a
            filter that fails in every cell.

    Validity: Gaussian data with known mean (with an estimated mean pass n - 1), n and d of 100 or
    more; corrections are of order 1/d.
    Source: Maillard and Goldt, arXiv 2605.21402.

    >>> import twinseed as ts
    >>> readout = ts.predict(ts.Spiked([3.0]), ts.Ridge(0.1), gamma=[0.5, 2.0])
    >>> readout.convergence.values.round(4)
    array([0.6409, 0.8966])
    >>> readout.recovery.sel(factor=1).values.round(4)
    array([0.4667, 0.8095])
    >>> sweep = ts.predict([ts.Spiked([1.0]), ts.Spiked([3.0])], gamma=2.0)
    >>> sweep.recovery.sel(factor=1, strength=3.0).item()
    0.8095...

    See also: ``simulate``, ``measure``, ``compare``.
    """
    return predicted(population, filter, n=n, d=d, gamma=gamma)


def predicted(
    population: Population | Sequence[Population],
    filter: Filter | Sequence[Filter] = _PLAIN,
    *,
    n: Sizes | None = None,
    d: Sizes | None = None,
    gamma: Loads | None = None,
    orders: Sequence[OrderParameter] = ORDERS,
) -> Readout:
    """Predict some of the order parameters: ``predict`` with one argument more.

    Args:
        population: as in ``predict``.
        filter: as in ``predict``.
        n: as in ``predict``.
        d: as in ``predict``.
        gamma: as in ``predict``.
        orders: the order parameters to predict. The variables of the others are "not measured".
            The distance to the truth takes about half of the time for a population of many levels.

    Returns:
        A readout, whose predicted variables are those of ``predict``.

    Raises:
        InputError: as in ``predict``.

    >>> import twinseed as ts
    >>> from twinseed.orders import ORDERS
    >>> found = predicted(ts.Spiked([3.0]), gamma=2.0, orders=ORDERS[:2])
    >>> found.convergence.item() == ts.predict(ts.Spiked([3.0]), gamma=2.0).convergence.item()
    True
    >>> found.recovery_status.values.tolist()
    ['not measured']

    See also: ``predict``.
    """
    grid = Grid.build(population, filter, n=n, d=d, gamma=gamma)
    couplings = [
        solve(one, grid.filters, grid.n[place], grid.d[place], grid.gamma[place])
        for place, one in enumerate(grid.populations)
    ]
    reason = couplings[0].reason
    if isinstance(reason, InputError) and all(one.missing.all() for one in couplings):
        raise reason
    estimates = grid.stacked([_estimates(one, orders) for one in couplings])
    return grid.readout(estimates, source="predict", attrs={})


def _estimates(coupling: Coupling, orders: Sequence[OrderParameter]) -> dict[str, Estimate]:
    """Predict for one population of the grid; arrays have the shape of the other axes."""
    return {
        name: _without(one, name, coupling) if order.of_the_filter else one
        for order in orders
        for name, one in order.from_coupling(coupling).items()
    }


def _without(estimate: Estimate, name: str, coupling: Coupling) -> Estimate:
    """Return an estimate without the entries for which theory has no number."""
    absent = coupling.missing[..., None] if VARIABLES[name].per_factor else coupling.missing
    return Estimate(
        np.where(absent, np.nan, estimate.value),
        np.where(absent, np.nan, estimate.se),
        np.where(absent, str(Status.NO_THEORY), estimate.status),
        bias=np.where(absent, np.nan, estimate.bias),
    )
