"""Training: the same seed gives the same bits, resumed or not; what goes wrong is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from twinseed.denoise import (
    Metrics,
    Perceptron,
    Preconditioned,
    Training,
    TrainingState,
    checkpoints,
    train,
)
from twinseed.denoise.training import NotFiniteError
from twinseed.errors import InputError

pytestmark = pytest.mark.extras

ROWS = torch.randn(40, 5, generator=torch.Generator().manual_seed(0))
PLAN = Training(steps=12, batch=8, warm_up=4)


def fresh(plan: Training = PLAN) -> TrainingState:
    return TrainingState(Preconditioned(Perceptron((5,), width=8, seed=0)), plan)


def run(state: TrainingState, plan: Training = PLAN, *, seed: int = 1) -> list[Metrics]:
    return list(train(state, ROWS, plan, seed=seed, report_every=3))


def same(a: TrainingState, b: TrainingState) -> bool:
    left, right = a.tensors(), b.tensors()
    return left.keys() == right.keys() and all(torch.equal(left[k], right[k]) for k in left)


def test_training_learns_what_there_is_to_learn() -> None:
    """Of white data nothing but the scaling, whose loss is 1; of a line, four directions in five.

    The best loss on a line is the mean of ``(1 + sigma^2)/(5 + sigma^2)`` over the levels, .55.
    """
    plan = Training(steps=300, batch=64, rate=5e-3, warm_up=10)
    white = [one.loss for one in run(fresh(plan), plan)]
    assert white[0] == pytest.approx(1.0, abs=0.2)
    line = torch.randn(500, 1, generator=torch.Generator().manual_seed(0)).expand(500, 5)
    state = TrainingState(Preconditioned(Perceptron((5,), width=64, seed=0)), plan)
    found = [one.loss for one in train(state, line, plan, seed=1, report_every=20)]
    assert found[0] == pytest.approx(1.0, abs=0.2)
    assert 0.5 < np.mean(found[-5:]) < 0.75


def test_the_seed_alone_decides() -> None:
    a, b, other = fresh(), fresh(), fresh()
    torch.manual_seed(7)
    assert run(a) == run(b)
    assert same(a, b)
    run(other, seed=2)
    assert not same(a, other)


def test_saved_and_loaded_it_goes_on_bit_for_bit(tmp_path: Path) -> None:
    straight = fresh()
    run(straight)
    first = fresh()
    for metrics in train(first, ROWS, PLAN, seed=1, report_every=5):
        if metrics.step == 5:
            break
    checkpoints.save(tmp_path / "state", first.tensors(), {"kind": "test"})
    second = fresh()
    second.restore(checkpoints.load(tmp_path / "state", {"kind": "test"}))
    assert second.step == 5
    run(second)
    assert same(straight, second)


def test_without_the_optimiser_it_would_not(tmp_path: Path) -> None:
    straight, second = fresh(), fresh()
    run(straight)
    half = Training(steps=6, batch=8, warm_up=4)
    first = fresh(half)
    run(first, half)
    kept = {k: v for k, v in first.tensors().items() if not k.startswith("optimiser")}
    second.restore(kept)
    run(second)
    assert not same(straight, second)


def test_the_average_lags_behind_the_weights() -> None:
    state = fresh()
    run(state)
    weights = state.denoiser.state_dict()
    assert any(not torch.equal(weights[k], state.average[k]) for k in weights)
    last = TrainingState(
        Preconditioned(Perceptron((5,), width=8, seed=0)), Training(steps=12, average=0.0)
    )
    run(last, Training(steps=12, average=0.0))
    weights = last.denoiser.state_dict()
    assert all(torch.equal(weights[k], last.average[k]) for k in weights)


def test_a_loss_that_is_not_a_number_is_named_and_the_state_stays() -> None:
    plan = Training(steps=50, batch=8, rate=1e30, warm_up=0)
    state = fresh(plan)
    with pytest.raises(NotFiniteError, match="lower the learning rate"):
        run(state, plan)
    assert 0 < state.step < 50


@pytest.mark.parametrize(
    ("field", "value"), [("steps", 0), ("batch", 0), ("rate", -1.0), ("average", 1.0)]
)
def test_a_bad_plan_is_named(field: str, value: float) -> None:
    with pytest.raises(InputError, match=field):
        Training(**{"steps": 5, field: value})  # type: ignore[arg-type]  # the point of the test


def test_rows_of_another_shape_are_refused() -> None:
    with pytest.raises(InputError, match="rows"):
        list(train(fresh(), torch.zeros(4, 6), PLAN, seed=0))


def test_a_checkpoint_of_something_else_is_refused_with_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "state"
    checkpoints.save(path, {"x": torch.ones(2)}, {"denoiser": "mlp", "width": 8})
    with pytest.raises(checkpoints.CheckpointError, match="width: 8 in the file, 16 in this call"):
        checkpoints.load(path, {"denoiser": "mlp", "width": 16})
    assert checkpoints.load(path, {"denoiser": "mlp", "width": 8})["x"].tolist() == [1.0, 1.0]


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    path = tmp_path / "state"
    checkpoints.save(path, {"x": torch.ones(200)}, {})
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(checkpoints.CheckpointError, match="cannot be read"):
        checkpoints.load(path)


def test_a_checkpoint_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "no folder" / "state"
    with pytest.raises(checkpoints.CheckpointError, match="make room"):
        checkpoints.save(path, {"x": torch.ones(2)}, {})
