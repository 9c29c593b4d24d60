"""Convergence q: do twins that start from the same seed end at the same sample?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.arrays import Array
from twinseed.blocks import row_blocks
from twinseed.data.twins import Twins
from twinseed.orders.convergence.chance import against_chance
from twinseed.orders.convergence.theory import factor_correlation
from twinseed.orders.evidence import Evidence
from twinseed.randomness import RandomSource, entropy_of, stream
from twinseed.readout import Estimate
from twinseed.status import Status

__all__ = ["Along", "SeedSums", "along", "from_evidence", "from_twins", "pairs"]

_ABSENT = Estimate.missing(Status.NOT_IDENTIFIABLE)


@dataclass(frozen=True)
class SeedSums:
    """Sums over the columns for each seed, all of shape (N,), in float64.

    Args:
        product: ``a_i.b_i``.
        energy: ``(|a_i|^2 + |b_i|^2)/2``.
        gap: ``|a_i - b_i|^2 / 2``, which is energy - product without cancellation.
        cosine: ``a_i.b_i/(|a_i||b_i|)``, 0 where a sample has length zero.
        mismatched: ``sum_{j != i} (a_i.b_j + a_j.b_i)/2``.
    """

    product: Array
    energy: Array
    gap: Array
    cosine: Array
    mismatched: Array


def pairs(
    samples_a: NDArray[Any], samples_b: NDArray[Any], origin: Array | None = None
) -> SeedSums:
    """Return the sums over columns from which every measure of convergence is computed.

    Shapes: both samples (N, d), row i of both from seed i, read in blocks of rows; origin (d,), or
    (2, d) where A and B have an origin each.

    >>> found = pairs(np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([[1.0, 1.0], [0.0, 2.0]]))
    >>> found.product, found.gap
    (array([1., 4.]), array([0.5, 0. ]))
    """
    o = np.zeros(samples_a.shape[1]) if origin is None else origin
    count = len(samples_a)
    product, energy, gap, cosine, mismatched = np.empty((5, count))
    total_a, total_b = np.zeros((2, samples_a.shape[1]))
    for a, b, part in _blocks(samples_a, samples_b, o):
        aa, bb = _dot(a, a), _dot(b, b)
        product[part] = _dot(a, b)
        energy[part] = (aa + bb) / 2
        size = np.sqrt(aa) * np.sqrt(bb)
        cosine[part] = np.divide(product[part], size, out=np.zeros(len(a)), where=size > 0)
        total_a += a.sum(axis=0)
        total_b += b.sum(axis=0)
        a -= b
        gap[part] = _dot(a, a) / 2
    for a, b, part in _blocks(samples_a, samples_b, o):
        mismatched[part] = (a @ total_b + b @ total_a) / 2 - product[part]
    return SeedSums(product, energy, gap, cosine, mismatched)


def from_evidence(evidence: Evidence) -> dict[str, Estimate]:
    """Measure convergence, and its chance level where a simulation knows the models."""
    found = from_twins(
        evidence.twins,
        evidence.entropy,
        directions=evidence.reference.directions,
        resamples=evidence.resamples,
    )
    if evidence.models is not None:
        chance = evidence.models.chance
        found |= against_chance(found["convergence"].value, chance, np.isfinite(chance))
    return found


def from_twins(
    twins: Twins, rng: RandomSource, *, directions: ArrayLike | None = None, resamples: int = 200
) -> dict[str, Estimate]:
    """Measure convergence on samples that share their seeds.

    Equation: trace ratio ``q = sum_i a_i.b_i / sum_i (|a_i|^2 + |b_i|^2)/2``, its gap
    ``1 - q = sum_i |a_i - b_i|^2 / sum_i (|a_i|^2 + |b_i|^2)`` without cancellation, the mean
    cosine over seeds, and the null: the same trace ratio averaged over all pairs of different
    seeds. Along each column u of ``directions`` (d, k), ``convergence_factor`` is the correlation
    ``sum_i (a_i.u)(b_i.u) / sqrt(sum_i (a_i.u)^2 sum_i (b_i.u)^2)`` about the origin of ``twins``
    (the known mean, not the mean of the seeds), so q is the energy-weighted mean of these
    correlations. ``convergence_factor`` is not identifiable without directions or where a twin has
    no component. ``flow_distance`` is ``(1/N) sum_i |a_i - b_i|^2/d``, in squared units of the
    data. All other values lie between -1 and 1: 1 means equal samples, the level of the null means
    unrelated samples.

    Validity: the error bars resample the seeds and hold the two trained models fixed: they say
    nothing about other training sets of the same size. The null is the share of the energy that
    the mean has, zero for centred models: where it is large, measure ``twins.centred()``. Its error
    bar is a jackknife over seeds (a bootstrap would match a seed with its own copy). The chance
    level and the corrected convergence need the model; they do not follow from samples alone.

    Source: Maillard and Goldt, arXiv 2605.21402 (definition); Kadkhodaie, Guth, Simoncelli and
    Mallat, arXiv 2310.02557 (the cosine); arXiv 2505.20123 (the flow distance).

    >>> rng = np.random.default_rng(0)
    >>> a, b, train = rng.standard_normal((3, 50, 8))
    >>> found = from_twins(Twins(a, (a + b) / 2, train), rng=0)
    >>> round(float(found["convergence"].value), 2)
    0.7
    """
    unknown = {"convergence_chance": _ABSENT, "convergence_corrected": _ABSENT}
    names = ("convergence", "convergence_gap", "convergence_cosine", "convergence_null")
    columns = None if directions is None else np.asarray(directions, dtype=np.float64)
    if twins.samples_b is None:
        return dict.fromkeys((*names, "convergence_factor", "flow_distance"), _ABSENT) | unknown
    sums = pairs(twins.samples_a, twins.samples_b, twins.origin)
    components = _components(twins, columns)
    table = np.column_stack([sums.gap, sums.energy, sums.cosine, components])
    drawn = _bootstrap(table, stream(entropy_of(rng), "convergence: seeds"), resamples)
    source = ""
    if resamples:
        source = f"seeds ({resamples} bootstrap draws); the trained models are held fixed"
    distances = {
        "flow_distance": Estimate(
            2.0 * float(sums.gap.mean()) / twins.d,
            2.0 * _spread(drawn[:, 0]) / (twins.seeds * twins.d),
            resampled=source,
        ),
        "convergence_factor": (
            _ABSENT if columns is None else _correlation(components, drawn[:, 3:], source)
        ),
    }
    energy = float(sums.energy.sum())
    if energy == 0.0:
        return dict.fromkeys(names, _ABSENT) | unknown | distances
    gap = float(sums.gap.sum()) / energy
    value = float(sums.product.sum()) / energy
    null, null_se = _null(sums)
    full = drawn[drawn[:, 1] > 0]
    se = _spread(full[:, 0] / full[:, 1])
    return {
        "convergence": Estimate(value, se, resampled=source),
        "convergence_gap": Estimate(gap, se, resampled=source),
        "convergence_cosine": Estimate(
            float(sums.cosine.mean()), _spread(full[:, 2] / twins.seeds), resampled=source
        ),
        "convergence_null": Estimate(
            null,
            null_se if resamples else 0.0,
            resampled="seeds (jackknife)" if resamples else "",
        ),
    } | (unknown | distances)


class Along(NamedTuple):
    """The convergence spectrum; every array has one entry per band.

    Args:
        correlation: agreement of the twins along each band, -1 to 1.
        energy: share of the samples' energy along each band; over all columns the sum is one.
    """

    correlation: Estimate
    energy: Array


def along(
    twins: Twins,
    rng: RandomSource,
    *,
    directions: ArrayLike,
    bands: Sequence[slice],
    origin: Array | None = None,
    resamples: int = 200,
) -> Along:
    """Measure the convergence spectrum: agreement of the twins along bands of directions.

    Equation: for a band G of orthonormal directions u, ``sum_i sum_u (a_i.u)(b_i.u) / sqrt(sum_i
    sum_u (a_i.u)^2 sum_i sum_u (b_i.u)^2)``, about ``origin`` (d,), or (2, d) with one for A and
    one for B, or else about that of the twins; for a band of one direction and the origin of the
    twins this is ``convergence_factor``. Range: -1 to 1 (agreement). Shapes: directions (d, k),
    ``bands`` consecutive slices that span the columns. Memory: blocks of rows, and three numbers
    per band and seed.

    Validity: as ``from_twins``; the directions are held fixed.
    Source: Maillard and Goldt, arXiv 2605.21402 (convergence); the directions are an addition.

    >>> rng = np.random.default_rng(0)
    >>> a, train = rng.standard_normal((2, 50, 4))
    >>> twins = Twins(a, a * [1, 1, 1, -1], train)
    >>> found = along(twins, 0, directions=np.eye(4), bands=[slice(0, 3), slice(3, 4)])
    >>> found.correlation.value.round(6)
    array([ 1., -1.])
    """
    if twins.samples_b is None:
        absent = Estimate.missing(Status.NOT_IDENTIFIABLE, len(bands))
        return Along(absent, np.full(len(bands), np.nan))
    origin = twins.origin if origin is None else origin
    parts = _components(twins, np.asarray(directions, dtype=np.float64), bands, origin)
    draw = stream(entropy_of(rng), "convergence spectrum: seeds")
    o = np.zeros(twins.d) if origin is None else origin
    blocks = _blocks(twins.samples_a, twins.samples_b, o)
    whole = sum(float(np.sum(_dot(a, a) + _dot(b, b))) for a, b, _ in blocks)
    energy = parts.sum(axis=0).reshape(3, -1)[1:].sum(axis=0)
    source = f"seeds ({resamples} bootstrap draws); the trained models are held fixed"
    return Along(
        _correlation(parts, _bootstrap(parts, draw, resamples), source),
        energy / whole if whole > 0 else np.zeros_like(energy),
    )


def _bootstrap(table: Array, draw: np.random.Generator, resamples: int) -> Array:
    """Return the column sums of each resampled table, shape (resamples, columns)."""
    count = len(table)
    drawn = np.zeros((resamples, table.shape[1]))
    for row in drawn:
        row += np.bincount(draw.integers(0, count, size=count), minlength=count) @ table
    return drawn


def _spread(values: Array) -> float:
    """Return the standard deviation over bootstrap draws; 0 where there are no draws."""
    return float(values.std(ddof=1)) if values.size > 1 else 0.0


def _components(
    twins: Twins,
    directions: Array | None,
    bands: Sequence[slice] | None = None,
    origin: Array | None = None,
) -> Array:
    """Return ``(a.u)(b.u)``, ``(a.u)^2``, ``(b.u)^2`` per seed (row), each for all u or bands."""
    if directions is None or twins.samples_b is None:
        return np.empty((twins.seeds, 0))
    starts = None if bands is None else [band.start for band in bands]
    components = np.empty((twins.seeds, 3, directions.shape[1] if bands is None else len(bands)))
    origin = twins.origin if origin is None else origin
    o = np.zeros(twins.d) if origin is None else origin
    for a, b, part in _blocks(twins.samples_a, twins.samples_b, o):
        x, y = a @ directions, b @ directions
        products = np.stack([x * y, x * x, y * y], axis=1)
        if starts is not None:
            products = np.add.reduceat(products, starts, axis=2)
        components[part] = products
    return components.reshape(twins.seeds, -1)


def _correlation(components: Array, drawn: Array, source: str) -> Estimate:
    """Return the correlation over seeds of the twins' components along each direction."""
    found = factor_correlation(*components.sum(axis=0).reshape(3, -1))
    if len(drawn) == 0:
        return found
    again = np.asarray(
        factor_correlation(*np.moveaxis(drawn.reshape(len(drawn), 3, -1), 1, 0)).value
    )
    # a draw in which no seed has a component has no correlation, and is left out
    se = [_spread(column[np.isfinite(column)]) for column in again.T]
    seen = np.isfinite(np.asarray(found.value))
    return Estimate(found.value, np.where(seen, se, np.nan), found.status, source)


def _null(sums: SeedSums) -> tuple[float, float]:
    """Return the trace ratio over mismatched seeds, and its jackknife standard error."""
    count = sums.energy.size
    crossed, energy = float(sums.mismatched.sum()), float(sums.energy.sum())
    null = crossed / (count - 1) / energy
    rest = energy - sums.energy
    if count < 3 or np.any(rest <= 0):
        return null, float("nan")
    without = (crossed - 2 * sums.mismatched) / (count - 2) / rest
    return null, float(np.sqrt((count - 1) / count * np.sum((without - without.mean()) ** 2)))


def _blocks(
    a: NDArray[Any], b: NDArray[Any], origin: Array
) -> Iterator[tuple[Array, Array, slice]]:
    of_a, of_b = np.broadcast_to(origin, (2, a.shape[1]))
    for start, block in row_blocks(a, 1 << 18):
        part = slice(start, start + len(block))
        yield block - of_a, b[part] - of_b, part


def _dot(a: Array, b: Array) -> Array:
    dots: Array = np.einsum("ij,ij->i", a, b)
    return dots
