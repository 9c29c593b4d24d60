"""A training that was too short is told so; one whose loss has settled is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import twinseed as ts
from twinseed.denoise import Perceptron, Preconditioned, Training, TrainingState, train
from twinseed.denoise.curves import learning_notes, loss_notes, training_curves
from twinseed.denoise.recipes import NetworkRecipe
from twinseed.denoise.twin_runs import TwinPlan, train_twins

pytestmark = pytest.mark.extras

LINE = torch.randn(500, 1, generator=torch.Generator().manual_seed(0)).expand(500, 5)


def losses(steps: int, side: str) -> list[tuple[int, float]]:
    """Train on points of a line, which a small network learns within some hundreds of steps."""
    seed = ord(side)
    plan = Training(steps=steps, batch=500, rate=5e-3, warm_up=1)
    state = TrainingState(Preconditioned(Perceptron((5,), width=16, seed=seed)), plan)
    found = train(state, LINE, plan, seed=seed, report_every=max(steps // 60, 5))
    return [(one.step, one.loss) for one in found]


def test_a_loss_that_still_falls_is_told_and_a_settled_one_is_not() -> None:
    curves = {(n, 0, side): losses(n, side) for n in (120, 2400) for side in "ab"}
    (note,) = loss_notes(curves)
    assert note.startswith("At n = 120 the loss still fell by ")


@pytest.mark.parametrize("scatter", [0.03, 0.2])
def test_noise_alone_is_no_fall(scatter: float) -> None:
    """Three standard errors, one side: 1 in 700; much scatter is told as too little to tell."""
    rng = np.random.default_rng(0)
    flat = {
        (n, 0, side): [(step, rng.normal(1.0, scatter)) for step in range(50, 3050, 50)]
        for n in range(10, 210)
        for side in "ab"
    }
    notes = loss_notes(flat)
    assert sum("still fell" in note for note in notes) <= 2
    assert len(notes) <= 2 if scatter < 0.1 else len(notes) > 100


def test_a_run_too_short_to_tell_is_told(tmp_path: Path) -> None:
    rows = ts.Spiked([30.0]).sample(60, 6, np.random.default_rng(0))
    plan = TwinPlan((8,), NetworkRecipe("mlp", Training(steps=60, batch=8)), seeds=20, factors=2)
    runs = train_twins(rows, tmp_path / "runs", plan, workers=1, progress=False)
    (note,) = training_curves(runs).notes
    assert note.startswith("At n = 8 training was too short to tell")


def test_twins_that_share_noise_and_little_else_are_told(tmp_path: Path) -> None:
    rows = ts.Spiked([30.0, 20.0]).sample(2000, 12, np.random.default_rng(0))

    def told(steps: int) -> list[str]:
        training = Training(steps=steps, batch=64, rate=3e-3, warm_up=10, average=0.9)
        plan = TwinPlan((400,), NetworkRecipe("mlp", training), seeds=200, factors=2)
        runs = train_twins(rows, tmp_path / "runs", plan, workers=1, progress=False)
        assert float(runs.measured.convergence[0]) > 0.5
        return learning_notes(runs)

    (note,) = told(1)  # the network is what it was at the start: scaled noise
    assert note.startswith("At n = 400 the twins agree (convergence 0.9")
    assert "shared noise" in note
    assert told(400) == []
