"""Means of a filter and of its square over the sample spectrum, given a population direction.

There are three routes: the ridge has an integral of positive terms on the real axis; a filter that
is analytic (above a threshold) is integrated along a contour; any other filter is integrated over
the density.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from twinseed.arrays import Array
from twinseed.coupling.cauchy import is_analytic
from twinseed.coupling.companion import outer_edges, support
from twinseed.coupling.contour import Contour, contour, wedge
from twinseed.coupling.density import SampleDensity, sample_density
from twinseed.coupling.information import (
    UNKNOWN,
    VANISHES,
    Information,
    along_contour,
    over_nodes,
    ridge,
)
from twinseed.coupling.outliers import Outlier, outlier
from twinseed.coupling.poles import add_poles, spectrum_seen
from twinseed.coupling.quadrature import ridge_conditional
from twinseed.errors import InputError, NoTheoryError
from twinseed.filters import Filter, Ridge, Truncation, checked, evaluated
from twinseed.populations import Spectrum

__all__ = ["Conditional", "conditional", "constant"]

_MOST_ATOMS = 64
_MASS = 1e-6
_REFINEMENTS = (1, 2, 4, 8, 16, 32)
_ANGLES = (np.pi / 4, np.pi / 8, np.pi / 16)
_CHECKED = 64
"""Eigenvalues at which a filter that is declared analytic must be a number of zero or above."""
_SETTLED = 1e-12
_SETTLED_SQUARE = 1e-11
_AGREED = 1e-9
_LOADS = 1e-12, 1e12
"""n/d between these numbers: the support and its distance from zero keep enough digits."""


@dataclass(frozen=True)
class Conditional:
    """``E[f | mu]``, ``E[f^2 | mu]``, ``sqrt(E[f^2 | mu]) - E[f | mu]`` per node; five numbers."""

    first: Array
    second: Array
    shortfall: Array
    own: float
    twice: float
    at_zero: float
    information: Information


def conditional(
    filter: Filter,
    exact: Spectrum,
    nodes: Spectrum,
    n: float,
    d: float,
    *,
    limit: bool,
    factors: Array,
) -> Conditional:
    """Return the moments of ``f(lambda)`` given each node of the spectrum, then each factor.

    Equation: ``E_pi[f^k | mu]``, pi the coupling of sample and population spectra, ``own = tr[S
    f(S)^2]/d = E_pi[lambda f^2]`` and ``twice = tr[S^2 f(S)^2]/d``. ``exact`` is the spectrum,
    ``nodes`` the spectrum or its compression; ``limit`` is True where only the ratio n/d has a
    meaning. ``factors`` are further population eigenvalues, which may lie outside the spectrum.

    Raises:
        InputError: a filter that is not declared analytic, on a spectrum of more than 64 atoms; a
            filter that is declared analytic but is not; a rank without a finite d; a filter that
            raises an error, or returns other values than numbers of zero or above.
        NoTheoryError: a numerical route does not converge; n/d is below 1e-12 or above 1e12, and
            the filter is not a ridge.

    Validity: the ridge to full precision, contours to about 1e-13 absolute, densities with a mass
    right to 1e-6.
    """
    mu = np.append(nodes[0], factors)
    if isinstance(filter, Ridge):
        return _ridge(filter.strength, nodes, n, d, mu)
    if limit and isinstance(filter, Truncation) and filter.rank is not None:
        raise InputError(
            "rank",
            "has no meaning in the limit of infinitely many directions",
            filter,
            "pass n and d as well",
        )
    if not _LOADS[0] <= n / d <= _LOADS[1]:
        raise NoTheoryError(
            f"n/d = {n / d:.6g} must lie from {_LOADS[0]:g} to {_LOADS[1]:g} for {filter!r}; "
            "use another load, or a Ridge"
        )
    if isinstance(filter, Truncation) and filter.rank is not None:
        filter = _adapted_rank(filter, exact, n, d)
    # at a finite d a factor is an atom of the spectrum: it needs no separate pole
    apart = [outlier(float(one), exact, n / d) for one in factors if limit]
    if filter.analytic_part is not None:
        return _analytic(filter, *filter.analytic_part, exact, nodes, n, d, mu, apart)
    return _on_density(filter, exact, nodes, n, d, mu, apart)


def constant(nodes: Spectrum, factors: Array) -> Conditional:
    """Return the moments of ``f = 1``, which fill the places where a filter has no answer."""
    one = np.ones(nodes[0].size + factors.size)
    mean = float(nodes[0] @ nodes[1])
    return Conditional(one, one, np.zeros(one.size), mean, mean, 1.0, Information(0.0, mean))


def _ridge(strength: float, nodes: Spectrum, n: float, d: float, mu: Array) -> Conditional:
    root = ridge_conditional(mu, nodes, n, d, strength)
    mean, mean_square, mean_cube = (float(nodes[1] @ nodes[0] ** k) for k in (1, 2, 3))
    square = mean_square + mean**2 * d / n
    own = square + strength * mean
    cube = mean_cube + mean * (3.0 * mean_square + mean**2 * d / n) * d / n
    return Conditional(
        root.value,
        mu + strength,
        root.shortfall,
        own,
        cube + strength * square,
        float(np.sqrt(strength)),
        ridge(strength, nodes, n, d),
    )


def _analytic(
    filter: Filter,
    start: float,
    function: Callable[..., Any],
    exact: Spectrum,
    nodes: Spectrum,
    n: float,
    d: float,
    mu: Array,
    apart: Sequence[Outlier],
) -> Conditional:
    low, high = outer_edges(exact, n, d)
    inside, weight = slice(0, nodes[0].size), nodes[1]
    at_zero = filter.at_zero
    checked(filter, np.append(0.0, np.geomspace(max(low, 1e-12 * high), high, _CHECKED)))
    if not is_analytic(partial(evaluated, filter, function), float(exact[1] @ exact[0])):
        raise InputError(
            "filter",
            "is declared analytic, but Cauchy's formula gives wrong values of the filter",
            filter,
            "let the filter compute with complex numbers, without abs, real, conj, maximum "
            "or where; or leave analytic out",
        )
    if start >= high:
        first, second = np.zeros(mu.size), np.zeros(mu.size)
        add_poles(first, second, apart, filter)
        return _with_shortfall(first, second, (0.0, 0.0), at_zero, VANISHES)
    if start <= low:
        start = 0.0
    sums = exact if start > 0.0 else nodes
    before: tuple[Array, Array] | None = None
    told = UNKNOWN
    for around in _contours(exact, sums, n, d, start):
        # on a contour too far from the support the filter may be infinite: no convergence there
        with np.errstate(over="ignore", invalid="ignore"):
            values = evaluated(filter, function, around.z)
            first = around.mean(values, at_zero, mu)
            second = np.maximum(around.mean(values**2, at_zero**2, mu), 0.0)
            found = VANISHES if start > 0.0 else along_contour(around, values, at_zero, nodes)
            roughly, told = told, _few_rows(found, at_zero, n, d)
        if before is not None:
            size = math.sqrt(float(weight @ second[inside]))
            settled = np.abs(first - before[0]) <= _SETTLED * (size + first)
            settled &= np.abs(second - before[1]) <= _SETTLED_SQUARE * (size**2 + second)
            if settled.all():
                own, twice = (
                    float(weight @ around.mean(around.z**k * values**2, 0.0, nodes[0]))
                    for k in (1, 2)
                )
                information = told.settled(roughly, _AGREED)
                add_poles(first, second, apart, filter, around.ends, function)
                return _with_shortfall(first, second, (own, twice), at_zero, information)
        before = (first, second)
    raise NoTheoryError(
        f"the contour integral of {filter!r} does not converge at n/d = {n / d:.6g}"
    )


def _contours(
    exact: Spectrum, sums: Spectrum, n: float, d: float, start: float
) -> Iterator[Contour]:
    """Yield contours, each finer or closer to the support than the contour before."""
    if start > 0.0:
        for refinement in _REFINEMENTS:
            yield contour(exact, sums, n, d, threshold=start, refinement=refinement)
        return
    for refinement in _REFINEMENTS[:2]:
        yield contour(exact, sums, n, d, refinement=refinement)
    for angle in _ANGLES:
        yield wedge(exact, n, d, angle)


def _on_density(
    filter: Filter,
    exact: Spectrum,
    nodes: Spectrum,
    n: float,
    d: float,
    mu: Array,
    apart: Sequence[Outlier],
) -> Conditional:
    weight = np.append(nodes[1], np.zeros(mu.size - nodes[1].size))
    if nodes[0].size > _MOST_ATOMS:
        raise InputError(
            "filter",
            f"is not declared analytic, and the spectrum has {exact[0].size} atoms "
            f"(at most {_MOST_ATOMS} can be integrated over the density)",
            filter,
            "simulate this filter, or set analytic = True if the filter accepts complex numbers",
        )
    order, found = 48, None
    while found is None or (_mass_error(found, nodes[0].size) > _MASS and order < 1000):
        order *= 2
        found = sample_density(exact, n, d, mu, breaks=filter.breaks, order=order)
    if _mass_error(found, nodes[0].size) > _MASS:
        raise NoTheoryError(f"the sample density does not converge at n/d = {n / d:.6g}")
    adapted = filter.adapted(spectrum_seen(found, mu, weight, n, d, apart))
    at_zero = adapted.at_zero
    values = checked(adapted, found.nodes)
    first = values @ found.share + at_zero * found.at_zero
    second = values**2 @ found.share + at_zero**2 * found.at_zero
    add_poles(first, second, apart, adapted)
    own, twice = (float((found.nodes**k * values**2) @ found.share @ weight) for k in (1, 2))
    information = over_nodes(values, found.share * weight, at_zero, found.at_zero * weight, mu)
    return _with_shortfall(
        first, second, (own, twice), at_zero, _few_rows(information, at_zero, n, d)
    )


def _few_rows(found: Information, at_zero: float, n: float, d: float) -> Information:
    """Return the same, with an infinite ``precision`` up to n = d where f(0) = 0."""
    return Information(found.log_square, np.inf) if at_zero == 0.0 and n <= d else found


def _with_shortfall(
    first: Array,
    second: Array,
    overlaps: tuple[float, float],
    at_zero: float,
    information: Information,
) -> Conditional:
    root = np.sqrt(np.maximum(second, 0.0))
    gap = np.maximum(root - first, 0.0)
    return Conditional(np.minimum(first, root), second, gap, *overlaps, at_zero, information)


def _mass_error(density: SampleDensity, atoms: int) -> float:
    mass = density.share.sum(axis=0) + density.at_zero
    return float(np.abs(mass[:atoms] - 1.0).max())


def _adapted_rank(filter: Truncation, exact: Spectrum, n: float, d: float) -> Truncation:
    """Return the threshold above which the limiting sample spectrum has the mass rank/d."""
    from scipy.optimize import brentq

    mu, weight = exact
    rank = float(filter.parameters["rank"])
    edges = support(exact, n, d)

    def excess(log_threshold: float) -> float:
        around = contour(exact, exact, n, d, threshold=float(np.exp(log_threshold)))
        mass = around.mean(np.ones_like(around.z), 0.0, mu)
        return float(weight @ mass) * d - rank

    low = np.log(max(edges[0, 0], 1e-14 * edges[-1, 1]) * (1.0 + 1e-9))
    high = np.log(edges[-1, 1] * (1.0 - 1e-9))
    if excess(low) <= 0.0:
        return Truncation(threshold=0.0)
    return Truncation(threshold=float(np.exp(brentq(excess, low, high, xtol=1e-12))))
