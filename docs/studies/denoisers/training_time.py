"""Order parameters along training: does memorisation set in later with more rows?

Usage, from the root of the repository:

    python -m docs.studies.denoisers.training_time [--store FILE] [--workers 2] [--fashion FOLDER]
        [--kept]

Pairs of perceptrons are trained on disjoint rows of Fashion-MNIST at 8 x 8, and sampled as they
learn: always the running average of the weights, always from the same seeds. Interrupted, the same
command goes on from what the store has; with ``--kept`` it writes the pairs that are done. The
numbers go to results/training-time.json, with the linear twins of the same rows beside them, and
the recovery of as many real rows.

Source: Bonnaire et al., arXiv 2505.17638 (memorisation sets in after a time that grows with n).
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from docs.studies import datasets, pages
from docs.studies.denoisers import pictures

from twinseed import Accumulator, __version__
from twinseed.arrays import Array
from twinseed.data.twins import Twins
from twinseed.denoise.halves import halves, near_duplicates
from twinseed.denoise.recipes import NETWORKS, Scaled
from twinseed.denoise.sampling import flow
from twinseed.denoise.training import Training, TrainingState, train
from twinseed.filters import Heun
from twinseed.matched import matched_twins
from twinseed.randomness import stream
from twinseed.sweep import Cell, Job, Result, Store, run, stored

__all__ = [
    "EXCESS",
    "HALF_WAY",
    "PLAN",
    "VARIABLES",
    "TimePlan",
    "along_training",
    "cells",
    "gathered",
    "onset",
    "shrunk_fashion",
    "train_along",
]

_ENTROPY = (0,)
_REVISION = 2
"""Rises when the same description gives other numbers."""

VARIABLES = (
    "convergence",
    "memorisation",
    "memorisation_ratio",
    "memorisation_share",
    "recovery",
)
"""What is kept at each look: q, m, rho, the share, and Q of each factor."""

HALF_WAY = 0.75
"""The share half-way between an honest sampler's, 1/2, and that of copies, 1."""
EXCESS = 0.05
"""How far the share must be above the linear twins' for networks to copy more than these.

Two standard errors of the difference of two shares near 1/2, over the 2 x 512 samples of a pair.
"""


@dataclass(frozen=True)
class TimePlan:
    """Which pairs are trained, and after how many steps they are looked at (rising)."""

    sizes: tuple[int, ...]
    steps: tuple[int, ...]
    pairs: int = 3
    seeds: int = 512
    heldout: int = 4096
    factors: int = 5
    network: str = "mlp"
    batch: int = 128
    sampler: Heun = field(default_factory=lambda: Heun(32))

    @property
    def training(self) -> Training:
        """How each twin is trained, to the last of the steps."""
        return Training(steps=self.steps[-1], batch=self.batch)

    def description(self) -> Mapping[str, Any]:
        """Return what a pair's numbers depend on, ready for JSON; not the sizes nor the pairs."""
        return {
            "network": self.network,
            "training": dict(self.training.description()),
            "steps": list(self.steps),
            "seeds": self.seeds,
            "heldout": self.heldout,
            "factors": self.factors,
            "sampler": repr(self.sampler),
        }


PLAN = TimePlan(
    sizes=(30, 100, 300, 1000),
    steps=(100, 200, 400, 700, 1200, 2000, 3000, 5000, 7000, 10_000, 14_000, 20_000),
)


def shrunk_fashion(count: int = 8000) -> Array:
    """Return images of Fashion-MNIST, (count, 64): means of 2 x 2 of the 16 x 16 ones."""
    images = pictures.fashion(count).astype(np.float64)
    return np.asarray(images.reshape(count, 8, 2, 8, 2).mean(axis=(2, 4)).reshape(count, 64))


def cells(rows: Array, plan: TimePlan) -> list[Cell]:
    """Return one cell for each pair and size; pairs vary slowest, so that whole ones come first."""
    groups = near_duplicates(rows)
    digest = hashlib.sha256(np.ascontiguousarray(rows).tobytes()).hexdigest()[:16]
    found = []
    for pair in range(plan.pairs):
        split = halves(rows, plan.sizes[-1], stream(_ENTROPY, f"halves {pair}"), groups=groups)
        heldout = rows[split.heldout[: plan.heldout]]
        real = rows[split.heldout[plan.heldout :][: plan.seeds]]
        for n in plan.sizes:
            a, b = (rows[side] for side in split.of(n))
            about = {**plan.description(), "data": digest, "largest": plan.sizes[-1]}
            work = partial(train_along, plan, a, b, heldout, real, n, pair)
            found.append(Cell(work, {**about, "n": n, "pair": pair}))
    return found


