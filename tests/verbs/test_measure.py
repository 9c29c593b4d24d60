"""The estimators against their definitions and under symmetries; whether error bars are honest."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

import twinseed as ts
from twinseed import InputError, readout
from twinseed.data.directions import principal
from twinseed.orders import convergence, distance, memorisation, recovery
from twinseed.orders.evidence import KnownModels, LearntLaw

SHARES = ("memorisation_share", "memorisation_share_euclidean")


def linear_twins(rng, d, n, seeds, heldout, scale=1.0):
    train_a, train_b = (rng.standard_normal((n, d)) * scale for _ in range(2))
    noise = rng.standard_normal((seeds, d))

    def sample(train):
        singular, directions = np.linalg.svd(train, full_matrices=False)[1:]
        return ((noise @ directions.T) * singular / np.sqrt(n)) @ directions

    held = None if heldout is None else rng.standard_normal((heldout, d)) * scale
    return ts.Twins(sample(train_a), sample(train_b), train_a, train_b, held)


@pytest.fixture(scope="module")
def twins():
    return linear_twins(np.random.default_rng(0), 20, 60, 80, 60)


def test_convergence_is_its_definition(twins):
    a, b = twins.samples_a, twins.samples_b
    found = convergence.from_twins(twins, 0)
    energy = ((a**2).sum() + (b**2).sum()) / 2
    assert found["convergence"].value == pytest.approx((a * b).sum() / energy, rel=1e-12)
    assert found["convergence_gap"].value == pytest.approx(1 - (a * b).sum() / energy, rel=1e-12)
    cosine = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    assert found["convergence_cosine"].value == pytest.approx(cosine.mean(), rel=1e-12)
    shifts = [(a * np.roll(b, k, axis=0)).sum() / energy for k in range(1, len(a))]
    assert found["convergence_null"].value == pytest.approx(np.mean(shifts), abs=1e-14)


def test_agreement_along_a_direction_is_its_definition(twins):
    """Correlation about zero, with q its energy-weighted mean."""
    a, b = twins.samples_a, twins.samples_b
    everything = np.linalg.qr(np.random.default_rng(1).standard_normal((20, 20)))[0]
    found = convergence.from_twins(twins, 0, directions=everything)
    x, y = a @ everything, b @ everything
    energy_a, energy_b = (x**2).sum(axis=0), (y**2).sum(axis=0)
    expected = (x * y).sum(axis=0) / np.sqrt(energy_a * energy_b)
    np.testing.assert_allclose(found["convergence_factor"].value, expected, rtol=1e-12)
    mean = (expected * np.sqrt(energy_a * energy_b)).sum() / ((energy_a + energy_b).sum() / 2)
    assert found["convergence"].value == pytest.approx(mean, rel=1e-12)
    assert found["flow_distance"].value == pytest.approx(((a - b) ** 2).sum(1).mean() / 20, 1e-12)
    shifted = ts.Twins(a + 5.0, b + 5.0, twins.train_a + 5.0, twins.train_b + 5.0)
    moved = convergence.from_twins(
        replace(shifted, origin=np.full(20, 5.0)), 0, directions=everything
    )
    np.testing.assert_allclose(moved["convergence_factor"].value, expected, rtol=1e-9)


def test_the_error_bars_along_a_direction_cover():
    rng, values, bars, far, far_bars = np.random.default_rng(2), [], [], [], []
    for _ in range(200):
        a, b = rng.standard_normal((2, 80, 3))
        pair = ts.Twins(a, a + b, rng.standard_normal((4, 3)))
        found = convergence.from_twins(pair, rng, directions=np.eye(3, 1), resamples=100)
        values.append(found["convergence_factor"].value[0])
        bars.append(found["convergence_factor"].se[0])
        far.append(found["flow_distance"].value)
        far_bars.append(found["flow_distance"].se)
    assert np.mean(values) == pytest.approx(np.sqrt(0.5), abs=0.015)
    assert np.mean(bars) == pytest.approx(np.std(values), rel=0.15)
    assert np.mean(far_bars) == pytest.approx(np.std(far), rel=0.15)


def test_a_direction_without_samples_has_no_agreement(twins):
    flat = [np.where(np.arange(20) == 3, 0.0, rows) for rows in (twins.samples_a, twins.samples_b)]
    found = convergence.from_twins(
        ts.Twins(*flat, twins.train_a), 0, directions=np.eye(20)[:, [2, 3]]
    )["convergence_factor"]
    assert found.status.tolist() == ["ok", "not identifiable"]
    assert np.isnan(found.value).tolist() == [False, True]
    nowhere = convergence.from_twins(twins, 0)["convergence_factor"]
    assert nowhere.status == "not identifiable"


def test_distance_of_subspaces_is_the_sine_of_their_angles():
    rng = np.random.default_rng(3)
    u, a, b = (np.linalg.qr(rng.standard_normal((30, 3)))[0] for _ in range(3))
    pair = ts.Twins(*rng.standard_normal((3, 8, 30)))
    found = recovery.from_twins(pair, 0, factors=3, truth=u, directions_a=a, directions_b=b)
    angles = [scipy.linalg.subspace_angles(v, u) for v in (a, b)]
    expected = np.mean([np.sqrt(np.mean(np.sin(one) ** 2)) for one in angles])
    assert found["recovery_distance"].value == pytest.approx(expected, rel=1e-12)
    # a rotation inside the subspace of the factors is no distance, though each direction is lost
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    same = recovery.from_twins(pair, 0, factors=3, truth=u, directions_a=u @ turn, directions_b=u)
    assert same["recovery_distance"].value == pytest.approx(0.0, abs=1e-7)
    assert same["recovery"].value.min() < 0.95


def test_divergences_against_dense_matrices():
    rng = np.random.default_rng(4)
    mu, rest = rng.uniform(0.5, 3, 12), 0.3
    v, spread = np.linalg.qr(rng.standard_normal((12, 5)))[0], rng.uniform(0.2, 4, 5)
    learnt, truth = (v * (spread - rest)) @ v.T + rest * np.eye(12), np.diag(mu)

    def divergence(one, other):
        ratio = np.linalg.solve(other, one)
        return (np.trace(ratio) - 12 - np.linalg.slogdet(ratio)[1]) / 24

    found = distance.divergences(mu, spread, v, rest=rest)
    np.testing.assert_allclose(found, (divergence(learnt, truth), divergence(truth, learnt)))
    full = np.linalg.eigh(learnt)
    np.testing.assert_allclose(distance.divergences(mu, full[0], full[1]), found)
    assert distance.divergences(mu, spread, v) == (np.inf, np.inf)
    assert distance.divergences(mu, mu, np.eye(12)) == (0.0, 0.0)


def test_the_gap_does_not_cancel():
    a = np.random.default_rng(0).standard_normal((50, 10))
    found = convergence.from_twins(ts.Twins(a, a * (1 + 1e-9), a[:5]), 0)
    assert found["convergence_gap"].value == pytest.approx(0.5e-18, rel=1e-6, abs=0)


def test_memorisation_is_its_definition(twins):
    found = memorisation.from_twins(twins, 0)

    def cosines(x, y):
        x, y = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (x, y))
        return np.abs(x @ y.T).max(axis=1)

    def distances(x, y):
        return np.linalg.norm(x[:, None] - y, axis=2).min(axis=1)

    sides = [(twins.samples_a, twins.train_a), (twins.samples_b, twins.train_b)]
    train = np.concatenate([cosines(*side) for side in sides])
    level = np.concatenate([cosines(x, twins.heldout) for x, _ in sides])
    assert found["memorisation"].value == pytest.approx(train.mean(), rel=1e-12)
    assert found["memorisation_heldout"].value == pytest.approx(level.mean(), rel=1e-12)
    assert found["memorisation_ratio"].value == pytest.approx(train.mean() / level.mean())
    assert found["memorisation_share"].value == pytest.approx(np.mean(train > level))
    near = np.concatenate([distances(*side) for side in sides])
    far = np.concatenate([distances(x, twins.heldout) for x, _ in sides])
    assert found["memorisation_share_euclidean"].value == pytest.approx(np.mean(near < far))


@pytest.mark.parametrize(("n", "heldout"), [(150, 40), (40, 150), (43, 40), (40, 43)])
def test_unequal_numbers_of_rows_are_compared_in_equal_numbers(n, heldout):
    """A perfect generator must read one half, whatever the two sizes."""
    rng = np.random.default_rng(1)
    found = []
    for _ in range(25):
        samples, train, held = (rng.standard_normal((k, 8)) for k in (100, n, heldout))
        single = ts.Twins(samples, None, train, heldout=held)
        found.append(memorisation.from_twins(single, rng, resamples=0))
        assert memorisation.rows_compared(single) == 40
    for name in SHARES:
        values = [float(f[name].value) for f in found]
        assert abs(np.mean(values) - 0.5) < 4 * np.std(values) / 5
    whole = [float(f["memorisation"].value) for f in found]
    compared = [float(f["memorisation_heldout"].value) for f in found]
    assert (np.mean(whole) > np.mean(compared) + 0.01) == (n == 150)


def test_ties_count_one_half():
    rows = np.repeat(np.eye(4), 2, axis=0)
    held = -rows
    found = memorisation.from_twins(ts.Twins(np.eye(4), None, rows, heldout=held), 0)
    assert found["memorisation_share"].value == 0.5
    assert found["memorisation_share_euclidean"].value == 1.0


@pytest.mark.parametrize(("n", "seeds"), [(60, 200), (200, 50)])
def test_memorisation_error_bars_are_honest(n, seeds):
    """Nominal against empirical spread over fresh draws of seeds, models and held-out rows."""
    rng = np.random.default_rng(2)
    names = ("memorisation", "memorisation_heldout", "memorisation_ratio", *SHARES)
    found = [
        memorisation.from_twins(linear_twins(rng, 40, n, seeds, n), rng, resamples=40)
        for _ in range(40)
    ]
    for name in names:
        empirical = np.std([float(f[name].value) for f in found], ddof=1)
        nominal = np.sqrt(np.mean([float(f[name].se) ** 2 for f in found]))
        assert 0.7 < nominal / empirical < 1.6, name


def test_convergence_error_bars_are_honest_given_the_models():
    rng = np.random.default_rng(3)
    train = rng.standard_normal((2, 30, 20))
    roots = [scipy.linalg.sqrtm(x.T @ x / 30).real for x in train]
    found = []
    for _ in range(80):
        noise = rng.standard_normal((60, 20))
        pair = ts.Twins(noise @ roots[0], noise @ roots[1], *train)
        found.append(convergence.from_twins(pair, rng, resamples=100))
    for name in ("convergence", "convergence_cosine", "convergence_null"):
        empirical = np.std([float(f[name].value) for f in found], ddof=1)
        nominal = np.sqrt(np.mean([float(f[name].se) ** 2 for f in found]))
        assert 0.75 < nominal / empirical < 1.7, name


def test_recovery_error_bars_are_honest_given_the_models():
    rng = np.random.default_rng(4)
    scale = np.sqrt([12.0, 6.0, 3.0, *[1.0] * 17])
    train = rng.standard_normal((2, 100, 20)) * scale
    roots = [scipy.linalg.sqrtm(x.T @ x / 100).real for x in train]
    found = []
    for _ in range(40):
        noise = rng.standard_normal((300, 20))
        held = rng.standard_normal((300, 20)) * scale
        pair = ts.Twins(noise @ roots[0], noise @ roots[1], *train, held)
        found.append(recovery.from_twins(pair, rng, factors=3))
    for name in ("recovery", "recovery_twins"):
        empirical = np.std([f[name].value for f in found], axis=0, ddof=1)
        nominal = np.sqrt(np.mean([f[name].se ** 2 for f in found], axis=0))
        assert (nominal / empirical > 0.7).all(), name
        assert (nominal / empirical < 2.3).all(), name


def test_distance_against_a_matrix_root():
    rng = np.random.default_rng(8)
    mu, rest = rng.uniform(0.5, 3, 12), 0.3
    v = np.linalg.qr(rng.standard_normal((12, 5)))[0]
    spread = rng.uniform(0, 4, 5)
    learnt = (v * (spread - rest)) @ v.T + rest * np.eye(12)
    root = np.diag(np.sqrt(mu))
    cross = scipy.linalg.sqrtm(root @ learnt @ root).real
    expected = (mu.sum() + np.trace(learnt) - 2 * np.trace(cross)) / 12
    found = distance.bures_wasserstein(mu, spread, v, rest=rest)
    assert found == pytest.approx(expected, rel=1e-9)
    assert distance.bures_wasserstein(mu, mu, np.eye(12)) == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("d", [6, 300])
def test_the_distances_of_two_models_are_those_of_each_alone(d):
    rng = np.random.default_rng(9)
    mu = rng.uniform(0.5, 3, d)
    laws = [
        LearntLaw(rng.uniform(0, 4, k), np.linalg.qr(rng.standard_normal((d, k)))[0], rest)
        for k, rest in ((d // 2, 0.3), (d, 0.0))
    ]
    alone = [distance.bures_wasserstein(mu, *law[:2], rest=law.rest) for law in laws]
    models = KnownModels(0.0, None, tuple(laws), mu, wasserstein=True)
    together = distance.from_evidence(SimpleNamespace(models=models))["wasserstein"]
    assert together.value == np.mean(alone)
    assert alone[0] != alone[1]


def test_what_arrays_cannot_tell_is_not_identifiable(twins):
    single = ts.measure(ts.Twins(twins.samples_a, None, twins.train_a), rng=0, factors=2)
    told = {n for n in readout.VARIABLES if (single[f"{n}_status"] != "not identifiable").all()}
    assert told == {"memorisation"}
    both = ts.measure(twins, rng=0, factors=2)
    missing = {n for n in readout.VARIABLES if (both[f"{n}_status"] == "not identifiable").all()}
    assert missing == {
        "convergence_chance",
        "convergence_corrected",
        "wasserstein",
        "divergence_learnt_true",
        "divergence_true_learnt",
    }


def test_the_readout_says_what_was_measured_and_how(twins, tmp_path):
    found = ts.measure(twins, rng=(3, 4), factors=2, resamples=50)
    assert found.attrs["fingerprint"] == twins.fingerprint
    assert found.attrs["entropy"] == "3 4"
    assert (found.attrs["seeds"], found.attrs["rows_compared"]) == (80, 60)
    assert (int(found.n), int(found.d), float(found.gamma)) == (60, 20, 3.0)
    assert found.convergence_se.attrs["resampled"].startswith("seeds (50 bootstrap draws)")
    assert "rows (10 groups" in found.memorisation_se.attrs["resampled"]
    assert "reference rows" in found.recovery_se.attrs["resampled"]
    np.testing.assert_allclose(found.factor_eigenvalue, principal(twins.heldout, 2).eigenvalues)
    without = ts.Twins(twins.samples_a, twins.samples_b, twins.train_a)
    assert ts.measure(without, rng=0, factors=2).factor_eigenvalue.values.tolist() == [1.0, 2.0]
    readout.save(found, tmp_path / "readout.nc")
    again = readout.load(tmp_path / "readout.nc")
    assert again.attrs["fingerprint"] == found.attrs["fingerprint"]
    np.testing.assert_array_equal(again.recovery, found.recovery)


def test_the_same_seed_gives_the_same_answer(twins):
    first, second = (ts.measure(twins, rng=5, factors=2) for _ in range(2))
    assert first.identical(second)
    other = ts.measure(twins, rng=6, factors=2)
    assert float(other.convergence) == float(first.convergence)
    assert float(other.convergence_se) != float(first.convergence_se)


def test_resamples_zero_leaves_error_bars_out(twins):
    found = ts.measure(twins, rng=0, factors=2, resamples=0)
    with_bars = ts.measure(twins, rng=0, factors=2)
    for name in readout.VARIABLES:
        assert not np.nan_to_num(found[f"{name}_se"].values).any()
        np.testing.assert_allclose(found[name], with_bars[name], rtol=1e-12)


def test_constant_columns_are_named_in_the_status(twins):
    padded = {name: np.pad(rows, ((0, 0), (0, 2))) for name, rows in twins.arrays.items()}
    found, plain = ts.measure(ts.Twins(**padded), rng=0), ts.measure(twins, rng=0)
    assert found.attrs["constant_columns"] == 2
    assert str(found.memorisation_ratio_status.values) == "constant columns"
    for name in readout.VARIABLES:
        wider = 20 / 22 if name == "flow_distance" else 1.0  # a mean over all columns
        np.testing.assert_allclose(found[name], wider * plain[name], rtol=1e-9, atol=1e-12)


def test_progress_is_reported_and_rises(twins):
    steps: list[int] = []
    ts.measure(twins, rng=0, progress=steps.append)
    equal = min(len(twins.train_a), len(twins.train_b), len(twins.heldout))
    sides = len(twins.train_a) + len(twins.train_b) + 2 * equal
    assert min(steps) >= 0
    assert sum(steps) == twins.seeds * sides


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.floats(1e-3, 1e3))
def test_rotation_scale_and_order_change_nothing(seed, scale):
    rng = np.random.default_rng(seed)
    plain = linear_twins(rng, 6, 12, 15, 12, scale=np.array([3, 2, 1, 1, 1, 1]))
    rotation = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    turned = ts.Twins(**{k: scale * rows @ rotation for k, rows in plain.arrays.items()})
    orders = {k: rng.permutation(len(rows)) for k, rows in plain.arrays.items()}
    orders["samples_b"] = orders["samples_a"]
    shuffled = ts.Twins(**{k: rows[orders[k]] for k, rows in plain.arrays.items()})
    expected, moved, mixed = (
        ts.measure(t, rng=0, factors=2, resamples=0) for t in (plain, turned, shuffled)
    )
    for name in readout.VARIABLES:
        unit = scale**2 if readout.VARIABLES[name].squared_units else 1.0
        np.testing.assert_allclose(moved[name], unit * expected[name], rtol=1e-6, atol=1e-9 * unit)
        if name != "recovery_twins":  # halves of the seeds, so their order matters
            np.testing.assert_allclose(mixed[name], expected[name], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.int16, np.uint8])
def test_other_types_give_the_answer_of_float64(dtype):
    rng = np.random.default_rng(9)
    rows = [rng.integers(0, 200, (30, 12)) for _ in range(5)]
    expected = ts.measure(ts.Twins(*(x.astype(float) for x in rows)), rng=0, factors=2)
    found = ts.measure(ts.Twins(*(x.astype(dtype) for x in rows)), rng=0, factors=2)
    for name in readout.VARIABLES:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("seeds", [2, 3, 5])
@pytest.mark.parametrize("n", [2, 3])
def test_tiny_sizes_give_numbers_or_say_why_not(n, seeds):
    tiny = linear_twins(np.random.default_rng(10), 4, n, seeds, n)
    found = ts.measure(tiny, rng=0, factors=1)
    assert np.isfinite(float(found.memorisation_ratio))
    assert np.isfinite(float(found.convergence))


def test_samples_of_zeros_are_no_division_by_zero():
    rng = np.random.default_rng(11)
    zero = ts.Twins(np.zeros((6, 4)), np.zeros((6, 4)), *rng.standard_normal((3, 8, 4)))
    found = ts.measure(zero, rng=0, factors=2)
    assert float(found.memorisation) == 0.0
    assert str(found.convergence_status.values) == "not identifiable"
    assert str(found.memorisation_ratio_status.values) == "not identifiable"
    assert float(found.memorisation_share) == 0.5


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"factors": -1}, "factors"),
        ({"resamples": 1}, "resamples"),
        ({"resamples": -5}, "resamples"),
        ({"reference": np.ones((5, 3))}, "reference"),
        ({"reference": np.full((5, 20), np.nan)}, "reference"),
        ({"rng": "seed"}, "rng"),
    ],
)
def test_a_bad_option_is_named(twins, options, named):
    with pytest.raises(InputError, match=named):
        ts.measure(twins, **{"rng": 0} | options)


def test_measure_takes_twins_alone():
    with pytest.raises(InputError, match="twins must be"):
        ts.measure(np.ones((3, 3)), rng=0)
