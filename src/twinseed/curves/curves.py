"""Results of twins for several n, of linear twins of the same rows, and of theory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twinseed import readout
from twinseed.arrays import Array
from twinseed.data.twins import Twins
from twinseed.generators.score_machine.sampling import MachineBeside
from twinseed.neighbours import nearest
from twinseed.readout import VARIABLES, Estimate, Readout
from twinseed.sweep import Result
from twinseed.tables import percent, with_bar
from twinseed.verbs.measure import measure
from twinseed.verbs.sweeps.draws import over_replicates

__all__ = [
    "ABOUT_MACHINES",
    "TwinCurves",
    "machine_words",
    "measured",
    "over_pairs",
    "picture_rows",
    "sentences",
]

ABOUT_MACHINES = (
    "The points of local score machines show what windows of the training images give without any "
    "training, and so without training noise. Where the twins have the numbers of the machines, "
    "such windows can explain the twins; where the numbers differ, these windows cannot. There is "
    "no verdict on machines, and their numbers alone do not show whether the twins copy."
)
"""The note beside local score machines: what their points mean, and what follows from them."""

_LARGEST = 64  # pixels along the longer side of a picture


@dataclass(frozen=True, eq=False)
class TwinCurves:
    """Results of twins for several numbers n of training rows, ready to be printed and drawn."""

    title: str
    measured: Readout
    linear: Readout | None = None
    """The matched linear model: the same rows, the same estimators."""
    predicted: Readout | None = None
    """The prediction for the matched linear model, over a finer grid of n."""
    losses: Mapping[str, Sequence[tuple[int, float]]] = field(default_factory=dict)
    """By the name of a twin, which begins with its n and a hyphen: (step, loss) along training."""
    reference_loss: float | None = None
    """The loss of a denoiser that knows only the scale of its rows."""
    pictures: Array | None = None
    """(sizes, seeds, 2 or 3, height, width): samples of A and B, training image nearest to A's."""
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    notes: Sequence[str] = ()
    machine: Readout | None = None
    """Local score machines of the same rows, sampled as the linear model is."""


def measured(
    twins: Twins, rng: np.random.Generator, factors: int, workers: int | None = 1
) -> Result:
    """Measure every order parameter about the mean of the real rows, with error bars.

    ``workers`` is the number of threads; one by default, since processes may measure side by side.
    """
    seed = int(rng.integers(2**62))
    found = measure(twins.centred(), rng=seed, factors=factors, workers=workers)
    return {
        name: [found[f"{name}{part}"].values.tolist() for part in ("", "_status", "_se")]
        for name in VARIABLES
    }


def machine_words(machine: MachineBeside) -> dict[str, str]:
    """Return how local score machines were made, as the page shows it."""
    return {
        "half_widths": ", ".join(map(str, machine.windows.half_widths)),
        "at_noise_levels": ", ".join(f"{level:.3g}" for level in machine.windows.levels),
        "border": machine.border,
        "noise": f"sigma from {machine.sigma_min:g} to {machine.sigma_max:g}",
    }


def over_pairs(
    results: Sequence[Mapping[str, Any]],
    sizes: Sequence[int],
    d: int,
    eigenvalues: Array,
    attrs: Mapping[str, Any],
) -> Readout:
    """Return the results of ``measured`` as a readout over n; ``results`` are sorted by pair.

    With several pairs the error bars come from the differences between pairs, with one pair from
    its measurement. The first directions of a result are used, as many as there are
    ``eigenvalues``.
    """
    results = [_with_directions(one, eigenvalues.size) for one in results]
    pairs = len(results) // len(sizes)
    estimates = (
        _one_pair(results)
        if pairs == 1
        else over_replicates(
            results,
            (len(sizes),),
            f"{pairs} pairs: random splits of the rows, initialisations and seeds",
        )
    )
    known = {
        name: estimate
        for name, estimate in estimates.items()
        if not VARIABLES[name].per_factor or np.ndim(estimate.value) == 2
    }
    rows = np.asarray(sizes, dtype=np.float64)
    return readout.make(
        known,
        source="measure",
        coords={"n": ("n", rows), "d": float(d), "gamma": ("n", rows / d)},
        dims={"n": len(sizes)},
        factors=eigenvalues,
        attrs={**attrs, "pairs": pairs},
    )


def _with_directions(result: Mapping[str, Any], count: int) -> dict[str, Any]:
    return {
        name: [part[:count] if isinstance(part, list) else part for part in parts]
        for name, parts in result.items()
    }


def _one_pair(results: Sequence[Mapping[str, Any]]) -> dict[str, Estimate]:
    return {
        name: Estimate(
            value=np.array([one[name][0] for one in results], dtype=np.float64),
            se=np.array([one[name][2] for one in results], dtype=np.float64),
            status=np.array([one[name][1] for one in results], dtype=np.str_),
            resampled="seeds and rows of one pair; another pair may differ by more",
        )
        for name in results[0]
    }


def picture_rows(
    twins: Sequence[Twins], shape: tuple[int, ...], seeds: int = 4, *, trained: bool = True
) -> Array | None:
    """Return the samples of the first seeds as pictures, with the training row nearest to A's.

    Shapes: ``shape`` (H, W) or (C, H, W), colours averaged; large pictures are thinned. None where
    rows are not pictures. With ``trained=False`` the training rows are left out.
    """
    if len(shape) not in (2, 3) or any(twin.samples_b is None for twin in twins):
        return None
    step = -(-max(shape[-2:]) // _LARGEST)
    sheets = []
    for one in twins:
        assert one.samples_b is not None
        columns = [one.samples_a[:seeds], one.samples_b[:seeds]]
        if trained:
            found = nearest(np.asarray(columns[0], dtype=np.float64), one.train_a)
            columns.append(one.train_a[found.distance_row[:, 0]])
        images = np.stack(columns, axis=1).reshape(-1, len(columns), *shape)
        grey = images.mean(axis=2) if len(shape) == 3 else images
        sheets.append(grey[..., ::step, ::step])
    return np.stack(sheets).astype(np.float64)


def sentences(curves: TwinCurves) -> list[str]:
    """Return sentences about the results at the smallest and at the largest n."""
    said = []
    ends = dict.fromkeys([0, curves.measured.sizes["n"] - 1])
    for i in ends:
        here = curves.measured.isel(n=i)
        text = f"At n = {int(here.n):,} the twins agree to {_with_bar(here, 'convergence')}"
        if bool(here.convergence_null.notnull()):
            text += f" (mismatched seeds: {float(here.convergence_null):z.3f})"
        if curves.linear is not None and bool(curves.linear.convergence[i].notnull()):
            text += f", their linear twins to {_with_bar(curves.linear.isel(n=i), 'convergence')}"
        if curves.machine is not None and bool(curves.machine.convergence[i].notnull()):
            machine = _with_bar(curves.machine.isel(n=i), "convergence")
            text += f", their local score machines to {machine}"
        said.append(text + _closeness(here, curves.linear, i) + ".")
    return said


def _closeness(here: Readout, linear: Readout | None, place: int) -> str:
    if bool(here.memorisation_share.isnull()):
        return ""
    text = (
        f"; {percent(float(here.memorisation_share))} of the samples are closer to training "
        "rows than to held-out rows"
    )
    if linear is not None and bool(linear.memorisation_share[place].notnull()):
        text += f" (linear: {percent(float(linear.memorisation_share[place]))})"
    return text


def _with_bar(readout: Readout, name: str) -> str:
    return with_bar(float(readout[name]), float(readout[f"{name}_se"]))
