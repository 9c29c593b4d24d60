"""The planned order parameters, each with a scale on which a correction hardly depends on n."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy

from twinseed.arrays import Array
from twinseed.coupling import Coupling, outlier, solve
from twinseed.coupling.outliers import mixing, unmixed
from twinseed.errors import InputError
from twinseed.filters import Filter
from twinseed.orders import convergence, memorisation
from twinseed.planning.pairs import Numbers
from twinseed.populations import Population
from twinseed.readout import Estimate

__all__ = ["CURVES", "Curve", "coupled", "recovered_group", "recovery_gap", "told"]

_LEAST = 1e-12
_FAINT = 1e-3  # a logarithm of the ratio, or of the odds of the share, that is none
_LARGEST = 700.0  # of a logarithm whose exponential is finite
_LOST = 1e-3
"""Recovery that counts as none."""


@dataclass(frozen=True)
class Curve:
    """One planned order parameter on its straight scale, the scale on which theory is corrected.

    Args:
        name: name of the order parameter.
        straight: a function from the estimates of theory to the straight scale.
        measured: a function from the numbers of pairs of models to the straight scale. Its second
            argument is True for a comparison of twins, and False for a comparison with the truth.
        back: a function from the straight scale to the order parameter.
        relative: whether a correction multiplies theory; if not, a correction is added.
    """

    name: str
    straight: Callable[[dict[str, Estimate]], Array]
    measured: Callable[[Numbers, bool], Array]
    back: Callable[[Array], Array]
    relative: bool = False

    def apart(self, found: Array, theory: Array) -> Array:
        """Return the difference of a number and theory, or the relative difference."""
        if not self.relative:
            return np.asarray(found - theory)
        return np.asarray(found / np.maximum(theory, _LEAST) - 1.0)

    def corrects(self, theory: Array) -> Curve:
        """Return the curve whose corrections suit a theory: added where theory is nearly nothing.

        Args:
            theory: theory at all n of a plan, on the straight scale.
        """
        if self.relative and np.any(np.asarray(theory) <= _FAINT):
            return replace(self, relative=False)
        return self

    def corrected(self, theory: Array, by: Array) -> Array:
        """Return theory with a correction: the inverse of ``apart``."""
        return np.asarray(theory * (1.0 + by) if self.relative else theory + by)


def coupled(population: Population, filter: Filter, n: Array) -> Coupling:
    """Solve for models of ``n`` training rows each, which estimate their mean as well."""
    assert population.dimension is not None
    degrees = (n - 1.0)[:, None, None]
    d = np.full_like(degrees, population.dimension)
    coupling = solve(population, [filter], degrees, d, degrees / d)
    if coupling.missing.any():
        if isinstance(coupling.reason, InputError):
            raise coupling.reason
        raise InputError(
            "filter",
            f"has no theory for this spectrum: {coupling.reason}",
            filter,
            "plan with another filter",
        )
    return coupling


def told(
    population: Population, filter: Filter, n: Array, groups: Sequence[slice]
) -> dict[str, Estimate]:
    """Return what theory predicts at ``n``; the recovery has one column per group of factors."""
    coupling = coupled(population, filter, n)
    found = {
        **convergence.from_coupling(coupling),
        **memorisation.from_coupling(coupling),
    }
    estimates = {
        name: Estimate(_along_n(one.value, n), 0.0, _along_n(one.status, n))
        for name, one in found.items()
        if name != "convergence_factor"
    }
    recovered = [recovered_group(population, group, n) for group in groups]
    estimates["recovery"] = Estimate(np.array(recovered).reshape(len(groups), n.size).T, 0.0)
    return estimates


def recovered_group(population: Population, group: slice, n: Array) -> Array:
    """Return the mean squared overlap of a group's subspace with the truth.

    The mean is over the factors of the group. The overlap of each factor is the overlap over the
    bulk, less what the factor shares with factors outside the group. Two equal factors in two
    groups have an overlap of 1/2 each. A group without factors in this population has 0.
    """
    every = population.factors
    if every[group].size == 0:
        return np.zeros(n.size)
    assert population.dimension is not None
    d, outside = population.dimension, np.delete(every, group)
    bulk = population.eigenvalues(d)[every.size :]
    around = (bulk, np.full(bulk.size, 1.0 / d))
    each = []
    for factor in every[group].tolist():
        found = outlier(factor, around, (n - 1.0) / d)
        squares = [mixing(factor, float(one), found, n - 1.0) for one in outside]
        each.append(found.overlap * unmixed(np.array(squares).reshape(-1, n.size).T))
    return np.asarray(np.mean(each, axis=0))


def _along_n(part: Any, n: Array) -> Any:
    return np.broadcast_to(np.asarray(part).reshape(-1), n.shape)


def _log_odds(share: Array) -> Array:
    inside = np.clip(share, _LEAST, 1.0 - _LEAST)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def _share(log_odds: Array) -> Array:
    return np.asarray(scipy.special.expit(log_odds))


def _convergence(estimates: dict[str, Estimate]) -> Array:
    q, gap = (np.asarray(estimates[name].value) for name in ("convergence", "convergence_gap"))
    return np.asarray(np.log(np.maximum(q, _LEAST)) - np.log(np.maximum(gap, _LEAST)))


def recovery_gap(recovery: Array) -> Array:
    """Return the root of the odds of the recovery, which grows as the root of n."""
    inside = np.clip(recovery, _LOST, 1.0 - _LEAST)
    return np.asarray(np.sqrt(inside / (1.0 - inside)))


def _recovery(gap: Array) -> Array:
    square = np.square(np.maximum(gap, 0.0))
    return np.asarray(square / (1.0 + square))


CURVES = {
    curve.name: curve
    for curve in (
        Curve(
            "convergence",
            _convergence,
            lambda numbers, twins: np.asarray(np.log1p(-numbers.gap) - np.log(numbers.gap)),
            _share,
        ),
        Curve(
            "memorisation_ratio",
            lambda estimates: np.log(np.asarray(estimates["memorisation_ratio"].value)),
            lambda numbers, twins: np.asarray(np.log(numbers.own / numbers.fresh)),
            lambda log_ratio: np.asarray(np.exp(np.minimum(log_ratio, _LARGEST))),
            relative=True,
        ),
        Curve(
            "memorisation_share",
            lambda estimates: _log_odds(np.asarray(estimates["memorisation_share"].value)),
            lambda numbers, twins: _log_odds(np.clip(numbers.share, _LOST**2, 1.0 - _LOST**2)),
            _share,
            relative=True,
        ),
        Curve(
            "recovery",
            lambda estimates: recovery_gap(np.asarray(estimates["recovery"].value)),
            lambda numbers, twins: recovery_gap(np.sqrt(numbers.twins) if twins else numbers.truth),
            _recovery,
            relative=True,
        ),
    )
}
