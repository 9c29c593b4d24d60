"""The copied fraction: what it estimates, and how often its interval holds the truth."""

from __future__ import annotations

import numpy as np
import pytest

import twinseed as ts
from twinseed.auditing.copied_fraction import copied
from twinseed.auditing.pool import Pool, attribute, searched
from twinseed.auditing.relabelling import Attribution
from twinseed.generators import LinearGenerator

D = 20


def estimated(
    seed: int, fraction: float, noise: float, n: int = 120, heldout: int = 120
) -> tuple[float, float, float]:
    """Return the estimate for fresh Gaussian rows, of which a share are blurred training rows."""
    draw = np.random.default_rng([40, seed])
    train, held, samples = (draw.standard_normal((count, D)) for count in (n, heldout, 150))
    chosen = draw.random(len(samples)) < fraction
    rows = train[draw.integers(0, n, int(chosen.sum()))]
    samples[chosen] = rows + noise * draw.standard_normal(rows.shape)
    fresh = draw.standard_normal((300, D))
    linear = LinearGenerator.fit(train, ts.Ridge(0.0), center=True).sample(fresh)
    pool = Pool.draw([train, held], draw)
    sides = (Attribution((0,), attribute(searched(x, pool), pool)) for x in (samples, linear))
    generator, honest = sides
    return copied([generator], [honest], pool)


@pytest.mark.parametrize(("fraction", "heldout"), [(0.3, 120), (0.1, 40)])
def test_the_estimate_is_near_the_truth(fraction: float, heldout: int) -> None:
    values = [estimated(seed, fraction, 0.1, heldout=heldout)[0] for seed in range(12)]
    assert np.mean(values) == pytest.approx(fraction, abs=0.04)


def test_all_copies_are_one_and_none_is_nothing() -> None:
    value, low, high = estimated(0, 1.0, 0.01)
    assert value > 0.98
    assert low > 0.95
    assert high == 1.0
    value, low, high = estimated(1, 0.0, 0.01)
    assert value < 0.02
    assert low == 0.0
    assert 0.02 < high < 0.3


def test_exact_copies_of_one_row_are_no_certainty_about_many() -> None:
    """Samples that share a row are one cluster: honest, collapsed generators stay in doubt."""
    draw = np.random.default_rng(41)
    train, held = draw.standard_normal((2, 80, D))
    samples = np.repeat(draw.standard_normal((8, D)), 20, axis=0)
    pool = Pool.draw([train, held], draw)
    found = Attribution((0,), attribute(searched(samples, pool), pool))
    spread = Attribution((0,), attribute(searched(draw.standard_normal((160, D)), pool), pool))
    wide = np.diff(copied([found], [found], pool)[1:])[0]
    assert wide > 1.5 * np.diff(copied([spread], [spread], pool)[1:])[0]


@pytest.mark.nightly
@pytest.mark.parametrize("fraction", [0.05, 0.1, 0.3])
def test_the_interval_covers_as_often_as_it_says(fraction: float) -> None:
    covered = []
    for seed in range(300):
        _, low, high = estimated(seed, fraction, 0.1)
        covered.append(low <= fraction <= high)
    assert 0.92 < np.mean(covered) < 0.99


@pytest.mark.nightly
def test_where_nothing_is_copied_the_interval_starts_at_nothing() -> None:
    lower = [estimated(seed, 0.0, 0.1)[1] for seed in range(300)]
    assert np.mean(np.array(lower) == 0.0) > 0.94
