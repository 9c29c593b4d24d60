"""Samples that are written otherwise than real rows are named; poor generators are judged."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import twinseed as ts
from twinseed.auditing.axis_orders import orders
from twinseed.auditing.representation import ANOTHER, representation
from twinseed.auditing.screening import Finding
from twinseed.auditing.verdict import Outcome

Rows = np.ndarray[tuple[int, int], np.dtype[np.float64]]
SIDE = 6


def pictures(seed: int, count: int) -> Rows:
    """Return pictures (count, height, width, 3) from 0 to 255 with blobs on a gradient."""
    draw = np.random.default_rng(seed)
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    found = np.empty((count, SIDE, SIDE, 3))
    for picture in found:
        picture[:] = 60 + 90 * y[..., None] * np.array([1.0, 0.7, 0.3]) + 30 * x[..., None] ** 2
        for _ in range(3):
            across, down = draw.uniform(0, 1, 2)
            blob = np.exp(-((x - across) ** 2 + (y - down) ** 2) / 0.04)
            picture += blob[..., None] * draw.uniform(-80, 120, 3)
    return np.clip(found, 0, 255).round()


def people(seed: int, count: int) -> Rows:
    """Return a table: age, income, height, children, share."""
    draw = np.random.default_rng(seed)
    columns = (
        draw.normal(44, 13, count).round(),
        np.exp(draw.normal(10.2, 0.6, count)).round(),
        draw.normal(171, 9, count).round(1),
        draw.poisson(0.8, count),
        draw.beta(2, 4, count),
    )
    return np.stack(columns, axis=1)


PICTURES, TABLE = pictures(0, 240), people(0, 400)
NAMES = ["age", "income", "height", "children", "share"]


def beside_pictures(samples: Rows, other: Rows | None = None) -> Finding | None:
    flat = [None if part is None else part.reshape(len(part), -1) for part in (samples, other)]
    real = PICTURES.reshape(len(PICTURES), -1)
    rows = ts.data.rows.Rows(real[:120], heldout=real[120:], image_shape=(SIDE, SIDE, 3))
    return representation(ts.Twins.of(rows, *flat))


def beside_table(samples: Rows) -> Finding | None:
    rows = ts.data.rows.Rows(TABLE[:200], heldout=TABLE[200:], columns=NAMES)
    return representation(ts.Twins.of(rows, samples))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda x: x / 255, "samples = real / 255. Pass samples * 255 in place"),
        (lambda x: x / 127.5 - 1, "real rows in [0, 255]: samples = real / 127.5 - 1"),
        (lambda x: 255 - x, "inverted: samples = -real + 255"),
        (lambda x: (x / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225], "ImageNet"),
        (lambda x: x[..., ::-1], "channels reversed"),
        (lambda x: np.moveaxis(x, -1, 1), "kept as N x C x H x W, real rows as N x H x W x C"),
        (lambda x: x.swapaxes(1, 2), "transposed"),
        (lambda x: x[:, ::-1], "upside down"),
        (lambda x: np.moveaxis(x, -1, 1) / 127.5 - 1, "real / 127.5 - 1; samples are kept as N x"),
    ],
)
def test_pictures_kept_otherwise_are_named(change: Callable[[Rows], Rows], said: str) -> None:
    fresh = pictures(1, 60)
    assert beside_pictures(fresh) is None
    found = beside_pictures(change(fresh))
    assert found is not None
    assert found.name == ANOTHER
    assert said in found.sentence


def test_two_pictures_show_their_range() -> None:
    fresh = pictures(1, 2)
    assert beside_pictures(fresh) is None
    for low, high in ((0, 1), (-1, 1)):
        found = beside_pictures(low + fresh / 255 * (high - low))
        assert found is not None
        assert f"samples lie in [{low}, {high}], real rows in [0, 255]" in found.sentence


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda x: x * [1, 1000, 1, 1, 1], "1 of 5 columns (income) samples = real * 1,000"),
        (lambda x: x * [1, 1, 0.01, 1, 1], "(height) samples = real / 100"),
        (lambda x: np.where(np.arange(5) == 1, np.log(x + 1e-9), x), "(income) samples = log"),
        (lambda x: (x - TABLE.mean(axis=0)) / TABLE.std(axis=0), "column by column"),
        (lambda x: x * 1717.0 + 3e6, "in another unit or of another preparation"),
    ],
)
def test_columns_of_tables_in_other_units_are_named(
    change: Callable[[Rows], Rows], said: str
) -> None:
    fresh = people(1, 60)
    assert beside_table(fresh) is None
    found = beside_table(change(fresh))
    assert found is not None
    assert said in found.sentence


def test_the_order_of_flat_pictures_that_are_not_square_is_named() -> None:
    flat, fresh = (part[:, :, :4].reshape(len(part), -1) for part in (PICTURES, pictures(1, 60)))
    real = ts.data.rows.Rows(flat)
    assert representation(ts.Twins.of(real, fresh)) is None
    planes = np.moveaxis(fresh.reshape(60, 6, 4, 3), -1, 1).reshape(60, -1)
    found = representation(ts.Twins.of(real, planes / 255))
    assert found is not None
    assert "samples = real / 255; samples are kept as N x C x H x W" in found.sentence


def test_the_generator_that_is_off_is_named() -> None:
    fresh = pictures(1, 40)
    found = beside_pictures(fresh, fresh / 255)
    assert found is not None
    assert list(found.numbers) == ["samples_b"]
    assert "samples_a" not in found.sentence
    both = beside_pictures(fresh / 255, fresh / 255)
    assert both is not None
    assert "samples_a and samples_b: samples lie in [0, 1]" in both.sentence


def test_nothing_is_judged_of_samples_in_another_range() -> None:
    real = PICTURES.astype(np.uint8)
    copies = real[:40] / 127.5 - 1
    found = ts.audit(train_a=real[:120], samples_a=copies, heldout=real[120:], rng=0)
    assert found.outcome["copying"] is Outcome.CANNOT_JUDGE
    assert found.unanswered == ("copying",)
    assert "samples * 127.5 + 127.5" in found.verdict["copying"]
    assert found.fitness.findings[0].name == ANOTHER


def poor(rows: Rows, count: int, rng: np.random.Generator) -> dict[str, Rows]:
    """Return samples of generators that are bad, and honest, beside these rows."""
    mean, std = rows.mean(axis=0), rows.std(axis=0)
    some = rows[rng.integers(0, len(rows), (2, count))]
    normal = mean + (some[0] - some[1]) / np.sqrt(2)
    moved = rng.random(rows.shape[1]) < 0.4
    one = rows[rng.integers(len(rows))]
    return {
        "fresh": some[0],
        "normal": normal,
        "wrong means": some[0] + std * moved * rng.choice([-1, 1], len(moved)),
        "a wrong mean in all columns": some[0] + std,
        "a third of the variance": mean + (normal - mean) / np.sqrt(3),
        "a hundredth of the variance": mean + (normal - mean) / 10,
        "nine times the variance": mean + 3 * (normal - mean),
        "one output": np.tile(one, (count, 1)),
        "nearly one output": one + 0.02 * std * rng.standard_normal((count, len(one))),
        "zeros": np.zeros((count, len(one))),
        "the mean": np.tile(mean, (count, 1)),
        "one mode": rows[np.argsort(np.abs((rows - one) / (std + 1e-9)).sum(axis=1))][
            : 2 + count // 8
        ],
        "shuffled columns": np.stack([rng.permutation(column) for column in some[0].T], axis=1),
        "blurred": (some[0] + some[1]) / 2,
        "noise": mean + std * rng.standard_normal((count, len(one))),
        "uniform": rng.uniform(rows.min(axis=0), rows.max(axis=0), (count, len(one))),
        "wide tails": mean + std * np.clip(rng.standard_cauchy((count, len(one))), -30, 30),
    }


@pytest.mark.parametrize("count", [3, 16, 120])
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.nightly)])
def test_poor_generators_are_judged(seed: int, count: int) -> None:
    draw = np.random.default_rng(seed)
    counts = draw.poisson(np.exp(draw.normal(0.5, 1, 20)), (200, 20))
    ties = draw.binomial(3, np.linspace(0.1, 0.9, 8), (200, 8))
    bare = draw.standard_normal((200, 4)) @ draw.standard_normal((4, 12))
    tails = np.exp(2 * draw.standard_normal((200, 6)) + 3)
    for rows in (PICTURES.reshape(len(PICTURES), -1), TABLE, counts, ties, bare, tails):
        named = [f"column {k}" for k in range(rows.shape[1])] if rows.shape[1] < 12 else None
        real = ts.data.rows.Rows(rows.astype(float), columns=named)
        for name, samples in poor(rows.astype(float), count, draw).items():
            found = representation(ts.Twins.of(real, samples))
            assert found is None, (name, rows.shape, found)


def test_few_samples_of_a_perfect_generator_are_judged() -> None:
    for seed in range(25):
        fresh = people(100 + seed, 2 + seed % 7)
        assert beside_table(fresh) is None
        assert beside_pictures(pictures(100 + seed, 2 + seed % 7)) is None


@pytest.mark.parametrize("shape", [(3, 4, 4), (4, 4, 3), (5, 4), (1, 4, 4)])
def test_every_order_moves_each_column_once_and_differs(shape: tuple[int, ...]) -> None:
    d = int(np.prod(shape))
    found = [tuple(one.source.tolist()) for one in orders(d, shape)]
    assert len(set(found)) == len(found) > 0
    assert all(sorted(one) == list(range(d)) for one in found)
    assert tuple(range(d)) not in found
