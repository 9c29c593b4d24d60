"""The shipped twins: what their files are, what they show, and that damage is noticed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from twinseed.cli import app
from twinseed.curves.curves import TwinCurves
from twinseed.denoise import checkpoints, demo

pytestmark = pytest.mark.extras


@pytest.fixture(scope="module")
def curves() -> TwinCurves:
    return demo.demo_curves(seeds=100, factors=3)


def test_images_are_disjoint_and_enough() -> None:
    images = demo.demo_images()
    assert {len(images[side]) for side in "ab"} >= {demo.SIZES[-1]}
    rows = np.concatenate([one.reshape(len(one), -1) for one in images.values()])
    assert rows.dtype == np.uint8
    assert rows.shape[1] == 14 * 14
    assert len(np.unique(rows, axis=0)) == len(rows)


def test_the_margin_is_black_and_is_taken_away_again() -> None:
    images = demo.demo_images()["a"][:3]
    wide = demo.with_margin(images)
    assert wide.shape == (3, 16, 16)
    assert wide.sum() == images.sum()
    rows = wide.reshape(3, -1).astype(np.float64)
    assert rows.shape[1] == demo.NOISE
    assert np.array_equal(demo.without_margin(rows), images.reshape(3, -1))


def test_samples_are_the_inner_pixels_of_what_the_network_draws() -> None:
    noise = np.random.default_rng(0).standard_normal((3, demo.NOISE))
    found = demo.demo_samples(20, "b", noise)
    wide = demo.RECIPE.load(demo.weights_file(20, "b")).sample(noise).reshape(3, 16, 16)
    assert np.array_equal(found.reshape(3, 14, 14), wide[:, 1:-1, 1:-1])
    edge = np.concatenate([wide[:, 0], wide[:, -1], wide[:, :, 0], wide[:, :, -1]])
    # the margin was black in training, and stays dark: the images are far from it
    assert np.abs(edge).mean() < 0.25 * np.abs(found).mean()


def test_the_weights_are_small_and_those_of_the_recipe() -> None:
    files = [demo.weights_file(n, side) for n in demo.SIZES for side in "ab"]
    assert sum(path.stat().st_size for path in files) < 2e6
    about = [checkpoints.description(path) for path in files]
    assert len({one["start"] for one in about}) == len(files)
    for path, side in zip(files, "ab" * len(demo.SIZES), strict=True):
        n = int(path.name.partition("-")[0])
        rows = demo.with_margin(demo.demo_images()[side][:n])
        # the offset is the mean of the rows that a twin was trained on
        assert checkpoints.description(path)["offset"] == pytest.approx(rows.mean())


def test_twins_are_close_to_training_images_at_the_smallest_n_and_agree_at_the_largest(
    curves: TwinCurves,
) -> None:
    q = curves.measured.convergence.values
    assert np.all(np.diff(q) > 0.0)
    assert q[-1] > 0.9
    assert np.all(abs(curves.measured.convergence_null) < 0.1)
    assert curves.linear is not None
    assert float(curves.linear.convergence[-1]) > q[-1] + 0.02
    assert float(curves.measured.memorisation_ratio[0]) > 1.1
    assert float(curves.measured.memorisation_share[0]) > 0.8
    assert q[0] < 0.7
    assert float(curves.measured.memorisation_ratio[-1]) == pytest.approx(1.0, abs=0.03)


def test_weights_of_something_else_are_refused(tmp_path: Path) -> None:
    path = demo.weights_file(demo.SIZES[0], "a")
    about = {**checkpoints.description(path), "denoiser": "conv"}
    checkpoints.save(tmp_path / "other", checkpoints.load(path), about)
    with pytest.raises(checkpoints.CheckpointError, match="denoiser: 'conv' in the file"):
        demo.RECIPE.load(tmp_path / "other")


def test_the_command_shows_them(
    tmp_path: Path, curves: TwinCurves, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page and the sentences; test_cli_options has how ``demo_curves`` is called."""
    monkeypatch.setattr(demo, "demo_curves", lambda **_: curves)
    words = ["audit", "--demo", "--html", str(tmp_path / "demo.html")]
    done = CliRunner().invoke(app, words, prog_name="twinseed")
    assert done.exit_code == 0, done.output
    assert f"At n = {demo.SIZES[0]} the twins agree" in done.stdout
    assert 'id="training_pictures"' in (tmp_path / "demo.html").read_text(encoding="utf-8")
