"""The linear generator against the formula written naively, in every shape of training set."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import twinseed as ts
from twinseed.errors import InputError
from twinseed.filters import Filter
from twinseed.generators.linear import LinearGenerator

Array = NDArray[np.float64]


def naive(train: Array, filter: Filter, noise: Array, center: bool = False) -> Array:
    """``f(S) z`` with the d x d covariance formed and diagonalised."""
    mean = train.mean(axis=0) if center else np.zeros(train.shape[1])
    rows = train - mean
    covariance = rows.T @ rows / (len(rows) - center)
    values, vectors = np.linalg.eigh(covariance)
    root = (vectors * filter(np.maximum(values, 0.0))) @ vectors.T
    return noise @ root + mean


def rows(n: int, d: int, seed: int = 0) -> Array:
    return np.random.default_rng([seed, n, d]).standard_normal((n, d)) + 0.5


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("ridge", [0.0, 0.3])
@pytest.mark.parametrize(("n", "d"), [(2, 7), (6, 7), (7, 7), (8, 7), (40, 7), (5, 1)])
def test_samples_are_the_filtered_root_times_the_noise(
    n: int, d: int, ridge: float, center: bool
) -> None:
    train, noise = rows(n, d), rows(9, d, seed=1)
    model = LinearGenerator.fit(train, ts.Ridge(ridge), center=center)
    expected = naive(train, ts.Ridge(ridge), noise, center)
    # The naive root of a zero eigenvalue is good to the root of the machine precision only.
    np.testing.assert_allclose(model.sample(noise), expected, atol=3e-7)


@given(n=st.integers(1, 12), d=st.integers(1, 12), center=st.booleans())
def test_shapes_order_and_energy(n: int, d: int, center: bool) -> None:
    n += center
    model = LinearGenerator.fit(rows(n, d), ts.Ridge(0.2), center=center)
    k = min(n - center, d)
    assert model.eigenvalues.shape == (k,)
    assert model.directions.shape == (d, k)
    assert np.all(np.diff(model.eigenvalues) <= 0)
    np.testing.assert_allclose(model.directions.T @ model.directions, np.eye(k), atol=1e-12)
    assert model.energy == pytest.approx(np.linalg.norm(model.sample(np.eye(d)) - model.mean) ** 2)
    assert (model.n, model.d) == (n, d)


def test_without_ridge_the_sample_covariance_is_reproduced() -> None:
    train = rows(30, 12)
    root = LinearGenerator.fit(train, ts.Ridge(0.0)).sample(np.eye(12))
    np.testing.assert_allclose(root @ root.T, train.T @ train / 30, rtol=1e-12)


def test_small_eigenvalues_keep_their_digits() -> None:
    """Over twelve decades a Gram matrix would lose the small half of the spectrum."""
    d = 7
    frame = scipy.linalg.qr(rows(d, d))[0]
    left = scipy.linalg.qr(rows(20, d, seed=3), mode="economic")[0]
    wanted = np.logspace(0, -12, d)
    model = LinearGenerator.fit(np.sqrt(20 * wanted) * left @ frame.T, ts.Ridge(0.0))
    np.testing.assert_allclose(model.eigenvalues, wanted, rtol=1e-8)


@pytest.mark.parametrize(("n", "d"), [(4, 9), (20, 9)])
def test_a_rotation_of_data_and_noise_rotates_the_samples(n: int, d: int) -> None:
    rotation = scipy.linalg.qr(rows(d, d, seed=5))[0]
    train, noise = rows(n, d), rows(6, d, seed=1)
    plain = LinearGenerator.fit(train, ts.Ridge(0.1)).sample(noise)
    turned = LinearGenerator.fit(train @ rotation, ts.Ridge(0.1)).sample(noise @ rotation)
    np.testing.assert_allclose(turned, plain @ rotation, atol=1e-12)


def test_the_scale_of_data_and_ridge_is_the_scale_of_the_samples() -> None:
    train, noise = rows(5, 9), rows(6, 9, seed=1)
    plain = LinearGenerator.fit(train, ts.Ridge(0.1)).sample(noise)
    scaled = LinearGenerator.fit(10.0 * train, ts.Ridge(10.0)).sample(noise)
    np.testing.assert_allclose(scaled, 10.0 * plain, rtol=1e-12)


def test_each_sample_depends_on_its_own_noise_alone() -> None:
    model, noise = LinearGenerator.fit(rows(5, 9), ts.Ridge(0.1)), rows(6, 9, seed=1)
    np.testing.assert_allclose(model.sample(noise[2:3]), model.sample(noise)[2:3], rtol=1e-12)


def test_principal_directions_lead() -> None:
    train = rows(50, 6)
    train[:, 4] *= 20.0
    model = LinearGenerator.fit(train, ts.Ridge(0.0))
    leading = model.principal_directions(2)
    assert leading.shape == (6, 2)
    assert abs(leading[4, 0]) > 0.99


@pytest.mark.parametrize("kind", [np.float32, np.int64, np.uint8, np.bool_])
def test_other_types_are_computed_in_float64(kind: Any) -> None:
    train = (np.arange(24).reshape(6, 4) * 7 % 5).astype(kind)
    model = LinearGenerator.fit(train, ts.Ridge(0.1))
    exact = LinearGenerator.fit(train.astype(np.float64), ts.Ridge(0.1))
    np.testing.assert_array_equal(model.eigenvalues, exact.eigenvalues)
    assert model.sample(np.ones((2, 4), dtype=np.float32)).dtype == np.float64


def test_the_training_rows_are_left_as_they_are() -> None:
    train = rows(20, 6)
    before = train.copy()
    LinearGenerator.fit(train, ts.Ridge(0.0), center=True)
    np.testing.assert_array_equal(train, before)


def test_constant_columns_stay_constant() -> None:
    train = rows(20, 6)
    train[:, 2] = 3.0
    samples = LinearGenerator.fit(train, ts.Ridge(0.0), center=True).sample(rows(5, 6, seed=1))
    np.testing.assert_allclose(samples[:, 2], 3.0, atol=1e-12)


def test_bad_input_is_named() -> None:
    good, plain = rows(4, 3), ts.Ridge(0.0)
    holed = good.copy()
    holed[1, 2] = np.nan
    with pytest.raises(InputError, match=r"train\[1, 2\] must be finite"):
        LinearGenerator.fit(holed, plain)
    with pytest.raises(InputError, match="train must have at least 2 rows"):
        LinearGenerator.fit(good[:1], plain, center=True)
    model = LinearGenerator.fit(good, plain)
    with pytest.raises(InputError, match="noise must have as many columns as the data, 3"):
        model.sample(np.zeros((2, 4)))
    with pytest.raises(InputError, match=r"noise\[0, 0\]"):
        model.sample(np.full((1, 3), np.inf))
    with pytest.raises(InputError, match="k must not exceed the 3 directions"):
        model.principal_directions(4)
