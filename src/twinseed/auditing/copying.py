"""Is it copying? The tests, the copied fraction, and the samples to look at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinseed.auditing.relabelling import Attribution, beyond, relabelled
from twinseed.status import Status

__all__ = ["CLEAR", "LEVEL", "Copying", "Suspect", "examine", "unknown"]

LEVEL = 0.01
"""Level of the tests: an honest generator is called a copier at most once in a hundred audits."""

CLEAR = 0.99
"""A win is clear where the margin is beyond this share of an honest linear model's margins."""

_RESAMPLES = 400
_POWER = 2.9 + 0.84  # standard errors: the critical value of the largest look, and 80 % power
_RULE_OF_THREE = 3.7  # -log(0.025): the 95 % bound where nothing varies
_FEWEST = 7  # coin tosses that must all fall alike for p < LEVEL
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
    """Than to any row outside its own group of rows; infinite for an exact copy."""


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
    """How many times closer than the runner-up a sample must be to count as a clear win."""
    samples: int
    rows_compared: int
    status: str = Status.OK
    suspects: tuple[Suspect, ...] = ()

    @property
    def found(self) -> bool:
        """Whether both tests reject: closer than chance, and than an honest linear model."""
        return self.p_value < LEVEL and self.p_value_linear < LEVEL


def unknown(samples: int) -> Copying:
    """Return what is known about copying without held-out rows: nothing."""
    nan = math.nan
    return Copying(nan, nan, nan, (nan, nan), nan, nan, samples, 0, Status.NOT_IDENTIFIABLE)


def examine(
    generators: Sequence[Attribution],
    linear: Sequence[Attribution],
    *,
    blocks: int,
    roles: int,
    rng: np.random.Generator,
) -> Copying:
    """Test for copying, and estimate how much of it there is.

    Equation: with ``E(t) = P(own role, margin > t) - P(another role, margin > t)/(roles - 1)``,
    which is 0 for samples that do not know their training rows and 1 for copies, the copied
    fraction is ``[E(t) - E_lin(t)]/[1 - E_lin(t)]``, E_lin that of the linear model or 0 if that is
    more; the larger of its values at ``t = 0`` and at the margin that 99 % of the linear model's
    samples do not reach; at least 0; averaged over the samples of both generators. Its interval
    resamples blocks of rows, each with the samples that are closest to it, so that samples sharing
    a row move together.

    Validity: a copy must be closer to its training row than to the other rows. Copies that are
    blurred beyond that, or copies in other features (a crop, a mirror image), are not seen.
    """
    clear = np.concatenate([one.closest["distance"].margin for one in linear])
    cut = float(np.quantile(clear, CLEAR))
    members = np.array([_members(one, blocks) for one in generators])
    members_linear = np.array([_members(one, blocks) for one in linear])
    active = np.flatnonzero((members + members_linear).sum(axis=0))
    resampled = rng.multinomial(active.size, np.full(active.size, 1 / active.size), _RESAMPLES)
    weights = np.concatenate([np.ones((1, active.size)), resampled])
    fractions: Array = np.zeros(len(weights))
    spread = 0.0
    for one, honest, count, count_linear in zip(
        generators, linear, members, members_linear, strict=True
    ):
        looks = []
        for t in (0.0, cut):
            excess, level = _excess(one, blocks, roles, t), _excess(honest, blocks, roles, t)
            seen = _ratio(weights @ excess[active], weights @ count[active])
            floor = _ratio(weights @ level[active], weights @ count_linear[active]).clip(0.0, 1.0)
            looks.append(_ratio(seen - floor, 1.0 - floor))
        spread += float(np.sum(excess**2))
        fractions += np.max(looks, axis=0).clip(0.0, 1.0) * one.samples
    samples = sum(one.samples for one in generators)
    value, drawn = float(fractions[0] / samples), fractions[1:] / samples
    p_value = relabelled(generators, blocks, roles, rng).p_closer
    return Copying(
        p_value=p_value,
        p_value_linear=beyond(generators, linear, roles, rng),
        copied_fraction=value,
        copied_fraction_interval=_interval(value, drawn, int(np.count_nonzero(members))),
        smallest_visible=min(1.0, max(_POWER * math.sqrt(spread), _FEWEST) / samples),
        clear_win=math.exp(cut) if math.isfinite(cut) else math.inf,
        samples=samples,
        rows_compared=blocks,
        suspects=_suspects(generators, cut),
    )


def _excess(one: Attribution, blocks: int, roles: int, t: float) -> Array:
    """Return each block's part of ``N E(t)``."""
    found = one.closest["distance"]
    sign = np.where(found.role == one.own, 1.0, -1.0 / (roles - 1))
    parts = np.bincount(found.block, sign * (found.margin >= t), minlength=blocks)
    return parts.astype(np.float64)


def _members(one: Attribution, blocks: int) -> Array:
    """Return the number of samples whose closest row lies in each block."""
    return np.bincount(one.closest["distance"].block, minlength=blocks).astype(np.float64)


def _ratio(top: Array, bottom: Array) -> Array:
    """Return top/bottom; 0 where the bottom is nothing, so nothing is known."""
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 1e-9)


def _interval(value: float, drawn: Array, clusters: int) -> tuple[float, float]:
    """Return the 95 % percentile interval, widened by the rule of three where nothing varies."""
    low, high = (float(x) for x in np.quantile(drawn, [0.025, 0.975]))
    if high - low < 1e-12:
        reach = _RULE_OF_THREE / max(clusters, 1)
        low, high = max(value - reach, 0.0), min(value + reach, 1.0)
    return float(min(low, value)), float(max(high, value))


def _suspects(generators: Sequence[Attribution], cut: float) -> tuple[Suspect, ...]:
    found = []
    for name, one in zip("ab", generators, strict=False):
        near = one.closest["distance"]
        clear = np.flatnonzero((near.role == one.own) & (near.margin > cut))
        found += [
            Suspect(
                generator=name,
                sample=int(s),
                training_row=int(near.row[s]),
                distance=float(near.gap[s]),
                times_closer=float(np.exp(near.margin[s])),
            )
            for s in clear[np.argsort(-near.margin[clear], kind="stable")][:_SUSPECTS]
        ]
    return tuple(sorted(found, key=lambda one: -one.times_closer)[:_SUSPECTS])
