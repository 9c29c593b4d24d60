"""Memorisation: how close is a sample to a training row?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.coupling import Coupling
from twinseed.coupling.extremes import chi_average, chi_mean, closer_share, expected_maximum
from twinseed.readout import Estimate
from twinseed.status import Status

__all__ = ["from_coupling"]

_NEAR_ISOTROPIC = 0.5
_FEW_ROWS = 50.0


def from_coupling(coupling: Coupling) -> dict[str, Estimate]:
    """Predict memorisation, its held-out level, their ratio, and the two shares.

    Equations, with traces per dimension ``m1 = tr Sigma/d``, ``m2 = tr Sigma^2/d`` and ``G_n = E
    max |g_i|`` over n standard normals. The overlaps of a sample with the training rows are a
    vector of squared length ``n z'f S f z`` in a uniform direction of n dimensions, so

    ``m = (G_n/E chi_n) E[chi_n/sqrt(chi_n^2 + n r/m1)] sqrt(n (m2 + m1^2 d/n + r m1)/(d m1^2))``;
    ``m_heldout = G_n sqrt((m2 + r m1)/(d m1 (m1 + r)))``; ``rho = sqrt(tr[S f^2]/tr[Sigma f^2]) =
    sqrt(1 + (tr Sigma)^2/(n (tr Sigma^2 + r tr Sigma)))``; share by cosine ``int F(rho t) dF(t)``,
    ``F(t) = erf(t/sqrt 2)^n``; by distance the same with ``F(t) = Phi(t)^n`` and ``rho_E^2 = (4
    tr[S f^2] + 2 tr Sigma^2)/(4 tr[Sigma f^2] + 2 tr Sigma^2)``.

    Range: m from its held-out level to 1 (each sample is a copy); rho from 1; shares from 1/2 to 1.
    Even a model that only fits the covariance has rho above 1. Shapes: the grid's.

    Validity: Gaussian data, d of about 100 or more, near-isotropic spectra; with an effective
    dimension below d/2, or fewer than 50 rows, the status says "leading order". In the limit only
    the ratio is known, because a maximum over n rows needs n. The ratio is "not identifiable" for a
    filter that is zero on the whole spectrum.
    Source: Maillard and Goldt, arXiv 2605.21402 (the question and m).
    """
    m1, m2, own, fresh = coupling.mean, coupling.mean_square, coupling.own, coupling.fresh
    silent = coupling.silent
    # a sample of zeros is equally close to all rows: its shares are 1/2, it has no ratio
    ratio = np.sqrt(np.where(silent, 1.0, own) / np.where(silent, 1.0, fresh))
    rough = (coupling.isotropy < _NEAR_ISOTROPIC) | (coupling.n < _FEW_ROWS)
    status = np.where(rough, str(Status.LEADING_ORDER), str(Status.OK))
    known = np.isfinite(coupling.d) & (coupling.n >= 1.0)
    n, d = coupling.n[known], coupling.d[known]
    m1, m2, own, fresh, chance, energy = (
        np.broadcast_to(part, known.shape)[known]
        for part in (m1, m2, own, fresh, coupling.chance, np.where(silent, 1.0, coupling.energy))
    )
    maximum = expected_maximum(n)
    length = chi_average(n, _relative_length, n, chance)
    trained = maximum / chi_mean(n) * length * np.sqrt(n * own / (d * m1 * energy))
    heldout = maximum * np.sqrt(fresh / (d * m1 * energy))
    by_distance = np.sqrt((4.0 * own + 2.0 * m2) / (4.0 * fresh + 2.0 * m2))
    values = {
        "memorisation": np.minimum(trained, 1.0),
        "memorisation_heldout": np.minimum(heldout, 1.0),
        "memorisation_share": closer_share(n, ratio[known], both_signs=True),
        "memorisation_share_euclidean": closer_share(n, by_distance, both_signs=False),
    }
    estimates = {name: _where_known(value, known, status) for name, value in values.items()}
    told = Estimate(
        np.where(silent, np.nan, ratio),
        np.where(silent, np.nan, 0.0),
        np.where(silent, str(Status.NOT_IDENTIFIABLE), status),
    )
    return {**estimates, "memorisation_ratio": told}


def _relative_length(chi: Array, n: Array, chance: Array) -> Array:
    """Return chi over the length of a sample; its noise, the share ``chance``, does not vary."""
    return np.asarray(chi / np.sqrt((1.0 - chance) * chi**2 + chance * n))


def _where_known(value: Array, known: NDArray[np.bool_], status: NDArray[np.str_]) -> Estimate:
    full = np.full(known.shape, np.nan)
    full[known] = value
    se = np.where(known, 0.0, np.nan)
    return Estimate(full, se, np.where(known, status, str(Status.NO_THEORY)))
