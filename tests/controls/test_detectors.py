"""Controls: each detector must say yes to the guilty and no to the innocent."""

import numpy as np
import pytest

import twinseed as ts
from twinseed.generators import Fresh, LinearGenerator, Memoriser

D, N, SEEDS = 40, 200, 300


def data(rng, rows):
    return rng.standard_normal((rows, D)) * np.arange(1, D + 1) ** -0.3


def audited(make, seed=0):
    """Measure twins of the generator that ``make(train, rng)`` returns."""
    rng = np.random.default_rng(seed)
    train_a, train_b, heldout = (data(rng, N) for _ in range(3))
    a, b = make(train_a, rng), make(train_b, rng)
    noise = rng.standard_normal((SEEDS, D))
    twins = ts.Twins(a.sample(noise), b.sample(noise), train_a, train_b, heldout)
    return ts.measure(twins, rng=seed, factors=2), twins


@pytest.fixture(scope="module")
def memoriser():
    return audited(lambda train, rng: Memoriser(train))


@pytest.fixture(scope="module")
def fresh():
    return audited(lambda train, rng: Fresh(data(rng, SEEDS)))


@pytest.fixture(scope="module")
def linear():
    return audited(lambda train, rng: LinearGenerator.fit(train, ts.Ridge(0.0)))


def excess(readout, name, level):
    return float((readout[name] - level) / readout[f"{name}_se"])


DETECTORS = [
    ("memorisation_ratio", 1.0),
    ("memorisation_share", 0.5),
    ("memorisation_share_euclidean", 0.5),
]


@pytest.mark.parametrize(("name", "level"), DETECTORS)
def test_a_memoriser_is_caught(memoriser, name, level):
    assert float(memoriser[0].memorisation) == pytest.approx(1.0, abs=1e-12)
    assert float(memoriser[0][name]) > level + 0.4
    assert memoriser[0][f"{name}_se"] == 0 or excess(memoriser[0], name, level) > 5


@pytest.mark.parametrize(("name", "level"), DETECTORS)
def test_fresh_data_pass(fresh, name, level):
    assert abs(excess(fresh[0], name, level)) < 3


@pytest.mark.parametrize("fraction", [0.4, 0.7])
@pytest.mark.parametrize(("name", "level"), DETECTORS)
def test_a_few_noisy_copies_are_caught(name, level, fraction):
    def make(train, rng):
        return Memoriser(train, noise=0.1, fraction=fraction, otherwise=Fresh(data(rng, SEEDS)))

    readout, _ = audited(make, seed=1)
    assert excess(readout, name, level) > 3


def test_shared_seeds_converge_and_a_wrong_pairing_kills_it(linear):
    readout, twins = linear
    assert float(readout.convergence) > 0.8
    assert abs(excess(readout, "convergence_null", 0.0)) < 4
    wrong = ts.Twins(
        twins.samples_a, np.roll(twins.samples_b, 1, axis=0), twins.train_a, twins.train_b
    )
    paired_wrongly = ts.measure(wrong, rng=0, factors=0)
    assert abs(excess(paired_wrongly, "convergence", 0.0)) < 4
    assert abs(excess(paired_wrongly, "convergence_cosine", 0.0)) < 4


def test_unrelated_generators_do_not_converge(fresh):
    assert abs(excess(fresh[0], "convergence", 0.0)) < 4


def test_the_null_shows_a_mean_and_centring_removes_it(linear):
    _, twins = linear
    moved = ts.Twins(**{name: rows + 3.0 for name, rows in twins.arrays.items()})
    plain, centred = (ts.measure(t, rng=0, factors=0) for t in (moved, moved.centred()))
    assert float(plain.convergence_null) > 0.9
    assert abs(float(centred.convergence_null)) < 0.01
    assert float(centred.convergence) == pytest.approx(float(linear[0].convergence), abs=0.01)


def test_directions_are_recovered_from_much_data_and_not_from_little():
    def recovery(n):
        rng = np.random.default_rng(5)
        scale = np.ones(D)
        scale[0] = 2.0
        train_a, train_b = (rng.standard_normal((n, D)) * scale for _ in range(2))
        noise = rng.standard_normal((2000, D))
        a, b = (LinearGenerator.fit(t, ts.Ridge(0.0)).sample(noise) for t in (train_a, train_b))
        reference = rng.standard_normal((4000, D)) * scale
        twins = ts.Twins(a, b, train_a, train_b)
        return ts.measure(twins, rng=0, factors=1, reference=reference)

    little, much = recovery(5), recovery(2000)
    for name in ("recovery", "recovery_twins"):
        assert float(much[name][0]) > 0.9
        assert str(much[f"{name}_status"].values[0]) == "ok"
        assert float(little[name][0]) < 0.6
