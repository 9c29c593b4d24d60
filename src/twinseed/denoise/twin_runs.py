"""Pairs of denoisers at rising numbers of rows: trained, sampled, measured, in one resumable sweep.

Two cells of the sweep train the twins of a pair; a third, once both are there, measures them and
the linear twins of the same rows from the same noise.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from twinseed import __version__
from twinseed.checks import numeric_rows, whole
from twinseed.denoise.halves import halves, near_duplicates
from twinseed.denoise.recipes import Recipe
from twinseed.denoise.watching import Told, Watch
from twinseed.errors import InputError
from twinseed.progress import track
from twinseed.randomness import RandomSource, entropy_of, stream
from twinseed.sweep import Cell, Job, Result, Store, run
from twinseed.twins import Twins
from twinseed.verbs.twin_curves import linear_twins, measured, over_pairs

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["PAIRINGS", "TwinPlan", "TwinRuns", "train_twins"]

Array = NDArray[np.float64]

_REVISION = 1
"""Rises when the same seed gives other twins or another measurement of them."""

_MOST_HELD_OUT = 4096
_DIRECTIONS = 3000  # columns up to which the eigenvalues of all rows label the factors

PAIRINGS: Mapping[str, tuple[bool, bool]] = {
    "disjoint": (False, False),
    "same-rows": (True, False),
    "same-start": (False, True),
}
"""Whether B has A's rows, and A's initialisation. The first is the rule, the others are controls:
what optimisation alone keeps apart, and what an equal start brings together."""


@dataclass(frozen=True)
class TwinPlan:
    """Which pairs to train and how to look at them.

    ``sizes``: training rows of each twin, rising. ``pairs``: independent pairs at each size.
    ``seeds``: samples drawn from each twin. ``factors``: leading directions that agreement and
    recovery are measured along. ``pairing``: what twins share, of ``PAIRINGS``.

    Raises:
        InputError: a field out of range.
    """

    sizes: tuple[int, ...]
    recipe: Recipe
    pairs: int = 1
    seeds: int = 512
    factors: int = 10
    pairing: str = "disjoint"

    def __post_init__(self) -> None:
        remedy = "pass training rows of each twin, such as 30,100,300"
        sizes = tuple(sorted({whole("sizes", n, remedy, at_least=2) for n in self.sizes}))
        if not sizes:
            raise InputError("sizes", "must not be empty", self.sizes, remedy)
        object.__setattr__(self, "sizes", sizes)
        whole("pairs", self.pairs, "pass how many pairs to train at each size")
        whole("seeds", self.seeds, "pass how many samples to draw", at_least=2)
        whole("factors", self.factors, "pass how many directions to look at")
        if self.pairing not in PAIRINGS:
            known = ", ".join(PAIRINGS)
            raise InputError("pairing", "must be known", self.pairing, f"pass one of {known}")

    @property
    def twins(self) -> list[tuple[int, int, str]]:
        """Size, pair and side of every twin, small ones first."""
        return [(n, pair, side) for n in self.sizes for pair in range(self.pairs) for side in "ab"]


@dataclass(frozen=True, eq=False)
class TwinRuns:
    """What training left: readouts over n, losses, and where weights and samples are."""

    plan: TwinPlan
    measured: xr.Dataset
    linear: xr.Dataset
    losses: Mapping[tuple[int, int, str], Sequence[tuple[int, float]]]
    """By size, pair and side ("a" or "b"): (step, loss) along training."""
    by_pair: Sequence[tuple[xr.Dataset, xr.Dataset]]
    """Of each pair alone, the readouts of the networks and of the linear twins."""
    folder: Path
    shape: tuple[int, ...]

    def file(self, kind: str, n: int, pair: int, side: str) -> Path:
        """Return where the ``weights`` (safetensors) or ``samples`` (npy) of a twin are."""
        return _file(self.folder, kind, n, pair, side)

    def split(self, pair: int) -> dict[str, NDArray[np.int64]]:
        """Return the rows, by number, of a pair's sides ``a`` and ``b``, and of ``heldout``."""
        return _split(self.folder, pair)


