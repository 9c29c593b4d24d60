"""Train the networks of the registered predictions, and keep their numbers.

Usage, from the root of the repository:

    python -m docs.studies.denoisers.ceiling [NAME ...] [--sizes 30,1000] [--store runs/ceiling]

registered.md says which networks, and what is predicted. Without names all data sets are trained.
Interrupted, the same command goes on. The numbers go to results/ceiling.json next to this file,
beside the numbers of other sizes, which stay there. The held-out rows, not the twins, depend on the
largest size of a call.

A replicate has three networks: A and A' on the same rows, and B on others. So twin A is trained
once, and its weights are the first twin of both pairs.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from docs.studies import datasets, pages
from docs.studies.denoisers import pictures
from docs.studies.denoisers.experiments import Arm, perceptron, unet
from docs.studies.denoisers.sweeps import results_of
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.denoise.recipes import NetworkRecipe
from twinseed.denoise.twin_runs import TwinPlan, TwinRuns, train_twins
from twinseed.populations import Spiked

__all__ = ["ARMS", "IMAGE_ARMS", "SEED", "folder_of", "longer", "trained", "whole_numbers"]

RESULTS = Path(__file__).with_name("results") / "ceiling.json"
SEED = 1
_SIZES = (10, 30, 100, 300, 1000)
_PAIRINGS = ("disjoint", "same-rows")


def _later(read: Any) -> NDArray[Any]:
    """Return the images that the earlier study did not use."""
    images: NDArray[Any] = read(60_000)[30_000:]
    return images


def _spiked() -> Array:
    rows = np.random.default_rng([3, 200]).standard_normal((40_000, 128))
    rows[:, 0] *= np.sqrt(3.0)
    return rows


_PLAN = TwinPlan(_SIZES, unet(), pairs=3)
ARMS: Mapping[str, Arm] = {
    arm.name: arm
    for arm in (
        Arm(
            "spiked",
            _spiked,
            TwinPlan((64, 128, 256, 1024), perceptron(), pairs=3, factors=3),
            Spiked([2.0]),
        ),
        Arm("fashion", partial(_later, pictures.fashion), _PLAN),
        Arm("digits", partial(_later, pictures.mnist), _PLAN),
        Arm("patches", pictures.patches, _PLAN),
        Arm(
            "texture",
            partial(pictures.textures, 12_000, 1.0, seed=1),
            _PLAN,
            pictures.texture_population(1.0),
        ),
    )
}


IMAGE_ARMS = [name for name, arm in ARMS.items() if arm.plan.recipe.name == "unet-small"]
"""The data sets of the UNets."""


def whole_numbers(text: str) -> list[int]:
    """Return the numbers of an option such as ``30,1000``."""
    return [int(one) for one in text.split(",")]


def folder_of(store: Path, name: str, pairing: str) -> Path:
    """Return the folder of the twins of a data set."""
    return store / name / pairing


def trained(
    arm: Arm, store: Path, sizes: Sequence[int] | None = None, *, workers: int = 2
) -> dict[str, TwinRuns]:
    """Train the pairs of an arm, on disjoint and on the same rows; return both runs."""
    chosen = arm.plan.sizes if sizes is None else sizes
    plan = replace(arm.plan, sizes=tuple(n for n in arm.plan.sizes if n in chosen))
    rows = arm.read()
    found: dict[str, TwinRuns] = {}
    for pairing in _PAIRINGS:
        here = folder_of(store, arm.name, pairing)
        if found:
            _share_first_twins(found["disjoint"], here)
        found[pairing] = train_twins(
            rows, here, replace(plan, pairing=pairing), rng=SEED, workers=workers
        )
    return found


def longer(arm: Arm, folder: Path, n: int, steps: int) -> TwinRuns:
    """Train the first pair of an arm at one n to some steps, from a shorter stage in the folder."""
    recipe = arm.plan.recipe
    assert isinstance(recipe, NetworkRecipe)
    training = replace(recipe.training, steps=steps)
    plan = replace(arm.plan, sizes=(n,), pairs=1, recipe=replace(recipe, training=training))
    return train_twins(arm.read(), folder, plan, rng=SEED)


def _share_first_twins(runs: TwinRuns, other: Path) -> None:
    for n, pair, side in runs.plan.twins:
        if side == "a":
            file = runs.file("weights", n, pair, side)
            target = other / "weights" / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                os.link(file, target)


def with_sizes(kept: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers of one pairing with those of further sizes; of equal sizes the new.

    >>> at_100 = {"n": [100], "pairs": [{"network": {"convergence": [0.8]}}],
    ...           "predicted": None, "last losses": {"100-0-a": 0.4}}
    >>> at_30 = {**at_100, "n": [30], "pairs": [{"network": {"convergence": [0.6]}}]}
    >>> found = with_sizes(at_100, at_30)
    >>> found["n"], found["pairs"]
    ([30, 100], [{'network': {'convergence': [0.6, 0.8]}}])
    """
    pairs = [
        {
            model: _over_n({"n": kept["n"], **before[model]}, {"n": new["n"], **values})
            for model, values in models.items()
        }
        for before, models in zip(kept["pairs"], new["pairs"], strict=True)
    ]
    for one in pairs:
        for values in one.values():
            del values["n"]
    axis = {
        model: [
            _over_n({"n": kept["n"], "Q": before}, {"n": new["n"], "Q": after})["Q"]
            for before, after in zip(kept["axis recovery"][model], found, strict=True)
        ]
        for model, found in new.get("axis recovery", {}).items()
        if model != "real rows"
    }
    return {
        **new,
        "n": sorted({*kept["n"], *new["n"]}),
        "pairs": pairs,
        **({"axis recovery": {**new["axis recovery"], **axis}} if axis else {}),
        "predicted": new["predicted"] and _over_n(kept["predicted"], new["predicted"]),
        "last losses": {**kept["last losses"], **new["last losses"]},
    }


def _over_n(kept: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return lists over the n of both."""
    places = {n: (one, place) for one in (kept, new) for place, n in enumerate(one["n"])}
    return {name: [one[name][place] for _, (one, place) in sorted(places.items())] for name in new}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ARMS))
    parser.add_argument("--sizes", type=whole_numbers)
    parser.add_argument("--store", type=Path, default=Path("runs/ceiling"), metavar="FOLDER")
    parser.add_argument("--workers", type=int, default=2)
    datasets.add_folders(parser, "fashion", "mnist")
    given = parser.parse_args()
    datasets.use_folders(given)
    for name in given.names or ARMS:
        arm = ARMS[name]
        runs = trained(arm, given.store, given.sizes, workers=given.workers)
        kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
        found = {
            pairing: results_of(replace(arm, plan=one.plan), one) for pairing, one in runs.items()
        }
        before = kept.get(name, found)
        kept[name] = {pairing: with_sizes(before[pairing], one) for pairing, one in found.items()}
        sizes = found["disjoint"]["n"]
        pages.write_part(RESULTS, kept, *(f"{name}, n = {n}" for n in sizes))


if __name__ == "__main__":
    main()
