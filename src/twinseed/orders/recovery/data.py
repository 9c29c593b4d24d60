"""Recovery Q: did the generators learn the leading directions of the data?"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from twinseed.arrays import Array
from twinseed.data.directions import GROUPS, Jackknifed, jackknifed, left_out
from twinseed.data.twins import Twins
from twinseed.orders.evidence import Evidence
from twinseed.orders.recovery.theory import factor_groups
from twinseed.orders.reference import SPARE, Reference, orthonormal
from twinseed.randomness import RandomSource, entropy_of, stream
from twinseed.readout import Estimate
from twinseed.status import Status

__all__ = ["from_evidence", "from_twins", "group_sizes", "overlaps"]


def overlaps(directions: ArrayLike, reference: ArrayLike, groups: list[slice]) -> Array:
    """Return the squared overlap of each reference direction with the direction of the same rank.

    Equation: within a group G of ranks, ``(1/|G|) sum_{k, j in G} (v_k.u_j)^2``, the mean squared
    cosine of the angles between the two subspaces; ``(v_k.u_k)^2`` for a group of one direction.
    Directions of nearly equal eigenvalues mix, so they are compared as a group. Range: from 0
    (orthogonal; about |G|/d for unrelated directions) to 1 (equal). Shapes: directions (d, k),
    reference (d, k'), one orthonormal direction per column; the answer (k',); all may have the same
    leading axes. Missing directions have the overlap 0.

    Source: Paul, Statist. Sinica 17 (2007), Theorem 4, for single directions.

    >>> overlaps(np.eye(4)[:, [1, 0, 3]], np.eye(4)[:, :3], [slice(0, 2), slice(2, 3)])
    array([1., 1., 0.])
    """
    v, u = np.asarray(directions, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    result = np.zeros((*v.shape[:-2], u.shape[-1]))
    for group in groups:
        size = group.stop - group.start
        inner = np.swapaxes(v[..., group], -1, -2) @ u[..., group]
        result[..., group] = np.sum(inner**2, axis=(-2, -1))[..., None] / size
    return np.minimum(result, 1.0)


def from_evidence(evidence: Evidence) -> dict[str, Estimate]:
    """Measure recovery, by the models' own directions where a simulation knows the models."""
    twins, entropy, reference = evidence.twins, evidence.entropy, evidence.reference
    models = evidence.models
    if models is None:
        return _measured(twins, entropy, reference, (None, None), evidence.resamples)
    if reference.count and models.directions is not None:
        return _measured(twins, entropy, reference, models.directions, evidence.resamples)
    return _missing(Status.NOT_MEASURED if reference.count else Status.NOT_IDENTIFIABLE, reference)


