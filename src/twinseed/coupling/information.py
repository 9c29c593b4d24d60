"""``E log f^2`` and ``tr Sigma f^-2``, which the Kullback-Leibler divergences need.

The ridge has both in closed form from one value of kappa. A filter that is analytic and has no zero
inside the contour is integrated along the contour; its logarithm is continued from the real axis.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.coupling.companion import kappa
from twinseed.coupling.contour import Contour
from twinseed.populations import Spectrum

__all__ = [
    "UNKNOWN",
    "VANISHES",
    "Information",
    "along_contour",
    "over_nodes",
    "ridge",
    "single_level",
]

_TURN = 1e-2
"""Largest phase of f^2 at the end of the contour where no zero lies inside the contour."""


@dataclass(frozen=True)
class Information:
    """``log_square = E log f^2`` and ``precision = tr[Sigma f^-2]/d``; NaN where not known.

    Where the filter is zero on a share of the directions, the values are minus and plus infinity.
    """

    log_square: float
    precision: float

    def settled(self, other: Information, tolerance: float) -> Information:
        """Return these values, NaN where another computation of them differs."""
        pairs = (
            (self.log_square, other.log_square),
            (self.precision, other.precision),
        )
        kept = [
            a if a == b or abs(a - b) <= tolerance * (1.0 + abs(a)) else math.nan for a, b in pairs
        ]
        return Information(*kept)


UNKNOWN = Information(math.nan, math.nan)
VANISHES = Information(-math.inf, math.inf)


def ridge(strength: float, spectrum: Spectrum, n: float, d: float) -> Information:
    """Return both numbers for ``f^2 = lambda + r``.

    Equations, kappa at ``zeta = r``: ``E log(lambda + r) = sum_j w_j log(1 + mu_j/kappa) + log r +
    (n/d) [log(kappa/r) + r/kappa - 1]`` and ``tr[Sigma (S + r)^-1]/d = (kappa/r) sum_j w_j
    mu_j/(kappa + mu_j)``. At r = 0 and n > d: ``sum_j w_j log mu_j - 1 - (n/d - 1) log(1 - d/n)``
    and ``n/(n - d)``. Range: see ``Information``; both are infinite at r = 0 and n < d, the second
    also at n = d.

    Source: Tulino and Verdu, Random Matrix Theory and Wireless Communications (2004), Theorem 2.39
    (the logarithm); ``coupling.companion`` (the resolvent).
    """
    values, weights = spectrum
    if strength == 0.0:
        varying = float(weights @ (values > 0))
        if n < d or varying < 1.0 - 1e-12:
            return VANISHES
        load = float(_load(np.asarray(n / d), np.asarray((n - d) / n)))
        precision = n / (n - d) if n > d else math.inf
        return Information(float(weights @ np.log(values)) - load, precision)
    root = float(kappa(strength, spectrum, n, d))
    log_square = (
        float(weights @ np.log1p(values / root))
        + math.log(strength)
        + (n / d) * (math.log(root / strength) + strength / root - 1.0)
    )
    precision = root / strength * float(weights @ (values / (root + values)))
    return Information(log_square, precision)


def single_level(level: float, gamma: Array, strength: Array) -> tuple[Array, Array]:
    """Return both for a grid of ridges over one level; see ``ridge`` for the equations."""
    aspect = 1.0 / gamma
    relative = strength / level
    half = 0.5 * ((1.0 - aspect) - relative)
    reach = np.sqrt(half * half + relative)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        # kappa in units of the level, and kappa/r, each without cancellation
        ratio = np.where(half > 0, 1.0 / (np.abs(half) + reach), (np.abs(half) + reach) / relative)
        root = np.where(half > 0, relative * ratio, np.abs(half) + reach)
        logarithm = (
            np.log1p(1.0 / root) + np.log(relative) + gamma * (np.log(ratio) + 1.0 / ratio - 1.0)
        )
        plain = np.where(gamma < 1.0, -np.inf, -_load(gamma, 1.0 - aspect))
        logarithm = np.where(relative > 0, logarithm, plain)
        precision = np.where((relative == 0) & (gamma <= 1.0), np.inf, ratio / (1.0 + root))
    return logarithm + math.log(level), precision


def along_contour(
    around: Contour, values: NDArray[np.complex128], at_zero: float, nodes: Spectrum
) -> Information:
    """Return both for a filter with values on a contour around the whole sample spectrum."""
    mu, weights = nodes
    if around.zero > 0.0 and at_zero == 0.0:
        return VANISHES
    square = values**2
    if not square.any():
        return VANISHES
    if not square.all():
        return UNKNOWN
    phase = np.unwrap(np.angle(square)[::-1])[::-1]
    # at n = d the contour begins at zero: there f(0) = 0 has no phase
    ends = phase[-1:] if at_zero == 0.0 and around.z[0].real <= 0.0 else phase[[0, -1]]
    if not np.all(np.isfinite(phase)) or np.abs(ends).max() > _TURN:
        return UNKNOWN
    floor = at_zero if around.zero > 0.0 else 1.0
    logarithm = np.log(np.abs(square)) + 1j * phase
    log_square = float(weights @ around.mean(logarithm, math.log(floor**2), mu))
    precision = float((weights * mu) @ around.mean(1.0 / square, floor**-2, mu))
    return Information(log_square, precision)


def over_nodes(
    values: Array, share: Array, at_zero: float, mass_at_zero: Array, mu: Array
) -> Information:
    """Return both from quadrature nodes: values (nodes,), weighted shares (nodes, atoms)."""
    held = float(mass_at_zero.sum()) > 0.0
    if np.any(values == 0.0) or (held and at_zero == 0.0):
        return VANISHES
    floor = at_zero if held else 1.0
    log_square = float(np.log(values**2) @ share.sum(axis=1)) + math.log(floor**2) * float(
        mass_at_zero.sum()
    )
    precision = float(values**-2 @ (share @ mu)) + floor**-2 * float(mass_at_zero @ mu)
    return Information(log_square, precision)


def _load(gamma: Array, spare: Array) -> Array:
    """``1 + (gamma - 1) log(1 - 1/gamma)``, gamma from 1 up; ``spare`` is ``1 - 1/gamma``."""
    with np.errstate(divide="ignore", invalid="ignore"):
        product = (gamma - 1.0) * np.log(spare)
    return np.asarray(1.0 + np.where(spare > 0, product, 0.0))
