"""Do the twins agree? Convergence in every form, its null and its spectrum."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twinseed.arrays import Array
from twinseed.auditing.estimates import IntervalEstimate
from twinseed.auditing.offsets import Offsets, offsets
from twinseed.auditing.parts import Part, part_that_agrees
from twinseed.auditing.real_rows import DirectionBands, real_rows
from twinseed.auditing.redraws import redraws
from twinseed.auditing.references import first_seeds
from twinseed.auditing.sameness import Sameness, sameness
from twinseed.auditing.seeds import Pairing, pairing
from twinseed.auditing.untrained import learned_share
from twinseed.data.twins import Twins
from twinseed.intervals import interval95
from twinseed.matched import Matched
from twinseed.orders.convergence import Along, SeedSums, along, pairs
from twinseed.randomness import stream

__all__ = ["Agreement", "BandAgreement", "Level", "agreement"]

_RESAMPLES = 1000
_NOTHING = 1e-12  # a share of the energy that is rounding
_BLOCK = 1 << 20  # entries of bootstrap weights held at once


@dataclass(frozen=True)
class Level:
    """Convergence about one origin, with percentile intervals over the seeds."""

    trace: IntervalEstimate
    """``sum_i a_i.b_i / sum_i (|a_i|^2 + |b_i|^2)/2``."""
    cosine: IntervalEstimate
    """Mean cosine."""
    null: float
    """The trace ratio over all pairs of seeds that do not match."""
    corrected: IntervalEstimate
    """``(trace - null)/(1 - null)``: 0 is what unrelated seeds show, 1 agreement."""


@dataclass(frozen=True)
class BandAgreement:
    """Agreement along principal directions ``first`` to ``last`` of the real data, from 1."""

    first: int
    last: int
    energy: float
    """Share of the samples' energy along them."""
    measured: IntervalEstimate
    linear: IntervalEstimate
    """Of the matched linear model, trained on the same rows and measured along the same axes."""
    predicted: float
    """Of the matched linear model by theory; NaN where the population is not known."""


@dataclass(frozen=True)
class Agreement:
    """Everything that is known of convergence; empty where there is one generator.

    All intervals are over the seeds, with the two trained models held fixed, but for ``another``.
    """

    mean_removed: Level | None
    """About the mean of the real rows: the convergence of the readout."""
    raw: Level | None
    """About zero: includes what all samples share, such as the average image."""
    as_given: Level | None
    """About the mean of the real rows, before an encoder; None where the rows are
    judged unchanged."""
    pairing: Pairing | None
    """Whether row i of both files comes from seed i; None where there is one generator."""
    predicted: float
    """Of the matched linear model at the same n, d and spectrum, by theory; NaN if unknown."""
    spectrum: tuple[BandAgreement, ...]
    """About each generator's own mean."""
    own_means: Level | None = None
    """About each generator's own mean: ``corrected`` is the agreement that the verdict rests on."""
    linear: IntervalEstimate | None = None
    """Agreement of the matched linear models of the same training rows; None without train_b."""
    another: IntervalEstimate | None = None
    """Where the agreement of another pair of such models would lie, trained on other rows: a 95 %
    prediction interval from redraws of the matched linear model; None where rows are too few."""
    offsets: Offsets | None = None
    """How far the generators' means are from the real rows' and from each other; None where there
    is one generator."""
    same: Sameness | None = None
    """How both files are the same samples; None where they are not."""
    part: Part | None = None
    """The seeds that agree, where the others do not; None where there is no such part."""
    learned: IntervalEstimate | None = None
    """How much of the real rows' inequality between directions the samples have: 0 for noise, about
    1 for a good model; None where the real rows have none."""

    @property
    def with_means(self) -> float:
        """Agreement that counts a distance between the generators' means, not a common offset."""
        assert self.own_means is not None
        value = self.own_means.corrected.value
        apart = 0.0 if self.offsets is None else self.offsets.between**2 / 4.0
        return (value - apart) / (1.0 + apart)


def agreement(
    twins: Twins,
    linear: Twins,
    axes: DirectionBands,
    expected: Matched | None,
    entropy: tuple[int, ...],
    *,
    as_given: Twins | None = None,
) -> Agreement:
    """Measure convergence in every form; ``twins`` and ``linear`` are about the same origin.

    Equation: about the means of A's and of B's samples, ``q = sum a_i.b_i / sum (|a_i|^2 +
    |b_i|^2)/2``, corrected for mismatched seeds (``Level``). A common offset of both generators
    from the real rows, or one between the two, does not change this number; both are measured
    beside it. ``as_given`` are the same twins before an encoder.

    Validity: intervals resample the seeds and take the two trained models as given; ``another`` is
    the exception. The prediction is for models of disjoint rows of the number of A's; it is left
    out where rows are shared.
    """
    predicted = math.nan
    if expected is not None and not twins.shared_training_rows:
        predicted = expected.convergence
    if twins.samples_b is None:
        return Agreement(None, None, None, None, predicted, ())
    if math.isnan(predicted) or twins.train_b is None:
        expected = None
    before = None
    if as_given is not None and as_given.samples_a is not twins.samples_a:
        before = _level(as_given, as_given.rows.centred().origin, entropy)
    means = _means(twins)
    own, removed, raw = _levels(twins, [means, twins.origin, None], entropy)
    honest = None
    if twins.train_b is not None:
        few = first_seeds(linear, twins.seeds)
        level = _level(few, _means(few), entropy)
        honest = None if level is None else level.corrected
    rows = real_rows(twins.rows, entropy)
    another = None
    if own is not None and not math.isnan(own.corrected.value):
        gap = math.nan if honest is None else 1.0 - honest.value
        total = sum(len(part) for part in twins.rows.arrays.values())
        drawn = redraws(rows, total, twins.n, gap, entropy)
        another = None if drawn is None else drawn.another(own.corrected.value)
    return Agreement(
        mean_removed=removed,
        raw=raw,
        as_given=before,
        pairing=pairing(twins, entropy),
        predicted=predicted,
        spectrum=_spectrum(twins, linear, axes, expected, entropy),
        own_means=own,
        linear=honest,
        another=another,
        offsets=offsets(twins, means, rows.mean(axis=0, dtype=np.float64)),
        same=sameness(twins),
        part=part_that_agrees(twins, means),
        learned=learned_share(twins, rows, entropy),
    )