def from_twins(
    twins: Twins,
    rng: RandomSource,
    *,
    factors: int = 5,
    reference: ArrayLike | None = None,
    truth: ArrayLike | None = None,
    eigenvalues: ArrayLike | None = None,
    directions_a: ArrayLike | None = None,
    directions_b: ArrayLike | None = None,
    resamples: int = 200,
) -> dict[str, Estimate]:
    """Measure recovery with a reference, and from the two twins alone.

    Equation: ``recovery`` is the squared overlap (see ``overlaps``) of the k-th principal direction
    of a generator with the k-th reference direction, averaged over the generators.
    ``recovery_twins`` is ``|v_A.v_B|`` of the twins' k-th directions (the root of the mean squared
    cosine for a group). If the errors of the twins are independent, its square is ``Q^2``, so it
    estimates Q. Range: 0 (not learned) to 1. ``recovery_distance``, one number, is the chordal
    distance of the subspaces of all K factors, ``sqrt(1 - (1/K) sum_kj (v_k.u_j)^2)``: the root
    mean square sine of their principal angles, averaged over the generators; from 0 (equal) to 1
    (orthogonal).

    The reference is ``truth``, known directions (d, k), with their population ``eigenvalues``; or
    the principal directions of the ``reference`` rows; or else of the held-out rows. The
    directions of a generator are the principal directions of its samples, or ``directions_a`` and
    ``directions_b`` (d, k) where the model knows them. From samples, ``recovery_twins`` takes the
    directions of A from the first half of the seeds and of B from the second half: with equal
    seeds the twins would share sampling errors, and agree better with each other than with the
    truth.

    Raises:
        InputError: factors below 0, widths that differ, directions that are not orthonormal,
            eigenvalues that do not fall or of another number than the directions.

    Validity: as many factors are measured as asked for, or as many as the reference has directions
    (see ``counted``). A direction is not identifiable where there are too few samples; its error
    bar is NaN where there are too few rows after a group of rows is left out. Directions are
    matched by rank. With N samples, or N reference rows, directions have sampling errors: even N
    real rows do not reach 1, and nothing here corrects for this. A group of g nearly equal
    eigenvalues (each within a tenth of the eigenvalue before) is compared as a subspace. A value
    counts as below the floor under ``(g + 4)/d`` (``recovery``) or ``sqrt((g + 3)/d)``
    (``recovery_twins``): unrelated directions have squared overlaps of mean ``g/d`` and standard
    deviation ``sqrt(2)/d``, and are below the floor with probability 0.97. Error bars add the
    variance over seeds and over reference rows (delete-one-group jackknife, 10 groups); near 1 they
    are too wide by up to a factor of two. Directions that are passed count as exact.

    Source: Maillard and Goldt, arXiv 2605.21402 (the question); Baik, Ben Arous and Peche (2005).

    >>> rng = np.random.default_rng(0)
    >>> data = rng.standard_normal((3, 400, 6)) * [4, 1, 1, 1, 1, 1]
    >>> found = from_twins(Twins(data[0], None, data[1], heldout=data[2]), rng=0, factors=1)
    >>> bool(found["recovery"].value[0] > 0.9), str(found["recovery_twins"].status)
    (True, 'not identifiable')
    """
    entropy = entropy_of(rng)
    if truth is not None:
        target = Reference.known(truth, eigenvalues, factors=factors, d=twins.d)
    else:
        target = Reference.of_rows(
            twins.rows, entropy, factors=factors, reference=reference, resamples=resamples
        )
    return _measured(twins, entropy, target, (directions_a, directions_b), resamples)


def _measured(
    twins: Twins,
    entropy: tuple[int, ...],
    reference: Reference,
    directions: tuple[ArrayLike | None, ArrayLike | None],
    resamples: int,
) -> dict[str, Estimate]:
    target, count, need = reference.found, reference.count, reference.asked.count + SPARE
    given = [
        None if v is None else orthonormal(name, v, twins.d)
        for name, v in zip(("directions_a", "directions_b"), directions, strict=True)
    ]
    result = _missing(Status.NOT_IDENTIFIABLE, reference)
    samples = (twins.samples_a, twins.samples_b)
    if target is not None:
        draw = stream(entropy, "recovery: seeds")
        labels = left_out(twins.seeds, draw) if resamples else None
        sides = [
            jackknifed(rows, known, need, labels)
            for rows, known in zip(samples, given, strict=True)
        ]
        result |= _against(target, [side for side in sides if side is not None], count, resamples)
    half = twins.seeds // 2
    if half >= 2 or all(known is not None for known in given):
        draw = stream(entropy, "recovery: halves")
        labels = left_out(half, draw) if resamples else None
        first = jackknifed(twins.samples_a[:half], given[0], need, labels)
        other = None if twins.samples_b is None else twins.samples_b[half : 2 * half]
        second = jackknifed(other, given[1], need, labels)
        if first is not None and second is not None:
            result["recovery_twins"] = _between(first, second, target, count, resamples)
    return result


def _missing(status: Status, reference: Reference) -> dict[str, Estimate]:
    each = Estimate.missing(status, reference.count)
    return {
        "recovery": each,
        "recovery_twins": each,
        "recovery_distance": Estimate.missing(status),
    }


