"""The rows of the main job: cleaned, shuffled, and described by their spectrum and moments."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import twinseed as ts
from twinseed.reproduction import reproduce
from twinseed.reproduction.dataset import data_population, prepared
from twinseed.reproduction.moments import fourth_moments
from twinseed.reproduction.splits import FileRows


def test_rows_are_cleaned_shuffled_and_restored() -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (30, 3, 4), dtype=np.uint8)
    images[:, 0, 1] = 7
    images[20] = images[4]
    rows = prepared(images, (0,))
    assert (rows.count, rows.d, rows.constant_columns, rows.repeated) == (29, 11, 1, 1)
    restored = rows.restored(rows.values)
    assert restored.shape == (29, 3, 4)
    assert (restored[:, 0, 1] == 7).all()
    assert {image.tobytes() for image in restored} == {
        image.tobytes() for image in images.astype(float)
    }
    assert not np.array_equal(restored, np.delete(images, 20, axis=0)), "shuffled"
    assert (
        rows.fingerprint == prepared(images, (0,)).fingerprint != prepared(images, (1,)).fingerprint
    )


def test_pictures_come_with_rows_that_are_pictures(tmp_path: Path) -> None:
    images = np.random.default_rng(0).standard_normal((60, 3, 2))
    np.save(tmp_path / "images.npy", images)
    found = reproduce(tmp_path / "out", data=tmp_path / "images.npy", quick=True, workers=1)
    strip, sizes = found.pictures["strip"], found.pictures["sizes"]
    assert strip.shape == (sizes.size, 4, 3, 3, 2)
    order = prepared(images, (0,)).restored(prepared(images, (0,)).values)
    for sheet, n in zip(strip, sizes.astype(int), strict=True):
        away = np.square(order[:n, None] - sheet[:, 0]).sum(axis=(2, 3))
        np.testing.assert_allclose(sheet[:, 2], order[away.argmin(axis=0)])
    gaps = np.square(strip[:, :, 0] - strip[:, :, 1]).sum(axis=(1, 2, 3))
    assert gaps[-1] < gaps[0], "twins come closer as they see more"


def test_fewer_rows_than_columns_work(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    data = rng.standard_normal((40, 60)) * np.linspace(3.0, 0.2, 60)
    found = reproduce(tmp_path, data=data, quick=True, workers=1, rng=1)
    assert found.agrees, [claim for claim in found.claims if not claim.agrees]
    assert found.settings["data"]["population"].startswith("estimated")
    eight = reproduce(tmp_path, data=data[:8], quick=True, workers=1, rng=1)
    assert np.isfinite([claim.measured for claim in eight.claims]).all()


def test_few_rows_are_deconvolved_and_many_are_not() -> None:
    rng = np.random.default_rng(0)
    true = np.repeat([4.0, 1.0], [50, 150])
    data = rng.standard_normal((120, 200)) * np.sqrt(true)
    about = data_population(prepared(data, (0,)))
    assert (about.exact, about.factors) == (False, 0)
    honest = float(ts.predict(ts.Atoms(true), n=50, d=200).convergence)
    estimate = float(ts.predict(about.population, n=50, d=200).convergence)
    values = np.clip(np.linalg.eigvalsh(np.cov(data.T)), 0, None)
    naive = float(ts.predict(ts.Atoms(values), n=50, d=200).convergence)
    assert abs(estimate - honest) < 0.02 < 0.1 < naive - honest
    taller = data_population(prepared(rng.standard_normal((400, 200)) * np.sqrt(true), (0,)))
    estimate = float(ts.predict(taller.population, n=50, d=200).convergence)
    assert abs(estimate - honest) < 0.01, "more rows than columns"
    many = data_population(prepared(rng.standard_normal((400, 3)) * [3, 2, 1], (0,)))
    assert (many.exact, many.factors) == (True, 2)


def test_fourth_moments_see_heavy_and_light_tails() -> None:
    rng = np.random.default_rng(0)
    scale = np.array([3.0, 2.0, 1.0, 0.5])
    shapes = {
        "light": rng.choice([-1.0, 1.0], (40_000, 4)),
        "gaussian": rng.standard_normal((40_000, 4)),
        "heavy": rng.standard_normal((40_000, 4)) * rng.gamma(2.0, 0.5, (40_000, 1)) ** 0.5,
    }
    found = {}
    for name, shape in shapes.items():
        rows = shape / shape.std(axis=0) * scale
        found[name] = fourth_moments(rows, scale**2, np.eye(4), [slice(0, 1), slice(1, 3)])
    for part in ("agreement", "closeness"):
        light, gaussian, heavy = (getattr(found[name], part) for name in shapes)
        assert light < 0.9
        assert gaussian == pytest.approx(1.0, abs=0.03)
        assert heavy > 1.2
    assert found["gaussian"].directions == pytest.approx([1.0, 1.0], abs=0.03)
    assert (found["heavy"].directions > 1.3).all()


def test_file_rows_are_distinct(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", np.arange(40.0).reshape(20, 2))
    taken = FileRows(tmp_path / "rows.npy", "").take(15, np.random.default_rng(0))
    assert taken.shape == (15, 2)
    assert np.unique(taken[:, 0]).size == 15


@pytest.mark.extras
def test_the_digits_are_what_is_measured_without_data() -> None:
    rows = prepared(None, (0,))
    assert (rows.count, rows.d, rows.constant_columns, rows.repeated) == (1797, 61, 3, 0)
    assert (rows.name, rows.picture, rows.own) == ("digits", (8, 8), False)
    about = data_population(rows)
    assert about.exact
    assert about.groups == [slice(0, 2), slice(2, 3), slice(3, 4), slice(4, 5)]
