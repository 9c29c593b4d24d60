"""Twins at rising n: theory beside linear twins, pictures, sentences, and their page."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import twinseed as ts
from twinseed.curves.curves import (
    TwinCurves,
    measured,
    over_pairs,
    picture_rows,
    sentences,
)
from twinseed.matched import matched_twins, predicted_curve
from twinseed.readout import load

SIZES = (20, 80)
SHAPE = (5, 8)


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return ts.Spiked([20.0, 8.0]).sample(600, 40, np.random.default_rng(0))


@pytest.fixture(scope="module")
def twins(rows: np.ndarray) -> list[ts.Twins]:
    noise = np.random.default_rng(1).standard_normal((300, 40))
    return [
        matched_twins(
            ts.Twins(noise, noise, rows[:n], rows[200 : 200 + n], heldout=rows[400:]), noise
        )
        for n in SIZES
    ]


@pytest.fixture(scope="module")
def curves(rows: np.ndarray, twins: list[ts.Twins]) -> TwinCurves:
    found = [measured(one, np.random.default_rng(2), 3) for one in twins]
    readout = over_pairs(found, SIZES, 40, np.array([21.0, 9.0, 1.0]), {})
    return TwinCurves(
        "Test twins",
        readout,
        linear=readout,
        predicted=predicted_curve(rows, SIZES),
        losses={"20-0-a": [(50, 0.9), (100, 0.7)], "80-0-a": [(50, 0.95), (100, 0.8)]},
        pictures=picture_rows(twins, SHAPE),
        settings={"Denoiser": {"steps": "100"}},
        notes=["A note."],
    )


def test_theory_meets_linear_twins_of_the_same_rows(curves: TwinCurves) -> None:
    assert curves.predicted is not None
    at = curves.predicted.sel(n=list(SIZES))
    assert np.all(abs(at.convergence.values - curves.measured.convergence.values) < 0.05)
    assert np.array_equal(at.gamma.values, np.array(SIZES) / 40)


def test_theory_is_left_out_where_it_cannot_be_had(rows: np.ndarray) -> None:
    assert predicted_curve(np.repeat(rows[:10], 4, axis=0), SIZES) is None
    assert predicted_curve(rows[:5], (2, 3)) is None
    assert predicted_curve(np.zeros((10, 3001)), (2, 3)) is None


def test_pictures_are_both_samples_and_the_nearest_training_row(twins: list[ts.Twins]) -> None:
    found = picture_rows(twins, SHAPE, seeds=3)
    assert found is not None
    assert found.shape == (2, 3, 3, *SHAPE)
    for one, sheet in zip(twins, found, strict=True):
        for seed in range(3):
            a, b, nearest = sheet[seed].reshape(3, -1)
            assert np.array_equal(a, one.samples_a[seed])
            assert np.array_equal(b, one.samples_b[seed])
            distance = np.linalg.norm(one.train_a - one.samples_a[seed], axis=1)
            assert np.array_equal(nearest, one.train_a[distance.argmin()])
    untrained = picture_rows(twins, SHAPE, trained=False)
    assert untrained is not None
    assert untrained.shape == (2, 4, 2, *SHAPE)


def test_colours_are_averaged_large_pictures_thinned_and_rows_are_none(
    twins: list[ts.Twins],
) -> None:
    colour = picture_rows(twins, (5, 2, 4))
    assert colour is not None
    assert np.allclose(colour[0, 0, 0], twins[0].samples_a[0].reshape(5, 2, 4).mean(axis=0))
    large = ts.Twins(*np.random.default_rng(0).standard_normal((3, 4, 130)))
    thinned = picture_rows([large], (1, 130))
    assert thinned is not None
    assert thinned.shape == (1, 4, 3, 1, 44)
    assert picture_rows(twins, (40,)) is None


def test_sentences_say_what_both_ends_show(curves: TwinCurves) -> None:
    first, last = sentences(curves)
    q = curves.measured.convergence.values
    assert first.startswith(f"At n = 20 the twins agree to {q[0]:.3f}")
    assert last.startswith(f"At n = 80 the twins agree to {q[1]:.3f}")
    assert "linear twins" in first
    alone = TwinCurves("Test", curves.measured.isel(n=[0]))
    assert len(sentences(alone)) == 1
    assert "linear" not in sentences(alone)[0]


@pytest.mark.extras
def test_the_page_stands_alone_and_the_folder_holds_its_figures(
    tmp_path: Path, curves: TwinCurves
) -> None:
    from twinseed.curves.page import curves_page, write_training

    page = write_training(curves, tmp_path / "out")
    text = page.read_text(encoding="utf-8")
    assert len(text) < 3e6
    assert not re.search(r'(src|href)="(?!#|data:)', text)
    for words in ("Test twins", "A note.", *sentences(curves), "<dt>steps</dt><dd>100</dd>"):
        assert words in text
    names = {path.stem for path in (tmp_path / "out" / "figures").glob("*.png")}
    assert names == {path.stem for path in (tmp_path / "out" / "figures").glob("*.svg")}
    assert names == {f"training_{what}" for what in NAMES}
    assert all(f'id="{name}"' in text for name in names)
    assert load(tmp_path / "out" / "measured.nc").n.values.tolist() == [20.0, 80.0]
    assert "figures/" not in curves_page(curves)


NAMES = ("agreement", "closeness", "spectrum", "pictures", "losses")


@pytest.mark.extras
def test_what_was_not_measured_is_not_drawn(curves: TwinCurves) -> None:
    from twinseed.curves.page import curves_page

    bare = curves.measured.copy(deep=True)
    for name in ("memorisation_share", "memorisation", "convergence_factor", "recovery"):
        bare[name][:] = np.nan
    text = curves_page(TwinCurves("Bare", bare))
    assert 'id="training_agreement"' in text
    assert not any(f'id="training_{what}"' in text for what in NAMES[1:])


@pytest.mark.extras
def test_theory_is_drawn_where_it_has_something_to_say(curves: TwinCurves) -> None:
    from twinseed.curves.figures import training_closeness

    figure = training_closeness(curves)
    lines = [
        any(line.get_linestyle() == "-" and len(line.get_xdata()) > 5 for line in axes.lines)
        for axes in figure.axes
    ]
    assert lines == [False, True, True]
