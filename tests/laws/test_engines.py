"""Laws of the engines: what every one of them keeps, and that they draw from one distribution."""

from __future__ import annotations

import numpy as np
import pytest
from tests.examples import ENGINES

import twinseed as ts
from twinseed.readout import Estimate
from twinseed.simulation import Engine

CELLS = {
    "n < d": (ts.Spiked([3.0]), ts.Ridge(0.1), 6, 30),
    "two factors, n > d": (ts.Spiked([8.0, 2.0], bulk=0.5), ts.Ridge(0.0), 24, 12),
    "no factor, n = d": (ts.Spiked([]), ts.Ridge(0.0), 10, 10),
}


def assert_same_bits(one: dict[str, Estimate], other: dict[str, Estimate]) -> None:
    assert one.keys() == other.keys()
    for name in one:
        for part in ("value", "se", "status"):
            a, b = (np.asarray(getattr(found[name], part)) for found in (one, other))
            np.testing.assert_array_equal(a, b, f"{name}: {part}", strict=True)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("engine", ENGINES, ids=repr)
def test_a_batch_has_the_bits_of_its_draws(engine: Engine, cell: str) -> None:
    population, filter, n, d = CELLS[cell]

    def generators(count: int) -> list[np.random.Generator]:
        return [np.random.default_rng([7, i]) for i in range(count)]

    alone, shared = generators(3), generators(3)
    single = [engine.draw(population, filter, n, d, rng) for rng in alone]
    batch = engine.draws(population, filter, n, d, shared)
    backwards = engine.draws(population, filter, n, d, generators(2)[::-1])
    for one, other in zip(single, batch, strict=True):
        assert_same_bits(one, other)
    for one, other in zip(single[1::-1], backwards, strict=True):
        assert_same_bits(one, other)
    # what a generator gives next does not depend on the batch either
    assert [rng.random() for rng in alone] == [rng.random() for rng in shared]
    assert engine.draws(population, filter, n, d, []) == []
