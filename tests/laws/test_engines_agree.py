"""The engines draw from one distribution, and what would part them is caught.

Kolmogorov-Smirnov between every two engines, and between each and a plain simulation that shares
no line with them; controls plant one error each and must be refused at the same level.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from tests.simulation.engine_draws import CELLS, DRAW, NO_FACTOR, Cell, Drawn, of_compressed

from twinseed.simulation import Dense, Krylov
from twinseed.simulation.compressed import band, engine, twins
from twinseed.simulation.compressed.band import GaussianBand, chi
from twinseed.simulation.compressed.reduction import Reduction, wide

Array = NDArray[np.float64]
Comparison = tuple[str, str, str]

EVERY_ENGINE = ("n < d", "two factors, n > d", "near threshold", "fewer rows than start directions")
FAMILY = 0.01
"""The probability that any comparison of a whole battery refuses engines that agree, at most."""


def comparisons(cell: Cell, engines: Sequence[str]) -> Iterator[Comparison]:
    """Yield what is compared in a cell: two of the engines, and a symbol.

    Not among them: m, which is right up to O(1/d); m_0 of several seeds, whose rows ``Compressed``
    draws for each, so that only their mean is that of shared rows.
    """
    for pair in combinations(engines, 2):
        symbols = ["q", "Q", "Q_AB", "length A", "length B"]
        if pair == ("plain", "Compressed") and cell.seeds == 1:
            symbols.append("m_0")
        yield from ((*pair, symbol) for symbol in symbols)


def p_values(drawn: Mapping[str, Drawn], cell: Cell) -> dict[Comparison, float]:
    return {
        (one, other, symbol): float(stats.ks_2samp(drawn[one][symbol], drawn[other][symbol]).pvalue)
        for one, other, symbol in comparisons(cell, list(drawn))
    }


def battery(seeds: int | None = None) -> dict[str, tuple[Cell, list[str]]]:
    """Return every cell and the engines that are compared there, by name."""
    found = {}
    for name, given in CELLS.items():
        cell = given if seeds is None else given._replace(seeds=seeds)
        whole = name in EVERY_ENGINE and cell.seeds == 2
        label = name if seeds is None else f"{name}, seeds: {seeds}"
        found[label] = (cell, list(DRAW) if whole else ["plain", "Compressed"])
    return found


def refused(cells: Mapping[str, tuple[Cell, list[str]]]) -> float:
    """Return what every p-value must exceed (Bonferroni)."""
    return FAMILY / sum(len(list(comparisons(*one))) for one in cells.values())


ORDINARY, NIGHTLY = battery(), battery(seeds=1) | battery(seeds=2)
FEW = {"plain": 250, "Compressed": 400, "Dense": 80, "Krylov": 40}
MANY = {"plain": 5000, "Compressed": 5000, "Dense": 2000, "Krylov": 500}
"""Draws of each; other engines: 80 and 2,000."""


@cache
def few(engine: str, cell: Cell) -> Drawn:
    return DRAW[engine](cell, FEW.get(engine, 80), list(DRAW).index(engine))


@pytest.mark.parametrize("name", ORDINARY)
def test_the_engines_draw_from_one_law(name: str) -> None:
    cell, engines = ORDINARY[name]
    found = p_values({one: few(one, cell) for one in engines}, cell)
    assert min(found.values()) > refused(ORDINARY), found


@pytest.mark.nightly
@pytest.mark.parametrize("name", NIGHTLY)
def test_the_engines_draw_from_one_law_in_many_draws(name: str) -> None:
    cell, engines = NIGHTLY[name]
    drawn = {
        one: DRAW[one](cell, MANY.get(one, 2000), 10 + list(DRAW).index(one)) for one in engines
    }
    found = p_values(drawn, cell)
    print({" ".join(key): f"{p:.2g}" for key, p in found.items()})
    assert min(found.values()) > refused(NIGHTLY), found


@pytest.mark.parametrize("name", CELLS)
def test_memorisation_has_the_plain_mean_up_to_one_over_d(name: str) -> None:
    """Training rows of one twin differ in length as held-out rows do: a leading order."""
    plain, ours = (few(one, CELLS[name]) for one in ("plain", "Compressed"))
    for symbol, order in {"m_0": 0.0, "m": 1.0}.items():
        a, b = plain[symbol], ours[symbol]
        error = np.hypot(*(one.std() / np.sqrt(one.size) for one in (a, b)))
        assert abs(a.mean() - b.mean()) < 4 * error + order / CELLS[name].d * a.mean(), symbol


@pytest.mark.parametrize("name", ["n < d", "two factors, n > d", "near threshold"])
def test_krylov_and_dense_make_one_draw(name: str) -> None:
    """The same generator gives the same data and noise: equal draws, so one distribution."""
    population, filter, n, _, d, seeds = CELLS[name]
    for seed in range(3):
        one, other = (
            engine.draw(population, filter, n, d, np.random.default_rng(seed))
            for engine in (Dense(seeds=seeds), Krylov(seeds=seeds, tolerance=1e-7))
        )
        for key in ("convergence", "convergence_cosine", "recovery", "memorisation"):
            np.testing.assert_allclose(one[key].value, other[key].value, atol=1e-6, err_msg=key)


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
    stacked = np.vstack([along, band.gaussian_factor(space - size, size, rng)])
    return np.asarray(np.linalg.qr(stacked).Q)


def null_space_kept(rows: Array, d: int) -> Reduction:
    """A direction that the rows never showed counts as the one of the smallest eigenvalue."""
    good = wide(rows, d)
    directions = good.directions.copy()
    data = GaussianBand(d, d, rows.shape[2] - 1).matrix(rows)
    directions[:, 0] = np.linalg.svd(data)[2][:, -1]
    return Reduction(good.values, directions)


FEWER_ROWS = CELLS["fewer rows than start directions"]
BELOW = CELLS["below the bulk, n < d"]
PLANTED: dict[str, tuple[Any, str, Any, Cell]] = {
    "start directions forgotten": (
        twins,
        "GaussianBand",
        ForgetsTheStart,
        FEWER_ROWS,
    ),
    "one degree of freedom too many": (twins, "GaussianBand", OneTooMany, FEWER_ROWS),
    "signs of a frame": (engine, "uniform_frame", unsigned_frame, NO_FACTOR),
    "null space": (twins, "wide", null_space_kept, BELOW),
}
"""Where each error is planted, and the cell that shows it."""


@pytest.mark.parametrize("error", PLANTED)
def test_a_planted_error_is_caught(error: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, name, wrong, cell = PLANTED[error]
    monkeypatch.setattr(module, name, wrong)
    drawn = {"plain": few("plain", cell), "Compressed": of_compressed(cell, FEW["Compressed"], 7)}
    found = p_values(drawn, cell)
    assert min(found.values()) < refused(ORDINARY), found
