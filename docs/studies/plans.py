"""The coverage study of docs/planning-coverage.md: how often the bands of a plan hold the truth.

Usage, from the root of the repository: python -m docs.studies.plans [--cache FOLDER]

Pilots of 50, 100 and 400 rows are planned, and the bands of convergence, memorisation ratio and
share, recovery and the rows that a target needs are held against what twin linear models show, at
half a pilot to sixteen pilots. The rows are Gaussian, or those of a real table, drawn without
replacement where there are enough of them. The run takes about an hour of one core for ten pilots
of each kind. Each finished piece is kept in the cache, and a later call continues from there.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from docs.studies import pages
from docs.studies.datasets import MissingPackageError
from docs.studies.plans_rows import SOURCES, Source

import twinseed as ts
from twinseed.planning.groups import borders_on_bulk
from twinseed.planning.normality import heaviest_direction
from twinseed.planning.pairs import Numbers, fitted, mean_of, pair, stacked
from twinseed.randomness import stream

__all__ = ["RESULTS", "SIZES", "main", "planned", "truth"]

RESULTS = Path(__file__).with_name("plans.json")
SIZES = (50, 100, 400)
"""Rows of the pilots."""
REACH = (0.5, 1.0, 4.0, 16.0)
"""Numbers of training rows, in units of the pilot."""
TARGETS = (4.0, 16.0)
"""Rows, in the same unit, at which the truth sets the targets."""
_RANKS = 16
_GROUPS = 3
_PLAIN = ts.Ridge(0.0)


def truth(
    source: Source, n: int, rng: np.random.Generator, pairs: int | None = None
) -> dict[str, Any]:
    """Measure what ``pairs`` of linear models of ``n`` rows each show, with standard errors.

    ``overlaps`` are the mean squared cosines of the leading directions of a model (rows) with the
    true ones (columns).
    """
    axes = np.eye(source.d)[:, :_RANKS]
    found: list[Numbers] = []
    gaps, overlaps = [], []
    # models of a table's rows differ more from pair to pair, so that more pairs have fewer samples
    usual, closest, samples = (24, 24, 1000) if source.population is not None else (60, 60, 250)
    for number in range(pairs or usual):
        (a, b, fresh), alone = source.sets(n, rng)
        if number < closest and alone:
            found.append(pair((a, b, fresh), _PLAIN, source.d, (), rng, samples))
        models = fitted(np.array([a, b]), _PLAIN, source.d)
        scaled = models.directions * models.gain[:, None]
        one, other = scaled @ models.directions.swapaxes(1, 2)
        gaps.append(1.0 - 2.0 * np.vdot(one, other) / (np.vdot(one, one) + np.vdot(other, other)))
        for directions in models.directions:
            square = np.zeros((_RANKS, axes.shape[1]))
            part = (directions[:, :_RANKS].T @ axes) ** 2
            square[: len(part)] = part
            overlaps.append(square)
    told = {
        "gap": float(np.mean(gaps)),
        "gap_se": float(np.std(gaps, ddof=1) / np.sqrt(len(gaps))),
        "overlaps": np.round(np.mean(overlaps, axis=0), 5).tolist(),
    }
    if found:
        numbers = stacked(found)
        mean, each = mean_of(numbers), np.asarray(numbers.own / numbers.fresh)
        told["ratio"] = float(mean.own / mean.fresh)
        told["ratio_se"] = float(each.std(ddof=1) / np.sqrt(each.size))
        told["share"] = float(mean.share)
        told["share_se"] = float(numbers.share.std(ddof=1) / np.sqrt(each.size))
    return told


def planned(
    source: Source,
    size: int,
    rng: np.random.Generator,
    known: Callable[[int], dict[str, Any]],
    **options: Any,
) -> dict[str, Any]:
    """Plan from one pilot; return its bands beside the truth: [n, low, value, high, truth, se].

    Recovery is judged for the first groups of factors, as far as the true directions are kept.
    """
    plan = ts.plan(source.pilot(size, rng), rng=rng, progress=False, **options)
    n = [int(size * reach) for reach in REACH]
    truths, bands = [known(one) for one in n], plan.bands(n)
    told: dict[str, Any] = {
        "factor": plan.calibrated.factor,
        "oddness": plan.calibrated.oddness,
        "excess": plan.calibrated.excess,
        "unevenness": plan.unevenness,
        "effective_dimension": plan.population.effective_dimension(plan.d),
    }
    for name, key in (
        ("convergence", "gap"),
        ("memorisation_ratio", "ratio"),
        ("memorisation_share", "share"),
    ):
        band = bands[name]
        told[name] = [
            [
                n[k],
                float(band.low[k]),
                float(band.value[k]),
                float(band.high[k]),
                1.0 - one[key] if key == "gap" else one[key],
                one[f"{key}_se"],
            ]
            for k, one in enumerate(truths)
            if key in one
        ]
    told["recovery"] = []
    for group in plan.groups[:_GROUPS]:
        if group.stop > _RANKS:
            continue
        band = bands["recovery"].of(group.start)
        for k, one in enumerate(truths):
            square = np.array(one["overlaps"])[group, group]
            true = float(square.sum()) / (group.stop - group.start)
            row = [n[k], float(band.low[k]), float(band.value[k]), float(band.high[k]), true, 0.0]
            told["recovery"].append([*row, borders_on_bulk(plan.population, group)])
    told["samples_for"] = []
    for rows, one in zip(n, truths, strict=True):
        if rows in [size * reach for reach in TARGETS]:
            needed = plan.samples_for(convergence=1.0 - one["gap"])
            ends = (needed.low - 1.0, needed.value, needed.high)
            error = rows * one["gap_se"] / one["gap"]
            told["samples_for"].append([rows, *ends, float(rows), error])
    return told


def _planned(
    source: Source,
    size: int,
    known: Callable[[int], dict[str, Any]],
    rng: np.random.Generator,
) -> dict[str, Any]:
    return planned(source, size, rng, known)


def _short(value: Any) -> Any:
    """Round numbers to five digits, also inside lists and dictionaries."""
    if isinstance(value, dict):
        return {name: _short(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_short(one) for one in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value


def cells(pilots: int, tables: int) -> Iterator[tuple[Source, int, int]]:
    """Every source, size and number of a pilot, so that a stopped run has a bit of each."""
    for number in range(max(pilots, tables)):
        for size in SIZES:
            for source in sorted(SOURCES, key=lambda one: one.seen):
                if number < (tables if source.population is None else pilots):
                    yield source, size, number


class _Kept:
    """Pieces of work in a folder, one file each: what is there is not done again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, name: str) -> Path:
        return self.folder / f"{name.replace(' ', '-')}.json"

    def holds(self, name: str) -> bool:
        return self.path(name).exists()

    def of(
        self, name: str, work: Callable[[np.random.Generator], dict[str, Any]]
    ) -> dict[str, Any]:
        path = self.path(name)
        if path.exists():
            return dict(json.loads(path.read_text(encoding="utf-8")))
        found = pages.rounded(work(stream((14,), name)))
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(found), encoding="utf-8")
        os.replace(fresh, path)
        print(name, file=sys.stderr)
        return dict(found)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the study and keep its results."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pilots", type=int, default=10, help="pilots of each law and size")
    parser.add_argument("--tables", type=int, default=3, help="pilots of each table and size")
    parser.add_argument("--cache", type=Path, default=Path(".cache/plans"), help="finished pieces")
    parser.add_argument("--truth", action="store_true", help="the truth alone")
    parser.add_argument(
        "--finished", action="store_true", help="write what the cache holds, without new work"
    )
    given = parser.parse_args(arguments)
    kept = _Kept(given.cache)
    missing, results = {}, []
    for source, size, number in cells(given.pilots, given.tables):
        if source.name in missing:
            continue
        try:
            if source.population is None and 4 * size > len(source.rows):
                continue

            def known(n: int, source: Source = source) -> dict[str, Any]:
                return kept.of(f"truth {source.name} {n}", lambda rng: truth(source, n, rng))

            if given.truth:
                for reach in REACH:
                    known(int(size * reach))
                continue
            name = f"plan {source.name} {size} {number}"
            if given.finished and not kept.holds(name):
                continue
            found = kept.of(name, partial(_planned, source, size, known))
        except MissingPackageError as error:
            missing[source.name] = str(error)
            continue
        pilot = source.pilot(size, stream((14,), name))  # the same pilot again
        found["heaviest"] = heaviest_direction(pilot)
        results.append({"source": source.name, "size": size, "number": number, **found})
    for message in missing.values():
        print(f"left out: {message}", file=sys.stderr)
    if missing or given.truth:
        return int(bool(missing))
    about = {"pilots": given.pilots, "tables": given.tables, **pages.versions("numpy", "scipy")}
    pages.write(RESULTS, {"about": about, "results": [_short(one) for one in results]})
    return 0


if __name__ == "__main__":
    sys.exit(main())
