"""Factors in the sample: where the sample eigenvalue of a factor appears, and its overlap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from twinseed.arrays import Array
from twinseed.coupling.companion import psi_of
from twinseed.populations import Spectrum

__all__ = ["Outlier", "mixing", "onset", "outlier", "overlap_floor", "twin_floor", "unmixed"]

_FAINT = 1e-7
"""Below this number the first order of mixing is exact up to rounding."""


@dataclass(frozen=True)
class Outlier:
    """One factor in the sample; arrays have the shape of gamma.

    Args:
        position: the sample eigenvalue of the factor.
        overlap: squared overlap of the sample eigenvector with the factor, 0 to 1.
        separated: whether the sample eigenvalue lies outside the bulk.
    """

    position: Array
    overlap: Array
    separated: NDArray[np.bool_]


def outlier(factor: float, surroundings: Spectrum, gamma: ArrayLike) -> Outlier:
    """Overlap of the sample eigenvector of an isolated factor with its population eigenvector.

    Equation, with H the spectrum of all the other directions and ``c = 1/gamma = d/n``:
    ``psi(mu) = mu + c mu int t dH(t)/(mu - t)``. The factor is separated when ``psi'(mu) > 0``; its
    sample eigenvalue is then ``psi(mu)``, and ``Q = mu psi'(mu)/psi(mu)``. Over a unit bulk with
    ``mu = 1 + beta`` this is ``Q = (1 - c/beta^2)/(1 + c/beta)`` for ``beta > sqrt(c)``.
    Range of Q: 0 (not separated: not learned) to 1 (learned exactly). Shapes: as gamma.

    Validity: large n and d; also a factor below the bulk or in a gap of the bulk: match such a
    factor by ``position``, not by rank. Equal factors have this overlap as a subspace.
    Source: Baik, Ben Arous and Peche, Ann. Probab. 33 (2005); Paul, Statist. Sinica 17 (2007),
    Theorem 4.

    >>> import numpy as np
    >>> float(outlier(3.0, (np.ones(1), np.ones(1)), 1.0).overlap)
    0.5
    """
    position, slope = psi_of(factor, surroundings, gamma)
    with np.errstate(divide="ignore", invalid="ignore"):
        overlap = factor * slope / position
    separated = (slope > 0) & (position > 0)
    return Outlier(
        np.where(separated, position, np.nan), np.where(separated, overlap, 0.0), separated
    )


def onset(factor: float, surroundings: Spectrum) -> float:
    """Return the load n/d from which a factor is separated from the bulk: recovery begins there.

    Equation: ``psi'(mu) = 1 - (1/gamma) int t^2 dH(t)/(mu - t)^2`` is zero at ``gamma = int t^2
    dH(t)/(mu - t)^2``. Over a unit bulk with ``mu = 1 + beta`` this is ``1/beta^2``. Range: above 0
    (a strong factor) to infinity (a factor that equals a direction of the bulk).

    Validity: large n and d; a factor above the bulk.
    Source: Baik, Ben Arous and Peche, Ann. Probab. 33 (2005).

    >>> import numpy as np
    >>> onset(3.0, (np.ones(1), np.ones(1)))
    0.25

    See also: ``outlier``.
    """
    values, weights = surroundings
    with np.errstate(divide="ignore"):
        return float(np.sum(weights * (values / (factor - values)) ** 2))


def mixing(factor: float, neighbour: float, found: Outlier, n: ArrayLike) -> Array:
    """Squared tangent of the angle by which a factor's sample direction turns to another factor.

    Equation, to first order in 1/n: ``mu mu_j/(n psi'(mu) (mu - mu_j)^2)``. Range: from 0 (infinite
    n, or factors of very different strength) to infinity (equal factors); 0 where the factor is not
    separated. Shapes: as ``found`` and n.

    Derivation: let G be the n x K standard normal matrix behind the rows along the K factors,
    ``D = diag(mu)``, and R the resolvent of the other directions' n x n Gram matrix at the sample
    eigenvalue. The sample eigenvector's part a within the factors solves ``D^1/2 (G'RG/n) D^1/2 a =
    a``. ``G'RG/n`` is ``m I`` plus independent fluctuations of variance ``m2/n`` off the diagonal
    and ``2 m2/n`` on it, ``m = tr R/n``, ``m2 = tr R^2/n``. The limit is ``mu m(psi(mu)) = 1``, so
    that ``m2 = -m' = 1/(mu^2 psi'(mu))``; perturbation theory off the diagonal gives the equation.
    Source: Paul, Statist. Sinica 17 (2007) 1617 (the fluctuations of the eigenvectors).

    >>> import numpy as np
    >>> one = outlier(13.0, (np.ones(1), np.ones(1)), 1.0)
    >>> float(mixing(13.0, 10.0, one, 200).round(4))
    0.0727
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        slope = found.overlap * found.position / factor
        turned = factor / slope * (neighbour / (factor - neighbour)) / (factor - neighbour)
        turned = turned / np.asarray(n, dtype=np.float64)
    return np.where(found.separated, turned, 0.0)


