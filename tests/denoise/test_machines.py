"""Local score machines beside trained twins: their samples, their files, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.denoise.small_training import IMAGES, call

import twinseed as ts
from twinseed.curves.curves import ABOUT_MACHINES
from twinseed.data.twins import Twins
from twinseed.denoise.noise import NoiseLevels
from twinseed.denoise.plans import TwinPlan
from twinseed.denoise.recipes import LinearRecipe, NetworkRecipe
from twinseed.denoise.training import Training
from twinseed.denoise.twin_runs import TwinRuns, train_twins
from twinseed.errors import InputError
from twinseed.generators.score_machine import Windows, measure_windows
from twinseed.randomness import stream
from twinseed.readout import load

pytestmark = pytest.mark.extras

LEVELS = NoiseLevels(0.05, 8.0)
RECIPE = NetworkRecipe("mlp", Training(3, batch=4, levels=LEVELS), ts.Heun(8))
WHOLE = Windows([1.0], [3])
"""Windows as large as the image: the machine is the memoriser."""
PLAN = TwinPlan((6,), RECIPE, seeds=20, factors=2, windows=WHOLE)


def run(folder: Path, plan: TwinPlan = PLAN) -> TwinRuns:
    return train_twins(IMAGES, folder, plan, workers=1, progress=False)


def test_a_machine_is_in_the_units_of_the_data() -> None:
    rows = 100.0 + 7.0 * IMAGES.reshape(60, 16)[:6]
    noise = np.random.default_rng(0).standard_normal((20, 16))
    samples = PLAN.machine((4, 4)).sample(rows, noise)
    apart = np.linalg.norm(samples[:, None] - rows, axis=2).min(axis=1)
    assert apart.max() < 4 * LEVELS.sigma_min * rows.std() * 4
    assert len({int(i) for i in np.linalg.norm(samples[:, None] - rows, axis=2).argmin(axis=1)}) > 2


def test_machines_are_measured_on_the_rows_and_from_the_noise_of_the_twins(tmp_path: Path) -> None:
    runs = run(tmp_path / "runs")
    assert runs.machine is not None
    rows, split = IMAGES.reshape(60, 16), runs.split(0)
    noise = stream((0,), "noise 0").standard_normal((20, 16))
    a, b = rows[split["a"][:6]], rows[split["b"][:6]]
    one, other = (PLAN.machine((4, 4)).sample(some, noise) for some in (a, b))
    twins = Twins(
        samples_a=one, samples_b=other, train_a=a, train_b=b, heldout=rows[split["heldout"]]
    )
    wanted = ts.measure(twins.centred(), rng=1, factors=2)
    for name in ("convergence", "memorisation", "convergence_cosine"):
        assert float(runs.machine[name][0]) == pytest.approx(float(wanted[name]), rel=1e-6)
    assert float(runs.machine.memorisation_share[0]) > 0.9
    with_clipped = run(tmp_path / "runs", TwinPlan(**{**vars(PLAN), "border": "clipped"}))
    assert with_clipped.machine is not None
    smaller = run(tmp_path / "runs", TwinPlan(**{**vars(PLAN), "windows": Windows([1.0], [0])}))
    assert smaller.machine is not None
    assert np.allclose(with_clipped.machine.convergence, runs.machine.convergence, atol=1e-3)
    assert not np.allclose(smaller.machine.convergence, runs.machine.convergence, atol=0.02)


def test_the_windows_of_a_trained_twin_are_those_of_its_network_on_its_rows(tmp_path: Path) -> None:
    runs = run(tmp_path / "runs")
    rows = IMAGES.reshape(60, 16)[runs.split(0)["b"][:6]]
    network = RECIPE.load(runs.file("weights", 6, 0, "b"))
    units = (rows - rows.mean()) / rows.std()
    wanted = measure_windows(network.inner, units, levels=4, seeds=5, border="clipped")
    found = runs.windows(6, 0, "b", levels=4, seeds=5, border="clipped")
    assert found.half_widths == wanted.half_widths
    assert np.allclose(found.similarities, wanted.similarities, rtol=0, atol=1e-9)
    assert np.isclose(found.levels[0], 8.0)
    assert np.isclose(found.levels[-1], 0.05)
    assert runs.windows(6, levels=4, seeds=5, border="clipped").similarities != found.similarities


@pytest.mark.usefixtures("undrawn")
def test_the_command_measures_the_machines_of_a_file(tmp_path: Path) -> None:
    WHOLE.write(tmp_path / "windows.csv")
    words = ("--sizes", "4,6", "--denoiser", "mlp", "--steps", 2, "--seeds", 12, "--factors", 2)
    given = (*words, "--machine", tmp_path / "windows.csv")
    done = call(tmp_path / "runs", *given, "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    kept = load(tmp_path / "runs" / "machine.nc")
    told = found["machine"]["variables"]["convergence"]["value"]
    assert told == pytest.approx(kept.convergence.values.tolist())
    assert found["settings"]["Local score machines"] == {
        "half_widths": "3",
        "at_noise_levels": "1",
        "border": "own",
        "noise": "sigma from 0.02 to 40",
    }
    page = (tmp_path / "runs" / "index.html").read_text()
    assert "local score machines" in page
    table = call(tmp_path / "runs", *given)
    assert "their local score machines to" in " ".join(table.stdout.split())
    assert ABOUT_MACHINES in " ".join(table.stdout.split())
    without = call(tmp_path / "runs", *words, "--json")
    assert json.loads(without.stdout)["machine"] is None
    assert ABOUT_MACHINES not in json.loads(without.stdout)["notes"]
    assert not (tmp_path / "runs" / "machine.nc").exists()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--machine", "missing.json"), "--machine cannot be read"),
        (("--machine", "bad.json"), "--machine has no schedule of windows"),
        (
            ("--machine", "good.json", "--denoiser", "linear"),
            "--machine must be given with a network",
        ),
        (("--machine", "good.json", "--border", "sharp"), "--border must be known"),
        (("--border", "clipped"), "--border needs --machine"),
    ],
)
def test_what_cannot_be_a_machine_is_refused_before_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.json").write_text("[]")
    WHOLE.write(tmp_path / "good.json")
    done = call(tmp_path / "runs", "--sizes", 4, "--steps", 2, *words)
    assert done.exit_code == 2
    assert text in " ".join(done.stderr.split())
    assert not (tmp_path / "runs" / "store.sqlite").exists()


def test_rows_that_are_no_images_and_windows_of_another_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="windows must be given with images"):
        train_twins(IMAGES.reshape(60, 16), tmp_path / "runs", PLAN, workers=1, progress=False)
    with pytest.raises(InputError, match="windows must be Windows"):
        TwinPlan((6,), RECIPE, windows=3)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="windows must be given with a network"):
        TwinPlan((6,), LinearRecipe(3), windows=WHOLE)
