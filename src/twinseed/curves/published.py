"""Published samples: a folder of files, two for each n, from the same seeds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from twinseed.curves.curves import (
    ABOUT_MACHINES,
    TwinCurves,
    machine_words,
    measured,
    over_pairs,
    picture_rows,
)
from twinseed.curves.filenames import FileContent, by_pattern, by_rule
from twinseed.data.twins import Twins
from twinseed.errors import InputError
from twinseed.generators.score_machine import Windows
from twinseed.generators.score_machine.machine import Border
from twinseed.generators.score_machine.sampling import MachineBeside
from twinseed.lanes import chosen
from twinseed.matched import matched_twins, predicted_curve
from twinseed.orders import convergence, recovery
from twinseed.randomness import RandomSource, entropy_of, stream
from twinseed.readers import ReadOptions, as_arrays, load_roles
from twinseed.sweep import Result

__all__ = ["published_pairs"]

_READ = re.compile(r"\.(pt|pth|npy|safetensors)$", re.IGNORECASE)
_WITHOUT_ROWS = (
    "Without training rows only agreement can be measured. Copying and recovery "
    "cannot be measured. Agreement is measured about the mean of the samples of "
    "each pair."
)


def published_pairs(
    folder: str | Path,
    *,
    pattern: str | None = None,
    factors: int = 5,
    rng: RandomSource = 0,
    reading: ReadOptions | None = None,
    windows: Windows | None = None,
    border: Border = "own",
    workers: int | None = None,
) -> TwinCurves:
    """Measure seed-matched samples in a folder, two files for each n, against n.

    Files are ``.pt``, ``.npy`` or ``.safetensors``, each with an array (N, C, H, W), (N, H, W) or
    (N, d), row i of both files of a pair from seed i. Names are read by the rule of
    ``filenames.by_rule``, or by a ``pattern`` such as ``"{side}_{n}.pt"``. Files with "train" in
    their names have training rows. If every pair has training rows, everything is measured, and
    linear twins of the same rows too. Without training rows only agreement is measured: convergence
    about the mean of the samples, its null of mismatched seeds, and ``recovery_twins``.

    With ``windows``, local score machines of the same training images are measured too, from the
    noise of the linear twins, with 32 steps of Heun's method from the highest level of the windows
    to the lowest.

    ``workers`` threads search nearest rows, by default as many as processors that this process may
    use. The numbers are the same, to the last bit, for any number.

    Raises:
        InputError: no such folder, names that the rule cannot read, a pair without a partner, files
            that cannot be read, arrays of different widths; windows without training rows, or for
            rows that are no images.

    Validity: error bars resample the seeds of one pair at each n.
    Source: the files of Kadkhodaie, Guth, Simoncelli and Mallat, arXiv 2310.02557: a tensor
    N x 1 x H x W for each split and n.
    """
    workers = chosen(workers)
    root = Path(folder)
    if not root.is_dir():
        raise InputError("pairs", "must be a folder", str(folder), "check the name of the folder")
    names = sorted(path.name for path in root.iterdir() if _READ.search(path.name))
    places = by_rule(names) if pattern is None else by_pattern(names, pattern)
    sizes = sorted({place.n for place in places})
    files = {str(place): root / name for place, name in places.items()}
    arrays = as_arrays(load_roles(files, reading=reading))
    trained = all(FileContent("train", n, side) in places for n in sizes for side in "ab")
    pairs = [_twins(arrays, n, trained) for n in sizes]
    if len({one.d for one in pairs}) > 1:
        widths = ", ".join(str(one.d) for one in pairs)
        raise InputError(
            "pairs",
            "must have the same number of columns in every file",
            widths,
            "pass files of the same data set",
        )
    entropy = entropy_of(rng)
    shape = np.shape(arrays[str(FileContent("samples", sizes[0], "a"))])[1:]
    d = pairs[0].d
    beside = None if windows is None else _beside(windows, border, shape, trained)
    ranks = np.arange(1.0, min(factors, d, *(one.seeds // 2 for one in pairs)) + 1.0)
    count = ranks.size
    linear = theory = machine = None
    if trained:
        found = [measured(one, stream(entropy, f"n {one.n}"), count, workers) for one in pairs]
        noises = [stream(entropy, "linear").standard_normal((one.seeds, d)) for one in pairs]
        fitted = [
            matched_twins(one, noise, same_rows=True)
            for one, noise in zip(pairs, noises, strict=True)
        ]
        results = [
            measured(one, stream(entropy, f"linear {one.n}"), count, workers) for one in fitted
        ]
        linear = over_pairs(results, sizes, d, ranks, {})
        if beside is not None:
            local = [
                _machines(one, beside, noise) for one, noise in zip(pairs, noises, strict=True)
            ]
            results = [
                measured(one, stream(entropy, f"machine {one.n}"), count, workers) for one in local
            ]
            machine = over_pairs(results, sizes, d, ranks, {})
        theory = predicted_curve(_real(pairs), sizes)
    else:
        found = [_agreement(one, entropy, count) for one in pairs]
    attrs = {"folder": root.name}
    return TwinCurves(
        title=f"Published pairs: {root.name}",
        measured=over_pairs(found, sizes, d, ranks, attrs),
        linear=linear,
        predicted=theory,
        pictures=picture_rows(pairs, shape, trained=trained),
        settings={
            **({} if beside is None else {"Local score machines": machine_words(beside)}),
            "Files": {
                f"n = {n:,}": ", ".join(
                    name for place, name in sorted(places.items()) if place.n == n
                )
                for n in sizes
            },
            "Samples": {
                "seeds": ", ".join(f"{one.seeds:,}" for one in pairs),
                "shape": " x ".join(str(side) for side in shape),
                "training_rows": "given" if trained else "not given",
            },
        },
        notes=([] if trained else [_WITHOUT_ROWS]) + ([] if machine is None else [ABOUT_MACHINES]),
        machine=machine,
    )


def _twins(arrays: Mapping[str, np.ndarray], n: int, trained: bool) -> Twins:
    a, b = (arrays[str(FileContent("samples", n, side))] for side in "ab")
    if not trained:
        # the samples replace the real rows: only their mean is used
        return Twins(a, b, np.concatenate([a, b])).centred()
    train_a, train_b = (arrays[str(FileContent("train", n, side))] for side in "ab")
    for side, rows in (("a", train_a), ("b", train_b)):
        if len(rows) != n:
            raise InputError(
                str(FileContent("train", n, side)),
                f"must have {n} rows, as its name says",
                len(rows),
                "rename the file, or pass --pattern",
            )
    return Twins(a, b, train_a, train_b)


def _beside(
    windows: Windows, border: Border, shape: tuple[int, ...], trained: bool
) -> MachineBeside:
    if not trained:
        remedy = "give the training rows of every pair, or leave the machines out"
        problem = "must be given with training rows"
        raise InputError("windows", problem, "samples alone", remedy)
    low, high = windows.levels[-1], windows.levels[0]
    if low == high:
        remedy = "pass windows from the first to the last noise level of the sampler"
        raise InputError("windows", "must have at least two levels here", [low], remedy)
    return MachineBeside(windows, shape, border, low, high)


def _machines(twins: Twins, beside: MachineBeside, noise: np.ndarray) -> Twins:
    """Return the samples of the local score machines of the same training rows."""
    a = beside.sample(twins.train_a, noise)
    b = a if twins.train_b is None else beside.sample(twins.train_b, noise)
    return Twins.of(twins.rows, a, b)


def _agreement(twins: Twins, entropy: tuple[int, ...], factors: int) -> Result:
    estimates = convergence.from_twins(twins, entropy)
    own = recovery.from_twins(twins, entropy, factors=factors)["recovery_twins"]
    return {
        name: [np.asarray(part).tolist() for part in (one.value, one.status, one.se)]
        for name, one in {**estimates, "recovery_twins": own}.items()
    }


def _real(pairs: Iterable[Twins]) -> np.ndarray:
    """Return the training rows of the pair with the most rows."""
    largest = max(pairs, key=lambda one: one.n)
    rows = [largest.train_a] + ([] if largest.train_b is None else [largest.train_b])
    return np.concatenate([np.asarray(one, dtype=np.float64) for one in rows])
