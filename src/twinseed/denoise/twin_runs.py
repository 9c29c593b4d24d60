"""Trains, samples and measures pairs of denoisers at several n, in one sweep that can be resumed.

Two cells of the sweep train the twins of a pair, two more draw their samples, and a fifth measures
these samples and the samples of linear twins of the same rows from the same noise.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed._version import __version__
from twinseed.arrays import Array
from twinseed.checks import numeric_rows, whole
from twinseed.curves.curves import over_pairs
from twinseed.denoise.folder import RunFolder, flat
from twinseed.denoise.halves import halves, near_duplicates
from twinseed.denoise.plans import PAIRINGS, TwinPlan
from twinseed.denoise.twin_cells import TwinCells
from twinseed.denoise.watching import Watch
from twinseed.errors import InputError
from twinseed.generators.score_machine import Windows, measure_windows
from twinseed.orders.factor_count import factor_count
from twinseed.progress import ShowProgress, track
from twinseed.randomness import RandomSource, entropy_of, stream
from twinseed.readout import Readout
from twinseed.sweep import Cell, Job, Result, Store, run

__all__ = ["PAIRINGS", "TwinPlan", "TwinRuns", "train_twins"]

_REVISION = 2
"""Raised when the same seed gives other twins or other measurements."""

_DIRECTIONS = 3000  # with more columns, factors are labelled by rank, not by eigenvalue


@dataclass(frozen=True, eq=False)
class TwinRuns:
    """The result of training: readouts over n, losses, and the files of weights and samples."""

    plan: TwinPlan
    measured: Readout
    linear: Readout
    losses: Mapping[tuple[int, int, str], Sequence[tuple[int, float]]]
    """By size, pair and side ("a" or "b"): (step, loss) along training."""
    by_pair: Sequence[tuple[Readout, Readout]]
    """For each pair, the readouts of the networks and of the linear twins."""
    folder: Path
    shape: tuple[int, ...]
    machine: Readout | None = None
    """Local score machines of the same rows, if the plan has their windows."""

    def file(self, kind: str, n: int, pair: int, side: str) -> Path:
        """Return the file of the ``weights`` (safetensors) or ``samples`` (npy) of a twin."""
        here, steps = RunFolder(self.folder), self.plan.recipe.steps
        if kind == "weights":
            return here.weights(n, pair, side, steps)
        return here.samples(n, pair, side, steps, self.plan.seeds)

    def windows(self, n: int, pair: int = 0, side: str = "a", **options: Any) -> Windows:
        """Measure the windows of a trained twin on its own training images.

        ``options`` are those of ``measure_windows``, such as ``levels`` and ``border``.
        """
        generator = self.plan.recipe.load(self.file("weights", n, pair, side))
        own = self.plan.rows_of(self.split(pair), n, side)
        rows = RunFolder(self.folder).rows()[own]
        units = (rows - generator.offset) / generator.scale
        return measure_windows(generator.inner, units, **options)

    def split(self, pair: int) -> dict[str, NDArray[np.int64]]:
        """Return the numbers of the rows of a pair: of ``a``, of ``b`` and of ``heldout``."""
        return RunFolder(self.folder).split(pair)


def train_twins(
    data: ArrayLike,
    folder: str | PathLike[str],
    plan: TwinPlan,
    *,
    rng: RandomSource = 0,
    workers: int = 2,
    cluster: str | None = None,
    progress: ShowProgress = None,
) -> TwinRuns:
    """Train pairs of denoisers on disjoint rows at each size, sample both from the same seeds.

    Each pair has another random split into two halves and held-out rows; near-duplicates stay on
    one side, and a larger size contains the rows of a smaller size. Both twins are sampled by the
    deterministic probability flow from the same noise, and measured with the estimators of
    ``measure``, about the mean of the real rows, with up to 4096 held-out rows. The matched linear
    model is fitted to the same rows and sampled from the same noise, and so are the local score
    machines of the plan's windows.

    The readouts have the dimension n. Values are means over the pairs; errors are their standard
    deviation over ``sqrt(pairs)``, or with one pair the errors of its measurement.

    Args:
        data: images (N, height, width) or (N, channels, height, width), or rows (N, d).
        folder: the folder for the store, the states of training and the samples. The same call
            continues from the results in the folder, and so does a call with other sizes, pairs,
            seeds, steps or factors. Any other change needs another folder. On a cluster every
            worker must reach the folder.
        plan: sizes, pairs and recipe.
        rng: a seed; a numpy generator cannot be resumed.
        workers: processes on this machine, one thread each.
        cluster: the address of a Dask scheduler that is already running, instead.
        progress: True shows steps, loss and time left on stderr, False does not, None does on a
            terminal; a function is called with the number of steps done since its last call.

    Raises:
        InputError: before any work: too few rows for the sizes, rows that are all equal, a shape
            that the denoiser cannot take, a device that this machine does not have, a folder that
            cannot be written or has twins of other settings.
        StoreError: the store or the samples cannot be read or written.
        CheckpointError: a state of training that is damaged, or of another training.
        NotFiniteError: training diverged; finished results are kept.

    Validity: error bars over pairs include another split of the same rows and another
    initialisation, not another data set.
    Source: Kadkhodaie, Guth, Simoncelli and Mallat, arXiv 2310.02557 (the experiment); Maillard and
    Goldt, arXiv 2605.21402 (the order parameters).
    """
    images = np.asarray(data)
    rows = np.ascontiguousarray(numeric_rows("data", images), dtype=np.float64)
    shape = images.shape[1:]
    if plan.windows is not None:
        plan.machine(shape)
    if np.all(rows == rows[0]):
        raise InputError(
            "data", "must not repeat one row", f"{len(rows)} equal rows", "pass rows that differ"
        )
    whole("workers", workers, "pass the number of processes to use")
    entropy = entropy_of(rng)
    if cluster is None:
        plan.recipe.require_device()
    settings: dict[str, Any] = {
        "data": hashlib.sha256(rows.tobytes()).hexdigest()[:16],
        "shape": list(shape),
        "recipe": dict(plan.recipe.description()),
        "architecture": json.dumps(plan.recipe.architecture(shape), sort_keys=True),
        "pairing": plan.pairing,
    }
    groups = near_duplicates(rows)
    splits = [
        halves(rows, plan.sizes[-1], stream(entropy, f"halves {pair}"), groups=groups)
        for pair in range(plan.pairs)
    ]
    for n, pair, side in plan.twins:
        plan.recipe.require_rows(rows[plan.rows_of(vars(splits[pair]), n, side)])
    held_out = min(len(split.heldout) for split in splits)
    factors = factor_count(plan.factors, columns=rows.shape[1], rows=held_out).count
    job = Job("train", f"{__version__}/{_REVISION}", entropy, flat(settings))
    target = RunFolder(Path(folder)).made(job)
    cells = TwinCells(plan, target, shape, entropy, settings, factors)
    steps, seeds = plan.recipe.steps, plan.seeds
    with ExitStack() as stack:
        store = stack.enter_context(Store(target.store, job))
        target.write_rows(rows, splits)
        tell = _teller(stack, plan, progress)
        watch = stack.enter_context(Watch(target.running, 0, tell))
        work = partial(run, job, workers=workers, cluster=cluster)
        twins = [(cells.train(*twin), target.weights(*twin, steps)) for twin in plan.twins]
        trained = work(
            [cell for cell, _ in twins],
            store=store,
            progress=lambda count: watch.finished(count * steps),
        )
        work(_lost(twins))
        drawn = [(cells.draw(*twin), target.samples(*twin, steps, seeds)) for twin in plan.twins]
        work([cell for cell, _ in drawn], store=store)
        work(_lost(drawn))
        pairs = [(n, pair) for pair in range(plan.pairs) for n in plan.sizes]
        results = work([cells.measure(n, pair) for n, pair in pairs], store=store)
        windows = plan.windows is not None
        beside = [cells.measure_machines(n, pair) for n, pair in pairs] if windows else []
        machines = work(beside, store=store) if beside else []
    # columns that do not vary among the held-out rows leave fewer directions
    found = min(len(one[model]["recovery"][0]) for one in (*results, *machines) for model in one)
    values = _eigenvalues(rows, min(factors, found))
    attrs = {"denoiser": plan.recipe.name, "pairing": plan.pairing, "seeds": plan.seeds}

    def laid_out(some: Sequence[Result], model: str) -> Readout:
        found = [one[model] for one in some]
        return over_pairs(found, plan.sizes, rows.shape[1], values, attrs)

    one_pair = [
        results[start : start + len(plan.sizes)]
        for start in range(0, len(results), len(plan.sizes))
    ]
    by_pair = [(laid_out(some, "network"), laid_out(some, "linear")) for some in one_pair]
    losses = {
        twin: [(int(step), float(loss)) for step, loss in result["losses"]]
        for twin, result in zip(plan.twins, trained, strict=True)
    }
    return TwinRuns(
        plan,
        laid_out(results, "network"),
        laid_out(results, "linear"),
        losses,
        by_pair,
        target.path,
        shape,
        laid_out(machines, "machine") if machines else None,
    )


def _lost(made: Sequence[tuple[Cell, Path]]) -> list[Cell]:
    """Return the cells that are done, but whose file was deleted."""
    return [cell for cell, file in made if not file.exists()]


def _teller(
    stack: ExitStack, plan: TwinPlan, progress: ShowProgress
) -> Callable[[int, float | None], None]:
    """Return a function that reports the steps done and the mean loss of running trainings."""
    shown = stack.enter_context(track(len(plan.twins) * plan.recipe.steps, "train", progress))

    def tell(steps: int, loss: float | None) -> None:
        shown.note = "" if loss is None else f"loss {loss:.4f}"
        shown.advance(steps)

    return tell


def _eigenvalues(rows: Array, count: int) -> Array:
    """Return the leading eigenvalues of the covariance of all rows; with many columns, ranks."""
    n, d = rows.shape
    count = min(count, n - 1, d)
    if d > _DIRECTIONS:
        return np.arange(1.0, count + 1.0)
    covariance = np.atleast_2d(np.cov(rows, rowvar=False))
    return np.asarray(np.linalg.eigvalsh(covariance)[::-1][:count], dtype=np.float64)
