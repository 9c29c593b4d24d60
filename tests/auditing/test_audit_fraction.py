"""The copied fraction: what it estimates, when copies stand out, what its interval holds."""

from __future__ import annotations

import numpy as np
import pytest
from tests.support.pools import attribution, pool_of, real_in

import twinseed as ts
from twinseed.auditing.copied_fraction import CopiedFraction, copied, least_standing_out
from twinseed.generators import LinearGenerator

D = 20


def estimated(
    seed: int, fraction: float, noise: float, n: int = 120, heldout: int = 120
) -> CopiedFraction:
    """Return the estimate for fresh Gaussian rows, of which a share are blurred training rows."""
    draw = np.random.default_rng([40, seed])
    train, held, samples = (draw.standard_normal((count, D)) for count in (n, heldout, 150))
    chosen = draw.random(len(samples)) < fraction
    rows = train[draw.integers(0, n, int(chosen.sum()))]
    samples[chosen] = rows + noise * draw.standard_normal(rows.shape)
    pool = pool_of([train, held], draw)
    return copied([attribution(0, samples, pool)], real_in(pool), pool)


@pytest.mark.parametrize(("fraction", "heldout"), [(0.3, 120), (0.1, 40)])
def test_the_estimate_is_near_the_truth(fraction: float, heldout: int) -> None:
    values = [estimated(seed, fraction, 0.1, heldout=heldout).value for seed in range(12)]
    assert np.mean(values) == pytest.approx(fraction, abs=0.04)


def test_all_copies_are_one_and_none_is_nothing() -> None:
    found = estimated(0, 1.0, 0.01)
    assert found.value > 0.98
    assert found.low > 0.85
    assert found.high == 1.0
    assert found.stands_out
    found = estimated(1, 0.0, 0.01)
    assert found.value < 0.02
    assert found.low == 0.0
    assert 0.02 < found.high < 0.3
    assert not found.stands_out


def test_less_clear_copies_count_where_a_wider_look_holds_more() -> None:
    """All are copies; in few columns only some of them are at most half as far as other rows."""
    draw = np.random.default_rng(44)
    train, held = draw.standard_normal((2, 400, 6))
    samples = train[draw.integers(0, 400, 300)] + 0.2 * draw.standard_normal((300, 6))
    pool = pool_of([train, held], draw)
    one = attribution(0, samples, pool)
    found = copied([one], real_in(pool), pool)
    clear = np.mean(one.won("distance") & (one.closest["distance"].margin >= np.log(found.clear)))
    assert found.stands_out
    assert clear < 0.7
    assert found.value > clear + 0.08
    assert found.low <= found.value <= found.high


def test_samples_of_an_overfitted_model_are_closer_and_none_stands_out() -> None:
    """Overfitting: every sample is nearer to training rows than held-out rows are, none clearly."""
    for n, d in ((25, 20), (40, 60), (100, 60)):
        draw = np.random.default_rng([42, n])
        train, held = draw.standard_normal((2, n, d))
        samples = LinearGenerator.fit(train, ts.Ridge(0.0)).sample(draw.standard_normal((400, d)))
        pool = pool_of([train, held], draw)
        one = attribution(0, samples, pool)
        assert np.mean(one.won("distance")) > 0.6
        found = copied([one], real_in(pool), pool)
        assert not found.stands_out
        assert found.low == 0.0


def test_exact_copies_of_one_row_are_no_certainty_about_many() -> None:
    """Samples that share a row are one cluster: honest, collapsed generators stay in doubt."""
    draw = np.random.default_rng(41)
    train, held = draw.standard_normal((2, 80, D))
    pool = pool_of([train, held], draw)
    one_row = copied([attribution(0, np.repeat(train[:1], 160, axis=0), pool)], real_in(pool), pool)
    many = copied([attribution(0, np.concatenate([train, train]), pool)], real_in(pool), pool)
    assert one_row.low < 0.5 < 0.9 < many.low


def test_the_least_share_that_stands_out_stands_out_and_less_does_not() -> None:
    draw = np.random.default_rng(43)
    train, held, fresh = draw.standard_normal((3, 200, D))
    pool = pool_of([train, held], draw)
    real = real_in(pool)
    least = round(200 * least_standing_out(200, real["distance"]))
    seen = []
    for copies in (least, least // 2):
        samples = np.concatenate([train[:copies], fresh[copies:]])
        seen.append(copied([attribution(0, samples, pool)], real, pool).stands_out)
    assert seen == [True, False]


@pytest.mark.nightly
@pytest.mark.parametrize("fraction", [0.05, 0.1, 0.3])
def test_the_interval_covers_as_often_as_it_says(fraction: float) -> None:
    covered = []
    for seed in range(300):
        found = estimated(seed, fraction, 0.1)
        covered.append(found.low <= fraction <= found.high)
    assert np.mean(covered) > 0.92


@pytest.mark.nightly
def test_where_nothing_is_copied_the_interval_starts_at_nothing() -> None:
    lower = [estimated(seed, 0.0, 0.1).low for seed in range(300)]
    assert np.mean(np.array(lower) == 0.0) > 0.99
