"""The borders of the regions by theory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.filters import Ridge
from twinseed.phases.plane import Plane, Region
from twinseed.populations import Spiked
from twinseed.readout import Readout
from twinseed.verbs.predict import predict

__all__ = ["Lines", "borders"]

_STRENGTHS = 5
_LOADS = 41
_BEYOND = 10.0


@dataclass(frozen=True, eq=False)
class Lines:
    """For each strength, the load at which memorisation ends and the load at which twins converge.

    A load may lie outside the plane. Recovery needs no table: it starts at
    ``gamma = 1/strength^2``.
    """

    strength: Array
    memorisation: Array
    convergence: Array

    def region(self, gamma: Array, strength: Array) -> NDArray[np.int64]:
        """Return the region of points by theory, as the flags of ``Region``."""
        at = np.log(strength), np.log(self.strength)
        forgets = np.interp(*at, self.memorisation)
        agrees = np.interp(*at, self.convergence)
        return (
            Region.MEMORISED * (gamma <= forgets).astype(np.int64)
            | Region.CONVERGED * (gamma >= agrees).astype(np.int64)
            | Region.RECOVERED * (gamma * strength**2 > 1.0).astype(np.int64)
        )


def borders(plane: Plane) -> Lines:
    """Return the loads at which ``predict`` crosses the thresholds of the plane, at its d.

    Equations: ``memorisation_ratio = sqrt(tr[S f^2]/tr[Sigma f^2])`` falls and
    ``convergence_corrected`` rises with the load; the factor is only one of d directions in both.
    """
    strengths = np.geomspace(*plane.strength, _STRENGTHS)
    loads = np.geomspace(*plane.gamma, _LOADS)
    spikes = [Spiked([strength]) for strength in strengths]
    found = predict(spikes, Ridge(plane.ridge), d=plane.d, gamma=loads)
    return Lines(
        strengths,
        _crossing(-_table(found, "memorisation_ratio"), -plane.memorisation, loads),
        _crossing(_table(found, "convergence_corrected"), plane.convergence, loads),
    )


def _table(found: Readout, name: str) -> Array:
    return np.asarray(found[name].transpose("strength", "gamma").values)


def _crossing(rising: Array, level: float, loads: Array) -> Array:
    """Return the load at which each row crosses the level; outside ``loads`` if none does."""
    from scipy.interpolate import PchipInterpolator

    crossings = []
    for row in rising:
        values, first = np.unique(row, return_index=True)
        if not values[0] <= level <= values[-1]:
            crossings.append(_BEYOND * loads[-1] if level > values[-1] else loads[0] / _BEYOND)
        else:
            crossings.append(float(np.exp(PchipInterpolator(values, np.log(loads[first]))(level))))
    return np.array(crossings)
