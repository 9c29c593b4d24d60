"""The power part of the calibration study: the smallest copied fraction that each statistic sees.

A draw has n training rows, n held-out rows and n samples: fresh rows, of which the first k are
replaced by copies of distinct training rows. Distances are found once for a draw, and every
statistic at every k is read from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from docs.studies.calibration_audits import Roles, rows_of
from docs.studies.calibration_rivals import RIVALS, Distances, Real, cell_of, range_scaled
from numpy.typing import NDArray

import twinseed.auditing.relabelling as relabelling
from twinseed.auditing.pool import METRICS, NearestInPool, Pool, attribute, searched
from twinseed.auditing.relabelling import Attribution, Relabelling, relabelled
from twinseed.data.twins import Twins
from twinseed.neighbours import nearest
from twinseed.sweep import Result
from twinseed.tables import percent

__all__ = ["AUDIT", "GAUSSIAN", "NOISES", "counts", "draw", "largest_look", "smallest", "table"]

GAUSSIAN = "Gaussian rows"
_COLUMNS = 40
NOISES = (0.0, 0.05, 0.1, 0.2)
"""In root-mean-square deviations of the training rows, in every column."""
AUDIT = "audit"

_GROWTH = 1.2

Array = NDArray[np.float64]


def counts(n: int) -> list[int]:
    """Return the numbers of copies that are tried: 1 to 8, then in steps of 1.2 up to half of n,
    400 or a twentieth of n, whichever is the larger of the last two.
    """
    most = min(n // 2, max(400, n // 20))
    found = list(range(1, 9))
    while found[-1] < most:
        found.append(min(most, round(found[-1] * _GROWTH)))
    return found


def draw(name: str, n: int, scaled: bool, copied: bool, rng: np.random.Generator) -> Result:
    """Return every statistic without copies, and, if ``copied``, at each number of copies.

    ``scaled``: also the statistic that needs distances of its own. ``audit: 5 %`` and ``1 %`` are
    the values that the audit's statistic must exceed for p < .05 and p < .01, from relabelling this
    draw's honest samples; ``visible`` is the smallest copied fraction that this audit says it sees.
    """
    roles = _roles(name, n, rng)
    noises = NOISES if copied else ()
    tried = counts(n)
    most = tried[-1]
    which = np.arange(most)
    queries = np.concatenate([roles.fresh, *(roles.copies(which, noise, rng) for noise in noises)])
    twins = Twins(roles.fresh, None, roles.train, heldout=roles.heldout).centred()
    pool = Pool.draw([roles.train, roles.heldout], rng, twins.origin)
    found = searched(queries, pool)
    closest = attribute(found, pool)
    near = nearest(roles.heldout, roles.train).distance[:, 0]
    real = Real.of(roles.train, roles.heldout, near, rng)
    by_row = found[0].distance.argmin(axis=1)
    nothing = np.empty(0)
    distances = Distances(
        found[0].distance.min(axis=1),
        found[1].distance.min(axis=1),
        np.take_along_axis(found[0].distance_row, by_row[:, None], axis=1)[:, 0],
        cell_of(queries, real.centres),
        range_scaled(queries, roles.train) if scaled else nothing,
        range_scaled(queries, roles.heldout) if scaled else nothing,
    )

    def statistics(chosen: NDArray[np.int64]) -> dict[str, float]:
        mine = {metric: _part(closest[metric], chosen) for metric in METRICS}
        some = distances.of(chosen)
        values = {AUDIT: largest_look(Attribution((0,), mine), pool)}
        for rival, statistic in RIVALS.items():
            if scaled or rival != "DCR overfitting":
                values[rival] = statistic(some, real)
        return values

    honest = np.arange(n)
    told = relabelled(
        [Attribution((0,), {metric: _part(closest[metric], honest) for metric in METRICS})],
        pool,
        rng,
    )
    result: dict[str, Any] = {
        "none": _rounded(statistics(honest)),
        "audit: 5 %": _needed(told, 0.05),
        "audit: 1 %": _needed(told, 0.01),
        "visible": told.visible(0.01),
    }
    for number, noise in enumerate(noises):
        at = [
            statistics(np.concatenate([n + number * most + which[:k], honest[k:]])) for k in tried
        ]
        result[f"noise {noise:g}"] = {
            one: [_rounded(values)[one] for values in at] for one in at[0]
        }
    return result


def largest_look(one: Attribution, pool: Pool) -> float:
    """Return the statistic of ``relabelled``, for one generator whose rows are role 0 of two.

    The largest standardised look, with the mean and deviation over relabellings from the law of
    draws without replacement instead of from 1999 of them: of a group of N rows, a share p of them
    own, in which row i has c_i samples of the look, the sum over own rows has mean ``p sum c`` and
    variance ``p (1 - p) N/(N - 1) (sum c^2 - (sum c)^2/N)``.
    """
    sizes = pool.counts
    total = sizes.sum(axis=1)
    share = sizes[:, 0] / total
    factor = share * (1 - share) * total / np.maximum(total - 1, 1)
    largest = -np.inf
    for metric in METRICS:
        near = one.closest[metric]
        own = one.won(metric)
        rows, place = np.unique(near.number, return_inverse=True)
        group = np.empty(rows.size, dtype=np.int64)
        group[place] = near.group
        for look in relabelling._looks(near.margin):
            count = np.bincount(place[look], minlength=rows.size).astype(np.float64)
            drawn = np.bincount(group, count, total.size)
            squares = np.bincount(group, count**2, total.size)
            spread = float(np.sqrt(np.sum(factor * (squares - drawn**2 / total))))
            if spread > 1e-9:
                largest = max(largest, float(np.sum(look & own) - share @ drawn) / spread)
    return largest


def smallest(values: Array, needed: Array, n: int, caught: float = 0.9) -> float:
    """Return the smallest copied fraction from which on enough draws exceed what is needed.

    Shapes: values (draws, counts), needed (draws,). Infinite where no fraction that was tried is.
    """
    seen = np.mean(values > needed[:, None], axis=0) >= caught
    if not seen[-1]:
        return np.inf
    unseen = np.flatnonzero(~seen)
    return counts(n)[int(unseen[-1]) + 1 if unseen.size else 0] / n


def table(
    draws: Sequence[Mapping[str, Any]], nulls: Sequence[Mapping[str, Any]], n: int
) -> list[dict[str, Any]]:
    """Return, for each noise, the smallest fraction that each statistic sees.

    At 5 % false alarms: above the 95 % quantile without copies, of these and further draws. Beside
    it the audit at its own level: p below .05; and p below .01 four times in five, with what the
    audit foresees of that.
    """
    rows = []
    for noise in NOISES:
        every = (*draws, *nulls)
        row: dict[str, Any] = {"n": n, "draws": len(draws), "nulls": len(every), "noise": noise}
        for one in (AUDIT, *RIVALS):
            if one not in draws[0]["none"]:
                row[one] = None
                continue
            null = np.array([found["none"][one] for found in every])
            cut = np.quantile(null, 0.95, method="higher")
            row[one] = smallest(_values(draws, one, noise), np.full(len(draws), cut), n)
        for level, caught in (("5 %", 0.9), ("1 %", 0.8)):
            needed = np.array([found[f"audit: {level}"] for found in draws])
            name = f"audit, p below {level}, {percent(caught)} of the time"
            row[name] = smallest(_values(draws, AUDIT, noise), needed, n, caught)
        row["foreseen"] = round(float(np.median([found["visible"] for found in every])), 5)
        rows.append(row)
    return rows


def _values(draws: Sequence[Mapping[str, Any]], one: str, noise: float) -> Array:
    return np.array([found[f"noise {noise:g}"][one] for found in draws])


def _roles(name: str, n: int, rng: np.random.Generator) -> Roles:
    if name == GAUSSIAN:
        return Roles(*rng.standard_normal((3, n, _COLUMNS)))
    return Roles.draw(rows_of(name), n, rng)


def _part(closest: NearestInPool, which: NDArray[np.int64]) -> NearestInPool:
    return NearestInPool(
        *(getattr(closest, part)[which] for part in NearestInPool.__dataclass_fields__)
    )


def _needed(told: Relabelling, level: float) -> float:
    """Return the largest value that is not enough for a p-value below a level."""
    largest = np.sort(told.z.max(axis=1))
    return float(largest[int(np.ceil((1 - level) * largest.size)) - 1])


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: float(f"{value:.7g}") for name, value in values.items()}
