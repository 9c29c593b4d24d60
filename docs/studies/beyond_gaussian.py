"""Where the Gaussian theory holds on data that are not Gaussian, and where it breaks.

Usage, from the root of the repository, with the packages that bring the data installed:

    python -m docs.studies.beyond_gaussian [--only NAME] [--predict] [--fashion FOLDER]

Twins of linear models (ridge 0, centred) are trained on disjoint random parts of the rows, at
rising n, and measured as any data are. Beside them stand the prediction from the covariance at
n - 1, and twins on Gaussian rows of the same covariance. Writes beyond_gaussian.json beside this
script, the figure, and the tables of docs/beyond_gaussian.md.

Two kinds of data. A *law* is drawn anew for each replicate, with a known covariance. *Rows* of a
real data set are a finite population: their covariance is the truth, training sets are random
subsets. A subset of a finite population is closer to it than a fresh sample would be, so the
Gaussian rows beside real rows are a finite population too: as many, moved so that their mean and
covariance are exactly those of the data. What differs between the two is then the shape of the law
alone; what differs between the Gaussian rows and the prediction is the finite size.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402  # reads the variables above when it loads
from docs.studies import datasets, pages  # noqa: E402  # as above

import twinseed as ts  # noqa: E402  # as above
from twinseed.arrays import Array  # noqa: E402  # as above
from twinseed.planning.answer import UNEVEN  # noqa: E402  # as above
from twinseed.planning.plan import unevenness_of  # noqa: E402  # as above
from twinseed.randomness import stream  # noqa: E402  # as above
from twinseed.reproduction.moments import fourth_moments  # noqa: E402  # as above
from twinseed.reproduction.splits import RowSource, Split, Truth  # noqa: E402  # as above

HERE = Path(__file__).parent
RESULTS = HERE / "beyond_gaussian.json"

VARIABLES = {
    "convergence": "q",
    "memorisation_ratio": "rho",
    "memorisation_share": "share",
    "recovery": "Q1",
}
POPULATION = ts.PowerLaw(0.5, 200)
"""The covariance behind the laws: a first factor that stands out, and most directions in play."""

PILOTS = (30, 100)
"""Rows of the pilots that are asked for C."""

_SHOWN = 20000
"""Rows drawn from a law to state its moments, as somebody with that many rows would see them."""


@dataclass(frozen=True)
class Settings:
    """How much is drawn."""

    replicates: int = 8
    seeds: int = 256
    law_sizes: tuple[int, ...] = (20, 60, 200, 600, 2000)
    sizes: int = 5
    pilots: int = 40
    seed: int = 0


@dataclass(frozen=True, eq=False)
class LawRows(RowSource):
    """Fresh rows of a law, with variances ``eigenvalues`` along the axes."""

    law: datasets.Law
    eigenvalues: Array
    like: str = "the laws"

    def take(self, count: int, rng: np.random.Generator) -> Array:
        values = self.law.draw(rng, count, self.eigenvalues.size)
        return np.asarray(values * np.sqrt(self.eigenvalues))

    def description(self) -> Mapping[str, Any]:
        return {"law": self.law.name, "like": self.like}


@dataclass(frozen=True, eq=False)
class RealRows(RowSource):
    """Random rows of a data set, without replacement."""

    name: str
    rows: Array

    def take(self, count: int, rng: np.random.Generator) -> Array:
        return self.rows[rng.permutation(len(self.rows))[:count]]

    def description(self) -> Mapping[str, Any]:
        return {"rows": self.name}


@dataclass(frozen=True, eq=False)
class MatchedRows(RowSource):
    """As many Gaussian rows as a data set has, moved to have its mean and covariance exactly.

    Along the axes, with the mean at zero: everything measured is blind to rotation and shift.
    """

    name: str
    rows: int
    eigenvalues: Array

    def take(self, count: int, rng: np.random.Generator) -> Array:
        rank = int(np.count_nonzero(self.eigenvalues))
        white = rng.standard_normal((self.rows, rank))
        white -= white.mean(axis=0)
        white = np.linalg.qr(white)[0] * np.sqrt(self.rows)
        found = np.zeros((count, self.eigenvalues.size))
        found[:, :rank] = white[:count] * np.sqrt(self.eigenvalues[:rank])
        return found

    def description(self) -> Mapping[str, Any]:
        return {"gaussian rows like": self.name}


def cleaned(rows: Array) -> Array:
    """Drop repeated rows and columns that never vary."""
    distinct = np.unique(rows, axis=0)
    return np.ascontiguousarray(distinct[:, np.ptp(distinct, axis=0) > 0])


def spectrum(rows: Array) -> tuple[Array, Array]:
    """Eigenvalues (d,), largest first, and directions (d, d) of the covariance of all rows."""
    values, vectors = np.linalg.eigh(np.cov(rows.T, bias=True))
    values, vectors = values[::-1], vectors[:, ::-1]
    return np.where(values > values[0] * 1e-12, values, 0.0), np.ascontiguousarray(vectors)


def moments(rows: Array, eigenvalues: Array, directions: Array) -> dict[str, float]:
    """Say how far rows are from Gaussian; all but the excess kurtosis are 1 for Gaussian rows.

    ``agreement``, ``closeness`` and ``direction``: the fourth moments that set 1 - q, rho^2 - 1 and
    1 - Q1 for n >> d, over their Gaussian values. ``lengths``: the variance of ``|x|^2`` over that
    of Gaussian rows. ``excess_kurtosis``: of the columns, averaged by their variance.
    """
    found = fourth_moments(rows, eigenvalues, directions, [slice(0, 1)])
    centred = rows - rows.mean(axis=0)
    variances = centred.var(axis=0)
    kurtosis = np.mean(centred**4, axis=0) / variances**2 - 3.0
    return {
        "excess_kurtosis": float(np.average(kurtosis, weights=variances)),
        "lengths": float(np.sum(centred**2, axis=1).var() / (2.0 * np.sum(eigenvalues**2))),
        "agreement": found.agreement,
        "closeness": found.closeness,
        "direction": float(found.directions[0]),
    }


def predicted(eigenvalues: Array, sizes: tuple[int, ...], rows: int | None) -> dict[str, list]:
    """Predict what is measured, with what the finite size is known to change put in.

    The formulas take n - 1 for n, since models estimate their mean; the means differ by
    ``2 tr Sigma/n`` and are measured about the mean of the 3 n real rows. Of a finite population
    of N rows, 1 - Q1 loses ``(N - n)/(N - 1)``; 1 - q and rho^2 - 1 keep their formulas.
    """
    n = np.asarray(sizes, dtype=np.float64)
    found = ts.predict(ts.Atoms(eigenvalues, leading=1), n=list(n - 1.0), d=eigenvalues.size)
    values = {name: found[name].values.astype(float) for name in VARIABLES if name != "recovery"}
    values["convergence"] = (values["convergence"] - 1.0 / (3 * n)) / (1.0 + 2.0 / (3 * n))
    left = 1.0 if rows is None else (rows - n) / (rows - 1.0)
    values["recovery"] = 1.0 - left * (1.0 - found["recovery"].values[:, 0])
    status = {name: found[f"{name}_status"].values.reshape(n.size).tolist() for name in VARIABLES}
    return {name: values[name].tolist() for name in VARIABLES} | {"status": status}


def measured(
    source: RowSource, eigenvalues: Array, first: Array, sizes: tuple[int, ...], settings: Settings
) -> dict[str, dict[str, list[float]]]:
    """Train and measure twins at each size: means over replicates, and their standard errors."""
    split = Split(
        "linear",
        source,
        sizes=sizes,
        heldout=sizes,
        d=eigenvalues.size,
        seeds=settings.seeds,
        replicates=settings.replicates,
        truth=Truth(first, eigenvalues[:1]),
    )
    results = [cell.work(stream((settings.seed,), cell.name)) for cell in split.cells]
    readout = split.readout(results, (settings.seed,))
    return {
        name: {
            "value": readout[name].values.reshape(len(sizes)).tolist(),
            "se": readout[f"{name}_se"].values.reshape(len(sizes)).tolist(),
        }
        for name in VARIABLES
    }


def alarms(source: RowSource, available: float, settings: Settings) -> list[float | None]:
    """Share of pilots, of each size, whose plan would warn of uneven rows.

    C of a pilot, as ``ts.plan`` takes it: from the lengths of its rows and its estimated spectrum.
    """
    found: list[float | None] = []
    for size in PILOTS:
        if 2 * size > available:
            found.append(None)
            continue
        values = []
        for replicate in range(settings.pilots):
            name = f"pilot {replicate} of {size}: {source.description()}"
            rows = source.take(size, stream((settings.seed,), name))
            values.append(unevenness_of(rows, ts.estimate_population(rows)))
        found.append(float(np.mean(np.array(values) > UNEVEN)))
    return found


def study_law(law: datasets.Law, settings: Settings) -> dict[str, Any]:
    """Return the results of a law, without the Gaussian rows beside it: they are a law too."""
    eigenvalues = POPULATION.eigenvalues(200)
    source = LawRows(law, eigenvalues)
    shown = source.take(_SHOWN, stream((settings.seed,), f"moments: {law.name}"))
    sizes = settings.law_sizes
    return {
        "about": f"{law.tails}; variances {POPULATION.description()['kind']}(0.5)",
        "rows": None,
        **_described(eigenvalues, moments(shown, eigenvalues, np.eye(eigenvalues.size))),
        "n": list(sizes),
        "predicted": predicted(eigenvalues, sizes, None),
        "data": measured(source, eigenvalues, np.eye(200)[:, :1], sizes, settings),
        "alarms": alarms(source, np.inf, settings),
    }


def study_rows(name: str, about: str, rows: Array, settings: Settings) -> dict[str, Any]:
    """Return the results of real rows, and of Gaussian rows with their covariance.

    ``gaussian`` are as many rows, with exactly this covariance; ``fresh`` are drawn without end.
    """
    rows = cleaned(rows)
    count, d = rows.shape
    eigenvalues, directions = spectrum(rows)
    least = min(20, count // 8)
    sizes = tuple(round(float(n)) for n in np.geomspace(least, count // 3, settings.sizes))
    data, matched = RealRows(name, rows), MatchedRows(name, count, eigenvalues)
    fresh = LawRows(datasets.LAWS[0], eigenvalues, name)
    return {
        "about": about,
        "rows": count,
        **_described(eigenvalues, moments(rows, eigenvalues, directions)),
        "n": list(sizes),
        "predicted": predicted(eigenvalues, sizes, count),
        "data": measured(data, eigenvalues, directions[:, :1], sizes, settings),
        "alarms": alarms(data, count, settings),
        "gaussian": measured(matched, eigenvalues, np.eye(d)[:, :1], sizes, settings),
        "fresh": measured(fresh, eigenvalues, np.eye(d)[:, :1], sizes, settings),
    }


def _described(eigenvalues: Array, found: dict[str, float]) -> dict[str, Any]:
    effective = float(eigenvalues.sum() ** 2 / np.sum(eigenvalues**2))
    return {"d": eigenvalues.size, "d_eff": effective, "moments": found}


def study(settings: Settings, only: str = "") -> tuple[dict[str, Any], list[str]]:
    """Return results by name, and a message for each data set that is missing."""
    found: dict[str, Any] = {}
    missing: list[str] = []
    for law in datasets.LAWS:
        if only in law.name:
            found[law.name] = study_law(law, settings)
            _say(law.name)
    reference = found.get(datasets.LAWS[0].name, {}).get("data")
    for result in found.values():
        result["gaussian"] = reference
    for data in datasets.ROWS:
        if only not in data.name:
            continue
        try:
            rows = data.read()
        except datasets.MissingPackageError as error:
            missing.append(str(error))
            continue
        found[data.name] = study_rows(data.name, data.about, rows, settings)
        _say(data.name)
    return found, missing


def predicted_again(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return results with new predictions; what was measured stays, so it costs seconds."""
    told = {}
    for name, one in found.items():
        eigenvalues = POPULATION.eigenvalues(200)
        if one["rows"] is not None:
            eigenvalues, _ = spectrum(cleaned(datasets.named(name).read()))
        told[name] = one | {"predicted": predicted(eigenvalues, tuple(one["n"]), one["rows"])}
    return told


