"""What ``twinseed train`` leaves in its folder: readouts, figures and a page with the plan."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import twinseed as ts
from twinseed.cli import app
from twinseed.denoise.curves import PAIRED
from twinseed.denoise.twin_runs import PAIRINGS
from twinseed.readout import load

pytestmark = pytest.mark.extras


def train(folder: Path, *words: str) -> Result:
    data = folder / "images.npy"
    if not data.exists():
        rows = ts.Spiked([30.0]).sample(90, 16, np.random.default_rng(0))
        np.save(data, rows.reshape(-1, 4, 4))
    options = ["--sizes", "8,30", "--denoiser", "mlp", "--steps", "20", "--seeds", "40"]
    words = ("train", str(data), *options, "--workers", "1", "-o", str(folder / "runs"), *words)
    return CliRunner().invoke(app, list(words), prog_name="twinseed")


def test_the_page_states_the_plan(tmp_path: Path) -> None:
    done = train(tmp_path, "--pairing", "same-start")
    assert done.exit_code == 0, done.output
    text = (tmp_path / "runs" / "index.html").read_text(encoding="utf-8")
    plan = {
        "denoiser": "mlp",
        "parameters": "78,352",
        "steps": "20",
        "training rows": "8, 30",
        "pairs at each": "1",
        "seeds": "40",
        "pairing": f"same-start: {PAIRED['same-start']}",
        "rows": "90",
        "shape": "4 x 4",
    }
    for name, value in plan.items():
        assert f"<dt>{name}</dt><dd>{value}</dd>" in text
    assert 'id="training_pictures"' in text
    assert (tmp_path / "runs" / "figures" / "training_losses.svg").exists()
    assert str(tmp_path / "runs" / "index.html") in done.stdout.replace("\n", "")


def test_without_matplotlib_the_readouts_are_there_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = train(tmp_path)
    assert done.exit_code == 0, done.output
    assert "no page: drawing a figure needs matplotlib" in done.stdout
    assert load(tmp_path / "runs" / "measured.nc").n.values.tolist() == [8.0, 30.0]


def test_every_pairing_has_words() -> None:
    assert PAIRED.keys() == PAIRINGS.keys()
