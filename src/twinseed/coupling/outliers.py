"""Isolated directions as exact poles: where a factor shows in the sample, and how well."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.populations import Spectrum

__all__ = ["Outlier", "outlier", "overlap_floor", "twin_floor"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Outlier:
    """One factor in the sample: its eigenvalue there, its squared overlap, separated or not."""

    position: Array
    overlap: Array
    separated: NDArray[np.bool_]


def outlier(factor: float, surroundings: Spectrum, gamma: ArrayLike) -> Outlier:
    """Overlap of the sample eigenvector of an isolated factor with the population's.

    Equation, with H the spectrum of all the other directions and ``c = 1/gamma = d/n``:
    ``psi(mu) = mu + c mu int t dH(t)/(mu - t)``; the factor is separated when ``psi'(mu) > 0``; it
    then shows as the sample eigenvalue ``psi(mu)``, with ``Q = mu psi'(mu)/psi(mu)``. Over a unit
    bulk with ``mu = 1 + beta`` this is ``Q = (1 - c/beta^2)/(1 + c/beta)`` for ``beta > sqrt(c)``.
    Range of Q: 0 (not separated: not learned) to 1 (learned exactly). Shapes: that of gamma.

    Validity: large n and d. A factor below the bulk or in one of its gaps counts as well: match it
    by ``position``, not by rank. Equal factors have this overlap as a subspace.
    Source: Baik, Ben Arous and Peche, Ann. Probab. 33 (2005); Paul, Statist. Sinica 17 (2007),
    Theorem 4.

    >>> import numpy as np
    >>> float(outlier(3.0, (np.ones(1), np.ones(1)), 1.0).overlap)
    0.5
    """
    values, weights = surroundings
    aspect = 1.0 / np.asarray(gamma, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        pull = values / (factor - values)
        first, second = float(np.dot(weights, pull)), float(np.dot(weights, pull * pull))
        position = factor * (1.0 + aspect * first)
        slope = 1.0 - aspect * second
        overlap = factor * slope / position
    separated = (slope > 0) & (position > 0)
    return Outlier(
        np.where(separated, position, np.nan), np.where(separated, overlap, 0.0), separated
    )


def overlap_floor(factor: float, surroundings: Spectrum, gamma: ArrayLike, d: ArrayLike) -> Array:
    """Squared overlap that a finite dimension shows although nothing was learned.

    Equation, over one bulk level b, ``beta = factor/b - 1 < sqrt(c)``, ``c = 1/gamma``:
    ``(1 + beta) c / (d [(beta - sqrt c)^2 + 2 x^2])``, which is the overlap of the bulk's edge
    eigenvector with the factor, held finite inside the critical window ``x = sqrt(c) ((1 + sqrt
    c)^2/(2 d))^(1/3)``. At and above threshold: its value at threshold. Over any other
    surroundings: 5/d. Range: 0 (infinite d) to 1. Shapes: broadcast.

    Validity: an order of magnitude, good to about a factor of two (simulated over a unit bulk at
    d = 100 and 400, gamma from 0.5 to 4).
    Source: Ledoit and Peche, Probab. Theory Relat. Fields 151 (2011), Theorem 3, at the edge; the
    window is that of Baik, Ben Arous and Peche.

    >>> import numpy as np
    >>> float(overlap_floor(1.5, (np.ones(1), np.ones(1)), 1.0, 600).round(3))
    0.008
    """
    values = surroundings[0]
    load, size = np.broadcast_arrays(
        np.asarray(gamma, dtype=np.float64), np.asarray(d, dtype=np.float64)
    )
    if values.size > 1:
        return np.minimum(5.0 / size, 1.0)
    root = np.sqrt(1.0 / load)
    beta = np.minimum(factor / float(values[0]) - 1.0, root)
    window = root * (0.5 * (1.0 + root) ** 2 / size) ** (1.0 / 3.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        floor = (1.0 + beta) * root**2 / (size * ((beta - root) ** 2 + 2.0 * window**2))
    return np.where(np.isinf(size), 0.0, np.minimum(floor, 1.0))


def twin_floor(floor: ArrayLike, d: ArrayLike) -> Array:
    """What the twins' own overlap ``|<v_A, v_B>|`` shows when neither learned the factor.

    Equation: the larger of ``floor`` (the overlap through the factor) and ``sqrt(2/(pi d))`` (that
    of two unrelated directions). Range: 0 (infinite d) to 1. Shapes: broadcast.

    >>> float(twin_floor(0.0, 200).round(3))
    0.056
    """
    unrelated = np.sqrt(2.0 / (np.pi * np.asarray(d, dtype=np.float64)))
    return np.asarray(np.minimum(np.maximum(floor, unrelated), 1.0))
