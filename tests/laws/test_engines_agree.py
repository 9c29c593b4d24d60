"""The engines draw from one distribution, and what would part them is caught.

Kolmogorov-Smirnov between the compressed engine and a plain simulation that shares no line with
it; controls plant one error each and must be refused by the same comparison.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

import twinseed as ts
from twinseed.filters import Filter
from twinseed.populations import Spiked
from twinseed.simulation import (
    Compressed,
    Dense,
    Krylov,
    _bidiagonal,
    _compressed_twins,
    compressed,
)
from twinseed.simulation._bidiagonal import GaussianBand, chi
from twinseed.simulation._reduction import Reduction, wide

Array = NDArray[np.float64]
Cell = tuple[Spiked, Filter, int, int, int]
Drawn = dict[str, Array]

CELLS: dict[str, Cell] = {
    "n < d": (Spiked([3.0]), ts.Ridge(0.1), 6, 6, 40),
    "two factors, n > d": (Spiked([8.0, 2.0], bulk=0.5), ts.Ridge(0.0), 60, 60, 30),
    "near threshold": (Spiked([1.0]), ts.Ridge(0.0), 40, 40, 40),
    "truncated, near threshold": (Spiked([1.0]), ts.Ridge(0.3), 120, 120, 110),
    "below the bulk, n < d": (Spiked([-0.9]), ts.Ridge(0.2), 16, 16, 20),
    "fewer rows than start directions": (Spiked([2.0, 2.0]), ts.Ridge(1.0), 2, 2, 6),
    "unequal twins": (Spiked([2.0]), ts.Ridge(0.05), 30, 9, 20),
}
NO_FACTOR: Cell = (Spiked([]), ts.Ridge(0.1), 3, 3, 6)
REFUSED = 1e-3


def plain(cell: Cell, count: int, seed: int) -> Drawn:
    """Twins by thin decompositions of drawn rows, one seed each: q, Q, lengths, closest rows."""
    population, filter, n_a, n_b, d = cell
    rng, p = np.random.default_rng(seed), population.factors.size
    drawn: list[list[float]] = []
    for _ in range(count):
        z = rng.standard_normal(d)
        samples, near, far, length, directions = [], [], [], [], []
        for n in (n_a, n_b):
            rows, held = population.sample(n, d, rng), population.sample(n_a, d, rng)
            _, s, vt = np.linalg.svd(rows / np.sqrt(n), full_matrices=False)
            gain = filter(s**2) - filter.at_zero
            x = vt.T @ (gain * (vt @ z)) + filter.at_zero * z
            samples.append(x)
            length.append(np.linalg.norm(rows @ x) / np.linalg.norm(x))
            near.append(closest(x, rows))
            far.append(closest(x, held[: min(n_a, n_b)]))
            low = population.strengths < 0
            directions.append(np.where(low, vt[::-1][:p].T, vt[:p].T) if p <= n else vt[:p].T)
        a, b = samples
        q = 2 * a @ b / (a @ a + b @ b)
        v, w = directions
        shared = (
            np.linalg.norm(v.T @ w) / np.sqrt(p) if equal(population) else abs(v[:, 0] @ w[:, 0])
        )
        own = (own_overlap(population, v) + own_overlap(population, w)) / 2
        drawn.append([q, own, shared, *length, np.mean(near), np.mean(far)])
    return dict(zip(NAMES, np.array(drawn).T, strict=True))


NAMES = ("q", "Q", "Q_AB", "length A", "length B", "m", "m_0")


def closest(x: Array, rows: Array) -> float:
    return float(np.max(np.abs(rows @ x) / np.linalg.norm(rows, axis=1)) / np.linalg.norm(x))


def equal(population: Spiked) -> bool:
    return population.factors.size > 1 and population.factors[0] == population.factors[1]


def own_overlap(population: Spiked, v: Array) -> float:
    if equal(population):
        return float(np.sum(v[: v.shape[1]] ** 2) / v.shape[1])
    return float(v[0, 0] ** 2)


def compact(cell: Cell, count: int, seed: int) -> Drawn:
    """The same by the compressed engine; the lengths from what it keeps of its twins."""
    population, filter, n, n_b, d = cell
    engine = Compressed(n_b=None if n == n_b else n_b)
    kept: list[Any] = []
    draw = compressed.compressed_twins

    def keeping(*arguments: Any) -> Any:
        kept.append(draw(*arguments))
        return kept[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compressed, "compressed_twins", keeping)
        rngs = [np.random.default_rng([seed, i]) for i in range(count)]
        found = engine.draws(population, filter, n, d, rngs)
    drawn = {
        symbol: np.array([np.append(one[name].value, 0.0)[0] for one in found])
        for symbol, name in {
            "q": "convergence",
            "Q": "recovery",
            "Q_AB": "recovery_twins",
            "m": "memorisation",
            "m_0": "memorisation_heldout",
        }.items()
    }
    for side, (symbol, rows) in enumerate({"length A": n, "length B": n_b}.items()):
        twins = [pair[side] for pair in kept]
        energy = [np.sum(twin.heads[:, 0] ** 2, axis=1) + twin.inner[:, 0, 0] for twin in twins]
        own = np.concatenate([twin.moments[:, 0, 0] for twin in twins])
        drawn[symbol] = np.sqrt(rows * own / np.concatenate(energy))
    return drawn


def p_values(a: Drawn, b: Drawn) -> dict[str, float]:
    return {name: float(stats.ks_2samp(a[name], b[name]).pvalue) for name in NAMES}


@pytest.mark.parametrize("name", CELLS)
def test_the_compressed_law_is_the_plain_one(name: str) -> None:
    found = p_values(plain(CELLS[name], 300, seed=1), compact(CELLS[name], 600, seed=2))
    assert min(found.values()) > REFUSED, found


@pytest.mark.nightly
@pytest.mark.parametrize("name", CELLS)
def test_the_compressed_law_is_the_plain_one_in_many_draws(name: str) -> None:
    found = p_values(plain(CELLS[name], 10_000, seed=3), compact(CELLS[name], 10_000, seed=4))
    # rows of a twin that differ in length beyond the factors are right up to O(1/d)
    exact = {key: p for key, p in found.items() if key != "m"}
    assert min(exact.values()) > REFUSED, found


@pytest.mark.parametrize("name", ["n < d", "two factors, n > d", "near threshold"])
def test_krylov_and_dense_make_one_draw(name: str) -> None:
    """The same generator gives the same data and noise: equal draws, so one distribution."""
    population, filter, n, _, d = CELLS[name]
    for seed in range(3):
        one, other = (
            engine.draw(population, filter, n, d, np.random.default_rng(seed))
            for engine in (Dense(seeds=2), Krylov(seeds=2, tolerance=1e-7))
        )
        for key in ("convergence", "convergence_cosine", "recovery", "memorisation"):
            np.testing.assert_allclose(one[key].value, other[key].value, atol=1e-6, err_msg=key)


@pytest.mark.parametrize("name", ["n < d", "two factors, n > d"])
def test_dense_draws_the_plain_law(name: str) -> None:
    population, filter, n, _, d = CELLS[name]
    engine, rng = Dense(seeds=2, wasserstein_limit=0), np.random.default_rng(5)
    found = [engine.draw(population, filter, n, d, rng) for _ in range(100)]
    reference = plain(CELLS[name], 400, seed=1)
    for key, symbol in {"recovery": "Q", "recovery_twins": "Q_AB"}.items():
        drawn = np.array([np.ravel(one[key].value)[0] for one in found])
        assert stats.ks_2samp(drawn, reference[symbol]).pvalue > REFUSED, key


class ForgetsTheStart(GaussianBand):
    """Its start directions are not used up: b degrees of freedom too many."""

    def rows(self, start: int, stop: int, rng: np.random.Generator) -> Array:
        drawn = super().rows(start, stop, rng)
        drawn[:, -1] = chi(np.maximum(self.d - np.arange(start, stop), 0), rng)
        return drawn


class OneTooMany(GaussianBand):
    """Its diagonal has one degree of freedom too many."""

    def rows(self, start: int, stop: int, rng: np.random.Generator) -> Array:
        drawn = super().rows(start, stop, rng)
        drawn[:, 0] = chi(self.n + 1 - np.arange(start, stop), rng)
        return drawn


def unsigned_frame(size: int, space: int, rng: np.random.Generator) -> Array:
    """A frame whose signs are left to the QR decomposition."""
    along = rng.standard_normal((size, size))
    stacked = np.vstack([along, _bidiagonal.gaussian_factor(space - size, size, rng)])
    return np.asarray(np.linalg.qr(stacked).Q)


def null_space_kept(data: Array) -> Reduction:
    """A direction that the rows never showed counts as the one of the smallest eigenvalue."""
    good = wide(data)
    directions = good.directions.copy()
    directions[:, :, 0] = np.linalg.svd(data)[2][:, -1]
    return Reduction(good.values, directions)


FEW = CELLS["fewer rows than start directions"]
PLANTED: dict[str, tuple[Any, str, Callable[..., Any], Cell, str, int]] = {
    "start directions forgotten": (
        _compressed_twins,
        "GaussianBand",
        ForgetsTheStart,
        FEW,
        "q",
        800,
    ),
    "one degree of freedom too many": (
        _compressed_twins,
        "GaussianBand",
        OneTooMany,
        FEW,
        "Q",
        200,
    ),
    "signs of a frame": (compressed, "uniform_frame", unsigned_frame, NO_FACTOR, "q", 200),
    "null space": (
        _compressed_twins,
        "wide",
        null_space_kept,
        CELLS["below the bulk, n < d"],
        "Q",
        100,
    ),
}
"""Where each error is planted, and the symbol and number of draws that show it."""


@pytest.mark.parametrize("error", PLANTED)
def test_a_planted_error_is_caught(error: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, name, wrong, cell, symbol, count = PLANTED[error]
    good = compact(cell, 1000, seed=1)
    monkeypatch.setattr(module, name, wrong)
    bad = compact(cell, count, seed=2)
    assert stats.ks_2samp(good[symbol], bad[symbol]).pvalue < 1e-6