def train_twins(
    data: ArrayLike,
    folder: str | PathLike[str],
    plan: TwinPlan,
    *,
    rng: RandomSource = 0,
    workers: int = 2,
    cluster: str | None = None,
    progress: bool | Callable[[int], None] | None = None,
) -> TwinRuns:
    """Train pairs of denoisers on disjoint rows at each size, sample both from the same seeds.

    Each pair has a random split of its own into two halves and held-out rows, near-duplicates on
    one side; larger sizes contain the rows of smaller ones. Both twins are sampled by the
    deterministic probability flow from noise that they share, and measured with the estimators of
    ``measure``, about the mean of the real rows, against up to 4096 held-out rows. The matched
    linear model is fitted to the same rows and sampled from the same noise.

    Shapes: ``data`` (N, ...): images (N, height, width), (N, channels, height, width), or rows
    (N, d). The readouts have the dimension n; values are means over the pairs, errors their spread
    over ``sqrt(pairs)``, or with one pair those of its measurement.

    Args:
        data: images or rows.
        folder: holds everything: store, states of training, samples. The same call goes on from
            what is there; on a cluster every worker must see it.
        plan: sizes, pairs and recipe.
        rng: a seed; a numpy generator cannot be resumed.
        workers: processes on this machine, one thread each.
        cluster: the address of a Dask scheduler that is already running, instead.
        progress: True shows steps, loss and time left on stderr, False does not, None does on a
            terminal; a function is called with the number of steps done since its last call.

    Raises:
        InputError: sizes for which there are too few rows, rows that are all alike, a shape that
            the denoiser cannot take, a folder that cannot be written: all before any work.
        StoreError: the folder's store belongs to another job.
        CheckpointError: a state of training that belongs to something else.
        NotFiniteError: training diverged; what was done stays.

    Validity: error bars over pairs say how another split of these rows and another initialisation
    would come out, not another data set.
    Source: Kadkhodaie, Guth, Simoncelli and Mallat, arXiv 2310.02557 (the experiment); Maillard and
    Goldt, arXiv 2605.21402 (the order parameters).
    """
    images = np.asarray(data)
    rows = np.ascontiguousarray(numeric_rows("data", images), dtype=np.float64)
    shape = images.shape[1:]
    if np.all(rows == rows[0]):
        raise InputError("data", "must not repeat one row", f"{len(rows)} equal rows", "check it")
    plan.recipe.require(shape)
    entropy = entropy_of(rng)
    target = _prepared(Path(folder), rows, plan, entropy)
    about: dict[str, Any] = {
        "data": hashlib.sha256(rows.tobytes()).hexdigest()[:16],
        "shape": list(shape),
        "recipe": dict(plan.recipe.description()),
        "steps": plan.recipe.steps,
        "seeds": plan.seeds,
        "pairing": plan.pairing,
    }
    job = Job("train", f"{__version__}/{_REVISION}", entropy)
    trained = [_training_cell(plan, target, shape, entropy, about, *twin) for twin in plan.twins]
    pairs = [(n, pair) for pair in range(plan.pairs) for n in plan.sizes]
    compared = [_measuring_cell(plan, target, entropy, about, n, pair) for n, pair in pairs]
    with ExitStack() as stack:
        store = stack.enter_context(Store(target / "store.sqlite", job))
        tell = _teller(stack, plan, progress)
        steps = plan.recipe.steps
        watch = stack.enter_context(Watch(target / "running", 0, tell))
        found = run(
            job,
            trained,
            store=store,
            workers=workers,
            cluster=cluster,
            advance=lambda cells: watch.finished(cells * steps),
        )
        results = run(job, compared, store=store, workers=workers, cluster=cluster)
    values = _eigenvalues(rows, plan.factors)
    attrs = {"denoiser": about["recipe"]["denoiser"], "pairing": plan.pairing, "seeds": plan.seeds}

    def laid_out(some: Sequence[Result]) -> tuple[xr.Dataset, xr.Dataset]:
        network, linear = (
            over_pairs([one[model] for one in some], plan.sizes, rows.shape[1], values, attrs)
            for model in ("network", "linear")
        )
        return network, linear

    by_pair = [
        laid_out(results[start : start + len(plan.sizes)])
        for start in range(0, len(results), len(plan.sizes))
    ]
    network, linear = laid_out(results)
    losses = {
        twin: [(int(step), float(loss)) for step, loss in result["losses"]]
        for twin, result in zip(plan.twins, found, strict=True)
    }
    return TwinRuns(plan, network, linear, losses, by_pair, target, shape)


def _training_cell(
    plan: TwinPlan,
    folder: Path,
    shape: tuple[int, ...],
    entropy: tuple[int, ...],
    about: Mapping[str, Any],
    n: int,
    pair: int,
    side: str,
) -> Cell:
    same_rows, same_start = PAIRINGS[plan.pairing]
    start = stream(entropy, f"start {n} {pair} {'a' if same_start else side}")
    draws = stream(entropy, f"batches {n} {pair} {side}")
    seeds = {"start": int(start.integers(2**62)), "draws": int(draws.integers(2**62))}
    rows_of = "a" if same_rows else side
    work = partial(_train, plan, folder, shape, entropy, n, pair, side, rows_of, seeds)
    description = {**about, "what": "train", "n": n, "pair": pair, "side": side}
    return Cell(work=work, description=description)


