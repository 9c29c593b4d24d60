"""Verdicts on agreement where the truth is known: offsets, equal files, parts, shared noise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import twinseed as ts
from twinseed.auditing.agreement import Agreement, agreement
from twinseed.auditing.parts import part_of
from twinseed.auditing.real_rows import DirectionBands, real_rows
from twinseed.auditing.redraws import Redraws, redraws
from twinseed.auditing.references import linear_twins
from twinseed.auditing.sameness import Sameness, sameness
from twinseed.auditing.untrained import learned_share
from twinseed.auditing.verdict import Answer, Outcome
from twinseed.auditing.verdict.convergence import answer_on_convergence
from twinseed.generators import LinearGenerator

Rows = NDArray[np.float64]
Draw = np.random.default_rng

N, D, SEEDS = 300, 20, 200
WIDTHS = 2.0 / np.sqrt(np.arange(1, D + 1))
UP = 5.0 * np.sqrt(np.mean(WIDTHS**2))  # five standard deviations in every column
I = np.arange(SEEDS)[:, None]  # noqa: E741 the index of a seed, as in every equation


class Pair:
    """Honest linear twins of one population, with what can be made of them."""

    def __init__(self, seed: int) -> None:
        self.draw = Draw(seed)
        self.real = [self.draw.standard_normal((N, D)) * WIDTHS for _ in range(3)]
        self.noise = self.draw.standard_normal((SEEDS, D))
        self.models = [
            LinearGenerator.fit(rows, ts.Ridge(0.0), center=True) for rows in self.real[:2]
        ]
        self.a, self.b = (model.sample(self.noise) for model in self.models)
        self.other = self.models[1].sample(self.draw.standard_normal((SEEDS, D)))

    def twins(self, a: Rows, b: Rows) -> ts.Twins:
        return ts.Twins(a, b, *self.real).centred()

    def partly(self, share: float) -> Rows:
        """B's samples from noise of which a share of the variance is A's."""
        fresh = self.draw.standard_normal((SEEDS, D))
        return self.models[1].sample(np.sqrt(share) * self.noise + np.sqrt(1 - share) * fresh)


def judged(twins: ts.Twins) -> tuple[Agreement, Answer]:
    axes = DirectionBands.of(real_rows(twins.rows, (0,)))
    found = agreement(twins, linear_twins(twins, (0,)), axes, None, (0,))
    return found, answer_on_convergence(twins, found)


@pytest.fixture(scope="module")
def pair() -> Pair:
    return Pair(0)


@pytest.mark.parametrize("offset", [0.0, UP])
def test_a_common_offset_is_named_and_is_not_agreement(pair: Pair, offset: float) -> None:
    """About the mean of the real rows, twins with little in common would have "converged"."""
    found, told = judged(pair.twins(pair.a + offset, pair.partly(0.01) + offset))
    assert told.outcome is Outcome.NOT_CONVERGED
    assert found.own_means is not None
    assert found.mean_removed is not None
    assert found.own_means.corrected.value < 0.3
    assert (found.mean_removed.trace.value > 0.9) is bool(offset)
    assert ("common offset" in told.sentence) is bool(offset)
    together, told = judged(pair.twins(pair.a + offset, pair.b + offset))
    assert told.outcome is Outcome.CONVERGED
    assert together.offsets is not None
    assert together.offsets.common == pytest.approx(5.0 if offset else 0.0, abs=0.1)


def test_a_distance_between_the_means_is_not_agreement(pair: Pair) -> None:
    found, told = judged(pair.twins(pair.a, pair.b + UP))
    assert told.outcome is Outcome.NOT_CONVERGED
    assert "the means of A and B lie 5.1 standard deviations apart" in told.sentence
    assert "common offset" not in told.sentence
    assert found.offsets is not None
    assert found.offsets.between == pytest.approx(5.0, abs=0.2)
    assert found.own_means is not None
    assert found.own_means.corrected.low > 0.9
    middle = (pair.a.mean(axis=0) + pair.b.mean(axis=0) + UP) / 2
    a, b = pair.a - middle, pair.b + UP - middle
    energy = (np.sum(a**2) + np.sum(b**2)) / 2
    assert found.with_means == pytest.approx(np.sum(a * b) / energy, abs=0.01)


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (lambda a: a, Sameness.EQUAL),
        (lambda a: np.round(a, 1), Sameness.ROUNDED),
        (lambda a: a.astype(np.float16), Sameness.ROUNDED),
        (lambda a: 2.0 * a - 3.0, Sameness.SCALED),
        (lambda a: np.round(255.0 * a + 9.0), Sameness.SCALED),
        (lambda a: (a - a.mean(axis=0)) / a.std(axis=0), Sameness.SCALED),
        (lambda a: a + 0.02 * Draw(1).standard_normal(a.shape), None),
        (lambda a: a * (1.0 + Draw(2).standard_normal(D) / np.sqrt(N)) + 0.01, None),
    ],
    ids=["equal", "rounded", "float16", "scaled", "grey", "standardised", "near", "by column"],
)
def test_one_file_given_twice_is_named(made: Any, kind: Sameness | None, pair: Pair) -> None:
    twins = pair.twins(pair.a, made(pair.a))
    assert sameness(twins) is kind
    assert (judged(twins)[1].outcome is Outcome.CANNOT_JUDGE) is (kind is not None)


def test_columns_that_do_not_vary_hide_no_equal_files(pair: Pair) -> None:
    a = np.column_stack([pair.a, np.full(SEEDS, 0.1)])
    real = [np.column_stack([rows, np.full(N, 0.1)]) for rows in pair.real]
    assert sameness(ts.Twins(a, 3.0 * a + 0.1, *real)) is Sameness.SCALED
    faint = np.column_stack([pair.a, 0.001 * pair.a[:, 0], 1e-17 * pair.a[:, 1]])
    wide = [np.column_stack([rows, rows[:, :2]]) for rows in pair.real]
    assert sameness(ts.Twins(faint, np.round(faint, 1), *wide)) is Sameness.ROUNDED
    assert sameness(ts.Twins(faint, 2.0 * faint - 3.0, *wide)) is Sameness.SCALED
    grey = np.round(50.0 * faint + 9.0)
    assert sameness(ts.Twins(faint, grey, *wide)) is Sameness.SCALED
    still = np.column_stack([pair.b, pair.draw.random(SEEDS)])
    assert sameness(ts.Twins(a, still, *real)) is None


def test_honest_twins_are_not_one_file() -> None:
    """Of a single column, or in whole numbers, honest twins may differ by a line or in few rows."""
    line = Draw(3).standard_normal((50, 1))
    assert sameness(ts.Twins(line, 1.1 * line + 0.2, line)) is None
    assert sameness(ts.Twins(line, line, line)) is Sameness.EQUAL
    whole = np.rint(Draw(4).standard_normal((200, 5)))
    near = whole.copy()
    near[3, 2] += 1.0
    assert sameness(ts.Twins(whole, near, whole)) is None
    for seed in range(5):
        one = Pair(10 + seed)
        assert sameness(one.twins(one.a, one.b)) is None


@pytest.mark.parametrize(
    ("shared", "rows", "shift"),
    [
        (I < 20, "rows 0 to 19", 0),
        (I < 100, "rows 0 to 99", 0),
        (I % 3 == 1, "one row in 3, from row 1,", 0),
        (I % 10 == 0, "one row in 10, from row 0,", 0),
        (I >= 100, "all but rows 0 to 99", 0),
    ],
)
def test_a_part_of_the_seeds_is_found(shared: Any, rows: str, shift: int, pair: Pair) -> None:
    found, told = judged(pair.twins(pair.a, np.where(shared, pair.b, pair.other)))
    assert told.outcome is Outcome.CANNOT_JUDGE
    assert found.part is not None
    assert (found.part.rows, found.part.shift) == (rows, shift)
    assert found.part.agreement > 0.9
    assert abs(found.part.rest) < 0.1
    assert found.part.seeds == int(shared.sum())


@pytest.mark.parametrize("shift", [3, -7])
def test_a_shifted_half_is_found(shift: int, pair: Pair) -> None:
    half = SEEDS // 2
    b = np.concatenate([pair.b[:half], np.roll(pair.b[half:], shift, axis=0)])
    found, told = judged(pair.twins(pair.a, b))
    assert told.outcome is Outcome.CANNOT_JUDGE
    assert found.part is not None
    assert (found.part.rows, found.part.shift) == (f"rows 0 to {half - 1}", shift)
    assert f"the row {abs(shift)} {'later' if shift > 0 else 'earlier'}" in told.sentence


def test_single_seeds_that_agree_are_counted(pair: Pair) -> None:
    chosen = Draw(5).random((SEEDS, 1)) < 0.06
    found, told = judged(pair.twins(pair.a, np.where(chosen, pair.b, pair.other)))
    assert told.outcome is Outcome.NOT_CONVERGED
    assert found.part is not None
    assert found.part.seeds == int(chosen.sum())
    assert not found.part.ordered


def test_agreement_that_is_alike_for_all_seeds_has_no_part() -> None:
    """From none to nearly all, with seeds in the order of two classes that agree unlike."""
    for seed in range(40):
        draw = Draw([6, seed])
        a, fresh = draw.standard_normal((2, 100, 1 + seed % 9))
        share = 0.025 * seed
        b = np.sqrt(share) * a + np.sqrt(1 - share) * fresh
        assert part_of(a - a.mean(axis=0), b - b.mean(axis=0)) is None
    a, fresh = Draw(7).standard_normal((2, 200, 30))
    by_class = a + fresh * np.where(I < 100, 0.3, 1.0)
    assert part_of(a, by_class) is None


@pytest.mark.parametrize("still", ["both", "one"])
def test_a_generator_whose_samples_are_all_equal_is_judged(still: str, pair: Pair) -> None:
    point = np.full((SEEDS, D), 2.0)
    found, told = judged(pair.twins(point if still == "both" else pair.a, point + 1.0))
    words = {"both": Outcome.CANNOT_TELL, "one": Outcome.NOT_CONVERGED}
    assert told.outcome is words[still]
    assert found.offsets is None if still == "both" else found.offsets is not None


def test_untrained_twins_agree_through_their_noise(pair: Pair) -> None:
    a, b = (pair.noise + 0.05 * pair.draw.standard_normal((SEEDS, D)) for _ in range(2))
    found, told = judged(pair.twins(3.0 * a, 3.0 * b))
    assert found.own_means is not None
    assert found.own_means.corrected.low > 0.9
    assert told.outcome is Outcome.NOT_CONVERGED
    assert "through their shared noise alone" in told.sentence


@pytest.mark.parametrize("ridge", [0.0, 0.3, 1.0])
def test_what_was_learned_is_what_the_ridge_leaves(ridge: float) -> None:
    """mean mu/(mean mu + r), for models of the population itself."""
    draw = Draw(8)
    real = draw.standard_normal((2000, D)) * WIDTHS
    samples = draw.standard_normal((2000, D)) * np.sqrt(WIDTHS**2 + ridge)
    found = learned_share(ts.Twins(samples, None, real), real, (0,))
    truth = np.mean(WIDTHS**2) / (np.mean(WIDTHS**2) + ridge)
    assert found is not None
    assert found.low - 0.02 < truth < found.high + 0.02
    assert found.high - found.low < 0.4
    flat = draw.standard_normal((2000, D))
    assert learned_share(ts.Twins(samples, None, flat), flat, (0,)) is None


def test_another_pair_lies_within_the_range_of_redraws() -> None:
    """The range of one pair holds the next in 95 of 100 cases; that over seeds holds far fewer."""
    held = over_seeds = 0
    for seed in range(60):
        pairs = [Pair(1000 + 2 * seed), Pair(1001 + 2 * seed)]
        now, later = (1.0 - exact_gap(one.models) for one in pairs)
        rows = np.concatenate(pairs[0].real)
        drawn = redraws(rows, len(rows), N, 1.0 - now, (seed,))
        assert drawn is not None
        around = drawn.another(now)
        held += around.low < later < around.high
        over_seeds += abs(later - now) < (around.high - around.low) / 12
    assert held >= 52, "95 % of 60 is 57, and 52 has probability 0.02 at 93 %"
    assert over_seeds < 40, "an interval six times narrower, as that over seeds is"


def exact_gap(models: list[LinearGenerator]) -> float:
    """Return 1 - q over all seeds at once, from both models' matrices."""
    a, b = (model.sample(np.eye(D)) - model.sample(np.zeros((1, D))) for model in models)
    return float(np.sum((a - b) ** 2) / (np.sum(a**2) + np.sum(b**2)))


def test_a_range_is_that_of_its_equation() -> None:
    found = Redraws(pairs=24, spread=0.1).another(0.9)
    reach = np.exp(np.sqrt(2) * 2.0686576 * 0.1)
    assert (found.low, found.high) == pytest.approx((1 - 0.1 * reach, 1 - 0.1 / reach))
    assert redraws(np.ones((40, 3)), 40, 10, 0.1, (0,)) is None
    assert redraws(Draw(0).standard_normal((40, 3)), 40, 7, 0.1, (0,)) is None
