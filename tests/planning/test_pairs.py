"""Pairs of models that are computed together show what each pair shows alone."""

from __future__ import annotations

import numpy as np
import pytest

import twinseed as ts
from twinseed.filters import Filter
from twinseed.planning import pairs
from twinseed.planning.pairs import fitted, pair, pairs_of

RNG = np.random.default_rng(5)
GROUPS = (slice(0, 1), slice(1, 4))
FILTERS = (ts.Ridge(0.0), ts.Ridge(0.5), ts.Truncation(3), ts.Shrinkage())
SHAPES = {"tall": (40, 9), "wide": (22, 30)}


def noise(draw: int) -> np.random.Generator:
    return np.random.default_rng([7, draw])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "filter", [ts.Ridge(0.0), ts.Ridge(0.5), ts.Truncation(3), ts.Shrinkage()], ids=repr
)
@pytest.mark.parametrize("entries", [1, 1 << 20], ids=["one by one", "stacked"])
@pytest.mark.parametrize("draws", [[0, 0, 0, 0], [0, 1, 2, 1]], ids=["one noise", "own noise"])
def test_pairs_together_are_the_pairs_alone(
    shape: str,
    filter: Filter,
    entries: int,
    draws: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The third pair has few different rows, so that its models have fewer directions."""
    monkeypatch.setattr(pairs, "_ENTRIES", entries)
    count, width = SHAPES[shape]
    rows = RNG.standard_normal((count, width)) * np.linspace(3.0, 1.0, width)
    rows[:4] = rows[0]
    order = RNG.permutation(np.arange(4, count))
    half = order.size // 2
    parts = [
        (order[:half], order[half : 2 * half]),
        (order[: half - 1], order[half : 2 * half]),
        (np.repeat([0, 5, 6, 7], half)[:half], order[half : 2 * half]),
        (order[half : 2 * half], order[:half]),
    ]
    found = pairs_of(rows, parts, filter, width + 3, GROUPS, noise, draws)
    for place, (a, b) in enumerate(parts):
        alone = pair((rows[a], rows[b], None), filter, width + 3, GROUPS, noise(draws[place]))
        for name, part in vars(alone).items():
            np.testing.assert_allclose(vars(found)[name][place], part, rtol=1e-9, err_msg=name)
    assert len(np.unique(found.gap)) >= 3


@pytest.mark.parametrize("shape", SHAPES)
def test_models_are_filters_of_their_sample_covariance(shape: str) -> None:
    count, width = SHAPES[shape]
    rows = RNG.standard_normal((2, count, width))
    rows[1, 3:] = rows[1, 2]
    models = fitted(rows, ts.Ridge(0.5), width + 2)
    assert models.rank.tolist() == [min(count - 1, width), 2]
    for one, sample in enumerate(rows):
        covariance = np.cov(sample, rowvar=False)
        values, vectors = np.linalg.eigh(covariance)
        expected = (vectors * np.sqrt(np.maximum(values, 0.0) + 0.5)) @ vectors.T
        v = models.directions[one]
        matrix = (v * models.over[one]) @ v.T + models.rest[one] * np.eye(width)
        np.testing.assert_allclose(matrix, expected, atol=1e-9)
        energy = np.square(np.linalg.eigvalsh(expected)).sum() + 2 * models.rest[one] ** 2
        np.testing.assert_allclose(models.energy[one], energy, rtol=1e-9)
