"""From an experiment to the numbers that are kept of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from docs.studies import pages
from docs.studies.denoisers.experiments import Arm, Experiment

from twinseed.denoise.twin_runs import TwinRuns, train_twins
from twinseed.filters import Ridge
from twinseed.matched import matched_model, predicted_curve
from twinseed.populations import Spiked
from twinseed.verbs.predict import predict

__all__ = ["results_of", "run_arm", "run_experiment"]

_ONE = (
    "convergence",
    "convergence_null",
    "memorisation_ratio",
    "memorisation_share",
    "memorisation",
)
_PER_DIRECTION = ("convergence_factor", "recovery", "recovery_twins")


def run_experiment(
    experiment: Experiment, store: Path, *, workers: int = 2, progress: bool | None = None
) -> dict[str, Any]:
    """Train, sample and measure every arm; return what is kept, ready for JSON."""
    return {
        "about": experiment.about,
        "arms": {
            arm.name: run_arm(arm, store / _folder(arm.name), workers=workers, progress=progress)
            for arm in experiment.arms
        },
    }


def run_arm(
    arm: Arm, store: Path, *, workers: int = 2, progress: bool | None = None
) -> dict[str, Any]:
    """Train, sample and measure the pairs of one arm."""
    rows = arm.read()
    runs = train_twins(rows, store, arm.plan, rng=0, workers=workers, progress=progress)
    return results_of(arm, runs)


def results_of(arm: Arm, runs: TwinRuns) -> dict[str, Any]:
    """Return settings and readouts of an arm whose pairs are trained."""
    rows = np.load(runs.folder / "rows.npy", mmap_mode="r", allow_pickle=False)
    sizes = arm.plan.sizes
    if arm.population is None:
        theory = predicted_curve(rows, sizes)
    else:
        n = np.unique([*np.rint(np.geomspace(sizes[0], sizes[-1], 24)), *sizes])
        theory = predict(arm.population, Ridge(0.0), n=n - 1.0, d=rows.shape[1])
        theory = theory.assign_coords(n=("n", n))
    return {
        "d": rows.shape[1],
        "rows": len(rows),
        "shape": list(runs.shape),
        "n": list(sizes),
        "pairing": arm.plan.pairing,
        "seeds": arm.plan.seeds,
        "recipe": dict(arm.plan.recipe.description()),
        "steps": arm.plan.recipe.steps,
        "parameters": arm.plan.recipe.parameters(runs.shape),
        "pairs": [
            {"network": _numbers(network), "linear": _numbers(linear)}
            for network, linear in runs.by_pair
        ],
        **_axis_recovery(arm, runs, rows),
        "predicted": None
        if theory is None
        else {"n": theory["n"].values.tolist(), **_numbers(theory)},
        "last losses": {
            f"{n}-{pair}-{side}": curve[-1][1] for (n, pair, side), curve in runs.losses.items()
        },
    }


def _axis_recovery(arm: Arm, runs: TwinRuns, rows: np.ndarray) -> Mapping[str, Any]:
    """Return recovery against the true direction, which spiked rows have along their first axis.

    Of as many samples for the networks (the mean of A and B), the linear twins and real rows.
    """
    if not isinstance(arm.population, Spiked):
        return {}
    found: dict[str, Any] = {"network": [], "linear": []}
    for pair in range(arm.plan.pairs):
        split = runs.split(pair)
        of_pair: dict[str, list[float]] = {"network": [], "linear": []}
        noise = np.random.default_rng([2, pair]).standard_normal((arm.plan.seeds, rows.shape[1]))
        for n in arm.plan.sizes:
            sides = "a" if arm.plan.pairing == "same-rows" else "ab"
            networks = [np.load(runs.file("samples", n, pair, side)) for side in "ab"]
            fits = [matched_model(rows[split[side][:n]]) for side in sides]
            of_pair["network"].append(float(np.mean([_along_axis(one) for one in networks])))
            linear = [_along_axis(one.sample(noise)) for one in fits]
            of_pair["linear"].append(float(np.mean(linear)))
        for model, values in of_pair.items():
            found[model].append([round(value, 6) for value in values])
    real = rows[runs.split(0)["heldout"][: arm.plan.seeds]]
    return {"axis recovery": {**found, "real rows": round(_along_axis(real), 6)}}


def _along_axis(samples: np.ndarray) -> float:
    """Return the squared overlap of the samples' leading direction with the first axis."""
    covariance = np.cov(np.asarray(samples, dtype=np.float64), rowvar=False)
    return float(np.linalg.eigh(covariance)[1][0, -1] ** 2)


def _numbers(readout: xr.Dataset) -> Mapping[str, Any]:
    """Return values and errors over n (and directions), rounded to what they can bear."""
    found: dict[str, Any] = {}
    for name in (*_ONE, *_PER_DIRECTION):
        if name not in readout or bool(readout[name].isnull().all()):
            continue
        for part in (name, f"{name}_se"):
            if part in readout and not bool(readout[part].isnull().all()):
                found[part] = pages.rounded(readout[part].values)
    return found


def _folder(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name)
