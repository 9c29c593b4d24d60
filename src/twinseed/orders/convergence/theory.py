"""Convergence: do two models trained on disjoint data agree when started from the same seed?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.coupling import Coupling
from twinseed.coupling.extremes import chi_average
from twinseed.filters import Ridge
from twinseed.orders.convergence.chance import against_chance, where_known
from twinseed.readout import Estimate
from twinseed.status import Status

__all__ = ["factor_correlation", "from_coupling", "next_order"]

_ISOTROPIC = 0.99


def from_coupling(coupling: Coupling) -> dict[str, Estimate]:
    """Predict convergence, its gap to 1, its mean cosine, and its chance level.

    Equations, with sums over the population spectrum: ``q = sum F(mu)^2 / sum (mu + r)``; ``1 - q =
    sum [sqrt(mu + r) - F][sqrt(mu + r) + F] / sum (mu + r)``; chance ``r/(mean mu + r)``; corrected
    ``(q - chance)/(1 - chance)``; the mean cosine is the Gaussian ratio average ``int_0^inf sum_j
    b_j/(1 + 2 s a_j) prod_i (1 + 2 s a_i)^(-1/2) ds`` with ``a = mu + r`` and ``b = F^2`` over all
    d directions, times a correction for the fluctuation of ``|x|^2`` at small n over an isotropic
    bulk. Mismatched seeds give 0. Along a factor with eigenvalue mu the correlation of the twins'
    components is ``F(mu)^2/E[f^2 | mu]``; q is the energy-weighted mean of this correlation over
    all directions. Where the filter is zero along a direction, the correlation there is "not
    identifiable"; where it is zero on the whole spectrum, all these numbers are. Shapes: the
    grid's, then the factor.

    Validity: the limit of large n and d, with the O(1/d) effect of factors; the mean cosine needs n
    of order d unless r = 0 or the population is isotropic.
    Source: Maillard and Goldt, arXiv 2605.21402 (the order parameter and the identity bulk); the
    deterministic equivalent of Ledoit and Peche (2011) for any spectrum.
    """
    silent, chance = coupling.silent, coupling.chance
    energy = np.where(silent, 1.0, coupling.energy)
    convergence = (coupling.weight * coupling.first**2).sum(axis=-1) / energy
    reach = np.sqrt(coupling.second) + coupling.first
    gap = (coupling.weight * coupling.shortfall * reach).sum(axis=-1) / energy
    convergence = np.where(gap < 0.5, 1.0 - gap, convergence)
    few = (chance > 0) & (coupling.gamma < 0.25) & ~_fluctuation_known(coupling)
    rough = np.where(few, str(Status.LEADING_ORDER), str(Status.OK))
    return {
        "convergence": where_known(~silent, convergence),
        "convergence_gap": where_known(~silent, gap),
        "convergence_cosine": where_known(~silent, _mean_cosine(coupling, convergence), rough),
        **against_chance(convergence, chance, ~silent, gap),
        "convergence_null": where_known(~silent, np.zeros(silent.shape)),
        "convergence_factor": factor_correlation(
            coupling.factor_first**2, coupling.factor_second, coupling.factor_second
        ),
    }


def next_order(coupling: Coupling) -> Array:
    """What a finite sample adds to the gap 1 - q beyond the limit of large n and d.

    Equation: ``q (1/n) sum mu^2/(4 (mu + r)) / sum (mu + r)``, ``q/(4 n)`` for r = 0: the limit
    counts the fluctuations of S off its diagonal, of variance ``mu_i mu_j/n``, and those on the
    diagonal are twice as large. Range: 0 or above; over the gap it is about one over the effective
    dimension. Shapes: the grid's.

    Validity: the ridge filter, n of order d and above (within 3 % of simulated gaps of the
    identity at d = 20 and of power laws up to exponent 3 at d = 60); 0 for other filters, for which
    it is not known.
    Source: ours.
    """
    ridge = np.array([isinstance(one, Ridge) for one in coupling.filters])
    energy = np.where(coupling.silent, 1.0, coupling.energy)
    second = np.where(coupling.second > 0.0, coupling.second, 1.0)
    added = (coupling.weight * coupling.mu**2 / second).sum(axis=-1) / (4.0 * energy)
    q = (coupling.weight * coupling.first**2).sum(axis=-1) / energy
    return np.asarray(np.where(ridge & ~coupling.silent, q * added / coupling.n, 0.0))


def factor_correlation(product: Array, energy_a: Array, energy_b: Array) -> Estimate:
    """Return ``product/sqrt(energy_a energy_b)``; not identifiable without a component."""
    both = np.sqrt(energy_a) * np.sqrt(energy_b)
    seen = both > 0
    value = np.divide(product, both, out=np.full(both.shape, np.nan), where=seen)
    return where_known(seen, value)


def _mean_cosine(coupling: Coupling, convergence: Array) -> Array:
    """Return E_z[z'Bz / z'Az], A and B diagonal: the trace ratio if A is a multiple of I."""
    cosine = np.array(convergence)
    finite = np.isfinite(coupling.d) & ~coupling.silent
    if coupling.mu.shape[-1] > 1:
        for index in zip(*np.nonzero(finite), strict=True):
            cosine[index] = _gaussian_ratio(
                coupling.first[index] ** 2,
                coupling.second[index],
                coupling.weight[index] * coupling.d[index],
            )
    isotropic = finite & _fluctuation_known(coupling) & (coupling.n >= 1.0)
    if isotropic.any():
        cosine[isotropic] *= _norm_fluctuation(
            coupling.n[isotropic],
            coupling.d[isotropic],
            (coupling.at_zero**2 / coupling.mean)[isotropic],
        )
    return np.minimum(cosine, 1.0)


def _fluctuation_known(coupling: Coupling) -> NDArray[np.bool_]:
    ridge = np.array([isinstance(one, Ridge) for one in coupling.filters])
    return np.asarray(ridge & (coupling.isotropy > _ISOTROPIC))


def _gaussian_ratio(numerator: Array, denominator: Array, count: Array) -> float:
    """Return the integral over s of the mean cosine, by the trapezoid in log s."""
    varying = denominator > 0
    numerator, denominator, count = numerator[varying], denominator[varying], count[varying]
    trace = float(np.dot(count, denominator))
    step = 0.15
    log_s = np.arange(-38.0, 38.0 + np.log(trace / denominator.min()), step)
    spread = np.exp(log_s)[:, None] * (denominator / trace)
    log_product = log_s - 0.5 * (np.log1p(spread) @ count)
    terms = (1.0 / (1.0 + spread)) @ (numerator * count)
    return float(step / (2.0 * trace) * np.dot(terms, np.exp(log_product)))


def _norm_fluctuation(n: Array, d: Array, ridge: Array) -> Array:
    """Ratio of mean cosine and trace ratio over an isotropic bulk, where |x|^2 varies with chi_n.

    ``(E[(d R + b chi^2)/sqrt(d r + c chi^2)])^2`` over its value with chi^2 at its mean n and
    ``d (1 + r)`` under the root; ``R = sqrt r``, ``b = sqrt(c + r) - R``, ``c = d/n``.
    """
    c, root = d / n, np.sqrt(ridge)
    b = c / (np.sqrt(c + ridge) + root)
    mean = chi_average(
        n,
        lambda chi, d, root, b, c: (d * root + b * chi**2) / np.sqrt(d * root**2 + c * chi**2),
        *(d, root, b, c),
    )
    return np.asarray((mean * np.sqrt(d * (1.0 + ridge)) / (d * root + b * n)) ** 2)
