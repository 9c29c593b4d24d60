"""Power: the smallest copied fraction that the audit sees, and others at the same false alarms.

A draw has training rows, held-out rows and samples: fresh rows, of which the first k are replaced
by copies of distinct training rows. Every row is searched for once a draw, and every statistic at
every k is read from that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from docs.studies.calibration_audits import twins_of
from docs.studies.calibration_data import Roles, Rows, rows_of
from docs.studies.calibration_rivals import RIVALS, Distances, Real, cell_of
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.auditing import relabelling
from twinseed.auditing.copied_fraction import copied
from twinseed.auditing.familiar import two_nearest
from twinseed.auditing.mirrored import with_mirrors
from twinseed.auditing.nearest_in_pool import NearestInPool
from twinseed.auditing.pool import FOLDS, Pool
from twinseed.auditing.references import first_seeds, linear_twins
from twinseed.auditing.relabelling import Attribution, Relabelling
from twinseed.auditing.searches import Searches
from twinseed.data.scaling import in_column_units
from twinseed.neighbours import nearest
from twinseed.progress import Progress
from twinseed.sweep import Result

__all__ = [
    "AUDIT",
    "COPIES",
    "COUNTS",
    "COVERED",
    "FLIP",
    "SIZE",
    "coverage",
    "draw",
    "largest_look",
    "smallest",
    "table",
]

AUDIT = "audit"
SIZE = 100
"""Training rows, held-out rows and samples of a draw."""
COUNTS = (1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50)
"""Numbers of copies that are tried."""
FLIP = "mirror images"
"""Audited up to mirror images."""
COVERED = ("exact", "noise .1")
"""Copies whose copied fraction's interval is kept."""

Copies = Callable[[Rows, Roles, np.random.Generator], Array]


def _noisy(noise: float) -> Copies:
    def made(rows: Rows, roles: Roles, rng: np.random.Generator) -> Array:
        train = roles.train[: COUNTS[-1]]
        return train + noise * roles.train.std(axis=0) * rng.standard_normal(train.shape)

    return made


def _smote(rows: Rows, roles: Roles, rng: np.random.Generator) -> Array:
    """Return points between a training row and one of its five closest, as SMOTE draws them."""
    width = roles.train.std(axis=0)
    scaled = roles.train / np.where(width > 0, width, 1.0)
    apart = np.linalg.norm(scaled[:, None] - scaled, axis=2)
    close = np.argsort(apart, axis=1)[: COUNTS[-1], 1:6]
    other = close[np.arange(len(close)), rng.integers(0, 5, len(close))]
    train = roles.train[: COUNTS[-1]]
    return train + rng.random((len(train), 1)) * (roles.train[other] - train)


def _rounded(rows: Rows, roles: Roles, rng: np.random.Generator) -> Array:
    """Return rows rounded to quarters of a deviation."""
    step = roles.train.std(axis=0) / 4
    step[step == 0] = 1.0
    return np.round(roles.train[: COUNTS[-1]] / step) * step


def _in_part(share: float) -> Copies:
    """Return copies of a share of the columns, or of all but one, the others from fresh rows."""

    def made(rows: Rows, roles: Roles, rng: np.random.Generator) -> Array:
        columns = _columns(rows)
        changed = max(1, round((1 - share) * len(columns)))
        train = roles.train[: COUNTS[-1]].copy()
        for row, donor in zip(train, rng.permutation(roles.fresh)[: len(train)], strict=True):
            for column in rng.permutation(len(columns))[:changed]:
                row[columns[column]] = donor[columns[column]]
        return train

    return made


def _flipped(rows: Rows, roles: Roles, rng: np.random.Generator) -> Array:
    train = roles.train[: COUNTS[-1]]
    assert rows.image_shape is not None
    return train.reshape(-1, *rows.image_shape)[:, :, ::-1].reshape(train.shape)


COPIES: Mapping[str, Copies] = {
    "exact": _noisy(0.0),
    "noise .05": _noisy(0.05),
    "noise .1": _noisy(0.1),
    "noise .2": _noisy(0.2),
    "between two rows (SMOTE)": _smote,
    "rounded": _rounded,
    "one column changed": _in_part(1.0),
    "80 % of the columns": _in_part(0.8),
    "half of the columns": _in_part(0.5),
    FLIP: _flipped,
}