def _train(
    plan: TwinPlan,
    folder: Path,
    shape: tuple[int, ...],
    entropy: tuple[int, ...],
    n: int,
    pair: int,
    side: str,
    rows_of: str,
    seeds: Mapping[str, int],
    rng: np.random.Generator,
) -> Result:
    torch.set_num_threads(1)
    name = f"{n}-{pair}-{side}"
    running = folder / "running" / f"{name}.json"
    told = Told(running)
    rows = _rows(folder)[_split(folder, pair)[rows_of][:n]]
    weights = _file(folder, "weights", n, pair, side)
    generator = plan.recipe.fit(rows, shape, kept=weights, tell=told, **seeds)
    samples = generator.sample(_noise(entropy, pair, plan.seeds, rows.shape[1]))
    np.save(_file(folder, "samples", n, pair, side), samples.astype(np.float32))
    running.unlink(missing_ok=True)
    return {"losses": told.losses}


def _measuring_cell(
    plan: TwinPlan,
    folder: Path,
    entropy: tuple[int, ...],
    about: Mapping[str, Any],
    n: int,
    pair: int,
) -> Cell:
    return Cell(
        work=partial(_measure, plan, folder, entropy, n, pair),
        # a larger last size leaves fewer rows held out; the twins themselves stay as they are
        description={
            **about,
            "what": "measure",
            "factors": plan.factors,
            "largest": plan.sizes[-1],
            "n": n,
            "pair": pair,
        },
    )


def _measure(
    plan: TwinPlan,
    folder: Path,
    entropy: tuple[int, ...],
    n: int,
    pair: int,
    rng: np.random.Generator,
) -> Result:
    split, rows = _split(folder, pair), _rows(folder)
    a, b = (np.load(_file(folder, "samples", n, pair, side)) for side in "ab")
    same_rows, _ = PAIRINGS[plan.pairing]
    twins = Twins(
        samples_a=a,
        samples_b=b,
        train_a=rows[split["a"][:n]],
        train_b=None if same_rows else rows[split["b"][:n]],
        heldout=rows[split["heldout"][:_MOST_HELD_OUT]],
    )
    linear = linear_twins(twins, _noise(entropy, pair, plan.seeds, twins.d))
    return {
        "network": measured(twins, rng, plan.factors),
        "linear": measured(linear, rng, plan.factors),
    }


def _prepared(folder: Path, rows: Array, plan: TwinPlan, entropy: tuple[int, ...]) -> Path:
    """Split the rows for every pair, then make the folder with all that workers need."""
    groups = near_duplicates(rows)
    splits = [
        halves(rows, plan.sizes[-1], stream(entropy, f"halves {pair}"), groups=groups)
        for pair in range(plan.pairs)
    ]
    try:
        for name in ("weights", "samples", "splits", "running"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"0")
        for stale in (folder / "running").glob("*"):
            stale.unlink()
        np.save(folder / "rows.npy", rows)
        for pair, split in enumerate(splits):
            np.savez(folder / "splits" / f"{pair}.npz", a=split.a, b=split.b, heldout=split.heldout)
    except OSError as error:
        raise InputError(
            "folder",
            f"cannot be written ({error.strerror or error})",
            str(folder),
            "pass a folder that you may write to",
        ) from error
    return folder.resolve()


def _teller(
    stack: ExitStack, plan: TwinPlan, progress: bool | Callable[[int], None] | None
) -> Callable[[int, float | None], None]:
    """Return what is told of steps done and the mean loss of the trainings under way."""
    if callable(progress):
        count = progress
        return lambda steps, loss: count(steps)
    shown = stack.enter_context(track(len(plan.twins) * plan.recipe.steps, "train", progress))

    def tell(steps: int, loss: float | None) -> None:
        shown.note = "" if loss is None else f"loss {loss:.4f}"
        shown.advance(steps)

    return tell


def _rows(folder: Path) -> Array:
    rows: Array = np.load(folder / "rows.npy", mmap_mode="r", allow_pickle=False)
    return rows


def _split(folder: Path, pair: int) -> dict[str, NDArray[np.int64]]:
    with np.load(folder / "splits" / f"{pair}.npz", allow_pickle=False) as split:
        return dict(split)


def _file(folder: Path, kind: str, n: int, pair: int, side: str) -> Path:
    suffix = {"weights": "safetensors", "samples": "npy"}[kind]
    return folder / kind / f"{n}-{pair}-{side}.{suffix}"


def _noise(entropy: tuple[int, ...], pair: int, seeds: int, d: int) -> Array:
    return stream(entropy, f"noise {pair}").standard_normal((seeds, d))


def _eigenvalues(rows: Array, count: int) -> Array:
    """Return the leading eigenvalues of the covariance of all rows, or the ranks of too many."""
    n, d = rows.shape
    count = min(count, n - 1, d)
    if d > _DIRECTIONS:
        return np.arange(1.0, count + 1.0)
    covariance = np.atleast_2d(np.cov(rows, rowvar=False))
    return np.asarray(np.linalg.eigvalsh(covariance)[::-1][:count], dtype=np.float64)
