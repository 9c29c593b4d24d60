"""The cells in which the laws compare engines, and what each engine draws there.

A simulation by plain decompositions stands beside them: it shares no line with the engines.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.examples import ENGINE_KINDS

import twinseed as ts
from twinseed.data.twins import Twins
from twinseed.filters import Filter
from twinseed.orders import ORDERS, memorisation
from twinseed.populations import Spiked
from twinseed.simulation import Compressed, Dense, Engine, Krylov, known
from twinseed.simulation.compressed import engine

Array = NDArray[np.float64]
Drawn = dict[str, Array]


class Cell(NamedTuple):
    """One setting: a population, a filter, the rows of both twins, the columns, the seeds."""

    population: Spiked
    filter: Filter
    n_a: int
    n_b: int
    d: int
    seeds: int


CELLS: dict[str, Cell] = {
    "n < d": Cell(Spiked([3.0]), ts.Ridge(0.1), 6, 6, 40, 2),
    "two factors, n > d": Cell(Spiked([8.0, 2.0], bulk=0.5), ts.Ridge(0.0), 60, 60, 30, 2),
    "near threshold": Cell(Spiked([1.0]), ts.Ridge(0.0), 40, 40, 40, 2),
    "fewer rows than start directions": Cell(Spiked([2.0, 2.0]), ts.Ridge(1.0), 2, 2, 6, 2),
    "truncated, near threshold": Cell(Spiked([1.0]), ts.Ridge(0.3), 90, 90, 80, 1),
    "below the bulk, n < d": Cell(Spiked([-0.9]), ts.Ridge(0.2), 16, 16, 20, 1),
    "unequal twins": Cell(Spiked([2.0]), ts.Ridge(0.05), 30, 9, 20, 1),
}
NO_FACTOR = Cell(Spiked([]), ts.Ridge(0.1), 3, 3, 6, 1)

MEASURED = {
    "q": "convergence",
    "Q": "recovery",
    "Q_AB": "recovery_twins",
    "m": "memorisation",
    "m_0": "memorisation_heldout",
}
"""Variables of the readout by symbol; of several factors, the first."""


def plain(cell: Cell, count: int, seed: int) -> Drawn:
    """Twins by thin decompositions of drawn rows: q, Q, lengths ``|X x|/|x|``, closest rows."""
    population, filter, n_a, n_b, d, seeds = cell
    rng, p = np.random.default_rng(seed), population.factors.size
    drawn: list[list[float]] = []
    for _ in range(count):
        z = rng.standard_normal((d, seeds))
        samples, near, far, lengths, directions = [], [], [], [], []
        for n in (n_a, n_b):
            rows, held = population.sample(n, d, rng), population.sample(n_a, d, rng)
            _, s, vt = np.linalg.svd(rows / np.sqrt(n), full_matrices=False)
            gain = filter(s**2) - filter.at_zero
            x = vt.T @ (gain[:, None] * (vt @ z)) + filter.at_zero * z
            samples.append(x)
            lengths.append(length(rows, x[:, 0]))
            near.append(closest(x, rows))
            far.append(closest(x, held[: min(n_a, n_b)]))
            low = population.strengths < 0
            directions.append(np.where(low, vt[::-1][:p].T, vt[:p].T) if p <= n else vt[:p].T)
        a, b = samples
        q = 2 * np.sum(a * b) / np.sum(a * a + b * b)
        v, w = directions
        if equal(population):
            shared = np.linalg.norm(v.T @ w) / np.sqrt(p)
        else:
            shared = abs(np.sum(v[:, :1] * w[:, :1]))
        own = (own_overlap(population, v) + own_overlap(population, w)) / 2
        drawn.append([q, own, shared, np.mean(near), np.mean(far), *lengths])
    return dict(zip((*MEASURED, "length A", "length B"), np.array(drawn).T, strict=True))


def length(rows: Array, x: Array) -> float:
    return float(np.linalg.norm(rows @ x) / np.linalg.norm(x))


def closest(x: Array, rows: Array) -> float:
    cosines = np.abs(rows @ x) / np.linalg.norm(rows, axis=1)[:, None] / np.linalg.norm(x, axis=0)
    return float(np.mean(np.max(cosines, axis=0)))


def equal(population: Spiked) -> bool:
    return population.factors.size > 1 and population.factors[0] == population.factors[1]


def own_overlap(population: Spiked, v: Array) -> float:
    if equal(population):
        return float(np.sum(v[: v.shape[1]] ** 2) / v.shape[1])
    return float(np.sum(v[0, :1] ** 2))


def of_compressed(cell: Cell, count: int, seed: int) -> Drawn:
    """The same by the compressed engine; the lengths from what it keeps of its twins."""
    made = Compressed(seeds=cell.seeds, n_b=None if cell.n_a == cell.n_b else cell.n_b)
    kept: list[Any] = []
    draw = engine.compressed_twins

    def keeping(*arguments: Any) -> Any:
        kept.append(draw(*arguments))
        return kept[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "compressed_twins", keeping)
        drawn = _variables(made, cell, count, seed, MEASURED)
    for side, (symbol, rows) in enumerate({"length A": cell.n_a, "length B": cell.n_b}.items()):
        twins = [pair[side] for pair in kept]
        energy = [np.sum(twin.heads[:, 0] ** 2, axis=1) + twin.inner[:, 0, 0] for twin in twins]
        own = np.concatenate([twin.moments[:, 0, 0] for twin in twins])
        drawn[symbol] = np.sqrt(rows * own / np.concatenate(energy))
    return drawn


def _of_rows(engine: Callable[[int], Engine]) -> Callable[[Cell, int, int], Drawn]:
    """Return what draws by an engine that keeps its rows; closest rows are not looked for."""

    def draw(cell: Cell, count: int, seed: int) -> Drawn:
        kept: list[Twins] = []

        def keeping(twins: Twins, *arguments: Any, **options: Any) -> list[Any]:
            kept.append(twins)
            return []

        rest = [one for one in ORDERS if one.from_evidence is not memorisation.from_evidence]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(known, "closeness", keeping)
            patch.setattr(known, "ORDERS", rest)
            drawn = _variables(engine(cell.seeds), cell, count, seed, ("q", "Q", "Q_AB"))
        for side in "ab":
            lengths = [length(*_side(twins, side)) for twins in kept]
            drawn[f"length {side.upper()}"] = np.array(lengths)
        return drawn

    return draw


def _side(twins: Twins, side: str) -> tuple[Array, Array]:
    """Return the training rows of a twin, and its first sample."""
    return getattr(twins, f"train_{side}"), getattr(twins, f"samples_{side}")[0]


def _with_seeds(kind: type[Any], settings: dict[str, Any], seeds: int) -> Engine:
    made: Engine = kind(seeds=seeds, **settings)
    return made


def _variables(engine: Engine, cell: Cell, count: int, seed: int, symbols: Any) -> Drawn:
    rngs = [np.random.default_rng([seed, i]) for i in range(count)]
    found = engine.draws(cell.population, cell.filter, cell.n_a, cell.d, rngs)
    return {
        symbol: np.array([np.append(one[MEASURED[symbol]].value, 0.0)[0] for one in found])
        for symbol in symbols
    }


CHEAPER: dict[type[Any], dict[str, Any]] = {
    Dense: {"wasserstein_limit": 0},
    Krylov: {"tolerance": 1e-3},
}
"""Settings of an engine for which many draws cost less."""

DRAW: dict[str, Callable[[Cell, int, int], Drawn]] = {
    "plain": plain,
    **{
        kind.__name__: _of_rows(partial(_with_seeds, kind, CHEAPER.get(kind, {})))
        for kind in ENGINE_KINDS
    },
    "Compressed": of_compressed,
}
"""What draws so many times in a cell, with a seed of its own."""
