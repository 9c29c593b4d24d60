"""Which leading directions do trained UNets recover, and what limits the recovery?

Usage, from the root of the repository, after docs.studies.denoisers.ceiling has trained the twins:

    python -m docs.studies.denoisers.directions [NAME ...] [--sizes 1000] [--store runs/ceiling]
    python -m docs.studies.denoisers.directions digits --steps 12000

The second line trains the first pair further, from where the networks are.
For each data set and n, 4,096 samples of A and of B are drawn from the kept weights, for each pair.
The truth is the covariance of all rows of the data set. Beside the networks stand the linear twins,
as many real rows, and as many Gaussian rows that have the true directions, but the variances that
the samples of the network have along these (what an error-free order of directions would allow).
The numbers go to docs/studies/denoisers/results/directions.json.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from docs.studies import datasets, pages
from docs.studies.denoisers.ceiling import ARMS, IMAGE_ARMS, SEED, folder_of, longer, whole_numbers
from docs.studies.denoisers.experiments import Arm

from twinseed.arrays import Array
from twinseed.denoise.folder import RunFolder
from twinseed.denoise.recipes import NetworkRecipe
from twinseed.filters import Euler, Heun
from twinseed.filters.samplers import Sampler
from twinseed.matched import matched_model
from twinseed.orders.recovery.data import overlaps
from twinseed.orders.recovery.theory import factor_groups

__all__ = ["RESULTS", "Truth", "along", "measured"]

RESULTS = Path(__file__).with_name("results") / "directions.json"
_SEEDS = 4096
_COUNT = 20
_PICTURED = 8
_SAMPLERS: Mapping[str, Sampler] = {
    "Heun, 8 steps": Heun(8),
    "Heun, 128 steps": Heun(128),
    "Euler, 64 steps": Euler(64),
}


@dataclass(frozen=True)
class Truth:
    """The leading directions of the real rows, their variances, and the groups of near-equal ones.

    Args:
        mean: the mean of the rows, (d,).
        directions: one direction a column, (d, k).
        variances: the variances along these, falling, (k,).
    """

    mean: Array
    directions: Array
    variances: Array

    @classmethod
    def of(cls, rows: Array) -> Truth:
        """Return the truth that rows (n, d) show, with all d directions."""
        values, vectors = np.linalg.eigh(np.cov(rows, rowvar=False))
        return cls(rows.mean(axis=0), vectors[:, ::-1], np.maximum(values[::-1], 0.0))

    @property
    def groups(self) -> list[slice]:
        """Groups of the leading directions whose variances are nearly equal."""
        return factor_groups(self.variances[:_COUNT])


def along(samples: Array, truth: Truth) -> dict[str, Any]:
    """Return what samples (N, d) recover of the truth.

    ``rank``: squared overlap of the directions of equal rank. ``group``: the same, where directions
    of near-equal variance count as a subspace. ``subspace``: the share of the first K true
    directions in the span of the first K directions of the samples, for each K. ``energy``: the
    variance of the samples along each true direction, over its variance.
    """
    rows = np.asarray(samples, dtype=np.float64)
    covariance = np.cov(rows, rowvar=False)
    found = _leading(rows)
    true = truth.directions[:, :_COUNT]
    squares = (found.T @ true) ** 2
    energy = np.einsum("ik,ij,jk->k", true, covariance, true) / truth.variances[:_COUNT]
    return {
        "rank": pages.rounded(np.diag(squares)),
        "group": pages.rounded(overlaps(found, true, truth.groups)),
        "subspace": pages.rounded(_shares(squares)),
        "energy": pages.rounded(energy),
    }


def measured(arm: Arm, folder: Path, n: int, *, samplers: bool = False) -> dict[str, Any]:
    """Return the recovery of all pairs of an arm at one n."""
    here = RunFolder(folder)
    rows = np.asarray(here.rows())
    truth = Truth.of(rows)
    recipe = arm.plan.recipe
    assert isinstance(recipe, NetworkRecipe)
    kinds = ("network", "linear", "own energy", "real rows", "between networks", "between linear")
    answer: dict[str, Any] = {kind: [] for kind in kinds}
    for pair in range(arm.plan.pairs):
        split = here.split(pair)
        noise = np.random.default_rng([SEED, 4, pair]).standard_normal((_SEEDS, rows.shape[1]))
        networks, fits = [], []
        for side in "ab":
            kept = here.weights(n, pair, side, recipe.steps)
            networks.append(recipe.load(kept).sample(noise))
            fits.append(matched_model(rows[split[side][:n]]).sample(noise))
        for samples, fit in zip(networks, fits, strict=True):
            answer["network"].append(along(samples, truth))
            answer["own energy"].append(along(_of_energy(samples, truth, noise), truth))
            answer["linear"].append(along(fit, truth))
        answer["between networks"].append(_between(*networks))
        answer["between linear"].append(_between(*fits))
        if pair == 0:
            answer["pictures"] = {
                "real rows": pages.rounded(truth.directions[:, :_PICTURED].T),
                "network": pages.rounded(_leading(networks[0], _PICTURED).T),
                "linear": pages.rounded(_leading(fits[0], _PICTURED).T),
            }
        answer["real rows"].append(along(rows[split["heldout"][:_SEEDS]], truth))
    if samplers:
        kept, noise = here.weights(n, 0, "a", recipe.steps), noise[:1024]
        answer["samplers"] = {
            words: along(replace(recipe, sampler=sampler).load(kept).sample(noise), truth)
            for words, sampler in {"Heun, 32 steps": recipe.sampler, **_SAMPLERS}.items()
        }
    return {
        "variances": pages.rounded(truth.variances[:_COUNT] / truth.variances.sum()),
        "groups": [[group.start, group.stop] for group in truth.groups],
        **answer,
    }


def _leading(samples: Array, count: int = _COUNT) -> Array:
    """Return the leading directions of samples, one a column."""
    covariance = np.cov(np.asarray(samples, dtype=np.float64), rowvar=False)
    found: Array = np.linalg.eigh(covariance)[1][:, ::-1][:, :count]
    return found


def _between(a: Array, b: Array) -> dict[str, Any]:
    """Return how alike the directions of two generators are, A's from half of the seeds.

    B's are from the other half: with equal seeds both would have the same sampling errors.
    """
    half = len(a) // 2
    squares = (_leading(a[:half]).T @ _leading(b[half:])) ** 2
    return {
        "rank": pages.rounded(np.diag(squares)),
        "subspace": pages.rounded(_shares(squares)),
    }


def _shares(squares: Array) -> Array:
    """Return, for each K, the share of K directions that lies in the span of K others."""
    return np.array([squares[:k, :k].sum() / k for k in range(1, len(squares) + 1)])


def _of_energy(samples: Array, truth: Truth, noise: Array) -> Array:
    """Return Gaussian rows of the true directions and of the variances that the samples have."""
    scores = (np.asarray(samples) - np.mean(samples, axis=0)) @ truth.directions
    return (noise * scores.std(axis=0)) @ truth.directions.T


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(IMAGE_ARMS))
    parser.add_argument("--sizes", type=whole_numbers)
    parser.add_argument("--store", type=Path, default=Path("runs/ceiling"), metavar="FOLDER")
    parser.add_argument("--steps", type=int, help="train the first pair to this many steps")
    parser.add_argument("--samplers", action="store_true", help="compare samplers, too")
    datasets.add_folders(parser, "fashion", "mnist")
    given = parser.parse_args()
    datasets.use_folders(given)
    torch.set_num_threads(1)
    for name in given.names or IMAGE_ARMS:
        for n in given.sizes or [1000]:
            folder = folder_of(given.store, name, "disjoint")
            arm, words = ARMS[name], str(n)
            if given.steps:
                runs = longer(arm, folder, n, given.steps)
                arm, words = replace(arm, plan=runs.plan), f"{n}, {given.steps} steps"
            found = measured(arm, folder, n, samplers=given.samplers)
            kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
            kept[name] = {**kept.get(name, {}), words: found}
            pages.write_part(RESULTS, kept, f"{name}, n = {words}")


if __name__ == "__main__":
    main()
