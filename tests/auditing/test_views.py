"""Copies that the plain distance does not show: scaled columns, parts, columns, versions, names."""

from __future__ import annotations

import numpy as np
import pytest
from tests.support.pools import attribution, closest_in, pool_of

import twinseed as ts
from twinseed.auditing import Audit
from twinseed.auditing.columns import ColumnByColumn
from twinseed.auditing.mirrored import mirrored_units, with_mirrors
from twinseed.auditing.named import named_copies
from twinseed.auditing.nearest_in_pool import attribute
from twinseed.auditing.overfit import how_much_closer
from twinseed.auditing.spaces import searched
from twinseed.data.rows import Rows
from twinseed.readers import Column

N, D = 160, 10


def drawn(seed: int | tuple[int, ...], d: int = D) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return training rows, held-out rows and samples of one law."""
    train, heldout, samples = np.random.default_rng([70, *np.atleast_1d(seed)]).standard_normal(
        (3, N, d)
    )
    return train, heldout, samples


def judged(train: np.ndarray, heldout: np.ndarray, samples: np.ndarray, **more: object) -> Audit:
    return ts.audit(train_a=train, samples_a=samples, heldout=heldout, rng=0, factors=1, **more)


def test_copies_of_half_of_the_columns_are_found_column_by_column() -> None:
    train, heldout, samples = drawn(0)
    samples[:60, 5:] = train[:60, 5:]
    found = judged(train, heldout, samples)
    assert found.outcome["copying"] == "copying"
    assert found.copying.view == "column by column"
    assert found.copying.copied_fraction == pytest.approx(60 / N, abs=0.08)
    assert "column by column" in found.verdict["copying"]


def test_copies_are_found_where_one_column_holds_the_variance() -> None:
    """In given units the column that is no copy is all there is to see."""
    train, heldout, samples = drawn(1)
    for rows in (train, heldout, samples):
        rows[:, 0] *= 1000
    samples[:60, 1:] = train[:60, 1:] + 0.05 * np.random.default_rng(0).standard_normal((60, 9))
    found = judged(train, heldout, samples)
    assert "scaled columns" in found.copying.views
    assert found.outcome["copying"] == "copying"
    assert found.copying.view != "distance"


def test_columns_that_vary_alike_are_not_scaled_and_wide_rows_are_looked_at_in_parts() -> None:
    assert "scaled columns" not in judged(*drawn(2)).copying.views
    views = judged(*drawn(3, d=64)).copying.views
    assert [name for name in views if name.startswith("part ")] == [
        f"part {number} of the columns" for number in (1, 2, 3, 4)
    ]


def test_a_copied_quarter_of_a_picture_is_found() -> None:
    draw = np.random.default_rng(4)
    train, heldout, samples = draw.standard_normal((3, N, 10, 10))
    samples[:60, :5, :5] = train[:60, :5, :5]
    found = judged(train, heldout, samples)
    assert found.outcome["copying"] == "copying"
    assert found.copying.view == "part 1 of the columns"


@pytest.mark.parametrize(("up_to", "outcome"), [("flip", "copying"), (None, "no sign of copying")])
def test_mirror_images_of_training_rows_are_copies_up_to_flip(
    up_to: str | None, outcome: str
) -> None:
    draw = np.random.default_rng(5)
    train, heldout, samples = draw.standard_normal((3, N, 6, 6))
    samples[:60] = train[:60, :, ::-1] + 0.01 * draw.standard_normal((60, 6, 6))
    assert judged(train, heldout, samples, up_to=up_to).outcome["copying"] == outcome


def test_a_picture_and_its_mirror_image_are_one_unit() -> None:
    images = np.random.default_rng(6).standard_normal((20, 4, 5))
    both = np.concatenate([images, images[:, :, ::-1]])
    units = mirrored_units(both.reshape(40, 20), (4, 5))
    assert units is not None
    assert units.tolist() == [*range(20), *range(20)]
    assert mirrored_units(images.reshape(20, 20), (4, 5)) is None
    rows = Rows(both, heldout=images + 1)
    found = with_mirrors(rows)
    assert np.unique(found["train_a"]).size == 20
    assert np.unique(found["heldout"]).size == 20
    assert not set(found["train_a"]) & set(found["heldout"])


def test_column_by_column_is_the_sum_that_its_docstring_gives() -> None:
    """Two columns of numbers and one of three words, by hand."""
    draw = np.random.default_rng(7)
    words = np.eye(3)[draw.integers(0, 3, 30)] / np.sqrt(2)
    rows = np.concatenate([draw.standard_normal((30, 2)), words], axis=1)
    layout = (Column("x"), Column("y"), Column("word", ("a", "b", "c")))
    pool = pool_of([rows[:20], rows[20:]], draw)
    made = ColumnByColumn.of(rows, layout)
    assert made is not None
    samples = rows[:5] + np.array([0.3, 0.0, 0.0, 0.0, 0.0])
    found = attribute(made.gaps(samples, pool, np.arange(5)), pool)
    scale, shares = 2 * rows[:, :2].std(axis=0), (words > 0).mean(axis=0)
    apart = np.abs(samples[:, None, :2] - rows[None, :, :2]) / scale
    numbers = np.log(np.clip(apart, 1 / 30, 1.0)).sum(axis=2)
    same = samples[:, None, 2:].argmax(axis=2) == rows[None, :, 2:].argmax(axis=2)
    total = numbers + np.where(same, np.log(shares[words[:5].argmax(axis=1)])[:, None], 0.0)
    assert found.gap == pytest.approx(total.min(axis=1), rel=1e-5)
    assert found.number[0].tolist() == total.argmin(axis=1).tolist()


@pytest.mark.parametrize("levels", [None, 12])
def test_a_single_exact_copy_is_named_in_continuous_columns_alone(levels: int | None) -> None:
    """Rows of twelve levels in four columns are equal by chance, and nobody is named."""
    train, heldout, samples = drawn(8, d=4)
    if levels is not None:
        train, heldout, samples = (
            np.round(rows * levels / 6) for rows in (train, heldout, samples)
        )
    samples[11] = train[5]
    draw = np.random.default_rng(0)
    pool = pool_of([train, heldout], draw)
    near = closest_in(samples, pool)["distance"]
    layout = tuple(Column(name) for name in "xyzw")
    found = named_copies(samples, near, pool, layout, "a", draw)
    told = [(one.sample, one.set, one.row) for one in found]
    assert told == ([(11, "train_a", 5)] if levels is None else [])


def test_a_row_that_is_empty_in_both_names_nobody() -> None:
    """A blank picture is one value in every column: it tells nothing, however many columns."""
    draw = np.random.default_rng(9)
    train, heldout, samples = draw.standard_normal((3, N, 40)) * (draw.random((3, N, 40)) < 0.8)
    train[3] = samples[4] = 0.0
    pool = pool_of([train, heldout], draw)
    near = closest_in(samples, pool)["distance"]
    layout = tuple(Column(f"c{k}") for k in range(40))
    assert named_copies(samples, near, pool, layout, "a", draw) == ()


def test_a_column_that_stands_six_times_counts_once() -> None:
    draw = np.random.default_rng(14)
    train, heldout, samples = draw.standard_normal((3, N, 1)).repeat(6, axis=2)
    samples[11] = train[5]
    pool = pool_of([train, heldout], draw)
    near = closest_in(samples, pool)["distance"]
    layout = tuple(Column(f"c{k}") for k in range(6))
    assert named_copies(samples, near, pool, layout, "a", draw) == ()


def test_noisy_copies_of_heldout_rows_are_told_and_not_judged() -> None:
    train, heldout, samples = drawn(15)
    samples[:80] = heldout[:80] + 0.02 * np.random.default_rng(0).standard_normal((80, D))
    found = judged(train, heldout, samples)
    assert found.outcome["copying"] == "cannot judge these data"
    assert found.copying.heldout_copied == pytest.approx(0.5, abs=0.05)
    assert found.copying.p_further < 0.01
    assert "copies of held-out rows" in found.verdict["copying"]


def test_a_dear_view_is_searched_for_some_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    train, heldout, samples = drawn(16)
    samples[:80, 5:] = train[:80, 5:]
    monkeypatch.setattr("twinseed.auditing.spaces._WORK", 8 * D * 2 * N * 100)
    found = judged(train, heldout, samples)
    assert found.copying.views == {"distance": N, "cosine": N, "column by column": 100}
    assert found.outcome["copying"] == "copying"
    monkeypatch.setattr("twinseed.auditing.spaces._WORK", 8 * D * 2 * N * 49)
    assert set(judged(train, heldout, samples).copying.views) == {"distance", "cosine"}


def test_nothing_is_named_where_real_rows_match_each_other() -> None:
    """Columns that follow from one another: 300 shops and weeks, each with prices of its own."""
    draw = np.random.default_rng(12)
    prices = draw.standard_normal((300, 6))
    train, heldout, samples = (prices[draw.integers(300, size=N)] for _ in range(3))
    found = judged(train, heldout, samples)
    assert found.copying.named == ()
    assert found.outcome["copying"] != "copying"
    train, heldout, samples = drawn(13)
    samples[7] = train[9]
    assert [one.sample for one in judged(train, heldout, samples).copying.named] == [7]


def test_perfect_generators_name_nobody() -> None:
    for seed in range(20):
        train, heldout, samples = drawn((10, seed))
        draw = np.random.default_rng(seed)
        pool = pool_of([train, heldout], draw)
        near = closest_in(samples, pool)["distance"]
        layout = tuple(Column(f"c{k}") for k in range(D))
        assert named_copies(samples, near, pool, layout, "a", draw) == ()


def test_how_much_closer_is_told_as_a_ratio_and_as_rows() -> None:
    """Rows of two columns: half the distance is four times the rows."""
    draw = np.random.default_rng(11)
    train, heldout, samples = draw.random((3, 2000, 2))
    pool = pool_of([train, heldout], draw)
    plain = how_much_closer([searched(samples, pool, None)], [{0: None}], pool)
    assert plain.times == pytest.approx(1.0, abs=0.05)
    assert plain.rows == pytest.approx(2000, rel=0.15)
    nearest = train[attribution(0, samples, pool).closest["distance"].row[0]]
    own = attribution(0, samples, pool).won("distance")[0]
    samples[own] = nearest[own] + (samples[own] - nearest[own]) / 4
    closer = how_much_closer([searched(samples, pool, None)], [{0: None}], pool)
    assert 1.5 < closer.times < 3.0
    assert closer.rows == pytest.approx(2000 * closer.times**2, rel=0.3)
