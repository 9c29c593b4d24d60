"""The study of docs/statuses.md: are values with the status "ok" right?

Usage, from the root of the repository: python -m docs.studies.statuses [--cache FOLDER]

Random models of every kind are drawn (tests/support/random_models.py), and each is simulated.
Theory predicts them, and the values are judged. The results keep the counts, and what the models of
the second series showed: tests predict these models again. The run takes twenty minutes of one
core; it keeps each finished model in the cache, and a later call goes on from there.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from docs.studies import pages
from docs.studies.statuses_draws import draw
from docs.studies.statuses_judged import counts, values
from numpy.typing import NDArray
from tests.support.random_models import RandomModel, random_model

from twinseed.randomness import stream

__all__ = ["RESULTS", "SERIES", "drawn", "main", "simulated"]

RESULTS = Path(__file__).with_name("statuses.json")
SERIES = {"fit": 900, "test": 500}
"""Models of each series: the laws of the bias are chosen on the first, tested on the second."""

Found = dict[str, list[Any]]
"""For each variable the mean over replicates and its standard error; lists for factors."""


def replicates(model: RandomModel) -> int:
    """Return how many replicates a model is given: fewer for large models, which vary less."""
    size = model.n * model.d
    return 32 if size < 5_000 else 24 if size < 50_000 else 16


def simulated(model: RandomModel, number: int, again: int = 1) -> Found:
    """Return what twins of the model show.

    ``again``: how many times as many replicates are drawn; more than 1 takes other draws.
    """
    count = replicates(model) * again
    rows: dict[str, list[Any]] = {}
    for replicate in range(count):
        rng = stream((number, replicate), f"statuses: {again}")
        for name, one in draw(model.population, model.filter, model.n, model.d, rng).items():
            rows.setdefault(name, []).append(np.asarray(one, dtype=np.float64))
    means = {}
    for name, each in rows.items():
        table = np.array(each)
        if np.isfinite(table).all() and table.size:
            se = table.std(axis=0, ddof=1) / np.sqrt(count)
            means[name] = [_short(table.mean(axis=0)), _short(se)]
    return means


def _short(values: NDArray[np.float64]) -> Any:
    rounded = [float(f"{one:.6g}") for one in values.ravel()]
    return rounded if values.ndim else rounded[0]


def drawn(series: str, models: int, cache: Path) -> Iterator[Found]:
    """Yield what each model of a series shows, from the cache as far as it reaches."""
    cache.mkdir(parents=True, exist_ok=True)
    kept = cache / f"{series}.jsonl"
    lines = kept.read_text().splitlines() if kept.exists() else []
    whole = [json.loads(line) for line in lines if line.endswith("}")]
    kept.write_text("".join(json.dumps(one) + "\n" for one in whole))
    yield from whole[:models]
    with kept.open("a") as file:
        for number in range(len(whole), models):
            found = simulated(random_model(series, number), number)
            file.write(json.dumps(found) + "\n")
            file.flush()
            yield found


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw and judge the models, and write the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cache", type=Path, default=Path(".cache/statuses"))
    cache = parser.parse_args(arguments).cache
    counted, simulated_values = {}, []
    for series, models in SERIES.items():
        judged = []
        for number, found in enumerate(drawn(series, models, cache)):
            judged += values(random_model(series, number), number, found)
            print(f"\r{series}: {number + 1} of {models}", end="", file=sys.stderr, flush=True)
            if series == "test":
                simulated_values.append(found)
        counted[series] = counts(judged)
        print(file=sys.stderr)
    pages.write(
        RESULTS,
        {"models": SERIES, "counts": counted, "test": simulated_values, **pages.versions("numpy")},
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