def train_along(
    plan: TimePlan,
    rows_a: Array,
    rows_b: Array,
    heldout: Array,
    real: Array,
    n: int,
    pair: int,
    rng: np.random.Generator,
) -> Result:
    """Train both twins side by side; return the order parameters over ``plan.steps``.

    The directions of the samples are compared with those of the rows ``heldout``. ``real`` are
    other real rows, as many as there are samples: what they recover is the ceiling.
    """
    torch.set_num_threads(1)
    began = time.process_time()
    noise = stream(_ENTROPY, f"noise {pair}").standard_normal((plan.seeds, rows_a.shape[1]))
    draw = stream(_ENTROPY, f"twins {n} {pair}")
    seen = Accumulator(
        train_a=rows_a,
        train_b=rows_b,
        heldout=heldout,
        rng=int(rng.integers(2**62)),
        factors=plan.factors,
        resamples=0,
        centred=True,
    )
    twins = [_twin(plan, rows, noise, draw) for rows in (rows_a, rows_b)]
    network, losses = [], []
    for (samples_a, loss_a), (samples_b, loss_b) in zip(*twins, strict=True):
        network.append(_measured(seen, samples_a, samples_b))
        losses.append([loss_a, loss_b])
    of_linear = matched_twins(Twins(noise, noise, rows_a, rows_b, heldout), noise)
    return {
        "network": {name: [one[name] for one in network] for name in VARIABLES},
        "linear": _measured(seen, of_linear.samples_a, of_linear.samples_b),
        "real rows": {"recovery": _measured(seen, real, real)["recovery"]},
        "losses": losses,
        "seconds": time.process_time() - began,
    }


def _twin(
    plan: TimePlan, rows: Array, noise: Array, draw: np.random.Generator
) -> Iterator[tuple[Array, float]]:
    start, draws = (int(seed) for seed in draw.integers(2**62, size=2))
    return along_training(plan, rows, noise, start=start, draws=draws)


def along_training(
    plan: TimePlan, rows: Array, noise: Array, *, start: int, draws: int
) -> Iterator[tuple[Array, float]]:
    """Yield the samples of one twin, and its mean loss since the last, after each of the steps.

    A copy of the denoiser is sampled: training goes on as if nobody had looked.
    """
    offset = float(rows.mean())
    scale = float(np.sqrt(np.mean((rows - offset) ** 2)))
    scaled = torch.from_numpy(((rows - offset) / scale).astype(np.float32))
    state = TrainingState(NETWORKS[plan.network](scaled.shape[1:], start), plan.training)
    for steps in plan.steps:
        upto = replace(plan.training, steps=steps)
        (metrics,) = train(state, scaled, upto, seed=draws, report_every=steps + 1)
        looked_at = copy.deepcopy(state.denoiser)
        looked_at.load_state_dict(state.average)
        generator = flow(looked_at.eval(), plan.training.levels, plan.sampler)
        yield Scaled(generator, np.array(offset), scale).sample(noise), metrics.loss


def _measured(seen: Accumulator, samples_a: Any, samples_b: Any) -> dict[str, Any]:
    seen.reset()
    seen.update(samples_a, samples_b)
    found = seen.compute()
    return {name: found[name].values.tolist() for name in VARIABLES}


def onset(steps: Sequence[int], share: Sequence[float], level: float = HALF_WAY) -> float | None:
    """Return the steps at which the share last rises past a level, between looks in log steps.

    None where it is below at the end. A share above from the first look on gives that first look,
    of which the onset is then no later.

    >>> onset([100, 1000], [0.5, 1.0]) == onset([100, 1000, 2000], [0.5, 1.0, 1.0])
    True
    >>> onset([100, 1000], [0.5, 0.6])
    """
    below = np.flatnonzero(np.asarray(share) < level)
    if below.size == 0:
        return float(steps[0])
    last = int(below[-1])
    if last == len(share) - 1:
        return None
    part = (level - share[last]) / (share[last + 1] - share[last])
    return float(steps[last] * (steps[last + 1] / steps[last]) ** part)


def gathered(plan: TimePlan, rows: Array, found: Mapping[str, Result]) -> dict[str, Any]:
    """Return settings and numbers, ready for JSON: by size, a list over the pairs that are done.

    ``found`` has results by the names of their cells; those of other plans are let pass.
    """
    by_size: dict[str, Any] = {str(n): [] for n in plan.sizes}
    for cell in cells(rows, plan):
        if cell.name in found:
            result = found[cell.name]
            share = result["network"]["memorisation_share"]
            above_linear = result["linear"]["memorisation_share"] + EXCESS
            about = {
                "pair": cell.description["pair"],
                "onset": onset(plan.steps, share),
                "onset, linear": onset(plan.steps, share, above_linear),
            }
            by_size[str(cell.description["n"])].append(pages.rounded({**about, **result}))
    parameters = NETWORKS[plan.network](rows.shape[1:], 0).network.parameter_count
    return {
        "about": "Fashion-MNIST at 8 x 8: order parameters along training",
        "d": rows.shape[1],
        "parameters": parameters,
        "n": list(plan.sizes),
        "pairs": plan.pairs,
        "half way": HALF_WAY,
        "excess": EXCESS,
        **plan.description(),
        "by n": by_size,
    }


def main() -> None:
    from docs.studies.denoisers.run import RESULTS

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", type=Path, default=Path("denoiser-runs/training-time.sqlite"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kept", action="store_true", help="write what the store has; train none")
    datasets.add_folders(parser, "fashion")
    given = parser.parse_args()
    datasets.use_folders(given)
    try:
        rows = shrunk_fashion()
    except datasets.MissingPackageError as error:
        parser.error(str(error))
    if not given.kept:
        job = Job("training time", f"{__version__}/{_REVISION}", _ENTROPY)
        with Store(given.store, job) as store:
            run(job, cells(rows, PLAN), store=store, workers=given.workers)
    found = {Cell(dict, about).name: result for about, result in stored(given.store)}
    kept = {**gathered(PLAN, rows, found), "machine": pages.machine()}
    pages.write(RESULTS / "training-time.json", kept)


if __name__ == "__main__":
    main()
