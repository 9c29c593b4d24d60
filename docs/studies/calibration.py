"""Is the copying test of the audit calibrated, and how little copying does it see?

Usage, from the root of the repository, with the packages that bring the data installed:

    python -m docs.studies.calibration alarms linear power \\
        --mnist FOLDER --fashion FOLDER --keep FOLDER

Each part writes a table beside this script, calibration_<part>.csv; docs/calibration.md is written
from these by ``python -m docs.studies.calibration_page``. With --keep every finished audit is kept,
and a run that was interrupted goes on. About a quarter of an hour of one core.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402  # reads the variables above when it loads
from docs.studies import datasets  # noqa: E402  # as above
from docs.studies.calibration_audits import (  # noqa: E402  # as above
    INTERVALS,
    Planted,
    honest_audit,
    linear_audit,
)
from docs.studies.calibration_power import GAUSSIAN, draw, table  # noqa: E402  # as above

from twinseed.auditing.covariance_null import STATISTICS  # noqa: E402  # as above
from twinseed.sweep import Cell, Job, Result, Store, run  # noqa: E402  # as above

__all__ = ["Settings", "alarms", "linear", "main", "path_of"]

PLANTED = tuple(Planted(share, noise) for share in (0.05, 0.3) for noise in (0.0, 0.1))


@dataclass(frozen=True)
class Draws:
    """What is drawn for power: ``scaled`` with the distances that only one statistic needs.

    ``draws`` with copies and without, ``further`` without copies, for the thresholds.
    """

    data: str
    n: int
    draws: int
    further: int
    scaled: bool = True


@dataclass(frozen=True)
class Settings:
    """How much is drawn."""

    alarm_data: tuple[str, ...] = ("MNIST", "fashion images", "blood cells", "hyperspectral pixels")
    audits: int = 500
    n: int = 200
    """Training rows, held-out rows and samples of each audit."""
    linear_sizes: Mapping[str, tuple[int, ...]] = field(
        default_factory=lambda: {
            "digits": (100, 500),
            "MNIST": (100, 1000),
            "blood cells": (100, 300),
            "hyperspectral pixels": (100, 1000),
        }
    )
    linear_audits: int = 12
    power: tuple[Draws, ...] = (
        Draws(GAUSSIAN, 200, 100, 200),
        Draws("MNIST", 200, 100, 200),
        Draws("fashion images", 200, 100, 200),
        Draws("customers", 200, 100, 200),
        Draws(GAUSSIAN, 2000, 24, 36),
        Draws("MNIST", 2000, 24, 36, scaled=False),
    )
    seed: int = 0


def alarms(settings: Settings, keep: Path | None = None) -> list[dict[str, Any]]:
    """Return, for each data set, how often a perfect generator is suspected, and what intervals
    hold the truth.
    """
    cells = [
        Cell(
            partial(honest_audit, name, settings.n, PLANTED),
            {"data": name, "n": settings.n, "audit": number},
        )
        for number in range(settings.audits)
        for name in settings.alarm_data
    ]
    found = _done("alarms", cells, settings, keep)
    rows = []
    for name in settings.alarm_data:
        here = _where(cells, found, data=name)
        rows.append({"data": name, "n": settings.n, "audits": len(here), **_rates(here)})
    return rows


def _rates(found: Sequence[Result]) -> dict[str, float]:
    def share(of: Sequence[bool]) -> float:
        return round(float(np.mean(of)), 4)

    rates = {
        "p below .05": share([one["p"] < 0.05 for one in found]),
        "p below .01": share([one["p"] < 0.01 for one in found]),
        "called copying": share([one["called"] for one in found]),
        "smallest visible": round(float(np.median([one["visible"] for one in found])), 4),
    }
    for name in ("0 copied", *(one.name for one in PLANTED), *INTERVALS):
        above, below = (share([one[f"{name}: {end}"] for one in found]) for end in _ENDS)
        rates |= {
            f"{name}: held": round(1 - above - below, 4),
            **dict(zip((f"{name}: {end}" for end in _ENDS), (above, below), strict=True)),
        }
    return rates


_ENDS = ("above", "below")


def linear(settings: Settings, keep: Path | None = None) -> list[dict[str, Any]]:
    """Return, for each data set and n, how far linear twins are from their covariance null."""
    cells = [
        Cell(partial(linear_audit, name, n), {"data": name, "n": n, "audit": number})
        for name, sizes in settings.linear_sizes.items()
        for n in sizes
        for number in range(settings.linear_audits)
    ]
    found = _done("linear", cells, settings, keep)
    rows = []
    for name, sizes in settings.linear_sizes.items():
        for n in sizes:
            here = _where(cells, found, data=name, n=n)
            row: dict[str, Any] = {"data": name, "n": n, "audits": len(here)}
            for one in STATISTICS:
                z = np.array([result[f"{one}: z"] for result in here])
                means = [
                    float(np.mean([result[f"{one}: {part}"] for result in here]))
                    for part in ("observed", "mean")
                ]
                row |= {
                    f"{one}: observed": round(means[0], 4),
                    f"{one}: null": round(means[1], 4),
                    f"{one}: within 3": round(float(np.mean(np.abs(z) <= 3)), 4),
                    f"{one}: mean z": round(float(z.mean()), 3),
                    f"{one}: largest |z|": round(float(np.abs(z).max()), 3),
                }
            rows.append(row)
    return rows


def power(settings: Settings, keep: Path | None = None) -> list[dict[str, Any]]:
    """Return, for each data set, n and noise, the smallest copied fraction that is seen."""
    cells = [
        Cell(
            partial(draw, one.data, one.n, one.scaled, copied),
            {"data": one.data, "n": one.n, name: number},
        )
        for one in settings.power
        for name, copied, count in (("draw", True, one.draws), ("null", False, one.further))
        for number in range(count)
    ]
    found = _done("power", cells, settings, keep)
    return [
        {"data": one.data, **row}
        for one in settings.power
        for row in table(*_drawn(cells, found, one), one.n)
    ]


def _drawn(
    cells: Sequence[Cell], found: Sequence[Result], one: Draws
) -> tuple[list[Result], list[Result]]:
    """Return the draws with copies, and those without."""
    drawn: tuple[list[Result], list[Result]] = ([], [])
    for cell, result in zip(cells, found, strict=True):
        about = cell.description
        if (about["data"], about["n"]) == (one.data, one.n):
            drawn["null" in about].append(result)
    return drawn


PARTS = {"alarms": alarms, "linear": linear, "power": power}


def path_of(part: str) -> Path:
    """Return where the table of a part is kept."""
    return Path(__file__).with_name(f"calibration_{part}.csv")


def _done(
    part: str, cells: Sequence[Cell], settings: Settings, keep: Path | None
) -> Sequence[Result]:
    """Do the work of all cells, or what is left of it."""
    job = Job(f"calibration: {part}", "1", (settings.seed,))
    with ExitStack() as stack:
        store = stack.enter_context(Store(keep / f"{part}.db", job)) if keep else None
        return run(job, cells, store=store, progress=None)


def _where(cells: Sequence[Cell], found: Sequence[Result], **wanted: Any) -> list[Result]:
    return [
        result
        for cell, result in zip(cells, found, strict=True)
        if all(cell.description[name] == value for name, value in wanted.items())
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts that are asked for, and write their tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="+", choices=list(PARTS))
    parser.add_argument("--keep", type=Path, help="a folder in which finished audits are kept")
    datasets.add_folders(parser, "mnist", "fashion")
    given = parser.parse_args(arguments)
    datasets.use_folders(given)
    for part in given.parts:
        began = time.process_time()
        rows = PARTS[part](Settings(), given.keep)
        with path_of(part).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        print(f"{part}: {time.process_time() - began:.0f} s of this process", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