def unmixed(squares: ArrayLike) -> Array:
    """Share of the square of a factor's sample direction that lies along the factor itself.

    Equation: two factors are the eigenvectors of a 2 x 2 matrix whose diagonal differs by delta,
    with Gaussian fluctuations of variance ``2 s^2`` on the diagonal and ``s^2`` off the diagonal.
    Twice the angle of rotation is the angle of a Gaussian point about ``(delta, 0)`` with standard
    deviation ``2 s``, whose mean cosine is ``R = sqrt(pi x/2) e^-x [I0(x) + I1(x)]``, ``x =
    delta^2/(16 s^2)``; ``s^2/delta^2`` is the square that ``mixing`` gives. The share that lies
    along the other factor is ``l = (1 - R)/2``. With several other factors the answer is
    ``1/(1 + sum l/(1 - l))``: right to first order, and 1/K for K equal factors. Shapes: the other
    factors are on the last axis of ``squares``.

    Validity: within .02 of simulated recoveries where the squares sum to .1 or less, within .06
    above (pairs and triples of strengths from 2 to 20, n from 100 to 400, gamma from 1/2 to 4).

    >>> unmixed([[0.0], [np.inf]]).round(3), np.asarray(unmixed([np.inf, np.inf]).round(3))
    (array([1. , 0.5]), array(0.333))
    """
    square = np.asarray(squares, dtype=np.float64)
    x = 1.0 / (16.0 * np.maximum(square, _FAINT))
    bessel = scipy.special.ive(0, x) + scipy.special.ive(1, x)
    lost = 0.5 - 0.5 * np.sqrt(0.5 * np.pi * x) * bessel
    lost = np.where(square < _FAINT, square, lost)
    return np.asarray(1.0 / (1.0 + (lost / (1.0 - lost)).sum(axis=-1)))


def overlap_floor(factor: float, surroundings: Spectrum, gamma: ArrayLike, d: ArrayLike) -> Array:
    """Squared overlap at a finite dimension when nothing was learned.

    Equation, over one bulk level b, ``beta = factor/b - 1 < sqrt(c)``, ``c = 1/gamma``:
    ``(1 + beta) c / (d [(beta - sqrt c)^2 + 2 x^2])``, which is the overlap of the bulk's edge
    eigenvector with the factor; the width of the critical window ``x = sqrt(c) ((1 + sqrt c)^2/(2
    d))^(1/3)`` keeps it finite. At and above the threshold: the value at the threshold. Over any
    other surroundings: 5/d. Range: 0 (infinite d) to 1. Shapes: broadcast.

    Validity: an order of magnitude, good to about a factor of two (simulated over a unit bulk at
    d = 100 and 400, gamma from 0.5 to 4).
    Source: Ledoit and Peche, Probab. Theory Relat. Fields 151 (2011), Theorem 3, at the edge; the
    critical window is from Baik, Ben Arous and Peche.

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
    """Overlap ``|<v_A, v_B>|`` of the twins' directions when neither twin learned the factor.

    Equation: the larger of ``floor`` (the overlap through the factor) and ``sqrt(2/(pi d))`` (the
    mean overlap of two unrelated directions). Range: 0 (infinite d) to 1. Shapes: broadcast.

    >>> float(twin_floor(0.0, 200).round(3))
    0.056
    """
    unrelated = np.sqrt(2.0 / (np.pi * np.asarray(d, dtype=np.float64)))
    return np.asarray(np.minimum(np.maximum(floor, unrelated), 1.0))
