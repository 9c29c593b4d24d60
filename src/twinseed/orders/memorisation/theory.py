"""Memorisation: how close is a sample to a training row?"""

from __future__ import annotations

import numpy as np

from twinseed.coupling import Coupling
from twinseed.orders.bias import FiniteSize, graded
from twinseed.orders.memorisation.distances import closer_by_distance
from twinseed.orders.memorisation.moments import largest_cosines
from twinseed.readout import Estimate
from twinseed.status import Status

__all__ = ["from_coupling"]


def from_coupling(coupling: Coupling) -> dict[str, Estimate]:
    """Predict memorisation, its held-out level, their ratio, and the two shares.

    Equations: m, the held-out level m_0 and the share by cosine are the means of ``closest`` (see
    ``memorisation.cosines``) at n and d; ``rho = m/m_0``. For given training rows and noise the
    overlaps of a sample with the rows are a vector of squared length ``n x.S x`` in a uniform
    direction of n dimensions, and a row has a component along ``S x`` and others, so that a cosine
    follows Student's law; for large d it is normal, and ``rho -> sqrt(tr[S f^2]/tr[Sigma f^2])``,
    the value in the limit, ``sqrt(1 + (tr Sigma)^2/(n (tr Sigma^2 + r tr Sigma)))`` for the ridge.
    The share by distance is ``closer_by_distance`` (see ``memorisation.distances``); for large n
    and d it depends on ``rho_E^2 = (4 tr[S f^2] + 2 tr Sigma^2)/(4 tr[Sigma f^2] + 2 tr Sigma^2)``.

    Range: m from its held-out level to 1 (each sample is a copy); rho from 1; shares from 1/2 to 1.
    Even a model that only fits the covariance has rho above 1. Shapes: the grid's.

    Validity: Gaussian rows. The bias falls as one over the effective dimension (see
    ``orders.bias``). In the limit only the ratio is known, because a maximum over n rows needs n.
    The ratio is "not identifiable" for a filter that is zero on the whole spectrum.
    Source: Maillard and Goldt, arXiv 2605.21402 (the question and m); the law at a finite size is
    ours.
    """
    own, fresh = coupling.own, coupling.fresh
    silent = coupling.silent
    # a sample of zeros is equally close to all rows: its shares are 1/2, it has no ratio
    ratio = np.sqrt(np.where(silent, 1.0, own) / np.where(silent, 1.0, fresh))
    known = np.isfinite(coupling.d) & (coupling.n >= 1.0)
    heard = known & ~silent
    trained, heldout, share = (
        np.zeros(known.shape),
        np.zeros(known.shape),
        np.full(known.shape, 0.5),
    )
    trained[heard], heldout[heard], share[heard] = largest_cosines(coupling, heard)
    # training rows are never further, in the mean: there the limit is the better ratio
    trained = np.where(trained < heldout, np.minimum(ratio * heldout, 1.0), trained)
    share = np.maximum(share, 0.5)
    ratio = np.divide(trained, heldout, out=ratio, where=heard)
    size = FiniteSize.of(coupling)
    alone, against = size.cosines()
    euclidean = np.full(known.shape, 0.5)
    euclidean[heard] = np.maximum(closer_by_distance(coupling, heard), 0.5)
    without = Status.NO_THEORY
    return {
        "memorisation": graded(trained, alone, known, without),
        "memorisation_heldout": graded(heldout, alone, known, without),
        "memorisation_ratio": graded(ratio, against, ~silent),
        "memorisation_share": graded(share, size.share(against, share), known, without),
        "memorisation_share_euclidean": graded(euclidean, size.share_euclidean(), known, without),
    }
