"""The coupling on the real axis: the density of the sample spectrum, given a direction.

Filters that are not analytic are integrated over this density. Inside the support, kappa is found
by Newton steps from far above the real axis, where kappa is known, down to the axis.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.coupling.companion import atom_at_zero, root_at_zero, support, zeta_of
from twinseed.populations import Spectrum

__all__ = ["SampleDensity", "on_axis", "sample_density"]

_DESCENT = 0.35
"""Ratio of the heights above the real axis in one Newton solve and in the solve before."""
_NEWTON = 12


@dataclass(frozen=True)
class SampleDensity:
    """The coupling of sample and population spectra, as quadrature nodes.

    ``nodes`` are sample eigenvalues; ``share[i, j]`` is the mass of population direction j at node
    i (nodes x atoms); ``at_zero[j]`` is the mass of the atom of S at zero. Each column and its
    ``at_zero`` sum to one, to the accuracy of the quadrature.
    """

    nodes: Array
    share: Array
    at_zero: Array


def sample_density(
    spectrum: Spectrum,
    n: float,
    d: float,
    mu: Array,
    *,
    breaks: Sequence[float] = (),
    order: int = 48,
) -> SampleDensity:
    """Quadrature of functions of a sample eigenvalue, given each population direction ``mu``.

    Equation: inside the support, ``rho(lambda | mu) = mu Im(-kappa)/(pi lambda |kappa + mu|^2)``
    with kappa at ``zeta = -lambda - i0``; the atom at 0 is ``kappa_0/(kappa_0 + mu)``, kappa_0 the
    limit of kappa at zeta to 0 (0 for n at least the number of varying directions). Shapes: as in
    ``SampleDensity``; ``mu`` need not be an atom. ``breaks``: eigenvalues at which the functions
    jump. ``order``: nodes per piece; edges are integrated exactly, so convergence is geometric.

    Validity: the limit of large n and d; a factor outside the spectrum has a further point mass,
    its overlap, at its ``Outlier.position``.
    Source: Ledoit and Peche, Probab. Theory Relat. Fields 151 (2011).
    """
    nodes, weights = _nodes(support(spectrum, n, d), breaks, order)
    root = on_axis(nodes, spectrum, n, d)
    at_zero = atom_at_zero(root_at_zero(spectrum, n, d), mu)
    below = root[:, None] + mu
    density = mu * (-root.imag / (np.pi * nodes))[:, None] / (below.real**2 + below.imag**2)
    return SampleDensity(nodes, density * weights[:, None], at_zero)


def _nodes(intervals: Array, breaks: Sequence[float], order: int) -> tuple[Array, Array]:
    """Gauss-Legendre nodes in the angle of each interval, so that square-root edges are smooth.

    The variable is log lambda on wide intervals, and sqrt lambda on an interval that begins at 0.
    """
    points, weights = np.polynomial.legendre.leggauss(order)
    every, total = [], []
    for low, high in intervals:
        inner = sorted(t for t in breaks if low < t < high)
        if low <= 1e-26 * high:
            angles = [0.0, *(np.arccos(np.sqrt(t / high)) for t in inner[::-1]), np.pi / 2]
            layout = "root"
        else:
            layout = "log" if high > 8.0 * low else "plain"
            ends = np.log([low, high]) if layout == "log" else np.array([low, high])
            middle, half = ends.mean(), 0.5 * (ends[1] - ends[0])
            marks = np.log(inner) if layout == "log" else np.array(inner)
            angles = [0.0, *np.arccos((marks - middle) / half)[::-1], np.pi]
        for start, stop in itertools.pairwise(angles):
            theta = start + 0.5 * (stop - start) * (points + 1.0)
            measure = 0.5 * (stop - start) * weights
            if layout == "root":
                value = high * np.cos(theta) ** 2
                step = 2.0 * high * np.cos(theta) * np.sin(theta)
            else:
                value, step = middle + half * np.cos(theta), half * np.sin(theta)
                if layout == "log":
                    value = np.exp(value)
                    step = step * value
            every.append(value)
            total.append(measure * step)
    return np.concatenate(every), np.concatenate(total)


def on_axis(nodes: Array, spectrum: Spectrum, n: float, d: float) -> NDArray[np.complex128]:
    """Return kappa at ``zeta = -lambda - i0``, by Newton steps from far above the real axis."""
    aspect = d / n
    mean = float(np.dot(*spectrum))
    height = 8.0 * (float(nodes.max()) + aspect * mean)
    lowest = 1e-13 * nodes
    root: NDArray[np.complex128] = np.asarray(-nodes - 1j * height + aspect * mean)
    while True:
        goal = -nodes - 1j * np.where(height > lowest, height, 0.0)
        for _ in range(_NEWTON):
            reached, slope, _ = zeta_of(root, spectrum, n, d)
            step = (reached - goal) / slope
            root = np.asarray(root - step)
            root = np.asarray(np.where(root.imag < 0, root, root.real - 1e-3j * np.abs(step)))
            if np.all(np.abs(step) <= 1e-9 * np.abs(root.imag)):
                break
        if np.all(height <= lowest):
            return root
        height *= _DESCENT
