"""Measure windows on the networks of one data set, and predict the networks of the others.

Usage, from the root of the repository, after docs.studies.denoisers.ceiling has trained the twins:

    python -m docs.studies.denoisers.machines [NAME ...] --sizes 30 [--borders own,clipped,all]

registered.md says what is predicted. The schedule of windows comes from network A of the first pair
of fashion, at the same n. The machines have the rows and the noise of the networks. What is done is
kept in docs/studies/denoisers/results/machines.json and is not computed again.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from docs.studies import datasets, pages
from docs.studies.denoisers.ceiling import ARMS, IMAGE_ARMS, SEED, folder_of, whole_numbers

from twinseed.arrays import Array
from twinseed.curves.curves import measured
from twinseed.data.twins import Twins
from twinseed.denoise.folder import RunFolder, read_samples
from twinseed.denoise.recipes import NetworkRecipe
from twinseed.generators import DenoiserFlow
from twinseed.generators.score_machine import LocalScoreMachine, Windows, measure_windows
from twinseed.generators.score_machine.machine import BORDERS, Border
from twinseed.randomness import entropy_of, stream

__all__ = ["RESULTS", "SOURCE", "predicted", "windows_of"]

RESULTS = Path(__file__).with_name("results") / "machines.json"
SOURCE = "fashion"
"""The data set on whose networks windows are measured."""
_SEEDS = 512
_FACTORS = 10
_NAMES = (
    "convergence",
    "memorisation_share",
    "memorisation_ratio",
    "recovery",
)


def windows_of(store: Path, name: str, n: int, border: Border, seeds: int = 64) -> Windows:
    """Measure the windows of network A of the first pair of a data set."""
    here, recipe = _of(store, name)
    loaded = recipe.load(here.weights(n, 0, "a", recipe.steps))
    rows = here.rows()[here.split(0)["a"][:n]]
    scaled = (rows - loaded.offset) / loaded.scale
    return measure_windows(
        loaded.inner, scaled, border=border, rng=SEED, seeds=seeds, dtype=np.float32
    )


def predicted(
    store: Path, name: str, n: int, pair: int, windows: Windows, border: Border, seeds: int
) -> dict[str, Any]:
    """Measure a pair of machines, and how like the machines' samples are those of the networks."""
    here, recipe = _of(store, name)
    rows, split = here.rows(), here.split(pair)
    entropy = entropy_of(SEED)
    noise = stream(entropy, f"noise {pair}").standard_normal((_SEEDS, rows.shape[1]))[:seeds]
    samples, alike = {}, []
    for side in "ab":
        loaded = recipe.load(here.weights(n, pair, side, recipe.steps))
        train = (rows[split[side][:n]] - loaded.offset) / loaded.scale
        shape = loaded.inner.shape
        machine = LocalScoreMachine(train, windows, shape=shape, border=border, dtype=np.float32)
        first, last = loaded.inner.sigma_max, loaded.inner.sigma_min
        flow = DenoiserFlow(machine, shape, last, first, recipe.sampler)
        samples[side] = loaded.offset + loaded.scale * flow.sample(noise)
        network = read_samples(here.samples(n, pair, side, recipe.steps, _SEEDS))[:seeds]
        alike.append(float(np.median(_squared_correlations(samples[side], network))))
    twins = Twins(
        samples_a=samples["a"],
        samples_b=samples["b"],
        train_a=rows[split["a"][:n]],
        train_b=rows[split["b"][:n]],
        heldout=rows[split["heldout"][:4096]],
    )
    found = measured(twins, stream(entropy, f"machine {n} {pair}"), _FACTORS)
    kept: dict[str, Any] = {"squared correlation": pages.rounded(np.array(alike))}
    for key in _NAMES:
        value, _, error = found[key]
        kept |= {key: pages.rounded(value), f"{key}_se": pages.rounded(error)}
    return kept


def _of(store: Path, name: str) -> tuple[RunFolder, NetworkRecipe]:
    recipe = ARMS[name].plan.recipe
    assert isinstance(recipe, NetworkRecipe)
    return RunFolder(folder_of(store, name, "disjoint").resolve()), recipe


def _squared_correlations(one: Array, other: Array) -> Array:
    a, b = (x - x.mean(axis=1, keepdims=True) for x in (one, np.asarray(other, dtype=np.float64)))
    return np.asarray((a * b).sum(axis=1) ** 2 / ((a**2).sum(axis=1) * (b**2).sum(axis=1)))


def _kept() -> dict[str, Any]:
    return json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(IMAGE_ARMS))
    parser.add_argument("--sizes", type=whole_numbers)
    parser.add_argument("--borders", type=lambda text: text.split(","), default=list(BORDERS))
    parser.add_argument("--seeds", type=int, default=_SEEDS, help="the first of the samples")
    parser.add_argument("--window-seeds", type=int, default=64)
    parser.add_argument("--source", default=SOURCE, help="the data set of the windows")
    parser.add_argument("--store", type=Path, default=Path("runs/ceiling"), metavar="FOLDER")
    datasets.add_folders(parser, "fashion", "mnist")
    given = parser.parse_args()
    datasets.use_folders(given)
    torch.set_num_threads(1)
    for n in given.sizes or [30]:
        for border in given.borders:
            place = f"{given.source} {n} {border}"
            kept = _kept()
            schedules = kept.setdefault("windows", {})
            if place not in schedules:
                found = windows_of(given.store, given.source, n, border, given.window_seeds)
                schedules[place] = {
                    "levels": pages.rounded(np.array(found.levels)),
                    "half widths": list(found.half_widths),
                    "similarities": pages.rounded(np.array(found.similarities)),
                    "seeds": given.window_seeds,
                }
                pages.write_part(RESULTS, kept, f"windows: {place}")
            one = schedules[place]
            windows = Windows(tuple(one["levels"]), tuple(one["half widths"]))
            for name in given.names or IMAGE_ARMS:
                for pair in range(ARMS[name].plan.pairs):
                    key = f"{name} {n} {border} {pair} windows of {given.source}"
                    if key in _kept().get("pairs", {}):
                        continue
                    made = predicted(given.store, name, n, pair, windows, border, given.seeds)
                    kept = _kept()
                    kept.setdefault("pairs", {})[key] = {**made, "seeds": given.seeds}
                    pages.write_part(RESULTS, kept, key)


if __name__ == "__main__":
    main()
