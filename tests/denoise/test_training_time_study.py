"""The study along training, reduced: looking changes nothing, and the onset is read off rightly."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from docs.studies.denoisers import training_time
from docs.studies.denoisers.training_time import EXCESS, HALF_WAY, TimePlan, onset
from docs.studies.denoisers.training_time_figure import figure, onsets, over_directions
from numpy.typing import NDArray

from twinseed.data.twins import Twins
from twinseed.denoise.recipes import NETWORKS
from twinseed.denoise.sampling import flow
from twinseed.denoise.training import TrainingState, train
from twinseed.filters import Heun
from twinseed.randomness import stream
from twinseed.sweep import Job, Result, run
from twinseed.verbs.measure import measure

pytestmark = pytest.mark.extras

PLAN = TimePlan(
    sizes=(6, 20), steps=(3, 10, 30), pairs=2, seeds=40, heldout=60, factors=2, sampler=Heun(6)
)
JOB = Job("reduced", "1", (0,))
SEED = 3
Array = NDArray[np.float64]


@pytest.fixture(scope="module")
def rows() -> Array:
    spread = np.linspace(3.0, 0.5, 8)
    return 10.0 + np.random.default_rng(SEED).standard_normal((120, 8)) * spread


@pytest.fixture(scope="module")
def found(rows: Array) -> list[Result]:
    return run(JOB, training_time.cells(rows, PLAN))


def stopped_at(steps: int, rows: Array, noise: Array, start: int, draws: int) -> Array:
    """Train to ``steps`` without a look, then sample the averaged weights themselves."""
    training = replace(PLAN.training, steps=steps)
    offset = rows.mean()
    scale = np.sqrt(np.mean((rows - offset) ** 2))
    state = TrainingState(NETWORKS["mlp"]((rows.shape[1],), start), training)
    scaled = torch.from_numpy(((rows - offset) / scale).astype(np.float32))
    for _ in train(state, scaled, training, seed=draws):
        pass
    return offset + scale * flow(state.averaged(), training.levels, PLAN.sampler).sample(noise)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_is_measured_along_training_is_that_of_a_run_stopped_there(
    rows: Array, found: list[Result], place: int
) -> None:
    cell = training_time.cells(rows, PLAN)[1]
    n, pair = cell.description["n"], cell.description["pair"]
    _, rows_a, rows_b, heldout, *_ = cell.work.args  # type: ignore[attr-defined]  # a partial
    noise = stream((0,), f"noise {pair}").standard_normal((PLAN.seeds, 8))
    draw = stream((0,), f"twins {n} {pair}")
    seeds = [[int(one) for one in draw.integers(2**62, size=2)] for _ in "ab"]
    samples = [
        stopped_at(PLAN.steps[place], side, noise, *of_side)
        for side, of_side in zip((rows_a, rows_b), seeds, strict=True)
    ]
    twins = Twins(samples[0], samples[1], rows_a, rows_b, heldout).centred()
    rng = int(JOB.random(cell).integers(2**62))
    there = measure(twins, rng=rng, factors=PLAN.factors, resamples=0)
    along = {name: values[place] for name, values in found[1]["network"].items()}
    for name in training_time.VARIABLES:
        np.testing.assert_allclose(along[name], there[name].values, rtol=1e-12, err_msg=name)


def test_the_ceiling_is_the_recovery_of_real_rows_that_nobody_saw(
    rows: Array, found: list[Result]
) -> None:
    cell = training_time.cells(rows, PLAN)[1]
    _, rows_a, rows_b, heldout, real, *_ = cell.work.args  # type: ignore[attr-defined]
    together = np.concatenate([rows_a, rows_b, heldout, real])
    assert len(real) == len(np.unique(together, axis=0)) - 100 == 20
    twins = Twins(real, real, rows_a, rows_b, heldout).centred()
    there = measure(twins, rng=0, factors=2, resamples=0)
    ceiling = found[1]["real rows"]["recovery"]
    np.testing.assert_allclose(ceiling, there.recovery.values, rtol=1e-9)
    assert len(found[1]["linear"]["recovery"]) == 2


def test_twins_of_a_pair_and_the_rows_held_out_share_no_row(rows: Array) -> None:
    cells = training_time.cells(rows, PLAN)
    assert [(one.description["n"], one.description["pair"]) for one in cells] == [
        (6, 0),
        (20, 0),
        (6, 1),
        (20, 1),
    ]
    for cell in cells:
        _, *sides, _, n, _ = cell.work.args  # type: ignore[attr-defined]  # a partial
        assert [len(side) for side in sides] == [n, n, 60]
        together = np.concatenate(sides)
        assert len(np.unique(together, axis=0)) == len(together)


def test_losses_are_means_since_the_last_look(rows: Array) -> None:
    x = rows[:20]
    noise = np.zeros((2, 8))
    looks = training_time.along_training(PLAN, x, noise, start=1, draws=2)
    losses = [loss for _, loss in looks]
    scaled = torch.from_numpy(((x - x.mean()) / x.std()).astype(np.float32))
    state = TrainingState(NETWORKS["mlp"]((8,), 1), PLAN.training)
    each = [one.loss for one in train(state, scaled, PLAN.training, seed=2, report_every=1)]
    ends = [0, *PLAN.steps]
    means = [np.mean(each[low:high]) for low, high in itertools.pairwise(ends)]
    np.testing.assert_allclose(losses, means, rtol=1e-6)


def test_the_onset_is_the_last_rise_past_half_way() -> None:
    steps = [100, 1000, 10_000, 100_000]
    assert onset(steps, [0.5, 0.5, 1.0, 1.0]) == pytest.approx(1000 * 10**0.5)
    assert onset(steps, [0.8, 0.5, 1.0, 1.0]) == pytest.approx(1000 * 10**0.5)
    assert onset(steps, [0.8, 0.9, 1.0, 1.0]) == 100.0
    assert onset(steps, [0.5, 0.5, 0.7, 0.7], 0.6) == pytest.approx(1000 * 10**0.5)
    assert onset(steps, [0.8, 0.9, 0.9, HALF_WAY - 0.01]) is None


def test_the_figure_draws_every_onset_and_an_arrow_where_there_is_none(
    rows: Array, found: list[Result]
) -> None:
    cells = training_time.cells(rows, PLAN)
    results = training_time.gathered(
        PLAN, rows, {cell.name: one for cell, one in zip(cells, found, strict=True)}
    )
    for pair, reached in zip(results["by n"]["6"], (11.0, 13.0), strict=True):
        pair.update({"onset": reached, "onset, linear": None})
    for pair in results["by n"]["20"]:
        pair.update({"onset": None, "onset, linear": 7.0})
    lines = onsets(results).axes[0].lines
    drawn = [
        (line.get_xdata()[0], line.get_ydata()[0]) for line in lines if len(line.get_xdata()) == 1
    ]
    assert sorted(drawn) == [(6, 11.0), (6, 13.0), (20, 7.0), (20, 7.0), (20, 1.15 * 30)]


def test_figures_draw_the_means_of_pairs_their_linear_twins_and_real_rows(
    rows: Array, found: list[Result]
) -> None:
    cells = training_time.cells(rows, PLAN)
    results = training_time.gathered(
        PLAN, rows, {cell.name: one for cell, one in zip(cells, found, strict=True)}
    )
    pairs = results["by n"]["6"]
    names = ("memorisation_share", "convergence", "recovery")
    for axes, name in zip(figure(results).axes, names, strict=True):
        heights = [np.asarray(line.get_ydata(), dtype=np.float64) for line in axes.lines]
        each = [[np.mean(one) for one in pair["network"][name]] for pair in pairs]
        wanted = np.mean(each, axis=0)
        linear = np.mean([pair["linear"][name] for pair in pairs])
        assert any(one.shape == wanted.shape and np.allclose(one, wanted) for one in heights), name
        assert any(np.allclose(one, linear) for one in heights), name
    every = [pair for n in PLAN.sizes for pair in results["by n"][str(n)]]
    ceiling = np.mean([over_directions(pair["real rows"]["recovery"]) for pair in every])
    assert any(np.allclose(one, ceiling) for one in heights)


def test_the_onset_beside_linear_twins_is_where_the_share_exceeds_theirs(
    rows: Array, found: list[Result]
) -> None:
    cell = training_time.cells(rows, PLAN)[0]
    made: Result = {
        **found[0],
        "network": {**found[0]["network"], "memorisation_share": [0.5, 0.6, 0.7]},
        "linear": {**found[0]["linear"], "memorisation_share": 0.65 - EXCESS},
    }
    (pair,) = training_time.gathered(PLAN, rows, {cell.name: made})["by n"]["6"]
    assert pair["onset"] is None
    assert pair["onset, linear"] == pytest.approx(onset(PLAN.steps, [0.5, 0.6, 0.7], 0.65))


def test_pairs_that_are_not_done_are_left_out(rows: Array, found: list[Result]) -> None:
    cells = training_time.cells(rows, PLAN)
    by_name = {cell.name: one for cell, one in zip(cells[:3], found, strict=False)}
    results = training_time.gathered(PLAN, rows, by_name)["by n"]
    assert {n: [one["pair"] for one in pairs] for n, pairs in results.items()} == {
        "6": [0, 1],
        "20": [0],
    }
    elsewhere = replace(PLAN, steps=(3, 10))
    assert training_time.gathered(elsewhere, rows, by_name)["by n"] == {"6": [], "20": []}
