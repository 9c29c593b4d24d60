"""Are the audit's verdicts on agreement and recovery right, where the truth is known?

Usage, from the root of the repository: python -m docs.studies.agreement_verdicts

Every finished cell is kept in agreement_verdicts.json beside this script, and a run that was
interrupted goes on. The tables of docs/calibration.md are written from it by ``python -m
docs.studies.agreement_verdicts_page``. Needs scikit-learn; about eight minutes of one core.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402  # reads the variables above when it loads
import xarray as xr  # noqa: E402  # as above
from docs.studies import pages  # noqa: E402  # as above
from docs.studies.datasets import LAWS, named  # noqa: E402  # as above

import twinseed as ts  # noqa: E402  # as above
from twinseed.auditing.agreement import Agreement, agreement  # noqa: E402  # as above
from twinseed.auditing.factors import factors  # noqa: E402  # as above
from twinseed.auditing.real_rows import DirectionBands, real_rows  # noqa: E402  # as above
from twinseed.auditing.references import first_seeds, linear_twins  # noqa: E402  # as above
from twinseed.auditing.verdict import Answer, Outcome  # noqa: E402  # as above
from twinseed.auditing.verdict.convergence import answer_on_convergence  # noqa: E402  # as above
from twinseed.auditing.verdict.recovery import answer_on_recovery  # noqa: E402  # as above
from twinseed.generators import LinearGenerator  # noqa: E402  # as above
from twinseed.matched import matched  # noqa: E402  # as above

__all__ = ["AGREEMENT", "DATA", "LINEAR", "PERFECT", "RECOVERY", "RESULTS", "main", "run"]

RESULTS = Path(__file__).with_suffix(".json")
SEEDS, FACTORS = 200, 5

Rows = np.ndarray
Draw = np.random.Generator


@dataclass(frozen=True)
class Source:
    """Rows to draw from, and how many each set has for agreement and for recovery."""

    draw: Callable[[Draw, int], Rows]
    agreement: int
    recovery: int


def _of_rows(read: Callable[[], Rows]) -> Callable[[Draw, int], Rows]:
    def draw(rng: Draw, count: int) -> Rows:
        rows = read()
        return rows[rng.permutation(len(rows))[:count]]

    return draw


def _of_law(name: str, exponent: float, columns: int = 40) -> Callable[[Draw, int], Rows]:
    (law,) = (one for one in LAWS if one.name == name)
    widths = np.arange(1, columns + 1) ** (-exponent / 2)
    return lambda rng, count: law.draw(rng, count, columns) * widths


@cache
def _digits() -> Rows:
    return named("digits").read()


@cache
def _tumours() -> Rows:
    from sklearn.datasets import load_breast_cancer

    rows = load_breast_cancer().data
    return np.asarray((rows - rows.mean(axis=0)) / rows.std(axis=0))


DATA: Mapping[str, Source] = {
    "digits": Source(_of_rows(_digits), 300, 350),
    "breast tumours": Source(_of_rows(_tumours), 180, 110),
    "power law": Source(_of_law("Gaussian", 1.0), 300, 600),
    "heavy tails": Source(_of_law("multivariate t, 5 df", 1.0), 300, 600),
}
"""Real rows, disjoint and at random; and laws of which rows are drawn anew."""


@dataclass(frozen=True)
class Case:
    """What is made of honest linear twins, and what is right to say of it."""

    make: Callable[[Linear], tuple[Rows, Rows]]
    right: tuple[Outcome, ...]
    says: str = ""
    """A part of the sentence that names what was made."""


class Linear:
    """Linear twins of disjoint rows, and what is needed to spoil them."""

    def __init__(self, source: Source, rng: Draw) -> None:
        self.rng = rng
        n = source.agreement
        self.real = np.split(source.draw(rng, 3 * n), 3)
        self.d = self.real[0].shape[1]
        self.noise = rng.standard_normal((SEEDS, self.d))
        self.models = [
            LinearGenerator.fit(rows, ts.Ridge(0.0), center=True) for rows in self.real[:2]
        ]
        self.a, self.b = (model.sample(self.noise) for model in self.models)
        self.sd = float(np.sqrt(np.mean(np.var(self.a, axis=0))))

    @property
    def truth(self) -> float:
        """Convergence of these two models over all seeds, about their own means."""
        a, b = (
            model.sample(np.eye(self.d)) - model.sample(np.zeros((1, self.d)))
            for model in self.models
        )
        return float(2.0 * np.sum(a * b) / (np.sum(a**2) + np.sum(b**2)))

    def fresh(self, shared: float = 0.0) -> Rows:
        """B's samples from noise of which a share of the variance is A's."""
        noise = self.rng.standard_normal((SEEDS, self.d))
        return self.models[1].sample(np.sqrt(shared) * self.noise + np.sqrt(1.0 - shared) * noise)

    def where(self, agree: Rows) -> tuple[Rows, Rows]:
        """Keep the samples of some seeds, and take those of other seeds for the rest."""
        return self.a, np.where(agree[:, None], self.b, self.fresh())


I = np.arange(SEEDS)  # noqa: E741  # the index of a seed
YES, NO, REFUSED = (Outcome.CONVERGED,), (Outcome.NOT_CONVERGED,), (Outcome.CANNOT_JUDGE,)


def _shifted(one: Linear) -> tuple[Rows, Rows]:
    half = SEEDS // 2
    return one.a, np.concatenate([one.b[:half], np.roll(one.b[half:], 3, axis=0)])


def _untrained(one: Linear) -> tuple[Rows, Rows]:
    a, b = (one.noise + 0.05 * one.rng.standard_normal(one.noise.shape) for _ in range(2))
    return one.sd * a, one.sd * b


AGREEMENT: Mapping[str, Case] = {
    "honest linear twins": Case(lambda one: (one.a, one.b), (*YES, *NO)),
    "the same, common offset of 5 sd": Case(
        lambda one: (one.a + 5 * one.sd, one.b + 5 * one.sd), (*YES, *NO), "common offset"
    ),
    "B 3 sd away from A": Case(
        lambda one: (one.a, one.b + 3 * one.sd), NO, "standard deviations apart"
    ),
    "B's samples 1.5 times as wide": Case(
        lambda one: (one.a, 1.5 * one.b), (*YES, *NO), "B vary 1."
    ),
    "5 % of the noise shared, offset of 5 sd": Case(
        lambda one: (one.a + 5 * one.sd, one.fresh(0.05) + 5 * one.sd), NO, "common offset"
    ),
    "10 % of the noise shared, offset of 5 sd": Case(
        lambda one: (one.a + 5 * one.sd, one.fresh(0.1) + 5 * one.sd), NO, "common offset"
    ),
    "other seeds": Case(lambda one: (one.a, one.fresh()), NO, "no better than"),
    "untrained": Case(_untrained, NO, "shared noise alone"),
    "one file twice": Case(lambda one: (one.a, one.a), REFUSED, "the same samples"),
    "one file twice, rounded": Case(
        lambda one: (one.a, np.round(one.a / one.sd, 1) * one.sd), REFUSED, "rounding"
    ),
    "one file twice, other units": Case(
        lambda one: (one.a, 2.0 * one.a - 3.0), REFUSED, "other units"
    ),
    "one seed in 3 shared": Case(lambda one: one.where(I % 3 == 0), REFUSED, "one row in 3"),
    "one seed in 10 shared": Case(lambda one: one.where(I % 10 == 0), REFUSED, "one row in 10"),
    "the first tenth shared": Case(lambda one: one.where(I < 20), REFUSED, "rows 0 to"),
    "the first half shared": Case(lambda one: one.where(I < 100), REFUSED, "rows 0 to"),
    "the second half shifted by 3": Case(_shifted, REFUSED, "the row 3 later"),
    "5 % of the seeds shared, at random": Case(
        lambda one: one.where(one.rng.random(SEEDS) < 0.05), NO, "single rows"
    ),
    "seeds in another order": Case(
        lambda one: (one.a, one.b[one.rng.permutation(SEEDS)]), REFUSED, "different orders"
    ),
}

PERFECT = "perfect generators"
RECOVERY: Mapping[str, int | None] = {
    PERFECT: None,
    "the leading direction is missing": 0,
    "the third direction is missing": 2,
}
"""What is made of fresh rows: the rank of the direction that they lack, from 0."""
LINEAR = "linear twins, above the threshold", "linear twins, below the threshold"


def judged(twins: ts.Twins) -> tuple[Agreement, Answer]:
    """Return what the audit finds on agreement, and its answer."""
    axes = DirectionBands.of(real_rows(twins.rows, (0,)))
    found = agreement(twins, first_seeds(linear_twins(twins, (0,)), SEEDS), axes, None, (0,))
    return found, answer_on_convergence(twins, found)


def agreement_cell(data: str, case: str, audits: int) -> dict[str, Any]:
    """Return how often each answer is given, and how often it names what was made."""
    outcomes: Counter[str] = Counter()
    right = named_it = held = 0
    chosen = AGREEMENT[case]
    for k in range(audits):
        one = Linear(DATA[data], np.random.default_rng([1, k, *case.encode()]))
        twins = ts.Twins(*chosen.make(one), *one.real).centred()
        found, told = judged(twins)
        outcomes[str(told.outcome)] += 1
        named_it += chosen.says in told.sentence
        right += told.outcome in chosen.right
        if found.own_means is not None:
            interval = found.own_means.corrected
            held += interval.low <= one.truth <= interval.high
    return {
        "audits": audits,
        "outcomes": dict(outcomes),
        "right": right,
        "named": named_it,
        "interval held": held,
    }


def recovery_cell(data: str, case: str, audits: int) -> dict[str, Any]:
    """Return how often each answer on recovery is given, and what became of each factor."""
    outcomes: Counter[str] = Counter()
    fates: Counter[str] = Counter()
    exact = held = total = 0
    lacking = RECOVERY[case]
    source = DATA[data]
    for k in range(audits):
        rng = np.random.default_rng([2, k, *case.encode()])
        rows = source.draw(rng, 5 * source.recovery)
        a, b, heldout, *samples = np.split(rows, 5)
        if lacking is not None:
            u = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)[2][lacking]
            samples = [one - np.outer((one - one.mean(axis=0)) @ u, u) for one in samples]
        found, told = _recovered(ts.Twins(*samples, a, b, heldout).centred(), FACTORS)
        outcomes[str(told.outcome)] += 1
        fates.update(str(one.fate) for one in found)
        lost = [one for one in found if one.fate.lost]
        if lacking is None:
            exact += not lost
            held += sum(one.relative.high >= 1.0 for one in found if one.fate.judged)
            total += sum(one.fate.judged for one in found)
        else:
            exact += len(lost) == 1 and lost[0].window[0] <= lacking + 1 <= lost[0].window[1]
    return {
        "audits": audits,
        "outcomes": dict(outcomes),
        "fates": dict(fates),
        "right": exact,
        "one within the interval": [held, total],
    }


def linear_cell(case: str, audits: int) -> dict[str, Any]:
    """Return what is said of one spike that linear twins learn (0.8), or cannot learn (0)."""
    outcomes: Counter[str] = Counter()
    n, d = 100, 50
    beta = 4.0 if case == LINEAR[0] else 0.6
    population = ts.Spiked([beta])
    for k in range(audits):
        rng = np.random.default_rng([3, k, *case.encode()])
        a, b = (population.sample(n, d, rng) for _ in range(2))
        heldout = population.sample(2000, d, rng)
        noise = rng.standard_normal((1000, d))
        samples = [
            LinearGenerator.fit(rows, ts.Ridge(0.0), center=True).sample(noise) for rows in (a, b)
        ]
        _, told = _recovered(ts.Twins(*samples, a, b, heldout).centred(), 1)
        outcomes[str(told.outcome)] += 1
    right = {LINEAR[0]: Outcome.RECOVERED, LINEAR[1]: Outcome.OUT_OF_REACH}[case]
    return {"audits": audits, "outcomes": dict(outcomes), "right": outcomes[str(right)]}


def another_cell(data: str, audits: int) -> dict[str, Any]:
    """Return how often the range for another pair holds the next pair, and the interval does."""
    source, held, over_seeds = DATA[data], 0, 0
    small = Source(source.draw, min(source.agreement, 90), 0)
    for k in range(audits):
        rng = np.random.default_rng([4, k, *data.encode()])
        one, other = Linear(small, rng), Linear(small, rng)
        found, _ = judged(ts.Twins(one.a, one.b, *one.real).centred())
        assert found.another is not None
        assert found.own_means is not None
        held += found.another.low <= other.truth <= found.another.high
        interval = found.own_means.corrected
        over_seeds += interval.low <= other.truth <= interval.high
    return {"audits": audits, "held": held, "held over seeds": over_seeds}


def _recovered(twins: ts.Twins, count: int) -> tuple[Any, Answer]:
    nothing = ("factor", np.full(count, np.nan))
    readout = xr.Dataset({"recovery_twins": nothing, "recovery_twins_se": nothing})
    linear = first_seeds(linear_twins(twins, (0,)), twins.seeds)
    expected = matched(real_rows(twins.rows, (0,)), twins.n, count)
    found = factors(twins, readout, linear, expected, (0,))
    return found, answer_on_recovery(twins, readout, {}, found, Outcome.NOT_CONVERGED)


def run(path: Path, *, agreements: int, recoveries: int, others: int) -> dict[str, Any]:
    """Compute the cells that ``path`` does not hold yet; the numbers are audits of each cell."""
    kept = pages.read(path)
    work: dict[str, Callable[[], dict[str, Any]]] = {}
    for data in DATA:
        for case in AGREEMENT:
            work[f"agreement: {data}: {case}"] = partial(agreement_cell, data, case, agreements)
        for case in RECOVERY:
            count = recoveries if case == PERFECT else max(1, recoveries // 4)
            work[f"recovery: {data}: {case}"] = partial(recovery_cell, data, case, count)
        work[f"another: {data}"] = partial(another_cell, data, others)
    for case in LINEAR:
        work[f"linear: {case}"] = partial(linear_cell, case, max(1, recoveries // 2))
    for name, compute in work.items():
        if name not in kept:
            kept[name] = compute()
            pages.write(path, kept)
    return kept


def main() -> None:
    """Compute what is missing."""
    run(RESULTS, agreements=10, recoveries=40, others=30)


if __name__ == "__main__":
    main()
