"""Recovery of an audit: the ceiling, what could have been learned, and what was."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import twinseed as ts
from twinseed.auditing import subspaces
from twinseed.auditing.factors import Factor, Fate, factors
from twinseed.auditing.real_rows import real_rows
from twinseed.auditing.references import first_seeds, linear_twins
from twinseed.coupling import outlier
from twinseed.generators import LinearGenerator
from twinseed.matched import Matched, matched
from twinseed.populations import Estimated

Rows = NDArray[np.float64]
Draw = np.random.default_rng

D, SEEDS, HELD = 80, 800, 2400
STRENGTHS = [9.0, 3.5, 1.4]
DIGITS = pytest.param("digits", marks=pytest.mark.extras)


def judged(n: int, seed: int, kind: str, *, strengths: list[float], count: int) -> list[Factor]:
    """Audit the recovery of linear, of perfect, or of factorless generators."""
    draw = Draw(seed)
    population = ts.Spiked(strengths)
    a, b = (population.sample(n, D, draw) for _ in range(2))
    heldout = population.sample(HELD, D, draw)
    noise = draw.standard_normal((SEEDS, D))
    made = {
        "linear": [
            LinearGenerator.fit(rows, ts.Ridge(0.0), center=True).sample(noise) for rows in (a, b)
        ],
        "perfect": [population.sample(SEEDS, D, draw) for _ in range(2)],
        "blind": [noise, noise + 0.01],
    }
    twins = ts.Twins(*made[kind], a, b, heldout).centred()
    linear = first_seeds(linear_twins(twins, (0,)), SEEDS)
    readout = ts.measure(twins, rng=0, factors=count)
    return list(
        factors(twins, readout, linear, matched(real_rows(twins.rows, (0,)), n, count), (0,))
    )


@pytest.fixture(scope="module")
def perfect() -> list[Factor]:
    return judged(200, 1, "perfect", strengths=STRENGTHS, count=5)


@pytest.fixture(scope="module")
def linear() -> list[Factor]:
    return judged(80, 2, "linear", strengths=STRENGTHS, count=5)


def test_the_ceiling_is_what_a_perfect_generator_reaches(perfect: list[Factor]) -> None:
    for one in perfect[:3]:
        assert one.overlap.value == pytest.approx(one.ceiling.value, abs=0.06)
        assert one.ceiling.low <= one.ceiling.value <= one.ceiling.high <= 1.0
        assert one.fate is Fate.RECOVERED
    assert perfect[2].ceiling.value < 0.9, "it is not 1: rows and samples blur the direction"


def test_the_ceiling_is_the_product_of_both_recoveries(perfect: list[Factor]) -> None:
    for one, strength in zip(perfect, STRENGTHS, strict=False):
        known = 1.0
        for rows in (HELD, SEEDS):
            known *= float(
                outlier(1.0 + strength, (np.ones(1), np.ones(1)), gamma=rows / D).overlap
            )
        assert one.ceiling.value == pytest.approx(known, abs=0.04)


def test_a_linear_pair_recovers_what_theory_says(linear: list[Factor]) -> None:
    for one, strength in zip(linear, STRENGTHS, strict=False):
        assert one.learnable
        truth = float(outlier(1.0 + strength, (np.ones(1), np.ones(1)), gamma=79 / D).overlap)
        assert one.predicted == pytest.approx(truth, abs=0.08)
        assert one.relative.value == pytest.approx(truth, abs=0.2)
        assert one.overlap.value == pytest.approx(one.linear.value, abs=0.2)


def test_each_fate_is_told_from_the_others(perfect: list[Factor], linear: list[Factor]) -> None:
    assert linear[0].fate is Fate.RECOVERED
    assert linear[2].fate is Fate.OUT_OF_REACH
    assert linear[2].predicted < 0.5
    blind = judged(200, 3, "blind", strengths=STRENGTHS, count=3)
    assert [one.fate for one in blind] == [Fate.MISSED, Fate.MISSED, Fate.MISSED]
    below = judged(60, 4, "linear", strengths=[5.0, 0.8], count=2)
    assert below[1].fate is Fate.OUT_OF_REACH
    assert below[1].learnable is False


def test_directions_of_the_bulk_are_not_factors(perfect: list[Factor]) -> None:
    for one in perfect[3:]:
        assert one.fate is Fate.NOT_SHOWN
        assert not one.fate.judged
        assert one.window[1] > one.window[0]


def test_nearly_equal_factors_are_one_subspace() -> None:
    found = judged(160, 5, "linear", strengths=[6.0, 5.9, 2.5], count=3)
    assert [one.window for one in found] == [(1, 2), (1, 2), (3, 3)]
    truth = float(outlier(6.95, (np.ones(1), np.ones(1)), gamma=159 / D).overlap)
    assert found[0].predicted == pytest.approx(truth, abs=0.06)
    assert found[0].relative.value == pytest.approx(truth, abs=0.1)


def test_the_estimate_without_truth_comes_from_different_seeds() -> None:
    """Equal samples under shared seeds would agree exactly, noise and all."""
    found = judged(200, 6, "blind", strengths=[5.0], count=1)
    assert found[0].twins.value < 0.5


def test_without_population_or_heldout_rows_less_is_said() -> None:
    draw = Draw(7)
    population = ts.Spiked([8.0])
    a, heldout, samples = (population.sample(100, 20, draw) for _ in range(3))
    twins = ts.Twins(samples, None, a, heldout=heldout).centred()
    readout = ts.measure(twins, rng=0, factors=1)
    told = factors(twins, readout, twins, None, (0,))
    assert np.isnan(told[0].predicted)
    assert told[0].learnable is None
    noise = ts.Twins(draw.standard_normal((100, 20)), None, a, heldout=heldout).centred()
    unlearned = ts.measure(noise, rng=0, factors=1)
    assert factors(noise, unlearned, twins, None, (0,))[0].fate is Fate.NOT_RECOVERED
    few = ts.Twins(samples, None, a, heldout=heldout[:7]).centred()
    assert factors(few, readout, twins, None, (0,)) == ()


def test_the_overlap_of_a_direction_with_an_unrelated_subspace() -> None:
    draw = Draw(8)
    for size, d in ((1, 3), (1, 12), (4, 12)):
        u = draw.standard_normal((2000, d))
        share = np.sum(u[:, :size] ** 2, axis=1) / np.sum(u**2, axis=1)
        assert np.mean(share > subspaces.unrelated(size, d)) == pytest.approx(0.025, abs=0.01)
    assert subspaces.unrelated(3, 3) == 1.0


def test_many_samples_are_looked_at_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = judged(200, 9, "perfect", strengths=STRENGTHS, count=3)
    monkeypatch.setattr("twinseed.auditing.factors.LARGEST", 300)
    part = judged(200, 9, "perfect", strengths=STRENGTHS, count=3)
    for one, other in zip(whole, part, strict=True):
        assert one.overlap.value > other.overlap.value
        assert one.relative.value == pytest.approx(other.relative.value, abs=0.15)


def spectrum_rows(kind: str, draw: np.random.Generator, count: int) -> Rows:
    """Draw rows without a clear order of their leading directions."""
    if kind == "digits":
        from sklearn.datasets import load_digits

        rows = load_digits().data
        return np.asarray(rows[draw.permutation(len(rows))[:count]], dtype=np.float64)
    k = np.arange(1, 41)
    variances = {
        "power law": 1.0 / k,
        "equal pairs": np.where(k <= 6, 8.0 - k + k % 2, 1.0),
        "heavy tails": 1.0 / k,
    }[kind]
    rows = draw.standard_normal((count, k.size)) * np.sqrt(variances)
    if kind == "heavy tails":
        rows *= np.sqrt(3.0 / draw.chisquare(5.0, count))[:, None]
    return rows


def fates_of_samples(rows: Rows, n: int, lacking: int | None = None) -> list[Factor]:
    """Audit five blocks of n rows: two training sets, held-out rows, and samples of both.

    The samples are fresh rows; they lack the direction of one rank, if one is given.
    """
    a, b, heldout, *samples = np.split(rows[: 5 * n], 5)
    if lacking is not None:
        u = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)[2][lacking]
        samples = [one - np.outer((one - one.mean(axis=0)) @ u, u) for one in samples]
    twins = ts.Twins(*samples, a, b, heldout).centred()
    readout = ts.measure(twins, rng=0, factors=5)
    return list(factors(twins, readout, twins, None, (0,)))


@pytest.mark.parametrize("kind", [DIGITS, "power law", "equal pairs", "heavy tails"])
def test_a_perfect_generator_loses_no_factor(kind: str) -> None:
    """Directions of nearly equal variance turn into each other: they are not lost for that."""
    fates = []
    for seed in range(4):
        draw = Draw([11, seed])
        fates += [one.fate for one in fates_of_samples(spectrum_rows(kind, draw, 1500), 300)]
    assert not any(fate.lost for fate in fates)
    assert sum(fate is Fate.RECOVERED for fate in fates) >= 0.8 * len(fates)


@pytest.mark.parametrize(
    ("kind", "lacking"), [("power law", 0), ("power law", 2), ("heavy tails", 0)]
)
def test_a_direction_that_the_samples_lack_is_lost_and_no_other(kind: str, lacking: int) -> None:
    for seed in range(3):
        rows = spectrum_rows(kind, Draw([12, seed]), 1500)
        lost = [one for one in fates_of_samples(rows, 300, lacking) if one.fate.lost]
        assert len(lost) == 1
        assert lost[0].window[0] <= lacking + 1 <= lost[0].window[1]


def test_the_relative_overlap_of_a_perfect_generator_holds_one() -> None:
    """The truth is above the interval in one audit of forty, if the errors are right."""
    above = total = 0
    for seed in range(24):
        rows = spectrum_rows("power law", Draw([13, seed]), 1000)
        for one in fates_of_samples(rows, 200)[:3]:
            total += 1
            above += one.relative.high < 1.0
    assert above <= 6, "2.5 % of 72 is 2, and 6 has probability 0.01"


def test_what_could_not_be_learned_is_a_verdict_of_its_own() -> None:
    draw = Draw(10)
    population = ts.Spiked([0.9])
    a, b = (population.sample(50, D, draw) for _ in range(2))
    heldout = population.sample(1600, D, draw)
    noise = draw.standard_normal((400, D))
    samples = [
        LinearGenerator.fit(rows, ts.Ridge(0.0), center=True).sample(noise) for rows in (a, b)
    ]
    found = ts.audit(
        train_a=a,
        samples_a=samples[0],
        train_b=b,
        samples_b=samples[1],
        heldout=heldout,
        factors=1,
        rng=0,
    )
    assert found.outcome["recovery"] == "could not have been learned"
    assert (
        "could not have been learned from 50 rows: 1 (predicted 0.0" in (found.verdict["recovery"])
    )
    assert found.factors[0].fate is Fate.OUT_OF_REACH
    assert "0 of 1 factors recovered" in found.verdict["recovery"]


def test_directions_with_nothing_beside_them_are_learned() -> None:
    values = np.array([2.0, 1.0, 0.0])
    expected = Matched(Estimated(values), 1.0, np.ones(3), values, gamma=10.0)
    assert expected.recovered(slice(0, 2), 0) == (1.0, True)
