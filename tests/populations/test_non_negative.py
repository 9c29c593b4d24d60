"""Non-negative least squares beside scipy's, which the package does not import for it."""

from __future__ import annotations

import numpy as np
import pytest
import scipy

from twinseed.populations._non_negative import non_negative


def smooth(seed: int, height: int = 61, width: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Columns that are nearly equal to their neighbours, as in a deconvolution."""
    rng = np.random.default_rng(seed)
    rates, levels = np.geomspace(1e-3, 1e2, height - 1), np.geomspace(1e-3, 1.0, width)
    matrix = rates[:, None] / (rates[:, None] + levels)
    truth = np.where(rng.uniform(size=width) < 0.05, rng.uniform(size=width), 0.0)
    target = (matrix @ truth) * (1.0 + 1e-3 * rng.standard_normal(height - 1))
    return np.vstack([matrix, np.full(width, 1e3)]), np.append(target, 1e3 * truth.sum())


@pytest.mark.parametrize("seed", range(12))
def test_nearly_equal_columns_give_the_distance_that_scipy_gives(seed: int) -> None:
    matrix, target = smooth(seed)
    found, theirs = non_negative(matrix, target), scipy.optimize.nnls(matrix, target)[0]
    assert found.min() >= 0.0
    ours, best = (float(np.linalg.norm(target - matrix @ x)) for x in (found, theirs))
    assert ours <= best * (1 + 1e-9) + 1e-13
    assert matrix[:-1] @ found == pytest.approx(matrix[:-1] @ theirs, rel=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_columns_that_are_not_alike_give_the_values_that_scipy_gives(seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix, target = rng.standard_normal((30, 12)), rng.standard_normal(30)
    theirs = scipy.optimize.nnls(matrix, target)[0]
    assert 0 < np.count_nonzero(theirs) < 12
    assert non_negative(matrix, target) == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("seed", range(8))
def test_a_guess_does_not_change_the_answer(seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix, target = rng.standard_normal((30, 12)), rng.standard_normal(30)
    guess = np.where(rng.uniform(size=12) < 0.5, rng.uniform(size=12), 0.0)
    found = non_negative(matrix, target, guess)
    assert found == pytest.approx(non_negative(matrix, target), abs=1e-12)


def test_equal_columns_share_nothing_and_end() -> None:
    column = np.array([1.0, 2.0, 3.0])
    matrix = np.stack([column, column, -column], axis=1)
    for guess in (None, np.ones(3)):
        found = non_negative(matrix, 2.0 * column, guess)
        assert matrix @ found == pytest.approx(2.0 * column, rel=1e-14)
    assert non_negative(matrix[:, 2:], column, np.ones(1)) == pytest.approx([0.0], abs=0.0)


@pytest.mark.parametrize("seed", range(1, 12, 2))
def test_equations_of_equal_weight_overflow_nowhere(seed: int) -> None:
    matrix, target = smooth(seed, width=400)
    matrix[:-1] /= target[:-1, None]
    target[:-1] = 1.0
    with np.errstate(over="raise", invalid="raise"):
        assert non_negative(matrix, target).min() >= 0.0
