"""Draws of twins for docs/studies/statuses.py: the numbers of ``Dense``, without its machinery.

The draws are those of ``ts.Dense`` with as many seeds: from the same random generator the numbers
are the same up to rounding (tests/docs/test_statuses.py). Small models take a tenth of the time,
because no data are checked and no search is prepared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twinseed.arrays import Array
from twinseed.filters import Filter, SpectrumSeen
from twinseed.orders.distance.data import bures_wasserstein, divergences
from twinseed.orders.recovery.data import overlaps
from twinseed.orders.recovery.theory import factor_groups
from twinseed.populations import Population
from twinseed.simulation.ranks import matched

__all__ = ["SEEDS", "draw"]

SEEDS = 64
_WASSERSTEIN = 200
"""The largest d at which the distance is computed for filters that have no formula."""


@dataclass(frozen=True)
class _Twin:
    samples: Array
    directions: Array
    learnt: Array
    rest: float

    @classmethod
    def fit(cls, rows: Array, filter: Filter, noise: Array) -> _Twin:
        n, d = rows.shape
        if n >= d:
            found, vectors = np.linalg.eigh(rows.T @ rows / n)
            values, directions = np.maximum(found[::-1], 0.0), vectors[:, ::-1]
        else:
            _, singular, transposed = np.linalg.svd(rows, full_matrices=False)
            values, directions = singular**2 / n, transposed.T
        every = np.concatenate([np.zeros(d - values.size), values[::-1]])
        met = filter.adapted(SpectrumSeen(every, np.full(d, 1.0 / d), n=n, d=d))
        gain, floor = met(values), met.at_zero
        samples = ((noise @ directions) * (gain - floor)) @ directions.T + floor * noise
        return cls(samples, directions, gain**2, floor**2)

    @property
    def energy(self) -> float:
        d, k = self.directions.shape
        return float(self.learnt.sum()) + (d - k) * self.rest


def draw(
    population: Population, filter: Filter, n: int, d: int, rng: np.random.Generator
) -> dict[str, Any]:
    """Return the numbers of one draw by variable name."""
    rows = [population.sample(n, d, rng) for _ in range(3)]
    noise = rng.standard_normal((SEEDS, d))
    twins = [_Twin.fit(one, filter, noise) for one in rows[:2]]
    mu, factors = population.eigenvalues(d), population.factors
    found = _closeness(twins, rows) | _agreement(twins, d) | _recovered(twins, mu, factors)
    laws = [(mu, one.learnt, one.directions) for one in twins]
    rests = [one.rest for one in twins]
    both = [divergences(*law, rest=rest) for law, rest in zip(laws, rests, strict=True)]
    found["divergence_learnt_true"], found["divergence_true_learnt"] = np.mean(both, axis=0)
    if d <= _WASSERSTEIN or "ridge" in filter.parameters:
        pairs = zip(laws, rests, strict=True)
        found["wasserstein"] = np.mean([bures_wasserstein(*law, rest=rest) for law, rest in pairs])
    return found


def _closeness(twins: list[_Twin], rows: list[Array]) -> dict[str, Any]:
    near, far, closer, closer_euclidean = [], [], [], []
    for one, train in zip(twins, rows, strict=False):
        (t, by_t), (h, by_h) = (_closest(one.samples, real) for real in (train, rows[2]))
        near.append(t.mean())
        far.append(h.mean())
        closer.append(np.mean((1 + np.sign(t - h)) / 2))
        closer_euclidean.append(np.mean((1 + np.sign(by_h - by_t)) / 2))
    level = np.mean(far)
    return {
        "memorisation": np.mean(near),
        "memorisation_heldout": level,
        "memorisation_ratio": np.mean(near) / level if level > 0 else np.nan,
        "memorisation_share": np.mean(closer),
        "memorisation_share_euclidean": np.mean(closer_euclidean),
    }


def _closest(samples: Array, rows: Array) -> tuple[Array, Array]:
    """Return the largest |cosine| and the least squared distance (without |x|^2) per sample."""
    products = samples @ rows.T
    squares = np.einsum("ij,ij->i", rows, rows)
    length = np.sqrt(np.einsum("ij,ij->i", samples, samples))[:, None]
    size = length * np.sqrt(squares)
    cosine = np.divide(np.abs(products), size, out=np.zeros_like(products), where=size > 0)
    return cosine.max(axis=1), (squares - 2.0 * products).min(axis=1)


def _agreement(twins: list[_Twin], d: int) -> dict[str, Any]:
    a, b = (one.samples for one in twins)
    aa, bb, ab = (np.einsum("ij,ij->i", *pair) for pair in ((a, a), (b, b), (a, b)))
    gaps = np.einsum("ij,ij->i", a - b, a - b) / 2
    energy = (aa + bb).sum() / 2
    found = {"flow_distance": 2.0 * gaps.mean() / d}
    if energy == 0.0:
        return found
    size = np.sqrt(aa * bb)
    crossed = a.sum(axis=0) @ b.sum(axis=0) - ab.sum()
    chance = d * twins[0].rest / ((twins[0].energy + twins[1].energy) / 2)
    q = ab.sum() / energy
    return found | {
        "convergence": q,
        "convergence_gap": gaps.sum() / energy,
        "convergence_cosine": np.divide(ab, size, out=np.zeros_like(ab), where=size > 0).mean(),
        "convergence_chance": chance,
        "convergence_corrected": (q - chance) / (1 - chance) if chance < 1 - 1e-9 else np.nan,
        "convergence_null": crossed / (len(a) - 1) / energy,
    }


def _recovered(twins: list[_Twin], mu: Array, factors: Array) -> dict[str, Any]:
    k = factors.size
    if k == 0:
        return {}
    a, b = (one.samples[:, :k] for one in twins)
    groups = factor_groups(factors)
    vectors = []
    for one in twins:
        kept = one.directions[:, matched(mu, k, min(one.directions.shape))]
        vectors.append(np.pad(kept, ((0, 0), (0, k - kept.shape[1]))))
    truth = np.eye(mu.size, k)
    within = [1.0 - np.sum((one.T @ truth) ** 2) / k for one in vectors]
    with np.errstate(invalid="ignore"):
        along = (a * b).sum(axis=0) / np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0))
    return {
        "convergence_factor": along,
        "recovery": np.mean([overlaps(one, truth, groups) for one in vectors], axis=0),
        "recovery_twins": np.sqrt(overlaps(vectors[0], vectors[1], groups)),
        "recovery_distance": np.mean(np.sqrt(np.maximum(within, 0.0))),
    }
