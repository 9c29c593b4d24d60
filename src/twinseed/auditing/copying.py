"""Is it copying? The tests, the copied fraction, and the samples to look at."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.auditing.copied_fraction import copied
from twinseed.auditing.covariance_null import Covariance
from twinseed.auditing.pool import Pool
from twinseed.auditing.relabelling import Attribution, beyond, relabelled
from twinseed.auditing.roles import Tested
from twinseed.neighbours import Nearest
from twinseed.status import Status

__all__ = ["CLEAR", "LEVEL", "Copying", "Suspect", "examine", "unknown"]

LEVEL = 0.01
"""Level of the tests: an honest generator is called a copier at most once in a hundred audits."""

CLEAR = 0.99
"""A win is clear where the margin is beyond this share of an honest linear model's margins."""

_SUSPECTS = 20

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Suspect:
    """A sample that is clearly closest to a row its generator was trained on."""

    generator: str
    sample: int
    training_row: int
    distance: float
    times_closer: float
    """Than to other rows, its own near-duplicate aside; infinite for an exact copy."""


@dataclass(frozen=True)
class Copying:
    """What the rows say about copying; NaN where ``status`` says that no number exists."""

    p_value: float
    """Exact test of "samples do not depend on which real rows were trained on"."""
    p_value_linear: float
    """Test of "no closer to the training rows than an honest model of the same covariance"."""
    copied_fraction: float
    """Share of samples that are copies, in excess of chance and of the linear model; 0 to 1."""
    copied_fraction_interval: tuple[float, float]
    smallest_visible: float
    """Copied fraction that would have been found in four audits out of five."""
    clear_win: float
    """How many times closer than to other rows a sample must be to count as a clear win."""
    samples: int
    rows_compared: int
    status: str = Status.OK
    suspects: tuple[Suspect, ...] = ()
    covariance: Covariance | None = None
    """What an honest covariance-matching model shows at this n, simulated many times over."""
    scores: Mapping[str, Array] = field(default_factory=dict, repr=False, compare=False)
    """For generator "a" and "b", a number a sample: the log of how many times closer the closest of
    its training rows is than the closest row it was not trained on; above 0: closer to training."""
    linear_scores: Mapping[str, Array] = field(default_factory=dict, repr=False, compare=False)
    """The same numbers for samples of the matched linear model."""
    matches: Mapping[str, NDArray[np.int64]] = field(
        default_factory=dict, repr=False, compare=False
    )
    """For generator "a" and "b", the index of each sample's closest training row."""

    @property
    def found(self) -> bool:
        """Whether both tests reject: closer than chance, and than an honest linear model."""
        return self.p_value < LEVEL and self.p_value_linear < LEVEL

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain numbers, lists and strings; whole arrays are left out."""
        told = {one.name: getattr(self, one.name) for one in fields(self) if one.repr}
        told["suspects"] = [vars(one) for one in self.suspects]
        told["covariance"] = None if self.covariance is None else self.covariance.to_dict()
        return told


def unknown(samples: int) -> Copying:
    """Return what is known about copying without other rows to compare with: nothing."""
    nan = math.nan
    return Copying(nan, nan, nan, (nan, nan), nan, nan, samples, 0, Status.NOT_IDENTIFIABLE)


def examine(
    generators: Sequence[Attribution],
    linear: Sequence[Attribution],
    searches: tuple[Sequence[Sequence[Nearest]], Sequence[Sequence[Nearest]]],
    tested: Sequence[Tested],
    pool: Pool,
    rng: np.random.Generator,
    covariance: Covariance | None = None,
) -> Copying:
    """Test for copying, estimate how much of it there is, and name the samples to look at.

    ``searches`` holds, for each generator and then for each of its linear models, the samples'
    nearest rows in every role, ``tested`` where the rows of its own roles come from. The tests are
    ``relabelled`` and ``beyond``, the copied fraction is ``fraction.copied``.

    Validity: a copy must be closer to its training row than to the other rows. Copies that are
    blurred beyond that, or copies in other features (a crop, a mirror image), are not seen.
    """
    margins = np.concatenate([one.closest["distance"].margin for one in linear])
    cut = float(np.quantile(margins, CLEAR, method="lower"))
    names = "ab"[: len(generators)]
    scored, honest = (
        [_scored(search, one.own) for search, one in zip(side, tested, strict=True)]
        for side in searches
    )
    suspects = _suspects(generators, tested, cut)
    value, low, high = copied(generators, linear, pool)
    told = relabelled(generators, pool, rng)
    return Copying(
        p_value=told.p_closer,
        p_value_linear=beyond(generators, linear, pool, rng),
        copied_fraction=value,
        copied_fraction_interval=(low, high),
        smallest_visible=told.visible(LEVEL),
        clear_win=math.exp(cut) if math.isfinite(cut) else math.inf,
        samples=sum(one.samples for one in generators),
        rows_compared=pool.equal,
        suspects=suspects,
        covariance=covariance,
        scores={name: score for name, (score, _) in zip(names, scored, strict=True)},
        linear_scores={name: score for name, (score, _) in zip(names, honest, strict=True)},
        matches={name: match for name, (_, match) in zip(names, scored, strict=True)},
    )


def _scored(
    search: Sequence[Nearest], own: Mapping[int, NDArray[np.int64]]
) -> tuple[Array, NDArray[np.int64]]:
    """Return each sample's score, and the index of its closest training row."""
    gap = np.concatenate([search[role].distance for role in own], axis=1)
    row = np.concatenate([index[search[role].distance_row] for role, index in own.items()], axis=1)
    pick = gap.argmin(axis=1)[:, None]
    near = np.take_along_axis(gap, pick, axis=1)[:, 0]
    others = [one.distance.min(axis=1) for role, one in enumerate(search) if role not in own]
    far = np.min(others, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.log(far) - np.log(near)
    score[far == near] = 0.0
    return score, np.take_along_axis(row, pick, axis=1)[:, 0]


def _suspects(
    generators: Sequence[Attribution], tested: Sequence[Tested], cut: float
) -> tuple[Suspect, ...]:
    found = []
    for name, one, known in zip("ab", generators, tested, strict=False):
        near = one.closest["distance"]
        clear = np.flatnonzero(one.won("distance") & (near.margin > cut))
        found += [
            Suspect(
                generator=name,
                sample=int(s),
                training_row=int(known.own[int(near.role[s])][near.row[s]]),
                distance=float(near.gap[s]),
                times_closer=float(np.exp(near.margin[s])),
            )
            for s in clear[np.argsort(-near.margin[clear], kind="stable")][:_SUSPECTS]
        ]
    return tuple(sorted(found, key=lambda one: -one.times_closer)[:_SUSPECTS])
