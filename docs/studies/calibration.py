"""How often is the audit of copying wrong, and how little copying does it see?

Usage, from the root of the repository, with the packages that bring the data installed:

    python -m docs.studies.calibration perfect models power uneven named seeds --keep FOLDER

The results of each part are written into calibration.json beside this script; docs/calibration.md
is written from that by ``python -m docs.studies.calibration_page``. With --keep every finished
audit is kept, and a run that was interrupted, or is asked for more rounds, goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402  # reads the variables above when it loads
from docs.studies import calibration_power, datasets  # noqa: E402  # as above
from docs.studies.calibration_audits import (  # noqa: E402  # as above
    BAD,
    HONEST,
    audited,
    twins_of,
)
from docs.studies.calibration_data import SETS, Roles, Rows, rows_of  # noqa: E402  # as above

from twinseed.errors import InputError  # noqa: E402  # as above
from twinseed.sweep import Cell, Job, Result, Store, run  # noqa: E402  # as above

__all__ = ["PARTS", "RESULTS", "Rounds", "main", "read"]

RESULTS = Path(__file__).with_name("calibration.json")
SPLITS = {
    "40 + 40": (40, 40),
    "100 + 100": (100, 100),
    "160 + 40": (160, 40),
    "380 + 20": (380, 20),
    "1000 + 250": (1000, 250),
}
"""Training and held-out rows; of smaller data sets as many as they have, in the same ratio."""
_FRESH = 100
_LEAST = 50  # samples of a perfect generator, at least
_SAMPLES = 200  # of a model
_MODELS = ("100 + 100", "160 + 40", "380 + 20")
_UNEVEN = ("160 + 40", "380 + 20")
_SEEDS = 6
_COPIES = (4, 5, 6, 7)  # among 100 samples, in inputs near the level of the tests
_WITH_WORDS = ("wages", "orange juice")


@dataclass(frozen=True)
class Rounds:
    """How many times each part is repeated, and on which data."""

    perfect: int = 15
    models: int = 4
    power: int = 20
    named: int = 8
    seeds: int = 4
    uneven: int = 10
    data: tuple[str, ...] = tuple(SETS)
    powered: tuple[str, ...] = tuple(name for name in SETS if name not in ("wine", "diabetes"))
    uneven_data: tuple[str, ...] = ("digits", "wages", "breast cancer", "colleges", "blood cells")


def split_of(rows: Rows, split: str, left: int) -> tuple[int, int]:
    """Return training and held-out rows of a split; fewer if fewer than ``left`` are left over."""
    n, heldout = SPLITS[split]
    scale = min(1.0, (len(rows.values) - left) / (n + heldout))
    return round(scale * n), round(scale * heldout)


def perfect_audit(name: str, split: str, rng: np.random.Generator) -> Result:
    """Audit rows that nobody was trained on."""
    rows = rows_of(name)
    n, heldout = split_of(rows, split, _LEAST)
    roles = Roles.draw(rows, n, heldout, min(_FRESH, len(rows.values) - n - heldout), rng)
    return {"n": n, "heldout": heldout, **_tried(rows, roles, roles.fresh, rng)}


def model_audit(name: str, model: str, split: str, rng: np.random.Generator) -> Result:
    """Audit an honest model of the training rows."""
    rows = rows_of(name)
    roles = Roles.draw(rows, *split_of(rows, split, 0), 0, rng)
    drawn = {**HONEST, **BAD}[model](roles, _SAMPLES, rng)
    fewest = round(float(np.nan_to_num(drawn.fewest, nan=-1.0)), 2)
    return {"fewest": fewest, **_tried(rows, roles, rows.legal(drawn.samples), rng)}


def named_audit(name: str, rng: np.random.Generator) -> Result:
    """Audit two verbatim copies of different rows among 200 samples of one Gaussian."""
    rows = rows_of(name)
    roles = Roles.draw(rows, 100, 60, 0, rng)
    samples = rows.legal(HONEST["1 Gaussian"](roles, _SAMPLES, rng).samples)
    samples[:2] = roles.train[:2]
    return _tried(rows, roles, samples, rng)


def seed_audits(name: str, copies: int, rng: np.random.Generator) -> Result:
    """Audit one input near the level with several seeds of the audit."""
    rows = rows_of(name)
    roles = Roles.draw(rows, 100, 100, 100, rng)
    samples = roles.fresh.copy()
    noise = rng.standard_normal((copies, samples.shape[1]))
    samples[:copies] = roles.train[:copies] + 0.1 * roles.train.std(axis=0) * noise
    found = [_tried(rows, roles, rows.legal(samples), rng) for _ in range(_SEEDS)]
    return {"outcomes": [one["outcome"] for one in found], "p": [one.get("p") for one in found]}


def _tried(rows: Rows, roles: Roles, samples: Any, rng: np.random.Generator) -> dict[str, Any]:
    entropy = (int(rng.integers(1 << 62)),)
    try:
        return audited(twins_of(rows, roles, samples), entropy)
    except InputError as error:
        return {"outcome": "refused", "p": 1.0, "named": 0, "error": str(error)[:200]}


def perfect(rounds: Rounds, keep: Path | None) -> list[dict[str, Any]]:
    """Return, for each data set and split, how often a perfect generator is suspected."""
    cells = [
        Cell(
            partial(perfect_audit, name, split),
            {"data": name, "split": split, "audit": number},
        )
        for number in range(rounds.perfect)
        for name in rounds.data
        for split in SPLITS
        if split != "1000 + 250" or len(rows_of(name).values) > 1300
    ]
    return [
        {
            **about,
            "p below .05": sum(one["p"] < 0.05 for one in found),
            "p below .01": sum(one["p"] < 0.01 for one in found),
            "outcomes": dict(Counter(one["outcome"] for one in found)),
        }
        for about, found in _done("perfect", cells, keep, "data", "split")
    ]


def models(rounds: Rounds, keep: Path | None) -> list[dict[str, Any]]:
    """Return, for each data set and honest model, the outcomes.

    ``tiny``: those of audits whose model has a component of fewer than three rows.
    """
    cells = [
        Cell(
            partial(model_audit, name, model, _MODELS[(number + k) % len(_MODELS)]),
            {"data": name, "model": model, "audit": number},
        )
        for number in range(rounds.models)
        for k, name in enumerate(rounds.data)
        for model in (*HONEST, *BAD)
    ]
    return [
        {
            **about,
            "outcomes": dict(Counter(one["outcome"] for one in found)),
            "tiny": dict(Counter(one["outcome"] for one in found if 0 <= one["fewest"] < 3)),
        }
        for about, found in _done("models", cells, keep, "data", "model")
    ]


def power(rounds: Rounds, keep: Path | None) -> list[dict[str, Any]]:
    """Return, for each data set and kind of copies, the smallest copied fraction that is seen."""
    cells = [
        Cell(
            partial(calibration_power.draw, name, flips, copied),
            {"data": name, "flips": flips, "copied": copied, "draw": place},
        )
        for number in range(rounds.power)
        for name in rounds.powered
        for flips in (False, True)
        for copied in (True, False)
        for place in ([number] if copied else range(3 * number, 3 * number + 3))
        if not flips or SETS[name].kind == "images"
    ]
    found = []
    for (name, flips), draws, rows in _tables("power", cells, keep, "data", "flips"):
        held = {} if flips else calibration_power.coverage(draws)
        found += [{"data": name, **row, **held.get(row["copies"], {})} for row in rows]
    return found


def uneven(rounds: Rounds, keep: Path | None) -> list[dict[str, Any]]:
    """Return the same with more training rows than held-out rows, for few kinds of copies."""
    cells = [
        Cell(
            partial(_uneven_draw, name, split, copied),
            {"data": name, "split": split, "copied": copied, "draw": place},
        )
        for number in range(rounds.uneven)
        for name in rounds.uneven_data
        for split in _UNEVEN
        for copied in (True, False)
        for place in ([number] if copied else range(3 * number, 3 * number + 3))
    ]
    return [
        {"data": name, "split": split, **row}
        for (name, split), _, rows in _tables("uneven", cells, keep, "data", "split")
        for row in rows
    ]


def _uneven_draw(name: str, split: str, copied: bool, rng: np.random.Generator) -> Result:
    sizes = split_of(rows_of(name), split, calibration_power.SIZE)
    return calibration_power.draw(name, False, copied, rng, sizes)


def named(rounds: Rounds, keep: Path | None) -> list[dict[str, Any]]:
    """Return, for each data set of numbers, how often two verbatim copies among 200 are named."""
    cells = [
        Cell(partial(named_audit, name), {"data": name, "audit": number})
        for number in range(rounds.named)
        for name in rounds.data
        if name not in _WITH_WORDS
    ]
    return [
        {**about, "named": dict(Counter(str(one["named"]) for one in found))}
        for about, found in _done("named", cells, keep, "data")
    ]


def seeds(rounds: Rounds, keep: Path | None) -> list[dict[str, Any]]:
    """Return the outcomes of one input near the level with several seeds of the audit."""
    cells = [
        Cell(
            partial(seed_audits, name, copies),
            {"data": name, "copies": copies, "input": number},
        )
        for number in range(rounds.seeds)
        for k, name in enumerate(rounds.data)
        for copies in [_COPIES[(number + k) % len(_COPIES)]]
        if name != "wine"
    ]
    return [
        {**about, "outcomes": [dict(Counter(one["outcomes"])) for one in found]}
        for about, found in _done("seeds", cells, keep, "data", "copies")
    ]


PARTS: Mapping[str, Callable[[Rounds, Path | None], list[dict[str, Any]]]] = {
    "perfect": perfect,
    "models": models,
    "power": power,
    "uneven": uneven,
    "named": named,
    "seeds": seeds,
}


def _done(
    part: str, cells: Sequence[Cell], keep: Path | None, *keys: str
) -> Iterator[tuple[dict[str, Any], list[Result]]]:
    """Do what is left of the work, and yield the results by what ``keys`` say of the cells."""
    job = Job(f"calibration: {part}", "1", (0,))
    with ExitStack() as stack:
        store = stack.enter_context(Store(keep / f"{part}.db", job)) if keep else None
        results = run(job, cells, store=store, progress=None)
    groups: dict[tuple[Any, ...], list[Result]] = {}
    for cell, result in zip(cells, results, strict=True):
        groups.setdefault(tuple(cell.description[key] for key in keys), []).append(result)
    for group, found in groups.items():
        yield {**dict(zip(keys, group, strict=True)), "audits": len(found)}, found


def _tables(
    part: str, cells: Sequence[Cell], keep: Path | None, *keys: str
) -> Iterator[tuple[list[Any], list[Result], list[dict[str, Any]]]]:
    """Yield what ``keys`` say of the cells, their draws with copies, and the rows of the table."""
    groups = {
        tuple(about[key] for key in (*keys, "copied")): found
        for about, found in _done(part, cells, keep, *keys, "copied")
    }
    for (*which, copied), draws in groups.items():
        if copied:
            rows = calibration_power.table(draws, groups[(*which, False)])
            finite = ({k: None if v == float("inf") else v for k, v in row.items()} for row in rows)
            yield which, draws, list(finite)


def read() -> dict[str, list[dict[str, Any]]]:
    """Return the committed results, by part."""
    found: dict[str, list[dict[str, Any]]] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return found


def write(told: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Keep the results, one row a line."""
    parts = [
        f'"{part}": [\n' + ",\n".join(json.dumps(row) for row in rows) + "\n]"
        for part, rows in told.items()
    ]
    RESULTS.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts that are asked for, and keep their results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="+", choices=list(PARTS))
    parser.add_argument("--keep", type=Path, help="a folder in which finished audits are kept")
    for part in PARTS:
        parser.add_argument(f"--{part}", type=int, help="rounds of this part")
    datasets.add_folders(parser, "fashion")
    given = parser.parse_args(arguments)
    datasets.use_folders(given)
    asked = {part: getattr(given, part) for part in PARTS if getattr(given, part)}
    rounds = replace(Rounds(), **asked)
    for part in given.parts:
        began = time.process_time()
        rows = PARTS[part](rounds, given.keep)
        write({**(read() if RESULTS.exists() else {}), part: rows})
        print(f"{part}: {time.process_time() - began:.0f} s of this process", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