def _columns(rows: Rows) -> list[slice]:
    widths = [1] * rows.values.shape[1]
    if rows.columns is not None:
        widths = [column.width for column in rows.columns]
    ends = np.cumsum(widths)
    return [slice(int(end - width), int(end)) for end, width in zip(ends, widths, strict=True)]


def draw(
    name: str,
    flips: bool,
    with_copies: bool,
    rng: np.random.Generator,
    sizes: tuple[int, int] = (SIZE, SIZE),
) -> Result:
    """Return every statistic without copies, and, ``with_copies``, at each number of copies.

    ``sizes``: training rows and held-out rows; where these differ, fewer kinds of copies are tried.
    ``needed``: the values that the audit's statistic must exceed for p < .05 and p < .01, from
    relabelling this draw's honest samples. ``copying``: whether copies also stand out or are named,
    so that the audit's outcome is ``copying``.
    """
    rows = rows_of(name)
    roles = Roles.draw(rows, *sizes, SIZE, rng)
    kinds = [kind for kind in COPIES if (kind == FLIP) is flips] if with_copies else []
    if sizes[0] != sizes[1]:
        kinds = [kind for kind in kinds if kind in COVERED]
    made = [rows.legal(COPIES[kind](rows, roles, rng)) for kind in kinds]
    entropy = (int(rng.integers(1 << 62)),)
    given = twins_of(
        rows, roles, np.concatenate([roles.fresh, *made]), up_to="flip" if flips else None
    )
    twins = in_column_units(given.normalised()).centred()
    few = first_seeds(linear_twins(twins, entropy), 4)
    searches = Searches.of(twins, few, with_mirrors(twins.rows), entropy, Progress(99))
    pool = searches.pool
    distances, real = _distances(twins.arrays, rng)
    named = {one.sample for one in searches.named if one.set != "heldout"}

    def attribution(chosen: NDArray[np.int64]) -> Attribution:
        near = {view: _part(found, chosen) for view, found in searches.closest[0].items()}
        return Attribution((0,), near, len(chosen))

    honest = np.arange(SIZE)
    told = relabelling.relabelled([attribution(honest)], pool, rng)
    result: dict[str, Any] = {
        "none": _statistics(attribution(honest), pool, distances.of(honest), real),
        "needed": [_needed(told, 0.05), _needed(told, 0.01)],
        "interval": _ends(copied([attribution(honest)], searches.real, pool)),
    }
    for number, kind in enumerate(kinds):
        found: dict[str, list[Any]] = {}
        for count in COUNTS:
            start = SIZE + number * COUNTS[-1]
            chosen = np.concatenate([np.arange(start, start + count), honest[count:]])
            one = attribution(chosen)
            values = _statistics(one, pool, distances.of(chosen), real)
            fraction = copied([one], searches.real, pool)
            exceeds = values[AUDIT] > result["needed"][1]
            values["copying"] = bool(
                (fraction.stands_out and exceeds) or named.intersection(chosen.tolist())
            )
            values["interval"] = _ends(fraction)
            for key, value in values.items():
                found.setdefault(key, []).append(value)
        if kind not in COVERED:
            del found["interval"]
        result[kind] = found
    return result


def _distances(
    arrays: Mapping[str, NDArray[Any]], rng: np.random.Generator
) -> tuple[Distances, Real]:
    samples, train, heldout = (arrays[one] for one in ("samples_a", "train_a", "heldout"))
    first, row, second = two_nearest(samples, train)
    near = two_nearest(heldout, train)[0]
    real = Real.of(train, heldout, near, rng)
    far = nearest(samples, heldout).distance[:, 0]
    return Distances(first, second, far, row, cell_of(samples, real.centres)), real


def _statistics(one: Attribution, pool: Pool, some: Distances, real: Real) -> dict[str, Any]:
    values = {AUDIT: largest_look(one, pool)}
    values |= {name: statistic(some, real) for name, statistic in RIVALS.items()}
    return {name: float(f"{value:.7g}") for name, value in values.items()}


