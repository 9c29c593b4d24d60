"""What each number should be compared with: no copying, unrelated seeds, an honest linear model."""

from __future__ import annotations

import math
from collections.abc import Mapping

from twinseed.auditing.conditional import conditional_twins
from twinseed.auditing.estimates import IntervalEstimate, interval
from twinseed.data.labels import Labels
from twinseed.data.twins import Twins
from twinseed.matched import matched_twins
from twinseed.numbers import ReadoutNumbers
from twinseed.randomness import stream
from twinseed.readout import VARIABLES

__all__ = [
    "first_seeds",
    "linear_twins",
    "references",
]

LINEAR = "matched linear model"
PREDICTED = "matched linear model, predicted"
CHANCE = "no copying"
MISMATCHED = "mismatched seeds"

_SEEDS = 2000  # samples of the linear model, at most, where the generator gave fewer
_TIMES = 4  # as many samples of it as of the generator: it is cheap, and the test gains by it


def linear_twins(twins: Twins, entropy: tuple[int, ...], classes: Labels | None = None) -> Twins:
    """Return twins of the honest model of the same training rows: Gaussian, covariance-matching.

    Equation: ``x = mean + S^(1/2) z``, the mean and S of the training rows. It is fitted to the
    very rows that the audit compares with, so its excess closeness to them is what matching a
    covariance costs with these rows and this n, no spectrum having to be estimated. B has noise in
    common with A, as twins have; it is left out where ``train_b`` is unknown. As many samples as
    the generator's are drawn, or up to four times as many. With ``classes`` one such model is
    fitted to each class, see ``conditional_twins``. Cost: one thin singular value decomposition for
    each training set.
    """
    count = max(min(_TIMES * twins.seeds, _SEEDS), twins.seeds)
    noise = stream(entropy, "audit: linear model").standard_normal((count, twins.d))
    if classes is not None:
        return conditional_twins(twins, classes, noise)
    return matched_twins(twins, noise)


def first_seeds(twins: Twins, count: int) -> Twins:
    """Return the twins with their first samples only."""
    second = None if twins.samples_b is None else twins.samples_b[:count]
    return Twins.of(twins.rows, twins.samples_a[:count], second)


def references(
    measured: ReadoutNumbers, linear: ReadoutNumbers, predicted: float
) -> dict[str, dict[str, list[IntervalEstimate]]]:
    """Return, for each variable that was measured, its reference values by name.

    One number for each factor, or one. A reference that does not exist is left out.
    """
    found: dict[str, dict[str, list[IntervalEstimate]]] = {}
    fixed: Mapping[str, tuple[str, IntervalEstimate]] = {
        "memorisation": (CHANCE, interval(measured, "memorisation_heldout")),
        "memorisation_ratio": (CHANCE, IntervalEstimate(1.0, 1.0, 1.0)),
        "memorisation_share": (CHANCE, IntervalEstimate(0.5, 0.5, 0.5)),
        "memorisation_share_euclidean": (CHANCE, IntervalEstimate(0.5, 0.5, 0.5)),
        "convergence": (MISMATCHED, interval(measured, "convergence_null")),
    }
    for name, variable in VARIABLES.items():
        factors = range(measured.sizes["factor"]) if variable.per_factor else [None]
        mine = [interval(measured, name, k) for k in factors]
        if all(math.isnan(one.value) for one in mine):
            continue
        here: dict[str, list[IntervalEstimate]] = {}
        if name in fixed:
            label, number = fixed[name]
            here[label] = [number]
        here[LINEAR] = [interval(linear, name, k) for k in factors]
        if name == "convergence":
            here[PREDICTED] = [IntervalEstimate(predicted, predicted, predicted)]
        found[name] = {
            label: numbers
            for label, numbers in here.items()
            if not all(math.isnan(one.value) for one in numbers)
        }
    return found
