"""What cannot work is named before anything is trained; what was trained outlives the page."""

from __future__ import annotations

import errno
import os
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.denoise.small_training import call, counted
from typer.testing import Result

import twinseed as ts
from twinseed.curves import page as report
from twinseed.denoise import curves
from twinseed.denoise.recipes import DENOISERS, LinearRecipe, NetworkRecipe, recipe_of
from twinseed.denoise.training import Training
from twinseed.denoise.twin_runs import TwinPlan, train_twins
from twinseed.errors import InputError
from twinseed.readout import load
from twinseed.sweep import stored

pytestmark = [pytest.mark.extras, pytest.mark.usefixtures("undrawn")]

SMALL = ("--sizes", 6, "--steps", 5, "--seeds", 12, "--factors", 2, "--denoiser", "mlp")


def refused(folder: Path, *words: object) -> str:
    """Return the one sentence of a command that ended before any step, without a folder."""
    there = folder.exists()
    with counted() as steps:
        done = call(folder, *SMALL, *words)
    assert (done.exit_code, steps) == (2, [0]), done.output
    assert folder.exists() == there
    return " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--device", "nonsense"), "--device must be one that torch knows (got nonsense)"),
        (
            ("--device", "cuda:99"),
            "cannot compute on this machine (got cuda:99): pass cpu",
        ),
        (("--device", "meta"), "--device cannot compute on this machine (got meta): pass cpu"),
        (("--sizes", "6,40"), "--sizes need 82 rows"),
        (("--sizes", "6.5"), "--sizes must be a whole number"),
        (("--sizes", "1"), "--sizes must be a whole number, at least 2"),
        (("--steps", 0), "--steps must be a whole number, at least 1"),
        (("--seeds", 1), "--seeds must be a whole number, at least 2"),
        (("--batch", 0), "--batch must be a whole number, at least 1"),
        (("--rate", 0), "--rate must be a finite number above zero"),
        (("--factors", 0), "--factors must be a whole number, at least 1"),
        (("--pairs", 0), "--pairs must be a whole number, at least 1"),
        (("--denoiser", "gan"), "--denoiser must be known (got gan): pass one of linear, mlp,"),
        (("--pairing", "alike"), "--pairing must be known"),
    ],
)
def test_what_cannot_work(tmp_path: Path, words: tuple[object, ...], said: str) -> None:
    assert said in refused(tmp_path / "runs", *words)


@pytest.mark.parametrize(
    "name",
    ["cuda"] * (not torch.cuda.is_available()) + ["mps"] * (not torch.backends.mps.is_available()),
)
def test_a_device_that_is_not_there(tmp_path: Path, name: str) -> None:
    assert f"--device cannot compute on this machine (got {name})" in refused(
        tmp_path / "runs", "--device", name
    )


OPTIONS = {"batch": 4, "rate": 1e-4, "device": "cpu", "mixed": True}


@pytest.mark.parametrize("denoiser", DENOISERS)
def test_options_arrive_or_are_refused_by_name(denoiser: str) -> None:
    """No option is dropped: it is in the recipe's description, or it is refused."""
    taken = {"rate"} if denoiser == "linear" else set(OPTIONS)
    for name, value in OPTIONS.items():
        if name in taken:
            described = recipe_of(denoiser, steps=5, **{name: value}).description()
            assert {**described, **described.get("training", {})}[name] == value
        else:
            with pytest.raises(
                InputError, match=f"^{name} is not an option of the denoiser {denoiser}"
            ):
                recipe_of(denoiser, steps=5, **{name: value})


@pytest.mark.parametrize("words", [("--batch", 4), ("--device", "cpu"), ("--mixed",)])
def test_options_of_networks_are_refused_for_the_linear_denoiser(
    tmp_path: Path, words: tuple[object, ...]
) -> None:
    said = refused(tmp_path / "runs", "--denoiser", "linear", *words)
    assert f"{words[0]} is not an option of the denoiser linear" in said


