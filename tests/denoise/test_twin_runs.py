"""Pairs of denoisers, through the command line: trained, measured, killed and resumed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import twinseed as ts
from twinseed.cli import app
from twinseed.denoise import checkpoints
from twinseed.denoise.noise import NoiseLevels
from twinseed.denoise.recipes import LinearRecipe, NetworkRecipe
from twinseed.denoise.training import NotFiniteError, Training
from twinseed.denoise.twin_runs import TwinPlan, TwinRuns, train_twins
from twinseed.errors import InputError
from twinseed.readout import load

pytestmark = pytest.mark.extras

SMALL = ["--sizes", "8,30", "--denoiser", "mlp", "--steps", "60", "--seeds", "40", "--batch", "16"]


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return ts.Spiked([30.0]).sample(90, 12, np.random.default_rng(0)).astype(np.float32)


@pytest.fixture
def file(tmp_path: Path, rows: np.ndarray) -> Path:
    np.save(tmp_path / "rows.npy", rows)
    return tmp_path / "rows.npy"


def call(*words: object) -> Result:
    return CliRunner().invoke(app, ["train", *map(str, words)], prog_name="twinseed")


@pytest.mark.usefixtures("undrawn")
def test_the_command_trains_measures_and_saves(tmp_path: Path, file: Path) -> None:
    done = call(file, *SMALL, "--workers", 1, "-o", tmp_path / "runs", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert sorted(found["losses"]) == ["30-0-a", "30-0-b", "8-0-a", "8-0-b"]
    measured, linear = (load(tmp_path / "runs" / f"{name}.nc") for name in ("measured", "linear"))
    assert measured.n.values.tolist() == [8.0, 30.0]
    for readout in (measured, linear):
        assert np.all(abs(readout.convergence_null) < 0.5)
        assert np.all(readout.convergence > 0.2)
    again = call(file, *SMALL, "--workers", 1, "-o", tmp_path / "runs", "--json")
    assert json.loads(again.stdout) == found


@pytest.mark.usefixtures("undrawn")
def test_killed_it_goes_on_with_the_same_bits(tmp_path: Path, file: Path) -> None:
    """Killed is a process of its own, and continued in this one."""
    words = [str(file), *SMALL, "--steps", "200", "--seeds", "20", "--sizes", "8", "--workers", "1"]
    assert call(*words, "-o", tmp_path / "whole", "-q").exit_code == 0
    run = "from twinseed.cli import app; app()"
    command = [sys.executable, "-c", run, "train", *words, "-o", "cut", "-q"]
    cut = subprocess.Popen(command, cwd=tmp_path, env={**os.environ, "OMP_NUM_THREADS": "1"})
    state = tmp_path / "cut" / "weights" / "8-0-a-200steps.safetensors"
    while not state.exists() and cut.poll() is None:
        time.sleep(0.01)
    cut.send_signal(signal.SIGKILL)
    assert cut.wait() != 0
    assert not list((tmp_path / "cut" / "samples").iterdir())
    assert call(*words, "-o", tmp_path / "cut", "-q").exit_code == 0
    for name in ("8-0-a-200steps-20seeds.npy", "8-0-b-200steps-20seeds.npy"):
        whole, resumed = (tmp_path / one / "samples" / name for one in ("whole", "cut"))
        assert whole.read_bytes() == resumed.read_bytes()


def test_pairings_share_what_they_say(tmp_path: Path, rows: np.ndarray) -> None:
    recipe = NetworkRecipe("mlp", Training(steps=3, batch=8))
    found = {}
    for pairing in ("disjoint", "same-rows", "same-start"):
        plan = TwinPlan((20,), recipe, seeds=30, pairing=pairing)
        found[pairing] = train_twins(rows, tmp_path / pairing, plan, workers=1, progress=False)
    shared = {}
    for pairing, one in found.items():
        a, b = (checkpoints.description(one.file("weights", 20, 0, side)) for side in "ab")
        shared[pairing] = {key for key in ("start", "draws", "offset") if a[key] == b[key]}
    # the offset is the mean of the training rows
    assert shared == {"disjoint": set(), "same-rows": {"offset"}, "same-start": {"start"}}
    split = found["disjoint"].split(0)
    assert not set(split["a"]) & set(split["b"])


def test_the_linear_recipe_is_the_matched_linear_model(tmp_path: Path, rows: np.ndarray) -> None:
    recipe = LinearRecipe(training_steps=2000, levels=NoiseLevels(0.2, 12.0), sampler=ts.Heun(12))
    plan = TwinPlan((12, 40), recipe, seeds=60, factors=1)
    found = train_twins(rows, tmp_path / "runs", plan, workers=1, progress=False)
    apart = ts.compare(found.measured, found.linear)
    assert np.all(abs(apart.convergence_difference) < 0.05)
    assert np.all(abs(apart.memorisation_ratio_difference) < 0.05)


def test_bad_input_is_named_before_any_work(tmp_path: Path, file: Path) -> None:
    folder = tmp_path / "runs"
    cases = {
        "--sizes": ["--sizes", "10,60"],
        "--denoiser": ["--denoiser", "gan"],
        "shape": ["--denoiser", "unet-small"],
        "--pairing": ["--pairing", "twins"],
        "--steps": ["--steps", "0"],
    }
    for option, words in cases.items():
        done = call(file, *SMALL, *words, "-o", folder)
        assert done.exit_code == 2, done.output
        assert option in done.stderr
        assert not folder.exists()
    np.save(file, np.ones((50, 4)))
    assert "repeat one row" in call(file, *SMALL, "-o", folder).stderr


def test_images_that_cannot_be_halved_are_refused(tmp_path: Path) -> None:
    images = np.random.default_rng(0).standard_normal((30, 7, 7))
    plan = TwinPlan((4,), NetworkRecipe("unet-small", Training(steps=1)))
    with pytest.raises(InputError, match="divisible by 2"):
        train_twins(images, tmp_path / "runs", plan, progress=False)


def test_a_diverging_training_keeps_its_state(tmp_path: Path, rows: np.ndarray) -> None:
    recipe = NetworkRecipe("mlp", Training(steps=40, rate=1e12, warm_up=30, batch=8), save_every=1)
    with pytest.raises(NotFiniteError, match="lower the learning rate"):
        train_twins(rows, tmp_path / "runs", TwinPlan((8,), recipe), workers=1, progress=False)
    assert list((tmp_path / "runs" / "weights").glob("*.safetensors"))


def test_a_folder_of_another_training_is_refused(tmp_path: Path, rows: np.ndarray) -> None:
    def run(steps: int, batch: int) -> None:
        recipe = NetworkRecipe("mlp", Training(steps=steps, batch=batch))
        plan = TwinPlan((8,), recipe, seeds=10)
        train_twins(rows, tmp_path / "runs", plan, workers=1, progress=False)

    run(2, 8)
    run(3, 8)  # longer training goes on from there
    with pytest.raises(ts.TwinseedError, match="batch"):
        run(4, 16)


def test_more_sizes_train_only_what_is_new(tmp_path: Path, rows: np.ndarray) -> None:
    recipe = NetworkRecipe("mlp", Training(steps=3, batch=8))

    def found(sizes: tuple[int, ...], folder: str) -> TwinRuns:
        plan = TwinPlan(sizes, recipe, pairs=2, seeds=30, factors=2)
        return train_twins(rows, tmp_path / folder, plan, workers=1, progress=False)

    samples = found((8,), "grown").file("samples", 8, 1, "b")
    written = samples.stat().st_mtime_ns
    grown, fresh = found((8, 20), "grown"), found((8, 20), "fresh")
    assert samples.stat().st_mtime_ns == written
    assert grown.measured.equals(fresh.measured)
    assert grown.linear.equals(fresh.linear)


def test_each_pair_has_its_own_readout(tmp_path: Path, rows: np.ndarray) -> None:
    recipe = NetworkRecipe("mlp", Training(steps=3, batch=8))
    plan = TwinPlan((8, 20), recipe, pairs=2, seeds=30, factors=2)
    runs = train_twins(rows, tmp_path / "runs", plan, workers=1, progress=False)
    for model, together in enumerate((runs.measured, runs.linear)):
        values = [pair[model].convergence.values for pair in runs.by_pair]
        assert np.allclose(np.mean(values, axis=0), together.convergence.values)
        assert not np.allclose(values[0], values[1])
