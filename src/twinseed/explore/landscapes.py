"""The map of load and strength, the path of the ridge, and the coupling as a heat map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twinseed.errors import InputError
from twinseed.explore.answers import ChartAnswer
from twinseed.explore.asked import Asked
from twinseed.explore.models import LARGEST, MOST_ROWS, Model

if TYPE_CHECKING:
    from twinseed.explore.datasets import Datasets

__all__ = ["coupling", "plane", "regularise"]

_LOADS = (0.03, 30.0)
_STRENGTHS = (0.1, 10.0)
_MEMORISED = 2.0
_CONVERGED = 0.5
_LINE = 60
_RIDGES = 40
_ATOMS = 64
"""With more atoms a filter other than the ridge has no theory, or needs seconds."""


def plane(asked: Asked, datasets: Datasets) -> ChartAnswer:
    """Answer with the borders of the plane of load and strength, for a ridge filter."""
    import numpy as np

    from twinseed.phases.lines import borders
    from twinseed.phases.plane import Plane, Region

    kind = asked.word("filter", "none", ["none", "ridge"])
    ridge = asked.number("ridge", 0.1, 0.0, 1e6) if kind == "ridge" else 0.0
    d = asked.whole("d", 1000, 100, LARGEST)
    wanted = {
        "d": d,
        "gamma": _LOADS,
        "strength": _STRENGTHS,
        "ridge": ridge,
        "replicates": 2,
        "memorisation": _MEMORISED,
        "convergence": _CONVERGED,
    }
    lines = borders(Plane.build(**wanted))
    strength = np.geomspace(*_STRENGTHS, _LINE)
    across = np.log(strength), np.log(lines.strength)
    found = {
        "memorise": np.exp(np.interp(*across, np.log(lines.memorisation))),
        "converge": np.exp(np.interp(*across, np.log(lines.convergence))),
        "recover": strength**-2.0,
    }
    pairs = {
        name: [[load, beta] for load, beta in zip(loads.tolist(), strength.tolist(), strict=True)]
        for name, loads in found.items()
    }
    body = {
        "d": d,
        "load": list(_LOADS),
        "strength": list(_STRENGTHS),
        "borders": pairs,
        "thresholds": {"memorise": _MEMORISED, "converge": _CONVERGED},
        "regions": {str(bits): Region(bits).words for bits in range(8)},
        "meanings": {str(bits): Region(bits).meaning for bits in range(8)},
    }
    told = ", ".join(f"{name}={value!r}" for name, value in wanted.items())
    python = "\n".join(
        [
            "import numpy as np",
            "from twinseed.phases.lines import borders",
            "from twinseed.phases.plane import Plane",
            f"lines = borders(Plane.build({told}))",
            f"strength = np.geomspace({_STRENGTHS[0]}, {_STRENGTHS[1]}, {_LINE})",
            "across = np.log(strength), np.log(lines.strength)",
            "memorise = np.exp(np.interp(*across, np.log(lines.memorisation)))",
            "converge = np.exp(np.interp(*across, np.log(lines.convergence)))",
            "recover = strength**-2.0",
        ]
    )
    table = {"strength": strength.tolist(), **{k: one.tolist() for k, one in found.items()}}
    return ChartAnswer(body, table, python)


def coupling(asked: Asked, datasets: Datasets) -> ChartAnswer:
    """Answer with the overlaps of ranks of the sample with ranks of the population."""
    from twinseed.coupling import rank_overlaps

    model = Model.of(asked, datasets)
    n = asked.whole("n", 100, 2, MOST_ROWS)
    size = asked.whole("size", 64, 2, 128)
    found = rank_overlaps(model.population, n, model.d, size)
    middle = [(one + 0.5) / size for one in range(size)]
    body = {"n": n, "d": model.d, "rows": middle, "columns": middle, "value": found.tolist()}
    python = "\n".join(
        [
            *model.imports,
            "from twinseed.coupling import rank_overlaps",
            *model.lines,
            f"found = rank_overlaps(population, {n}, {model.d}, {size})",
        ]
    )
    table = {
        "sample": [one for one in middle for _ in middle],
        "population": middle * size,
        "overlap": found.ravel().tolist(),
    }
    return ChartAnswer(body, table, python)


def regularise(asked: Asked, datasets: Datasets) -> ChartAnswer:
    """Answer with agreement and distance to the truth along the ridge, and of other filters."""
    import numpy as np

    import twinseed as ts

    model = Model.of(asked, datasets)
    n = asked.whole("n", 100, 2, MOST_ROWS)
    low, high = 1e-3 * model.mean, 1e2 * model.mean
    strengths = np.append(0.0, np.geomspace(low, high, _RIDGES))
    ridges = [ts.Ridge(float(one)) for one in strengths]
    found = ts.predict(model.population, ridges, n=n, d=model.size)
    agreement, distance = found.convergence.values, found.wasserstein.values
    best = int(np.argmin(distance))
    worse = [k for k in range(best, strengths.size) if distance[k] > distance[0]]
    others = []
    rank = min(max(1, model.population.factors.size), model.d - 1)
    filters = (
        ("shrinkage", "Shrinkage", ts.Shrinkage()),
        ("truncation", f"Truncation to {rank}", ts.Truncation(rank)),
    )
    few = model.population.spectrum(model.d)[0].size <= _ATOMS
    for name, label, filter in filters if few else ():
        try:
            one = ts.predict(model.population, filter, n=n, d=model.size)
        except InputError:  # theory has no number for this filter on this population
            continue
        numbers = {"convergence": float(one.convergence), "distance": float(one.wasserstein)}
        others.append({"name": name, "label": label, **numbers})
    path = [
        {"ridge": ridge, "convergence": q, "distance": w}
        for ridge, q, w in zip(
            strengths.tolist(), agreement.tolist(), distance.tolist(), strict=True
        )
    ]
    body: dict[str, Any] = {
        "n": n,
        "d": model.d,
        "path": path,
        "best": best,
        "worse_beyond": float(strengths[worse[0]]) if worse else None,
        "filters": others,
        "mean": model.mean,
    }
    python = "\n".join(
        [
            "import numpy as np",
            "import twinseed as ts",
            *model.lines,
            f"strengths = np.append(0.0, np.geomspace({low!r}, {high!r}, {_RIDGES}))",
            "ridges = [ts.Ridge(float(one)) for one in strengths]",
            f"found = ts.predict(population, ridges, n={n}{model.called})",
            "agreement, distance = found.convergence.values, found.wasserstein.values",
        ]
    )
    table = {key: [one[key] for one in path] for key in ("ridge", "convergence", "distance")}
    return ChartAnswer(body, table, python)