def largest_look(one: Attribution, pool: Pool) -> float:
    """Return the statistic of ``relabelled`` for one generator, without drawing relabellings.

    Mean and deviation of a look over relabellings come from the law of draws without replacement:
    of N units, a share p of them own, of which unit u has w_u samples of the look, the sum over own
    units has mean ``p sum w`` and variance ``p (1 - p) N/(N - 1) (sum w^2 - (sum w)^2/N)``.
    """
    numbers = np.concatenate([near.number.ravel() for near in one.closest.values()])
    units = np.unique(pool.unit_of[np.unique(numbers)])
    weights = relabelling._weights(one, pool, units)[0].astype(np.float64) / FOLDS
    own = np.isin(pool.unit_role[units], one.own)
    total, share = len(pool.unit_role), float(np.isin(pool.unit_role, one.own).mean())
    sums = weights.sum(axis=0)
    spread2 = share * (1 - share) * total / (total - 1)
    spread = np.sqrt(spread2 * np.maximum((weights**2).sum(axis=0) - sums**2 / total, 0.0))
    kept = spread > 1e-6
    return float(np.max((weights[own].sum(axis=0) - share * sums)[kept] / spread[kept]))


def smallest(seen: NDArray[np.bool_], caught: float = 0.9) -> float:
    """Return the smallest copied fraction from which on enough draws are seen; else infinity.

    Shapes: seen (draws, counts).
    """
    enough = seen.mean(axis=0) >= caught
    if not enough[-1]:
        return float("inf")
    unseen = np.flatnonzero(~enough)
    return COUNTS[int(unseen[-1]) + 1 if unseen.size else 0] / SIZE


def table(
    draws: Sequence[Mapping[str, Any]], nulls: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return, for each kind of copies, the smallest fraction seen in 9 draws of 10.

    At 5 % false alarms: above the 95 % quantile of the draws without copies. ``p < .05`` and
    ``copying``: what the audit says by itself, without draws of perfect generators.
    """
    every = [*draws, *nulls]
    found = []
    for kind in COPIES:
        if kind not in draws[0]:
            continue
        row: dict[str, Any] = {"copies": kind, "draws": len(draws), "nulls": len(every)}
        for one in (AUDIT, *RIVALS):
            null = np.array([drawn["none"][one] for drawn in every])
            cut = np.quantile(null, 0.95, method="higher")
            row[one] = smallest(np.array([drawn[kind][one] for drawn in draws]) > cut)
        values = np.array([drawn[kind][AUDIT] for drawn in draws])
        needed = np.array([[drawn["needed"][0]] for drawn in draws])
        row["p < .05"] = smallest(values > needed)
        row["copying"] = smallest(np.array([drawn[kind]["copying"] for drawn in draws]))
        found.append(row)
    return found


def coverage(draws: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return how many intervals of the copied fraction hold the truth, lie above and below it."""
    found = {}
    for kind in COVERED:
        ends = [(drawn["interval"], 0.0) for drawn in draws] if kind == COVERED[0] else []
        for drawn in draws:
            at = zip(drawn[kind]["interval"], COUNTS, strict=True)
            ends += [(interval, count / SIZE) for interval, count in at]
        above = sum(low > truth for (low, _), truth in ends)
        below = sum(high < truth for (_, high), truth in ends)
        found[kind] = {"intervals": len(ends), "above": above, "below": below}
    return found


def _part(closest: NearestInPool, which: NDArray[np.int64]) -> NearestInPool:
    """Return some samples only: the last axis of every array is that of the samples."""
    return NearestInPool(*(getattr(closest, one.name)[..., which] for one in fields(closest)))


def _ends(fraction: Any) -> list[float]:
    return [float(f"{end:.6g}") for end in (fraction.low, fraction.high)]


def _needed(told: Relabelling, level: float) -> float:
    """Return the largest value that is not enough for a p-value below a level."""
    largest = np.sort(told.z.max(axis=1))
    return float(largest[int(np.ceil((1 - level) * largest.size)) - 1])
