"""Is it copying? The tests, the copied fraction, and the samples to look at."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.auditing.copied_fraction import CopiedFraction, copied, least_standing_out
from twinseed.auditing.covariance_null import Covariance
from twinseed.auditing.named import NamedCopy
from twinseed.auditing.nearest_in_pool import DISTANCE, NearestInPool
from twinseed.auditing.overfit import Closer, how_much_closer
from twinseed.auditing.pool import Pool
from twinseed.auditing.relabelling import Attribution, beyond, relabelled
from twinseed.auditing.roles import Tested
from twinseed.neighbours import Nearest
from twinseed.status import Status

__all__ = ["LEVEL", "Copying", "Suspect", "examine", "unknown"]

LEVEL = 0.01
"""Level of the tests: an honest generator is called a copier at most once in a hundred audits."""

_CLEAR = 0.99
"""A sample is a suspect where its margin is beyond this share of the margins of real rows."""

_SUSPECTS = 20  # in the dictionary; the export has all of them


@dataclass(frozen=True)
class Suspect:
    """A sample that is clearly closest to a row its generator was trained on."""

    generator: str
    """"a" or "b"."""
    sample: int
    """Position of the sample, from 0."""
    training_row: int
    """Position of the row among the training rows of its generator, from 0."""
    distance: float
    """Euclidean distance between the two, in the units of the comparison."""
    times_closer: float
    """Than to other rows, its own near-duplicate aside; infinite for an exact copy."""


@dataclass(frozen=True)
class Copying:
    """What the rows say about copying; NaN where ``status`` says that no number exists."""

    p_value: float
    """Exact test of "samples do not depend on which real rows were trained on"."""
    p_further: float
    """The same for "samples are further from training rows than chance"."""
    p_value_linear: float
    """Test of "no closer to the training rows than an honest model of the same covariance"."""
    copied_fraction: float
    """Share of samples that are copies, in excess of chance; 0 to 1."""
    copied_fraction_interval: tuple[float, float]
    """95 % interval of the copied fraction, over the samples."""
    stands_out: bool
    """Whether more samples are clearly closest to a training row than real rows are to another."""
    view: str
    """The view in which the copied fraction was measured, see ``relabelling.relabelled``."""
    smallest_visible: float
    """Copied fraction that would have been found in four audits out of five."""
    clear_win: float
    """How many times closer than to other rows a sample must be to count as a clear win."""
    samples: int
    """Number of samples, of all generators together."""
    rows_compared: int
    """Number of rows of each role that are compared; 0 without held-out rows."""
    status: str = Status.OK
    """Whether the test could be made, see ``Status``."""
    heldout_copied: float = math.nan
    """The same share, of copies of held-out rows; 0 where none stands out."""
    views: Mapping[str, int] = field(default_factory=dict)
    """The views that were searched, each with the number of samples it was searched for."""
    named: tuple[NamedCopy, ...] = ()
    """Samples that equal a real row by more than chance allows, even a single one."""
    closer: Closer | None = None
    """How far samples are closer to training rows than new rows are."""
    suspects: tuple[Suspect, ...] = ()
    """Samples that are clearly closest to one training row, clearest first."""
    covariance: Covariance | None = None
    """What an honest covariance-matching model shows at this n, simulated many times over."""
    scores: Mapping[str, Array] = field(default_factory=dict, repr=False, compare=False)
    """For generator "a" and "b", a number per sample: the log of how many times closer the closest
    of its training rows is than the closest row it was not trained on; above 0: closer to
    training."""
    linear_scores: Mapping[str, Array] = field(default_factory=dict, repr=False, compare=False)
    """The same numbers for samples of the matched linear model."""
    matches: Mapping[str, NDArray[np.int64]] = field(
        default_factory=dict, repr=False, compare=False
    )
    """For generator "a" and "b", the index of each sample's closest training row."""

    @property
    def found(self) -> bool:
        """Whether copies were found: by the test and a fraction above 0, or by name."""
        named = any(one.set != "heldout" for one in self.named)
        if math.isnan(self.p_value):
            return named or self.stands_out
        return named or (self.p_value < LEVEL and self.stands_out)

    @property
    def of_heldout(self) -> bool:
        """Whether samples copy held-out rows, which no generator may have seen."""
        return self.heldout_copied > 0 or any(one.set == "heldout" for one in self.named)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain numbers, lists and strings: no arrays, the first twenty suspects."""
        told = {one.name: getattr(self, one.name) for one in fields(self) if one.repr}
        told["suspects"] = [vars(one) for one in self.suspects[:_SUSPECTS]]
        told["named"] = [vars(one) for one in self.named]
        told["views"] = dict(self.views)
        told["closer"] = None if self.closer is None else vars(self.closer)
        told["covariance"] = None if self.covariance is None else self.covariance.to_dict()
        return told


def unknown(samples: int) -> Copying:
    """Return what is known about copying where nothing can be compared: nothing."""
    nan = math.nan
    return Copying(
        p_value=nan,
        p_further=nan,
        p_value_linear=nan,
        copied_fraction=nan,
        copied_fraction_interval=(nan, nan),
        stands_out=False,
        view="",
        smallest_visible=nan,
        clear_win=nan,
        samples=samples,
        rows_compared=0,
        status=Status.NOT_IDENTIFIABLE,
    )


def examine(
    generators: Sequence[Attribution],
    linear: Sequence[Attribution],
    searches: tuple[Sequence[Sequence[Nearest]], Sequence[Sequence[Nearest]]],
    tested: Sequence[Tested],
    pool: Pool,
    real: Mapping[str, NearestInPool],
    named: Sequence[NamedCopy],
    rng: np.random.Generator,
) -> Copying:
    """Test for copying, estimate how much of it there is, and name the samples to look at.

    ``searches`` holds, for each generator and then for each of its linear models, the samples'
    nearest rows in every role, ``tested`` where the rows of its own roles come from, ``real`` the
    nearest other real rows of real rows. The tests are ``relabelled`` and ``beyond``, the copied
    fraction is ``copied_fraction.copied``. Without held-out rows there is no test, and only copies
    that stand out or are named can be found.

    Validity: a copy must be closer to its training row than to the other rows. Copies that are
    blurred beyond that, or copies in other features (a crop, a mirror image), are not seen.
    """
    names = "ab"[: len(generators)]
    heldout = [k for k, role in enumerate(pool.roles) if role.name == "heldout"]
    fraction = copied(generators, real, pool)
    margins = real[DISTANCE].margin
    cut = float(np.quantile(margins, _CLEAR, method="lower"))
    suspects = _suspects(generators, tested, cut)
    nan = math.nan
    found = Copying(
        p_value=nan,
        p_further=nan,
        p_value_linear=nan,
        copied_fraction=fraction.value,
        copied_fraction_interval=(fraction.low, fraction.high),
        stands_out=fraction.stands_out,
        view=fraction.view,
        smallest_visible=nan,
        clear_win=fraction.clear,
        samples=sum(one.samples for one in generators),
        rows_compared=0,
        status=Status.NOT_IDENTIFIABLE,
        views={view: near.gap.size for view, near in generators[0].closest.items()},
        named=tuple(named),
        suspects=suspects,
    )
    if not heldout:
        return found
    scored, honest = (
        [_scored(search, one.own) for search, one in zip(side, tested, strict=True)]
        for side in searches
    )
    of_heldout = _of_heldout(generators, real, pool, heldout)
    told = relabelled(generators, pool, rng)
    least = least_standing_out(min(one.samples for one in generators), real[DISTANCE])
    return replace(
        found,
        p_value=told.p_closer,
        p_further=told.p_further,
        p_value_linear=beyond(generators, linear, pool, rng),
        smallest_visible=max(told.visible(LEVEL), least),
        rows_compared=pool.equal,
        status=Status.OK,
        heldout_copied=of_heldout,
        closer=how_much_closer(searches[0], [one.own for one in tested], pool),
        scores={name: score for name, (score, _) in zip(names, scored, strict=True)},
        linear_scores={name: score for name, (score, _) in zip(names, honest, strict=True)},
        matches={name: match for name, (_, match) in zip(names, scored, strict=True)},
    )


def _of_heldout(
    generators: Sequence[Attribution],
    real: Mapping[str, NearestInPool],
    pool: Pool,
    heldout: Sequence[int],
) -> float:
    """Return the share of samples that copy held-out rows; 0 where none stands out."""
    swapped = [
        Attribution(tuple(heldout), {DISTANCE: one.closest[DISTANCE]}, one.samples)
        for one in generators
    ]
    found: CopiedFraction = copied(swapped, real, pool)
    return found.value if found.stands_out else 0.0


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
        near = one.closest[DISTANCE]
        margin = near.margin.mean(axis=0)
        clear = np.flatnonzero(one.won(DISTANCE).all(axis=0) & (margin > cut))
        found += [
            Suspect(
                generator=name,
                sample=int(near.who[s]),
                training_row=int(known.own[int(near.role[0, s])][near.row[0, s]]),
                distance=float(np.exp(near.gap[s])),
                times_closer=float(np.exp(margin[s])),
            )
            for s in clear[np.argsort(-margin[clear], kind="stable")]
        ]
    return tuple(sorted(found, key=lambda one: -one.times_closer))
