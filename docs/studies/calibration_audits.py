"""One audit of the calibration study: of honest samples, of samples with copies, of linear twins.

The copying test of ``ts.audit`` is run by the calls that ``ts.audit`` makes, with the same random
streams, so that the p-values are those of the whole audit, bit for bit; what an audit does besides
(its controls, its convergence, its page) is left out, since it costs most of the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from docs.studies import datasets
from numpy.typing import NDArray

import twinseed as ts
from twinseed.auditing.copied_fraction import copied
from twinseed.auditing.copying import Copying
from twinseed.auditing.covariance_null import STATISTICS
from twinseed.auditing.pool import attribute, searched
from twinseed.auditing.references import linear_twins
from twinseed.auditing.relabelling import Attribution
from twinseed.auditing.searches import Searches
from twinseed.data.twins import Twins
from twinseed.intervals import interval95
from twinseed.matched import matched_model
from twinseed.neighbours import Nearest
from twinseed.orders import memorisation
from twinseed.randomness import stream
from twinseed.sweep import Result

__all__ = [
    "INTERVALS",
    "Planted",
    "Roles",
    "copying_of",
    "honest_audit",
    "linear_audit",
    "rows_of",
]

INTERVALS = {
    "memorisation_ratio": 1.0,
    "memorisation_share": 0.5,
    "memorisation_share_euclidean": 0.5,
}
"""Numbers of an audit with an interval, and what they are for a perfect generator."""


Array = NDArray[np.float64]


@dataclass(frozen=True)
class Planted:
    """Copies among the samples: each sample is one with probability ``share``.

    A copy is a training row drawn at random, with noise of ``noise`` root-mean-square deviations of
    the training rows in every column.
    """

    share: float
    noise: float

    @property
    def name(self) -> str:
        """How results name it."""
        return f"{self.share:g} copied, noise {self.noise:g}"


@dataclass(frozen=True)
class Roles:
    """Disjoint random rows of a data set, as many for each role."""

    train: Array
    heldout: Array
    fresh: Array

    @classmethod
    def draw(cls, rows: Array, n: int, rng: np.random.Generator) -> Roles:
        """Draw three times n rows without replacement."""
        taken = rows[rng.permutation(len(rows))[: 3 * n]]
        return cls(taken[:n], taken[n : 2 * n], taken[2 * n :])

    def copies(self, which: NDArray[np.int64], noise: float, rng: np.random.Generator) -> Array:
        """Return copies of some training rows, with noise."""
        scale = np.sqrt(np.mean((self.train - self.train.mean(axis=0)) ** 2))
        found = self.train[which]
        return found + noise * scale * rng.standard_normal(found.shape) if noise else found


@cache
def rows_of(name: str) -> Array:
    """Return the rows of a data set, read once."""
    return datasets.named(name).read()


def honest_audit(name: str, n: int, planted: Sequence[Planted], rng: np.random.Generator) -> Result:
    """Audit held-out rows as samples, n of each role; then estimate copies put among them.

    Returns the p-values, whether each interval holds the truth, and which of its ends misses it.
    """
    roles = Roles.draw(rows_of(name), n, rng)
    entropy = (int(rng.integers(1 << 62)),)
    twins, searches, copying = copying_of(roles, entropy)
    found_near = searches.closeness()[0] or memorisation.closeness(twins, entropy)
    measured = memorisation.from_closeness(found_near, entropy)
    found: dict[str, float | bool] = {
        "p": copying.p_value,
        "p_linear": copying.p_value_linear,
        "called": copying.found,
        "visible": copying.smallest_visible,
        **_ends("0 copied", copying.copied_fraction_interval, 0.0),
    }
    for variable, truth in INTERVALS.items():
        value, se = (float(getattr(measured[variable], part)) for part in ("value", "se"))
        found |= _ends(variable, interval95(value, se), truth)
    for one, interval in _planted(planted, roles, searches, rng):
        found |= _ends(one.name, interval, one.share)
    return found


def copying_of(roles: Roles, entropy: tuple[int, ...]) -> tuple[Twins, Searches, Copying]:
    """Run the copying test of ``ts.audit`` on fresh rows, without the covariance null beside it."""
    twins = Twins(roles.fresh, None, roles.train, heldout=roles.heldout).centred()
    searches = Searches.of(twins, linear_twins(twins, entropy), entropy)
    assert searches is not None
    return twins, searches, searches.examined(stream(entropy, "audit: copying"), None)


def linear_audit(name: str, n: int, rng: np.random.Generator) -> Result:
    """Audit twins of the linear model, each trained on n rows: z of each covariance null."""
    roles = Roles.draw(rows_of(name), n, rng)
    noise = rng.standard_normal((n, roles.train.shape[1]))
    model = matched_model(roles.train)
    found = ts.audit(
        train_a=roles.train,
        samples_a=model.sample(noise),
        heldout=roles.heldout,
        factors=1,
        rng=int(rng.integers(1 << 62)),
    )
    null = found.copying.covariance
    assert null is not None
    return {
        **{
            f"{statistic}: {part}": float(getattr(null[statistic], part))
            for statistic in STATISTICS
            for part in ("observed", "mean", "z")
        },
        "p_linear": found.copying.p_value_linear,
    }


def _planted(
    planted: Sequence[Planted], roles: Roles, searches: Searches, rng: np.random.Generator
) -> Iterator[tuple[Planted, tuple[float, float]]]:
    """Yield the interval of the copied fraction after copies have replaced some samples."""
    pool, own = searches.pool, tuple(searches.tested[0].own)
    linear = Attribution(own, attribute(searches.linear[0], pool))
    places = [np.flatnonzero(rng.random(len(roles.fresh)) < one.share) for one in planted]
    which = [rng.integers(len(roles.train), size=place.size) for place in places]
    copies = [roles.copies(rows, one.noise, rng) for rows, one in zip(which, planted, strict=True)]
    near = searched(np.concatenate(copies), pool)
    ends = np.cumsum([place.size for place in places])
    for one, place, end in zip(planted, places, ends.tolist(), strict=True):
        search = [
            _replaced(old, place, new.part(slice(end - place.size, end)))
            for old, new in zip(searches.generators[0], near, strict=True)
        ]
        yield one, copied([Attribution(own, attribute(search, pool))], [linear], pool)[1:]


def _replaced(old: Nearest, chosen: NDArray[np.int64], new: Nearest) -> Nearest:
    """Return the answers, those of some queries replaced."""
    parts = []
    for name in ("cosine", "cosine_row", "distance", "distance_row"):
        values = getattr(old, name).copy()
        values[chosen] = getattr(new, name)
        parts.append(values)
    return Nearest(*parts)


def _ends(name: str, interval: tuple[float, float], truth: float) -> dict[str, bool]:
    """Return which end of an interval lies on the wrong side of the truth."""
    low, high = interval
    return {f"{name}: above": low > truth, f"{name}: below": high < truth}
