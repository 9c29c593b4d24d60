"""The order parameters of compressed twins, by the formulas that measure data.

The first axis of every array is over replicates; each function returns an estimate per replicate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.orders.convergence import against_chance, factor_correlation, pairs
from twinseed.orders.recovery import factor_groups, group_sizes, overlaps
from twinseed.populations import Spiked
from twinseed.readout import Estimate
from twinseed.simulation.compressed.cosines import EXPLICIT, CovarianceShares, closest
from twinseed.simulation.compressed.twins import CompressedTwin
from twinseed.status import Status

__all__ = ["agreement", "memorised", "recovered"]

Flags = NDArray[np.bool_]
Columns = Iterator[tuple[str, list[Estimate]]]

_ROUGH_BELOW = 100.0
"""Below this effective dimension the drawn lengths of rows are "leading order"."""


def agreement(
    x: Array, y: Array, noise: Array, at_zero: float, p: int, d: int, settled: Flags
) -> Columns:
    """Measure convergence of x and y, (replicates, seeds, columns), the samples of the twins."""
    count, seeds, width = x.shape
    sums = pairs(x.reshape(-1, width), y.reshape(-1, width))
    product, energy, gap, cosine = (
        part.reshape(count, seeds) for part in (sums.product, sums.energy, sums.gap, sums.cosine)
    )
    yield "flow_distance", _column(2.0 * gap.mean(axis=1) / d, settled)
    u, v = x[:, :, :p], y[:, :, :p]
    along = factor_correlation(*(np.sum(part, axis=1) for part in (u * v, u**2, v**2)))
    if seeds == 1:
        # one seed has no correlation over seeds
        along = Estimate.missing(Status.NOT_MEASURED, (count, p))
    yield "convergence_factor", _column(along.value, settled, along.status)
    total = energy.sum(axis=1)
    some = np.where(total > 0, str(Status.OK), str(Status.NOT_IDENTIFIABLE))

    def over_energy(part: Array) -> Array:
        return np.asarray(np.divide(part, total, out=np.full(count, np.nan), where=total > 0))

    value = over_energy(product.sum(axis=1))
    chance = over_energy(at_zero**2 * np.sum(noise.reshape(count, -1) ** 2, axis=1))
    ratios = {
        "convergence": value,
        "convergence_gap": over_energy(gap.sum(axis=1)),
        "convergence_cosine": np.where(total > 0, cosine.mean(axis=1), np.nan),
    }
    if seeds > 1:
        crossed = np.sum(x.sum(axis=1) * y.sum(axis=1), axis=1) - product.sum(axis=1)
        ratios["convergence_null"] = over_energy(crossed) / (seeds - 1)
    for name, number in ratios.items():
        yield name, _column(number, settled, some)
    for name, found in against_chance(value, chance, total > 0).items():
        yield name, _column(found.value, settled, found.status)


def recovered(factors: Array, v: Array, w: Array, d: int, settled: Flags) -> Columns:
    """Measure recovery by the formulas and the floors of ``orders.recovery``.

    Shapes: directions of the factors that each twin learnt (replicates, learnt, columns).
    """
    p, count = factors.size, len(v)
    if p == 0:
        nothing = Estimate.missing(Status.NOT_IDENTIFIABLE, 0)
        none = Estimate.missing(Status.NOT_IDENTIFIABLE)
        yield "recovery", [nothing] * count
        yield "recovery_twins", [nothing] * count
        yield "recovery_distance", [none] * count
        return
    groups = factor_groups(factors)
    sizes = group_sizes(groups)
    v, w = np.swapaxes(v, 1, 2), np.swapaxes(w, 1, 2)
    truth = np.eye(v.shape[1], p)
    own = (overlaps(v, truth, groups) + overlaps(w, truth, groups)) / 2
    known = min(v.shape[2], w.shape[2])
    shared = np.zeros((count, p))
    shared[:, :known] = np.sqrt(overlaps(v, w[..., :known], factor_groups(factors[:known])))
    inside = [np.sum(side[:, :p].reshape(count, -1) ** 2, axis=1) / p for side in (v, w)]
    missed = np.mean([np.sqrt(np.maximum(1.0 - one, 0.0)) for one in inside], axis=0)
    status = _floored(own, (sizes + 4) / d)
    unlearnt = np.all(status == str(Status.BELOW_FLOOR), axis=1)
    yield "recovery", _column(own, settled, status)
    yield (
        "recovery_twins",
        _column(shared, settled, _floored(shared, np.sqrt((sizes + 3) / d))),
    )
    below = np.where(unlearnt, str(Status.BELOW_FLOOR), str(Status.OK))
    yield "recovery_distance", _column(missed, settled, below)


def memorised(
    population: Spiked,
    twins: tuple[CompressedTwin, CompressedTwin],
    rows: tuple[int, int],
    d: int,
    rngs: Sequence[np.random.Generator],
    settled: Flags,
) -> Columns:
    """Draw memorisation from the moments of the twins' samples."""
    factors, bulk = population.factors, population.bulk
    p, held = factors.size, min(rows)
    trace, squares = (float(np.sum(factors**k)) + bulk**k * (d - p) for k in (1, 2))
    found = []
    for twin, n in zip(twins, rows, strict=True):
        seeds = twin.moments.shape[1]
        heads, inner = twin.heads[:, :seeds], twin.inner[:, :seeds]
        energy = np.sum(heads**2, axis=2) + np.diagonal(inner, axis1=1, axis2=2)
        part = np.ascontiguousarray(heads[:, :, :p])
        one, two, three = (
            bulk**k * energy + np.sum(part**2 * (factors**k - bulk**k), axis=2) for k in (1, 2, 3)
        )
        fresh = CovarianceShares.of(energy, part, one, two, np.tile(factors, (len(rngs), 1)), trace)
        directions = slice(seeds, seeds + twin.learnt)
        along = heads @ np.swapaxes(twin.heads[:, directions], 1, 2) + inner[:, :, directions]
        own, twice = twin.moments[..., 0], twin.moments[..., 1]
        fitted = CovarianceShares.of(energy, along, own, twice, twin.values, twin.trace[:, None])
        if n <= EXPLICIT:
            freedom = np.full(energy.shape, max(d - p - 1.0, 1.0))
        else:
            # the variance of the rows without the direction of the sample
            mean, beyond = two / one, three / one
            left = np.maximum(squares - 2.0 * beyond + mean**2, np.finfo(float).tiny)
            freedom = np.maximum((trace - mean) ** 2 / left, 1.0)
        found.append(closest(n, held, fitted, fresh, freedom, rngs))
    effective = d - p if max(rows) <= EXPLICIT else trace**2 / squares
    status = Status.OK if effective >= _ROUGH_BELOW else Status.LEADING_ORDER
    trained, equal, heldout = (
        np.mean([getattr(one, name).mean(axis=1) for one in found], axis=0)
        for name in ("trained", "equal", "heldout")
    )
    yield "memorisation", _column(trained, settled, status)
    yield "memorisation_heldout", _column(heldout, settled, status)
    some = np.where(heldout > 0, str(status), str(Status.NOT_IDENTIFIABLE))
    ratio = np.divide(equal, heldout, out=np.full(len(rngs), np.nan), where=heldout > 0)
    yield "memorisation_ratio", _column(ratio, settled, some)


def _column(value: object, settled: Flags, status: object = Status.OK) -> list[Estimate]:
    """Return the estimate of each replicate: one value, or one value per factor.

    A number whose Krylov space was too small has the status "not converged".
    """
    values = np.asarray(value, dtype=np.float64)
    seen = np.isfinite(values)
    unsettled = ~settled.reshape(-1, *(1,) * (values.ndim - 1)) & seen
    said = np.where(unsettled, str(Status.NOT_CONVERGED), np.asarray(status, dtype=np.str_))
    errors = np.where(seen, 0.0, np.nan)
    return [Estimate(*one) for one in zip(values, errors, said, strict=True)]


def _floored(value: Array, floor: Array) -> NDArray[np.str_]:
    return np.where(value < floor, str(Status.BELOW_FLOOR), str(Status.OK))
