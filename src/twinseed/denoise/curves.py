"""Turns finished runs into curves, pictures, and the plan in words, for tables and pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from twinseed.arrays import Array
from twinseed.auditing.untrained import learned_share
from twinseed.curves.curves import ABOUT_MACHINES, TwinCurves, machine_words, picture_rows
from twinseed.data.twins import Twins
from twinseed.denoise.folder import RunFolder, flat, read_samples
from twinseed.denoise.recipes import NetworkRecipe
from twinseed.denoise.twin_runs import TwinRuns
from twinseed.matched import predicted_curve
from twinseed.orders.factor_count import factor_count
from twinseed.tables import percent

__all__ = ["PAIRED", "learning_notes", "loss_notes", "training_curves"]

PAIRED = {
    "disjoint": "disjoint rows, different initialisations",
    "same-rows": "the same rows, different initialisations: shows how much training noise alone "
    "lowers agreement",
    "same-start": "disjoint rows, the same initialisation: shows how much the same initialisation "
    "raises agreement",
}
"""What twins share, in words."""

_SEEDS = 4
_FALL, _ERRORS = 0.02, 3.0  # a larger fall of the loss is reported: a share, standard errors
_FEWEST = 4  # reports of each twin in the last third
_AGREE, _LEARNED = 0.5, 0.5  # agreement above, with less learned, is mostly shared noise
_REAL_ROWS = 4096
_UNSURE = 0.1  # if two standard errors allow a larger fall, training was too short to tell


def training_curves(runs: TwinRuns) -> TwinCurves:
    """Return the curves of runs over n, with pictures of the first pair where rows are images."""
    plan, recipe = runs.plan, runs.plan.recipe
    rows = RunFolder(runs.folder).rows()
    split = runs.split(0)
    own_rows = plan.pairing != "same-rows"
    pictured = [
        Twins(
            samples_a=read_samples(runs.file("samples", n, 0, "a"))[:_SEEDS],
            samples_b=read_samples(runs.file("samples", n, 0, "b"))[:_SEEDS],
            train_a=rows[split["a"][:n]],
        )
        for n in plan.sizes
    ]
    name, described = recipe.name, flat({**recipe.description()})
    settings = {
        "Denoiser": {
            "denoiser": name,
            "parameters": f"{recipe.parameters(runs.shape):,}",
            "steps": f"{recipe.steps:,}",
            **_words(described),
        },
        "Twins": {
            "training_rows": ", ".join(f"{n:,}" for n in plan.sizes),
            "pairs_at_each": str(plan.pairs),
            "seeds": f"{plan.seeds:,}",
            "pairing": f"{plan.pairing}: {PAIRED[plan.pairing]}",
            "sampler": described["sampler"],
        },
        "Data": {
            "rows": f"{len(rows):,}",
            "shape": " x ".join(str(side) for side in runs.shape),
            "heldout": f"{len(split['heldout']):,}",
        },
    }
    if plan.windows is not None:
        settings["Local score machines"] = machine_words(plan.machine(runs.shape))
    notes = (
        []
        if own_rows
        else ["Both twins were trained on the rows of A, so the two linear twins are equal."]
    )
    held_out = min(len(runs.split(pair)["heldout"]) for pair in range(plan.pairs))
    asked = factor_count(plan.factors, columns=rows.shape[1], rows=held_out)
    told = asked.at_most(runs.measured.sizes["factor"]).told
    notes += [told] if told else []
    if isinstance(recipe, NetworkRecipe):
        notes += loss_notes(runs.losses)
    notes += learning_notes(runs)
    notes += [] if plan.windows is None else [ABOUT_MACHINES]
    return TwinCurves(
        title=f"Twin denoisers ({name}) on {len(rows):,} rows",
        measured=runs.measured,
        linear=runs.linear,
        machine=runs.machine,
        predicted=predicted_curve(rows, plan.sizes),
        losses={f"{n}-{pair}-{side}": curve for (n, pair, side), curve in runs.losses.items()},
        reference_loss=1.0 if isinstance(recipe, NetworkRecipe) else None,
        pictures=picture_rows(pictured, runs.shape, _SEEDS),
        settings=settings,
        notes=notes,
    )


def loss_notes(losses: Mapping[tuple[int, int, str], Sequence[tuple[int, float]]]) -> list[str]:
    """Return sentences for each n at which the loss still fell, or training was too short to tell.

    Equation: a line through the losses reported in the last third of training, with one slope for
    all twins of the same n and one mean per twin. The loss still fell if the line falls by more
    than 2 % of the loss and by more than three standard errors, which follow from the scatter about
    the line. Training was too short to tell if two standard errors allow a fall of 10 %, or with
    fewer than four reports of a twin in the last third. Range: positive losses.
    Shapes: by size, pair and side, (step, loss) along training, as ``TwinRuns.losses``.

    Validity: a loss on a plateau, or with a fall much smaller than its scatter, is not reported.

    >>> falling = [(step, 2.0 - step / 1000) for step in range(100, 1300, 100)]
    >>> loss_notes({(30, 0, "a"): falling, (30, 0, "b"): falling})
    ['At n = 30 the loss still fell by 33 % over the last third of training:
      more steps would change the curves.']
    """
    notes = []
    for n in sorted({size for size, _, _ in losses}):
        ends = [_last_third(curve) for (size, _, _), curve in losses.items() if size == n]
        enough = min(len(end) for end in ends) >= _FEWEST
        fall, error = _fall(ends) if enough else (0.0, np.inf)
        if fall > max(_FALL, _ERRORS * error):
            notes.append(
                f"At n = {n:,} the loss still fell by {percent(fall)} over the last third of "
                "training: more steps would change the curves."
            )
        elif fall + 2.0 * error > _UNSURE:
            notes.append(
                f"At n = {n:,} training was too short to tell whether the loss had settled: more "
                "steps may change the curves."
            )
    return notes


def learning_notes(runs: TwinRuns) -> list[str]:
    """Return a sentence for each n at which twins of the first pair agree, but have learned little.

    They agree if their convergence is above one half. They have learned little if their samples
    have less than half of the real rows' differences in variance between directions (the whole
    95 % interval; see ``auditing.untrained.learned_share``). Then most of the agreement is the
    noise that both twins started from: networks after few steps agree in this way.
    """
    split, rows = runs.split(0), RunFolder(runs.folder).rows()
    real = np.asarray(rows[split["heldout"][:_REAL_ROWS]])
    notes = []
    for n, q in zip(runs.plan.sizes, runs.by_pair[0][0]["convergence"].values, strict=True):
        if not q > _AGREE:
            continue
        a, b = (read_samples(runs.file("samples", n, 0, side)) for side in "ab")
        twins = Twins(samples_a=a, samples_b=b, train_a=rows[split["a"][:n]])
        found = learned_share(twins, real, (0,))
        if found is not None and found.high < _LEARNED:
            notes.append(
                f"At n = {n:,} the twins agree (convergence {q:.2f}), but their samples have only "
                f"{percent(max(0.0, found.value))} of the differences in variance between the "
                "directions of the real rows. Most of this agreement is shared noise: train for "
                "more steps before you read it."
            )
    return notes


def _last_third(curve: Sequence[tuple[int, float]]) -> Array:
    points = np.array(curve, dtype=np.float64).reshape(-1, 2)
    points[:, 0] /= points[-1, 0]
    return points[points[:, 0] > 2.0 / 3.0]


def _fall(ends: Sequence[Array]) -> tuple[float, float]:
    """Return the fall over the last third, and its standard error, as shares of the loss there."""
    centred = np.concatenate([end - end.mean(axis=0) for end in ends])
    time, loss = centred.T
    slope = (time @ loss) / (time @ time)
    freedom = len(centred) - len(ends) - 1
    scatter = np.sqrt(np.sum((loss - slope * time) ** 2) / freedom / (time @ time))
    at, mean = np.mean([end.mean(axis=0) for end in ends], axis=0)
    before = mean + slope * (2.0 / 3.0 - at)
    return float(-slope / 3.0 / before), float(scatter / 3.0 / before)


def _words(described: dict[str, object]) -> dict[str, str]:
    """Return the fields of training as the page shows them."""
    low, high = described["sigma_min"], described["sigma_max"]
    elsewhere = {"denoiser", "sampler", "sigma_min", "sigma_max"}
    found = {name: str(described[name]) for name in sorted({*described} - elsewhere)}
    if described["rate"] is None:
        found["rate"] = "half of the rate at which the descent diverges"
    return {**found, "noise": f"sigma from {low:g} to {high:g}"}
