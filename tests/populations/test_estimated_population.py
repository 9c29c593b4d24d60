"""From a pilot to the population: as accurate as claimed, whatever the shape of the pilot."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from numpy.typing import NDArray

import twinseed as ts
from twinseed.populations import Estimated, Population, estimate_population

D, ROWS = 400, 200
LOADS = ROWS * np.array([1, 2, 8, 32])
POPULATIONS: dict[str, Population] = {
    "identity": ts.Spiked([]),
    "two levels": ts.Atoms([1.0, 10.0], [0.8, 0.2]),
    "power law": ts.PowerLaw(1.0, D),
    "factors": ts.Spiked([8.0, 3.0]),
}


def pilot(population: Population, n: int = ROWS, d: int = D, seed: int = 0) -> NDArray[np.float64]:
    return population.sample(n, d, np.random.default_rng(seed))


def convergence(population: Population, n: NDArray[np.int64]) -> NDArray[np.float64]:
    d = population.dimension or D
    return np.asarray(ts.predict(population, n=n, d=d).convergence.values)


@pytest.mark.parametrize("name", POPULATIONS)
def test_convergence_is_right_to_a_hundredth_where_the_sample_spectrum_is_not(name: str) -> None:
    rows = pilot(POPULATIONS[name])
    truth = convergence(POPULATIONS[name], LOADS)
    planned = convergence(estimate_population(rows), LOADS)
    plugged = convergence(plug_in(rows), LOADS)
    assert np.abs(planned - truth).max() < 0.01
    assert np.abs(plugged - truth).max() > 0.1


def plug_in(rows: NDArray[np.float64]) -> ts.Atoms:
    centred = rows - rows.mean(axis=0)
    values = np.linalg.eigvalsh(centred @ centred.T) / (len(rows) - 1)
    return ts.Atoms(np.concatenate([np.maximum(values, 0.0), np.zeros(D - len(rows))]))


def test_more_rows_than_columns() -> None:
    population = ts.PowerLaw(1.0, D)
    planned = convergence(estimate_population(pilot(population, n=2 * D)), LOADS)
    assert np.abs(planned - convergence(population, LOADS)).max() < 0.005


@pytest.mark.parametrize("n", [400, 1200])
def test_factors_are_inverted_as_poles(n: int) -> None:
    truth = np.array([9.0, 4.0, 2.5])
    pilots = [pilot(ts.Spiked(truth - 1.0), n=n, d=600, seed=seed) for seed in range(6)]
    found = np.array([estimate_population(rows, leading=3).factors for rows in pilots])
    # About three times the standard error of six pilots at n = 400.
    np.testing.assert_array_less(np.abs(found.mean(axis=0) - truth), [0.9, 0.4, 0.4])
    raw = np.linalg.svd(pilots[0], compute_uv=False)[:3] ** 2 / n
    assert np.all(raw - truth > 0.4)


def test_equal_factors_are_found_together() -> None:
    assert estimate_population(pilot(ts.Spiked([8.0, 8.0, 8.0]))).factors.size == 3


@pytest.mark.parametrize("seed", range(4))
def test_close_factors_hide_each_other_in_no_small_pilot(seed: int) -> None:
    """They repel each other in the sample, by chance more than either lies above its inverse."""
    rows = pilot(ts.Spiked([30.0, 30.0]), n=50, d=50, seed=seed)
    assert estimate_population(rows).factors.size == 2


def test_noise_has_no_factors() -> None:
    sizes = [
        estimate_population(pilot(population, n=60, d=90, seed=seed)).factors.size
        for population in (ts.Spiked([]), ts.Atoms([1.0, 10.0], [0.8, 0.2]))
        for seed in range(15)
    ]
    assert sum(sizes) == 0


def test_the_least_detectable_factor_lies_above_the_threshold() -> None:
    found = estimate_population(pilot(ts.Spiked([])))
    assert found.detectable is not None
    threshold = 1.0 + np.sqrt(D / ROWS)
    assert threshold < found.detectable < 1.6 * threshold
    shown = estimate_population(pilot(ts.Spiked([2.0 * found.detectable])))
    assert shown.factors.size == 1


def test_the_mean_does_not_matter_unless_it_is_known() -> None:
    rows = pilot(ts.Spiked([8.0]))
    estimate = estimate_population(rows)
    moved = estimate_population(rows + np.linspace(-50.0, 50.0, D))
    np.testing.assert_allclose(moved.eigenvalues(D), estimate.eigenvalues(D), rtol=1e-6)
    assert estimate.degrees == ROWS - 1
    assert estimate_population(rows, known_mean=True).degrees == ROWS


def test_rotation_and_scale_do_not_matter() -> None:
    rows = pilot(ts.PowerLaw(1.0, 60), n=50, d=60)
    rotation = np.linalg.qr(np.random.default_rng(1).standard_normal((60, 60)))[0]
    estimate = estimate_population(rows).eigenvalues(60)
    turned = estimate_population(1e-5 * rows @ rotation).eigenvalues(60)
    np.testing.assert_allclose(turned, 1e-10 * estimate, rtol=1e-5, atol=1e-13)


@pytest.mark.parametrize("n", [50, 150])
def test_constant_columns_are_directions_without_variance(n: int) -> None:
    rows = pilot(ts.PowerLaw(1.0, 80), n=n, d=80)
    wider = np.concatenate([rows, np.full((n, 7), 3.3)], axis=1)
    estimate, other = estimate_population(rows), estimate_population(wider)
    assert other.constant_columns == 7
    assert np.all(other.eigenvalues(87)[80:] == 0)
    np.testing.assert_allclose(other.eigenvalues(87)[:80], estimate.eigenvalues(80), rtol=1e-6)


@pytest.mark.parametrize("n", [70, 200])
def test_missing_rank_is_found(n: int) -> None:
    rng = np.random.default_rng(2)
    rows = rng.standard_normal((n, 40)) @ rng.standard_normal((40, 100))
    assert np.count_nonzero(estimate_population(rows).eigenvalues(100)) == 40


@pytest.mark.parametrize("dtype", [np.int16, np.uint8, np.float32, np.bool_])
def test_other_numbers_count_as_float64(dtype: type) -> None:
    rows = (pilot(ts.Spiked([8.0]), n=60, d=50) * 20 + 100).clip(0, 255).astype(dtype)
    if dtype is np.bool_:
        rows = np.random.default_rng(0).random((60, 50)) < 0.3
    expected = estimate_population(rows.astype(np.float64)).eigenvalues(50)
    np.testing.assert_allclose(estimate_population(rows).eigenvalues(50), expected, rtol=1e-6)


def test_further_axes_are_flattened() -> None:
    rows = pilot(ts.Spiked([8.0]), n=30, d=36)
    assert estimate_population(rows.reshape(30, 6, 6)) == estimate_population(rows)


def test_many_columns_go_through_the_small_gram_matrix() -> None:
    rows = pilot(ts.Spiked([400.0]), n=40, d=4000)
    tracemalloc.start()
    estimate = estimate_population(rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert estimate.factors.size == 1
    assert peak < 4000**2  # bytes: an eighth of a d x d matrix


def test_a_resample_is_another_estimate_from_as_many_rows() -> None:
    estimate = estimate_population(pilot(ts.Spiked([20.0, 8.0])))
    again = [estimate.resampled(np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert again[0] == again[1] != again[2]
    assert again[0].degrees == estimate.degrees
    factors = np.array([one.factors for one in again])
    assert np.all(np.abs(factors / estimate.factors - 1.0) < 0.5)


def test_resamples_vary_as_pilots_do() -> None:
    population = ts.Spiked([20.0])
    pilots = [estimate_population(pilot(population, 80, 60, seed)) for seed in range(40)]
    resamples = [pilots[0].resampled(np.random.default_rng(seed)) for seed in range(40)]
    ratio = np.std([p.factors[0] for p in resamples]) / np.std([p.factors[0] for p in pilots])
    assert 0.6 < ratio * 21.0 / pilots[0].factors[0] < 1.7


@pytest.mark.parametrize(
    ("rows", "argument", "remedy"),
    [
        (np.ones((7, 3)), "data", "more rows"),
        (np.full((9, 3), np.nan), "data[0, 0]", "impute"),
        (np.ones((9, 3)), "data", "rows of the data"),
        (np.repeat(np.random.default_rng(0).standard_normal((10, 30)), 2, axis=0), "data", "drop"),
        (np.array([["a"] * 3] * 9), "data", "turn text into numbers"),
    ],
)
def test_bad_pilots_are_named(rows: NDArray[np.float64], argument: str, remedy: str) -> None:
    with pytest.raises(ts.InputError) as caught:
        estimate_population(rows)
    assert caught.value.argument == argument
    assert remedy in caught.value.remedy


def test_more_factors_than_a_bulk_can_spare_are_refused() -> None:
    with pytest.raises(ts.InputError, match="leading must be at most"):
        estimate_population(pilot(ts.Spiked([8.0]), n=30, d=40), leading=25)


@pytest.mark.parametrize("values", [[1.0, -0.1], [0.0, 0.0], []])
def test_eigenvalues_that_are_no_covariance_are_refused(values: list[float]) -> None:
    with pytest.raises(ts.InputError, match="eigenvalues"):
        Estimated(values)


def test_an_estimate_has_the_dimension_of_its_data() -> None:
    estimate = estimate_population(pilot(ts.Spiked([8.0]), n=30, d=40))
    for d in (41, np.inf):
        with pytest.raises(ts.InputError, match=r"^d must"):
            estimate.spectrum(d)
    assert estimate.spectrum(40)[1].sum() == pytest.approx(1.0, abs=1e-14)
    assert estimate.surroundings(0, 40)[1].sum() == pytest.approx(39 / 40, abs=1e-14)
