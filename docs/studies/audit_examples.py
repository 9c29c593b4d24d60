"""The examples of docs/audit-examples.md: files, and the audits of them on the command line.

Usage, from the root of the repository, with the packages that bring the data installed:

    python -m docs.studies.audit_examples FOLDER --mnist FOLDER --fashion FOLDER

It writes the files of each example into FOLDER, runs ``twinseed audit`` there as a reader would,
and writes what it printed, and its CPU seconds, beside this script as audit_examples.json. About
two minutes of one core.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from docs.studies import datasets, pages
from numpy.typing import NDArray

import twinseed as ts
from twinseed.arrays import Array
from twinseed.generators import LinearGenerator
from twinseed.readers import Table, load
from twinseed.readers.table import Categories

RESULTS = Path(__file__).with_suffix(".json")


def _parted(rows: Array, *sizes: int) -> list[Array]:
    """Return disjoint random parts of the rows."""
    chosen = np.random.default_rng(0).permutation(len(rows))
    return [rows[part] for part in np.split(chosen, np.cumsum(sizes))[: len(sizes)]]


def _linear(train: Array, noise: Array, ridge: float = 0.0) -> Array:
    return LinearGenerator.fit(train, ts.Ridge(ridge), center=True).sample(noise)


def _images(rows: Array) -> NDArray[np.uint8]:
    return rows.clip(0, 255).round().astype(np.uint8).reshape(-1, 14, 14)


def mnist(folder: Path) -> None:
    """Linear twins of 2,000 images each; nothing is copied."""
    a, b, heldout = _parted(datasets.named("MNIST").read(), 2000, 2000, 2000)
    noise = np.random.default_rng(1).standard_normal((1000, a.shape[1]))
    rows = {"train_a": a, "train_b": b, "heldout": heldout}
    rows |= {"samples_a": _linear(a, noise), "samples_b": _linear(b, noise)}
    for name, part in rows.items():
        np.save(folder / f"{name}.npy", part.astype(np.float32).reshape(-1, 14, 14))


def fashion(folder: Path) -> None:
    """Linear twins of 2,000 images each; 20 of A's 1,000 samples are blurred training images."""
    a, b, heldout = _parted(datasets.named("fashion images").read(), 2000, 2000, 2000)
    draw = np.random.default_rng(1)
    noise = draw.standard_normal((1000, a.shape[1]))
    samples_a, samples_b = _linear(a, noise), _linear(b, noise)
    copied = draw.permutation(len(a))[:20]
    samples_a[::50] = a[copied] + 5.0 * draw.standard_normal((20, a.shape[1]))
    rows = {"train_a": a, "train_b": b, "heldout": heldout}
    rows |= {"samples_a": samples_a, "samples_b": samples_b}
    for name, part in rows.items():
        np.save(folder / f"{name}.npy", _images(part))


def blood(folder: Path) -> None:
    """One linear model of 350 cells, whose ridge shrinks it; nothing is copied."""
    train, heldout = _parted(datasets.named("blood cells").read(), 350, 350)
    noise = np.random.default_rng(1).standard_normal((500, train.shape[1]))
    for name, part in {
        "train_a": train,
        "heldout": heldout,
        "samples_a": _linear(train, noise, 0.1),
    }.items():
        np.save(folder / f"{name}.npy", part.astype(np.float32))


def wages(folder: Path) -> None:
    """A table of words and numbers. The generator draws each column from another training row, and
    one sample in ten is a training row whose age is a year off."""
    table = load(datasets._inside("wages", "ISLP", "islp") / "data" / "Wage.csv")
    assert isinstance(table, Table)
    assert table.names is not None
    left_out = ("year", "region", "logwage")  # region is one word, logwage repeats wage
    columns = {
        name: _column(table.columns[place])
        for place, name in enumerate(table.names)
        if name not in left_out
    }
    year = 1.0 / columns["age"].std()
    # Numbers in standard deviations, since rows that differ in one category are at distance 1.
    for name in ("age", "wage"):
        columns[name] = (columns[name] - columns[name].mean()) / columns[name].std()
    cells = [str(row) for row in zip(*columns.values(), strict=True)]
    draw = np.random.default_rng(1)
    order = draw.permutation(np.unique(cells, return_index=True)[1])
    train, heldout = order[:1450], order[1450:]
    made = {name: column[draw.choice(train, 600)] for name, column in columns.items()}
    copies = draw.permutation(train)[:60]
    for name, column in columns.items():
        made[name][::10] = column[copies]
    made["age"][::10] += year
    rows = {
        role: {name: column[part] for name, column in columns.items()}
        for role, part in {"train_a": train, "heldout": heldout}.items()
    }
    for role, part in (rows | {"samples_a": made}).items():
        with (folder / f"{role}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(part)
            writer.writerows(zip(*part.values(), strict=True))


def _column(column: NDArray[Any] | Categories) -> NDArray[Any]:
    return np.array(column.values)[column.codes] if isinstance(column, Categories) else column


EXAMPLES: dict[str, tuple[Callable[[Path], None], str]] = {
    "mnist": (mnist, ".npy"),
    "fashion": (fashion, ".npy"),
    "blood": (blood, ".npy"),
    "wages": (wages, ".csv"),
}


def command(folder: Path, ending: str) -> list[str]:
    """Return the audit of the files that a folder holds."""
    words = ["audit"]
    for role in ("train_a", "samples_a", "train_b", "samples_b", "heldout"):
        if (folder / f"{role}{ending}").exists():
            words += [f"--{role.replace('_', '-')}", f"{role}{ending}"]
    return [*words, "--html", "audit.html"]


def run(name: str, folder: Path) -> dict[str, Any]:
    """Make an example's files and audit them; returns command, output and CPU seconds."""
    make, ending = EXAMPLES[name]
    folder.mkdir(parents=True, exist_ok=True)
    make(folder)
    words = command(folder, ending)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = subprocess.run(
        [Path(sys.executable).with_name("twinseed"), *words],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if told.returncode not in (0, 1):
        raise RuntimeError(told.stderr)
    return {
        "command": " ".join(["twinseed", *words]),
        "exit": told.returncode,
        "cpu_seconds": round(after.ru_utime - before.ru_utime, 1),
        "page_kilobytes": round((folder / "audit.html").stat().st_size / 1000),
        "output": told.stdout.splitlines(),
    }


def main(arguments: list[str] | None = None) -> None:
    """Run the examples that are named, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", choices=EXAMPLES, action="append")
    datasets.add_folders(parser, "mnist", "fashion")
    given = parser.parse_args(arguments)
    datasets.use_folders(given)
    results = pages.read(RESULTS)
    for name in given.only or EXAMPLES:
        results[name] = run(name, given.folder / name)
        print(f"{name}: {results[name]['cpu_seconds']} s of CPU", flush=True)
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