def _against(
    target: Jackknifed, sides: list[Jackknifed], count: int, resamples: int
) -> dict[str, Estimate]:
    groups = _groups(target.eigenvalues)

    def value(directions: list[Array], reference: Array) -> Array:
        """Return the overlaps, followed by the distance of the whole subspaces."""
        every = [
            np.append(
                overlaps(v, reference, groups)[:count], _chordal(v[:, :count], reference[:, :count])
            )
            for v in directions
        ]
        return np.asarray(np.mean(every, axis=0))

    full = [side.vectors for side in sides]
    over_seeds = [
        value([s.vectors if s.exact else s.deleted[g] for s in sides], target.vectors)
        for g in range(max(len(s.deleted) for s in sides))
    ]
    over_rows = [value(full, reference) for reference in target.deleted]
    resampled = [] if all(s.exact for s in sides) else ["seeds"]
    resampled += [] if target.exact else ["reference rows"]
    size, d = group_sizes(groups)[:count], target.vectors.shape[0]
    found = _estimate(
        value(full, target.vectors),
        np.append((size + 4) / d, 0.0),
        {"seeds": over_seeds, "reference rows": over_rows},
        resampled if resamples else [],
    )
    values, se, status = (np.asarray(part) for part in (found.value, found.se, found.status))
    told = {"recovery": Estimate(values[:-1], se[:-1], status[:-1], found.resampled)}
    if count:
        unlearned = np.all(status[:-1] == str(Status.BELOW_FLOOR))
        told["recovery_distance"] = Estimate(
            values[-1],
            se[-1],
            Status.BELOW_FLOOR if unlearned else str(status[-1]),
            found.resampled,
        )
    return told


def _chordal(directions: Array, reference: Array) -> float:
    """Return the chordal distance of two subspaces over the root of the second's dimension."""
    size = max(reference.shape[1], 1)
    shared = float(np.sum((directions.T @ reference) ** 2)) / size
    return float(np.sqrt(max(1.0 - shared, 0.0)))


def _between(
    first: Jackknifed, second: Jackknifed, target: Jackknifed | None, count: int, resamples: int
) -> Estimate:
    width = min(first.eigenvalues.size, second.eigenvalues.size)
    values = (first.eigenvalues[:width] + second.eigenvalues[:width]) / 2
    if target is not None and target.exact and not np.any(np.isnan(target.eigenvalues)):
        values = target.eigenvalues[:width]
    groups = _groups(values)

    narrow = min(first, second, key=lambda side: side.eigenvalues.size)
    missing = 0.0 if narrow.exact else np.nan  # a model without a direction has not learned it

    def value(a: Array, b: Array) -> Array:
        found = np.full(count, missing)
        root = np.sqrt(overlaps(a, b[:, : values.size], groups))[:count]
        found[: root.size] = root
        return found

    over_seeds = [
        value(
            first.vectors if first.exact else first.deleted[g],
            second.vectors if second.exact else second.deleted[g],
        )
        for g in range(max(len(first.deleted), len(second.deleted)))
    ]
    sizes = np.ones(count)
    sizes[: values.size] = group_sizes(groups)[:count]
    return _estimate(
        value(first.vectors, second.vectors),
        np.sqrt((sizes + 3) / first.vectors.shape[0]),
        {"seeds": over_seeds},
        ["seeds"] if resamples and not (first.exact and second.exact) else [],
    )


def _estimate(
    value: Array, floor: Array, deletions: dict[str, list[Array]], resampled: list[str]
) -> Estimate:
    """Return the value with its jackknife error; NaN where there are too few rows."""
    variance = np.zeros(value.size)
    for name in resampled:
        without = np.array(deletions[name])
        if len(without) < 2:
            variance += np.nan
            continue
        spread = np.sum((without - without.mean(axis=0)) ** 2, axis=0)
        variance += (len(without) - 1) / len(without) * spread
    status = np.where(value < floor, str(Status.BELOW_FLOOR), str(Status.OK)).astype("<U32")
    status[np.isnan(value)] = str(Status.NOT_IDENTIFIABLE)
    variance[np.isnan(value)] = np.nan
    source = ""
    if resampled:
        source = (
            f"{' and '.join(resampled)} (jackknife, {GROUPS} groups); the trained models "
            "are held fixed"
        )
    return Estimate(value, np.sqrt(variance), status, source)


def _groups(eigenvalues: Array) -> list[slice]:
    if np.any(np.isnan(eigenvalues)):
        return [slice(k, k + 1) for k in range(eigenvalues.size)]
    return factor_groups(eigenvalues)


def group_sizes(groups: list[slice]) -> Array:
    """Return, for each direction, the number of directions in its group."""
    sizes = [group.stop - group.start for group in groups]
    return np.repeat(np.asarray(sizes, dtype=np.float64), sizes)
