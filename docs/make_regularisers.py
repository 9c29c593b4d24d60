"""Make the tables and the figure of regularisers.md anew: about two minutes on one core.

Usage, from the root of the repository: python -m docs.make_regularisers
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from docs.studies import pages

import twinseed as ts
from twinseed.drawing.style import Figure
from twinseed.reproduction import figures
from twinseed.reproduction.ridges import best_ridge

PAGE = pages.DOCS / "regularisers.md"
D = 200
LOADS = (0.5, 1.0, 2.0, 5.0)
POPULATIONS = {
    "Identity": ts.Spiked([]),
    "Identity with two factors of strength 8 and 3": ts.Spiked([8.0, 3.0]),
    "Two levels: variance 1 in three quarters of the directions, 10 in the rest": ts.Atoms(
        [1.0, 10.0], [0.75, 0.25]
    ),
}
REPLICATES = 8
STRENGTHS = (0.5, 1.5, 4.0)
HEADER = r"""\
| $n/d$ | filter | $q$ | simulated | $W_2^2/d$ | simulated | $D^2/d$ | $\mathrm{KL}(f:\Sigma)/d$ |
|---|---|---|---|---|---|---|---|"""


def regularisers(load: float) -> dict[str, ts.Filter]:
    """The filters of the tables, by name; the best ridge is that of the identity at this load."""
    best = best_ridge(load)
    return {
        "plain": ts.Ridge(0.0),
        f"best ridge, {best:.3f}": ts.Ridge(best),
        "ridge 1": ts.Ridge(1.0),
        "shrinkage": ts.Shrinkage(),
        f"truncation, {D // 10} of {D}": ts.Truncation(rank=D // 10),
    }


def rows(population: ts.Population) -> Iterator[str]:
    """Lines of one table: predicted and simulated, with standard errors in the last digits."""
    for load in LOADS:
        for name, filter in regularisers(load).items():
            n = round(load * D)
            predicted = ts.predict(population, filter, n=n, d=D)
            drawn = ts.simulate(
                population, filter, n=n, d=D, replicates=REPLICATES, rng=1, progress=False
            )
            cells = [f"{load:g}", name]
            for variable in ("convergence", "wasserstein"):
                cells += [number(predicted, variable), number(drawn, variable)]
            cells += [number(predicted, "flow_distance")]
            cells += [number(predicted, "divergence_learnt_true")]
            yield f"| {' | '.join(cells)} |"


def number(readout: Any, variable: str) -> str:
    """A value, with its standard error where it has one, or else the reason why there is none."""
    value, se = float(readout[variable]), float(readout[f"{variable}_se"])
    if np.isnan(value):
        return str(readout[f"{variable}_status"].item())
    return f"{value:.4f} ± {se:.4f}" if se else f"{value:.4f}"


def tables() -> str:
    parts = []
    for title, population in POPULATIONS.items():
        parts += [f"### {title}", "", HEADER, *rows(population), ""]
        if population.factors.size:
            recovered = ts.predict(population, gamma=LOADS, d=D).recovery.values
            for k in range(population.factors.size):
                values = ", ".join(f"{value:.3f}" for value in recovered[:, k])
                parts.append(f"Recovery Q of factor {k + 1} at these loads: {values}.")
            parts += ["No filter moves it: all of them keep the sample's directions.", ""]
    return "\n".join(parts)


def along_a_factor() -> Figure:
    """Draw agreement along a factor beside its recovery, for three strengths."""
    gamma = np.geomspace(0.05, 20, 60)
    n = [10, 20, 40, 100, 200, 400, 1000, 4000]
    theory = {f"{s:g}": ts.predict(ts.Spiked([s]), gamma=gamma, d=D) for s in STRENGTHS}
    engine = ts.Dense(wasserstein_limit=0)
    drawn = {
        f"{s:g}": ts.simulate(
            ts.Spiked([s]), n=n, d=D, replicates=12, rng=2, engine=engine, progress=False
        )
        for s in STRENGTHS
    }
    return figures.agreement_along_a_factor(theory, drawn)


if __name__ == "__main__":
    drawn = {"agreement_along_a_factor": along_a_factor()}
    pages.renew(PAGE, {"tables": f"\n{tables()}"}, drawn, dpi=150.0)
