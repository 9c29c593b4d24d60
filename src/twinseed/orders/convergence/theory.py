"""Convergence: do two models trained on disjoint data agree when started from the same seed?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.coupling import Coupling
from twinseed.coupling.extremes import chi_average
from twinseed.filters import Ridge, evaluated
from twinseed.orders.bias import FiniteSize, graded, smooth
from twinseed.orders.convergence.chance import against_chance, where_known
from twinseed.readout import Estimate

__all__ = [
    "factor_correlation",
    "fluctuation",
    "from_coupling",
    "next_order",
    "shortfall",
    "smooth",
]

_ISOTROPIC = 0.99
_NOTHING = 1e-9
_STEP = 1e-4
"""Relative step of a numerical derivative."""


def from_coupling(coupling: Coupling) -> dict[str, Estimate]:
    """Predict convergence, its gap to 1, its mean cosine, and its chance level.

    Equations, with sums over the population spectrum: ``1 - q = sum [sqrt(mu + r) - F][sqrt(mu + r)
    + F] / sum (mu + r)``, with the ``next_order`` at a finite n added; chance ``r/(mean mu + r)``;
    corrected ``(q - chance)/(1 - chance)``; the mean cosine is the Gaussian ratio average
    ``int_0^inf sum_j b_j/(1 + 2 s a_j) prod_i (1 + 2 s a_i)^(-1/2) ds`` with ``a = mu + r`` and
    ``b = F^2`` over all
    d directions, times a correction for the fluctuation of ``|x|^2`` at small n over an isotropic
    bulk. Mismatched seeds give 0. Along a factor with eigenvalue mu the correlation of the twins'
    components is ``F(mu)^2/E[f^2 | mu]``; q is the energy-weighted mean of this correlation over
    all directions. Where the filter is zero along a direction, the correlation there is "not
    identifiable"; where it is zero on the whole spectrum, all these numbers are. Shapes: the
    grid's, then the factor.

    Validity: Gaussian rows; ``orders.bias`` says what each value may be off by at a finite size.
    The mean cosine has no next order, and needs n of order d unless r = 0 or the population is
    isotropic.
    Source: Maillard and Goldt, arXiv 2605.21402 (the order parameter and the identity bulk); the
    deterministic equivalent of Ledoit and Peche (2011) for any spectrum.
    """
    silent, chance = coupling.silent, coupling.chance
    energy = np.where(silent, 1.0, coupling.energy)
    limit = (coupling.weight * coupling.first**2).sum(axis=-1) / energy
    reach = np.sqrt(coupling.second) + coupling.first
    added = next_order(coupling)
    gap = (coupling.weight * coupling.shortfall * reach).sum(axis=-1) / energy
    limit = np.where(gap < 0.5, 1.0 - gap, limit)
    gap, convergence = gap + added, limit - added
    cosine = _mean_cosine(coupling, limit)
    known, size = ~silent, FiniteSize.of(coupling)
    corrected = against_chance(convergence, chance, known, gap)
    level = np.asarray(corrected["convergence_corrected"].value)
    biases = {
        "convergence_chance": size.chance(chance),
        "convergence_corrected": size.corrected(added, gap, chance, np.nan_to_num(level)),
    }
    along = factor_correlation(
        coupling.factor_first**2, coupling.factor_second, coupling.factor_second
    )
    return {
        "convergence": graded(convergence, size.convergence(added, gap, convergence), known),
        "convergence_gap": graded(gap, size.gap(added, gap), known),
        "convergence_cosine": graded(cosine, size.cosine(), known),
        **{
            name: graded(one.value, biases[name], np.isfinite(np.asarray(one.value)))
            for name, one in corrected.items()
        },
        "convergence_null": graded(np.zeros(silent.shape), 0.0, known),
        "convergence_factor": graded(
            along.value, size.along_factor()[..., None], np.isfinite(np.asarray(along.value))
        ),
    }


def next_order(coupling: Coupling) -> Array:
    """What a finite sample adds to the gap 1 - q beyond the limit of large n and d.

    Equation: ``q' (1/n) sum mu^2 f'(mu)^2 / sum E[f^2|mu]``, q' the convergence above chance; for
    the ridge ``mu^2 f'^2 = mu^2/(4 (mu + r))``, so ``q/(4 n)`` for r = 0. Derivation: the limit
    counts the fluctuations of S off its diagonal, of variance ``mu_i mu_j/n``, and those on the
    diagonal are twice as large. For n far above d each adds ``(f[mu_i, mu_j])^2`` times its
    variance to the gap, f[ , ] the divided difference; q' is the part that falls to 0 with few
    rows. Range: 0 or above; over the gap it is about one over the effective dimension. Shapes: the
    grid's.

    Validity: filters that are smooth above 0; 0 for other filters, for which it is not known. Found
    right to the precision of simulations of random models (docs/statuses.md).
    Source: ours.
    """
    energy = np.where(coupling.silent, 1.0, coupling.energy)
    q = (coupling.weight * coupling.first**2).sum(axis=-1) / energy
    added = (coupling.weight * fluctuation(coupling)).sum(axis=-1) / energy
    added = _above_chance(coupling) * added / coupling.n
    return np.asarray(np.where(coupling.silent, 0.0, np.minimum(added, q)))


def shortfall(coupling: Coupling) -> Array:
    """What the next order adds to ``sqrt(E[f^2|mu]) - F(mu)`` at the nodes of the spectrum."""
    first = np.where(coupling.first > 0.0, coupling.first, np.inf)
    above = _above_chance(coupling) / coupling.n
    return np.asarray(above[..., None] * fluctuation(coupling) / (2.0 * first))


def _above_chance(coupling: Coupling) -> Array:
    """Convergence above chance, in the limit."""
    energy = np.where(coupling.silent, 1.0, coupling.energy)
    reach = np.sqrt(coupling.second) + coupling.first
    gap = (coupling.weight * coupling.shortfall * reach).sum(axis=-1)
    # a ridge far above the eigenvalues leaves no digits of energy - f(0)^2
    ridge = np.array([isinstance(one, Ridge) for one in coupling.filters])
    learned = np.where(ridge, coupling.mean, energy * (1.0 - coupling.chance))
    some = learned > _NOTHING * np.where(ridge, 0.0, energy)
    share = np.divide(gap, learned, out=np.ones(learned.shape), where=some)
    above = np.clip(1.0 - share, 0.0, 1.0)
    above = above * np.minimum(coupling.n, 1.0) ** 2  # with less than one row nothing is added
    return np.asarray(np.where(coupling.silent, 0.0, above))


def fluctuation(coupling: Coupling) -> Array:
    """``mu^2 f'(mu)^2`` at the nodes of the spectrum; 0 for filters that are not smooth above 0.

    Shapes: the grid's, then the nodes.
    """
    mu = np.where(coupling.weight != 0.0, coupling.mu, 0.0)
    found = np.zeros(np.broadcast_shapes(mu.shape, (*coupling.gamma.shape, 1)))
    mu = np.broadcast_to(mu, found.shape)
    for k, filter in enumerate(coupling.filters):
        place = mu[..., k, :]
        if isinstance(filter, Ridge):
            level = place + filter.strength / coupling.unit
            found[..., k, :] = np.divide(
                place**2, 4.0 * level, out=np.zeros(level.shape), where=level > 0.0
            )
        elif smooth(filter):
            low, high = (
                evaluated(filter, filter, place * coupling.unit * (1.0 + step))
                for step in (-_STEP, _STEP)
            )
            found[..., k, :] = ((high - low) / (2.0 * _STEP)) ** 2 / coupling.unit
    return found


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
