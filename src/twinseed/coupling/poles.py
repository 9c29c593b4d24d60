"""Factors in the limit: what each adds to the moments of a filter and to the sample spectrum.

In the limit a factor has no weight in the spectrum. Its sample eigenvalue is an isolated point.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from twinseed.arrays import Array
from twinseed.coupling.density import SampleDensity
from twinseed.coupling.outliers import Outlier
from twinseed.filters import Filter, SpectrumSeen, checked, evaluated

__all__ = ["add_poles", "spectrum_seen"]


def add_poles(
    first: Array,
    second: Array,
    apart: Sequence[Outlier],
    filter: Filter,
    ends: tuple[float, float] = (0.0, 0.0),
    function: Callable[..., Any] | None = None,
) -> None:
    """Add ``overlap f(position)`` of each outlier to the last entries, one entry per factor.

    Between the ``ends`` of a contour the entry holds this term for the ``function`` already.
    """
    for k, one in enumerate(apart, start=first.size - len(apart)):
        if not one.separated:
            continue
        place, overlap = np.atleast_1d(one.position), float(one.overlap)
        pole, held = float(checked(filter, place)[0]), 0.0
        if function is not None and ends[0] < place[0] < ends[1]:
            held = float(evaluated(filter, function, place)[0].real)
        first[k] += overlap * (pole - held)
        second[k] += overlap * (pole**2 - held**2)


def spectrum_seen(
    density: SampleDensity, mu: Array, weight: Array, n: float, d: float, apart: Sequence[Outlier]
) -> SpectrumSeen:
    """Return the limiting sample spectrum as weighted nodes, and the oracle along each node.

    Each outlier is a node without weight; the oracle along its direction is ``mu^2/psi(mu)``.
    """
    mass, zero = density.share @ weight, float(density.at_zero @ weight)
    oracle = (density.share @ (weight * mu)) / mass
    values = density.nodes
    if zero > 0:
        at_zero = float(density.at_zero @ (weight * mu)) / zero
        values, mass = np.append(values, 0.0), np.append(mass, zero)
        oracle = np.append(oracle, at_zero)
    for factor, one in zip(mu[mu.size - len(apart) :], apart, strict=True):
        if one.separated:
            values, mass = np.append(values, one.position), np.append(mass, 0.0)
            oracle = np.append(oracle, factor * (factor / one.position))
    order = np.argsort(values)
    return SpectrumSeen(values[order], mass[order], n, d, oracle[order])
