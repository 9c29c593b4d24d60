"""The controls do what they claim: one copies, one does not, and both only depend on the noise."""

import itertools

import numpy as np
import pytest

from twinseed import InputError
from twinseed.generators import Fresh, Memoriser

RNG = np.random.default_rng(0)
TRAIN = RNG.standard_normal((200, 30))
NOISE = RNG.standard_normal((300, 30))


def test_the_flow_ends_where_a_naive_and_finer_one_ends():
    x = 50 * np.sqrt(30) * NOISE[:60]
    levels = np.geomspace(50 * np.sqrt(30), 1e-2, 800)
    for level, lower in itertools.pairwise(levels):
        log = -((x[:, None] - TRAIN) ** 2).sum(axis=2) / (2 * level**2)
        weight = np.exp(log - log.max(axis=1, keepdims=True))
        denoised = weight @ TRAIN / weight.sum(axis=1, keepdims=True)
        x = x + (lower - level) * (x - denoised) / level
    ends = np.linalg.norm(x[:, None] - TRAIN, axis=2)
    assert ends.min(axis=1).max() < 0.1
    found = Memoriser(TRAIN).rows_of(NOISE)
    assert np.mean(found[:60] == ends.argmin(axis=1)) > 0.85
    assert len(set(found)) > 100


def test_each_sample_depends_on_its_own_noise_alone():
    model = Memoriser(TRAIN, noise=0.2)
    np.testing.assert_array_equal(model.sample(NOISE)[7:9], model.sample(NOISE[7:9]))


def test_a_large_mean_does_not_change_the_row():
    found = Memoriser(TRAIN + 100).rows_of(NOISE)
    assert np.mean(found == Memoriser(TRAIN).rows_of(NOISE)) > 0.99


def test_noise_and_fraction_are_what_was_asked_for():
    fallback = Fresh(RNG.standard_normal((300, 30)))
    model = Memoriser(TRAIN, noise=0.5, fraction=0.3, otherwise=fallback)
    samples = model.sample(NOISE)
    fresh = (samples == fallback.sample(NOISE)).all(axis=1)
    assert 0.6 < fresh.mean() < 0.8
    off = samples[~fresh] - TRAIN[model.rows_of(NOISE)][~fresh]
    assert np.sqrt(np.mean(off**2)) == pytest.approx(0.5 * TRAIN.std(), rel=0.05)


def test_equal_rows_are_no_division_by_zero():
    assert Memoriser(np.ones((3, 2))).sample(np.ones((2, 2))).tolist() == [[1.0, 1.0]] * 2


@pytest.mark.parametrize(
    ("options", "named"),
    [({"noise": -1}, "noise"), ({"fraction": 2}, "fraction"), ({"fraction": 0.5}, "otherwise")],
)
def test_bad_options_are_named(options, named):
    with pytest.raises(InputError, match=named):
        Memoriser(TRAIN, **options)


def test_fresh_rows_are_not_used_twice():
    with pytest.raises(InputError, match="at most 200 rows"):
        Fresh(TRAIN).sample(NOISE)


@pytest.mark.parametrize("model", [Memoriser(TRAIN), Fresh(TRAIN)])
def test_noise_of_another_width_is_refused(model):
    with pytest.raises(InputError, match="as many columns as the data, 30"):
        model.sample(np.ones((2, 3)))
