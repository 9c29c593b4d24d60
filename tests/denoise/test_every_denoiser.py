"""Every denoiser through the command, to its page; killed and resumed, it leaves the same page."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.denoise.small_training import IMAGES, KilledError, call, counted

from twinseed.denoise import recipes
from twinseed.denoise.recipes import DENOISERS, Recipe
from twinseed.denoise.training import Training
from twinseed.denoise.twin_runs import TwinPlan, TwinRuns, train_twins
from twinseed.readout import load

pytestmark = pytest.mark.extras

SMALL = ("--sizes", 6, "--steps", 5, "--seeds", 12, "--factors", 2)


@pytest.fixture
def often_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every training save its state every second step."""
    made = recipes.recipe_of

    def saving(*args: Any, **options: Any) -> Recipe:
        return replace(made(*args, **options), save_every=2)

    monkeypatch.setattr(recipes, "recipe_of", saving)


def page(folder: Path) -> str:
    return (folder / "index.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("often_saved")
@pytest.mark.parametrize("denoiser", DENOISERS)
def test_killed_and_resumed_it_leaves_the_page_of_a_run_that_was_not(
    tmp_path: Path, denoiser: str, request: pytest.FixtureRequest
) -> None:
    if denoiser != "linear":  # the figures are compared for one; they show the compared readouts
        request.getfixturevalue("undrawn")
    words = ("--denoiser", denoiser, *SMALL)
    with counted() as steps:
        whole = call(tmp_path / "whole", *words, "--json")
    assert whole.exit_code == 0, whole.output
    assert steps == [10]
    assert f"<dt>denoiser</dt><dd>{denoiser}</dd>" in page(tmp_path / "whole")

    with counted(killed_at=8):
        cut = call(tmp_path / "cut", *words)
    assert "KilledError" in cut.stderr
    assert not (tmp_path / "cut" / "index.html").exists()
    with counted() as steps:
        resumed = call(tmp_path / "cut", *words, "--json")
    assert steps == [3]  # A was done, B saved after 2 of its 5
    assert json.loads(resumed.stdout) == json.loads(whole.stdout)
    assert page(tmp_path / "cut") == page(tmp_path / "whole")
    for name in ("measured", "linear"):
        one, other = (load(tmp_path / run / f"{name}.nc") for run in ("cut", "whole"))
        assert one.identical(other)
    assert all(
        (tmp_path / "cut" / "samples" / path.name).read_bytes() == path.read_bytes()
        for path in (tmp_path / "whole" / "samples").iterdir()
    )


def runs(folder: Path, denoiser: str, steps: int, **further: Any) -> TwinRuns:
    recipe = replace(recipes.recipe_of(denoiser, steps=steps), save_every=2)
    plan = replace(TwinPlan((6,), recipe, seeds=12, factors=2), **further)
    return train_twins(IMAGES, folder, plan, workers=1, progress=False)


@pytest.mark.parametrize("denoiser", ["linear", "mlp"])
def test_loss_curves_are_whole_after_any_detour(tmp_path: Path, denoiser: str) -> None:
    """Killed between two points of the curve, made longer, and shorter again, with more seeds."""
    with counted(killed_at=55), pytest.raises(KilledError):
        runs(tmp_path / "a", denoiser, 60)
    short = runs(tmp_path / "a", denoiser, 60)
    assert [step for step, _ in short.losses[6, 0, "a"]] == [50, 60]
    with counted() as steps:
        longer = runs(tmp_path / "a", denoiser, 120)
    assert steps == [2 * (120 - 60)]
    fresh = runs(tmp_path / "fresh", denoiser, 120)
    assert longer.losses == fresh.losses
    assert longer.measured.identical(fresh.measured)
    assert [step for step, _ in longer.losses[6, 0, "b"]] == [50, 100, 120]
    with counted() as steps:
        again = runs(tmp_path / "a", denoiser, 60)
        assert again.losses == short.losses
        assert again.measured.identical(short.measured)
        assert runs(tmp_path / "a", denoiser, 120, seeds=20).losses == longer.losses
        assert runs(tmp_path / "a", denoiser, 60, seeds=20).losses == short.losses
    assert steps == [0]
    with counted() as steps:
        shorter = runs(tmp_path / "a", denoiser, 30)
    assert steps == [2 * 30]
    fresh = runs(tmp_path / "fresh", denoiser, 30)
    assert shorter.losses == fresh.losses
    assert shorter.measured.identical(fresh.measured)


def test_a_training_that_was_done_is_not_done_again(tmp_path: Path) -> None:
    for steps, further, expected in (
        (5, {}, 2 * 5),
        (5, {}, 0),
        (5, {"seeds": 20}, 0),
        (5, {"factors": 1}, 0),
        (5, {"sizes": (6, 8)}, 2 * 5),
        (5, {"pairs": 2}, 2 * 5),
        (7, {}, 2 * 2),
    ):
        with counted() as taken:
            runs(tmp_path / "runs", "mlp", steps, **further)
        assert taken == [expected], (steps, further)


@pytest.mark.usefixtures("undrawn")
def test_samples_that_were_taken_away_are_drawn_again(tmp_path: Path) -> None:
    words = ("--denoiser", "mlp", *SMALL, "--json")
    first = call(tmp_path / "runs", *words)
    (samples,) = (tmp_path / "runs" / "samples").glob("6-0-b-*")
    kept = samples.read_bytes()
    samples.unlink()
    with counted() as steps:
        again = call(tmp_path / "runs", *words)
    assert steps == [0]
    assert samples.read_bytes() == kept
    assert again.stdout == first.stdout
    samples.write_bytes(kept[:50])
    damaged = call(tmp_path / "runs", *words, "--factors", 1)
    assert damaged.exit_code == 2
    assert re.search(r"cannot be read .*delete the file", damaged.stderr.replace("\n", " "))


@pytest.mark.usefixtures("undrawn")
def test_the_linear_denoiser_takes_its_rate(tmp_path: Path) -> None:
    words = ("--denoiser", "linear", *SMALL)
    done = call(tmp_path / "runs", *words, "--rate", 1e-4)
    assert done.exit_code == 0, done.output
    assert "<dt>rate</dt><dd>0.0001</dd>" in page(tmp_path / "runs")
    with counted() as steps:
        refused = call(tmp_path / "other", *words, "--rate", 0.5)
    assert (refused.exit_code, steps) == (2, [0])
    assert "--rate must be below" in refused.stderr
    assert not (tmp_path / "other").exists()
    assert np.isfinite(load(tmp_path / "runs" / "measured.nc").convergence).all()


def test_the_large_network_trains_a_step_on_images_of_the_published_size(tmp_path: Path) -> None:
    images = np.random.default_rng(0).standard_normal((4, 1, 40, 40))
    recipe = recipes.NetworkRecipe("unet-large", Training(steps=1, batch=2))
    assert round(recipe.parameters((1, 40, 40)) / 1e6, 1) == 7.7
    kept = tmp_path / "one.safetensors"
    recipe.fit(images.reshape(4, -1), (1, 40, 40), start=0, draws=1, kept=kept, tell=lambda _: None)
    loaded = recipe.load(kept)
    noisy = np.random.default_rng(1).standard_normal((1, 1, 40, 40))
    assert loaded.inner.denoise(noisy, 0.5).shape == (1, 1, 40, 40)  # finite, or it raises