def written(told: Mapping[str, Any]) -> str:
    """Return results as JSON of six decimals, a list a line."""
    rounded = json.loads(json.dumps(told), parse_float=lambda text: round(float(text), 6))
    text = json.dumps(rounded, indent=1)
    flat = re.sub(r"\[[^\[\]]*\]", lambda found: " ".join(found[0].split()), text)
    return flat + "\n"


def _say(name: str) -> None:
    print(f"{time.process_time():6.1f} s  {name}", flush=True)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", help="data sets whose name holds this; prints, alone")
    parser.add_argument("--predict", action="store_true", help="predict anew, measure nothing")
    datasets.add_folders(parser, "fashion")
    asked = parser.parse_args(arguments)
    datasets.use_folders(asked)
    settings = Settings()
    if asked.predict:
        results, missing = predicted_again(json.loads(RESULTS.read_text())["results"]), []
    else:
        results, missing = study(settings, asked.only)
    for message in missing:
        print(f"left out: {message}", file=sys.stderr)
    if asked.only:
        print(json.dumps(results, indent=1))
        return 0
    if missing:
        print("nothing written: the page is about all data sets", file=sys.stderr)
        return 1
    versions = pages.versions("numpy", "scipy")
    told = {"settings": vars(settings), "versions": versions, "results": results}
    RESULTS.write_text(written(told))
    from docs.studies import beyond_gaussian_page

    beyond_gaussian_page.renew(json.loads(RESULTS.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