def _means(twins: Twins) -> Array:
    """Return the mean of A's samples and that of B's, (2, d)."""
    assert twins.samples_b is not None
    both = (twins.samples_a, twins.samples_b)
    return np.stack([rows.mean(axis=0, dtype=np.float64) for rows in both])


def _level(twins: Twins, origin: Array | None, entropy: tuple[int, ...]) -> Level | None:
    """Return convergence about an origin, or two of them; None where all samples lie there."""
    return _levels(twins, [origin], entropy)[0]


def _levels(
    twins: Twins, origins: Sequence[Array | None], entropy: tuple[int, ...]
) -> list[Level | None]:
    """Return convergence about each origin, from the same draws of the seeds."""
    assert twins.samples_b is not None
    sums = [pairs(twins.samples_a, twins.samples_b, origin) for origin in origins]
    table = np.column_stack([part for one in sums for part in (one.gap, one.energy, one.cosine)])
    drawn = _drawn(table, stream(entropy, "audit: convergence"))
    return [_level_of(one, drawn[:, 3 * k : 3 * k + 3], twins.seeds) for k, one in enumerate(sums)]


def _level_of(sums: SeedSums, drawn: Array, seeds: int) -> Level | None:
    energy = float(sums.energy.sum())
    if energy == 0.0:
        return None
    gap, whole, cosine = drawn[drawn[:, 1] > 0].T
    null = float(sums.mismatched.sum()) / (seeds - 1) / energy
    value = 1.0 - float(sums.gap.sum()) / energy
    found = _percentiles(value, 1.0 - gap / whole)
    corrected = IntervalEstimate(math.nan, math.nan, math.nan)
    if null < 1.0:
        low, high = ((one - null) / (1.0 - null) for one in (found.low, found.high))
        corrected = IntervalEstimate((value - null) / (1.0 - null), low, high)
    return Level(
        trace=found,
        cosine=_percentiles(float(sums.cosine.mean()), cosine / seeds),
        null=null,
        corrected=corrected,
    )


def _drawn(table: Array, draw: np.random.Generator) -> Array:
    """Return the sums of the columns over resampled seeds."""
    count = len(table)
    step = max(1, _BLOCK // count)
    parts = [
        draw.multinomial(count, np.full(count, 1.0 / count), min(step, _RESAMPLES - done)) @ table
        for done in range(0, _RESAMPLES, step)
    ]
    return np.concatenate(parts)


def _percentiles(value: float, drawn: Array) -> IntervalEstimate:
    low, high = (float(one) for one in np.quantile(drawn, [0.025, 0.975]))
    return IntervalEstimate(value, min(low, value), max(high, value))


def _spectrum(
    twins: Twins,
    linear: Twins,
    axes: DirectionBands,
    expected: Matched | None,
    entropy: tuple[int, ...],
) -> tuple[BandAgreement, ...]:
    def measured(one: Twins) -> Along:
        means = None if one.samples_b is None else _means(one)
        return along(one, entropy, directions=axes.directions, bands=axes.bands, origin=means)

    mine, honest = measured(twins), measured(linear)
    predicted = np.full(len(axes.bands), math.nan)
    if expected is not None:
        predicted = expected.along(axes.bands)
    numbers, beside = (_numbers(one) for one in (mine, honest))
    return tuple(
        BandAgreement(band.start + 1, band.stop, float(energy), number, other, float(theory))
        for band, energy, number, other, theory in zip(
            axes.bands, mine.energy, numbers, beside, predicted, strict=True
        )
        if energy > _NOTHING
    )


def _numbers(found: Along) -> list[IntervalEstimate]:
    """Return each band's correlation with its 95 % interval, within -1 and 1."""
    value = np.asarray(found.correlation.value)
    ends = interval95(value, np.asarray(found.correlation.se))
    low, high = (np.clip(end, -1.0, 1.0) for end in ends)
    return [
        IntervalEstimate(*(float(part) for part in one))
        for one in zip(value, low, high, strict=True)
    ]
