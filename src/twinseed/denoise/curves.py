"""From finished runs to what is printed and drawn: curves, pictures, and the plan in words."""

from __future__ import annotations

import numpy as np

from twinseed.denoise.recipes import NetworkRecipe
from twinseed.denoise.twin_runs import TwinRuns
from twinseed.twins import Twins
from twinseed.verbs.twin_curves import TwinCurves, picture_rows, predicted

__all__ = ["PAIRED", "training_curves"]

PAIRED = {
    "disjoint": "disjoint rows, initialisations of their own",
    "same-rows": "the same rows, initialisations of their own: what optimisation keeps apart",
    "same-start": "disjoint rows, one initialisation: what an equal start brings together",
}
"""What twins share, in words."""

_SEEDS = 4


def training_curves(runs: TwinRuns) -> TwinCurves:
    """Return the curves of runs over n, with pictures of the first pair where rows are images."""
    plan, recipe = runs.plan, runs.plan.recipe
    rows = np.load(runs.folder / "rows.npy", mmap_mode="r", allow_pickle=False)
    split = runs.split(0)
    own_rows = plan.pairing != "same-rows"
    pictured = [
        Twins(
            samples_a=np.load(runs.file("samples", n, 0, "a"))[:_SEEDS],
            samples_b=np.load(runs.file("samples", n, 0, "b"))[:_SEEDS],
            train_a=rows[split["a"][:n]],
        )
        for n in plan.sizes
    ]
    name = str(recipe.description()["denoiser"])
    settings = {
        "Denoiser": {
            "denoiser": name,
            "parameters": f"{recipe.parameters(runs.shape):,}",
            "steps": f"{recipe.steps:,}",
            **_words(dict(recipe.description().get("training", {}))),
        },
        "Twins": {
            "training_rows": ", ".join(f"{n:,}" for n in plan.sizes),
            "pairs_at_each": str(plan.pairs),
            "seeds": f"{plan.seeds:,}",
            "pairing": f"{plan.pairing}: {PAIRED[plan.pairing]}",
            "sampler": repr(recipe.sampler),
        },
        "Data": {
            "rows": f"{len(rows):,}",
            "shape": " x ".join(str(side) for side in runs.shape),
            "heldout": f"{len(split['heldout']):,}",
        },
    }
    notes = [] if own_rows else ["Both twins saw A's rows: the linear twins are one model."]
    return TwinCurves(
        title=f"Twin denoisers ({name}) on {len(rows):,} rows",
        measured=runs.measured,
        linear=runs.linear,
        predicted=predicted(rows, plan.sizes),
        losses={f"{n}-{pair}-{side}": curve for (n, pair, side), curve in runs.losses.items()},
        reference_loss=1.0 if isinstance(recipe, NetworkRecipe) else None,
        pictures=picture_rows(pictured, runs.shape, _SEEDS),
        settings=settings,
        notes=notes,
    )


def _words(training: dict[str, object]) -> dict[str, str]:
    levels = training.pop("levels")
    found = {name: str(value) for name, value in training.items()}
    if isinstance(levels, dict):
        found["noise"] = f"sigma from {levels['sigma_min']:g} to {levels['sigma_max']:g}"
    return found