def test_outputs_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "--output must be a folder" in refused(tmp_path / "file")
    assert f"--output cannot be written: {tmp_path / 'file'} is a file" in refused(
        tmp_path / "file" / "below"
    )
    for name in ("index.html", "measured.nc", "linear.nc", "predicted.nc"):
        (tmp_path / name / name).mkdir(parents=True)
        assert f"{tmp_path / name / name} can be a file" in refused(tmp_path / name)
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "figures").write_text("")
    assert "figures can be a folder" in refused(tmp_path / "runs")
    assert os.listdir(tmp_path / "runs") == ["figures"]


def test_a_folder_that_is_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    said = refused(tmp_path / "runs")
    assert f"--output cannot be written: {tmp_path} is a folder that you may not write to" in said


@pytest.mark.parametrize(
    ("columns", "count", "n", "left"), [(3, 40, 6, 3), (4, 20, 8, 3), (9, 30, 6, 5)]
)
def test_more_factors_than_the_rows_have_are_cut_and_told(
    tmp_path: Path, columns: int, count: int, n: int, left: int
) -> None:
    """Three columns; four held-out rows; five columns that vary."""
    rows = ts.Spiked([9.0]).sample(count, columns, np.random.default_rng(0))
    rows[:, 5:] = 1.0
    plan = TwinPlan((n,), NetworkRecipe("mlp", Training(2)), seeds=12, factors=20, pairs=2)
    with counted() as steps:
        runs = train_twins(rows, tmp_path / "runs", plan, workers=1, progress=False)
    assert runs.measured.sizes["factor"] == runs.linear.sizes["factor"] == left
    (told,) = (one for one in curves.training_curves(runs).notes if "directions" in one)
    assert told.startswith(f"20 leading directions were asked for. {left} are measured")
    fewer = replace(plan, factors=left)
    again = train_twins(rows, tmp_path / "runs", fewer, workers=1, progress=False)
    np.testing.assert_array_equal(again.measured.recovery, runs.measured.recovery)
    assert not [one for one in curves.training_curves(again).notes if "directions" in one]
    assert steps == [8]


def test_a_batch_larger_than_n_repeats_rows(tmp_path: Path) -> None:
    done = call(tmp_path / "runs", *SMALL, "--batch", 50)
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    "recipe",
    [NetworkRecipe("mlp", Training(2)), LinearRecipe(2)],
    ids=["network", "linear"],
)
def test_a_twin_whose_rows_are_all_alike_is_found_before_work(tmp_path: Path, recipe: Any) -> None:
    data = np.zeros((30, 4))
    data[0] = 1.0
    with counted() as steps, pytest.raises(InputError, match=r"alike|do not fit"):
        train_twins(data, tmp_path / "runs", TwinPlan((3,), recipe), workers=1, progress=False)
    assert steps == [0]
    assert not (tmp_path / "runs").exists()


def require_kept(folder: Path, done: Result) -> None:
    """The store and the readouts are whole, the sentence says where, and the page can be had."""
    assert "Traceback" not in done.output
    said = " ".join(done.stderr.split())
    assert f"the twins are trained and measured, and kept in {folder}" in said
    assert "store.sqlite, measured.nc, linear.nc" in said
    assert load(folder / "measured.nc").n.values.tolist() == [6.0]
    assert load(folder / "linear.nc").n.values.tolist() == [6.0]
    with sqlite3.connect(folder / "store.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    whats = sorted(description["what"] for description, _ in stored(folder / "store.sqlite"))
    assert whats == ["draw", "draw", "measure", "train", "train"]
    with counted() as steps:
        again = call(folder, *SMALL)
    assert (again.exit_code, steps) == (0, [0])
    assert (folder / "index.html").exists()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (KeyboardInterrupt(), 130),
        (ValueError("no such colour"), 70),
        (OSError(errno.ENOSPC, "No space left on device"), 2),
        (InputError("path", "cannot be written", "x", "make room"), 2),
    ],
    ids=["Ctrl-C", "ours", "disk", "input"],
)
@pytest.mark.parametrize("where", ["page", "theory"])
def test_what_is_trained_outlives_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, status: int, where: str
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    with monkeypatch.context() as patch:
        replaced = (report, "render") if where == "page" else (curves, "predicted_curve")
        patch.setattr(*replaced, fail)
        done = call(tmp_path / "runs", *SMALL)
    assert done.exit_code == status
    assert not (tmp_path / "runs" / "index.html").exists()
    require_kept(tmp_path / "runs", done)
