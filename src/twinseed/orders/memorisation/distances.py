"""The share of samples closer to training rows by distance, at a finite size, for any spectrum."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.coupling import Coupling
from twinseed.orders.memorisation.cosines import ALWAYS, HARDLY, POINTS, earlier
from twinseed.orders.memorisation.moments import moments, traces

__all__ = ["closer_by_distance"]

_LOGARITHM = 1e-3
"""A power nearer to 0 counts as this: a logarithm, to three digits."""
_LEAST = 1e-12
_NEVER = 1e30


def closer_by_distance(coupling: Coupling, cells: NDArray[np.bool_]) -> Array:
    """Return the share of samples closer to training than to fresh rows, (marked cells,).

    Equation: of a sample x the squared distances ``D`` to training and to fresh rows have the sums
    ``t_1 = tr Sigma + |x|^2``, ``t_2 = tr Sigma^2 + 2 x.M x``, ``t_3 = tr Sigma^3 + 3 x.M' x``,
    whose k-th cumulant is ``2^(k-1) (k-1)! t_k``: for training rows ``M = S``, ``M' = S (S - tr
    S/n)``, for fresh rows ``M = Sigma``, ``M' = Sigma^2``. Then ``D^h`` is nearly normal, ``h = 1 -
    2 t_1 t_3/(3 t_2^2)``, so that ``P(D > u)`` is known, and the share is the integral of
    ``P_fresh^n d(-P_train^n)``. The traces are at their means over samples x.
    Range: 0 to 1; 1/2 where the two laws are equal. Shapes: as marked.

    Validity: Gaussian rows, whose distances to x are independent. The lengths of training rows have
    the law of all rows: ``tr Sigma^k`` is in both. With few effective dimensions the law of D near
    0 is not so smooth; see ``orders.bias``.
    Source: ours; Jensen and Solomon, J. Amer. Statist. Assoc. 67 (1972) 898, for the power.

    See also: ``largest_cosines``.
    """
    n, d = coupling.n[cells], coupling.d[cells]
    energy, own, twice, fresh, beyond = traces(coupling, cells)
    one, two, three = d * moments(coupling, cells)
    among = np.maximum(twice - one / n * own, 0.0)
    train, apart = (
        _Power(one + energy, two + 2.0 * square, three + 3.0 * cube)
        for square, cube in ((own, among), (fresh, beyond))
    )
    ends = np.stack([HARDLY / n, np.minimum(ALWAYS / n, 1.0 - HARDLY)])
    least, most = scipy.special.ndtri(ends)[..., None]
    z = most + 0.5 * (least - most) * (POINTS + 1.0)  # from few to all samples
    reached = (
        -n[:, None] * scipy.special.log_ndtr(-normal)
        for normal in (z, apart.normal(train.distance(z)))
    )
    return earlier(*(np.clip(rows, 0.0, _NEVER) for rows in reached))


class _Power:
    """A positive variable a power of which is normal, by its first three sums ``t_k``."""

    def __init__(self, one: Array, two: Array, three: Array) -> None:
        power = 1.0 - 2.0 / 3.0 * (one / two) * (three / two)
        power = np.where(np.abs(power) < _LOGARITHM, _LOGARITHM, power)
        width = two / one**2
        self.scale, self.power = one[:, None], power[:, None]
        self.mean = (1.0 + width * power * (power - 1.0))[:, None]
        self.spread = (np.sqrt(2.0 * width) * power)[:, None]

    def normal(self, value: Array) -> Array:
        """Return the normal variable at a value."""
        return np.asarray(((value / self.scale) ** self.power - self.mean) / self.spread)

    def distance(self, normal: Array) -> Array:
        """Return the value at a normal variable."""
        powered = np.maximum(self.mean + self.spread * normal, _LEAST)
        return np.asarray(self.scale * powered ** (1.0 / self.power))
