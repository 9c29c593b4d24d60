"""The curves of a model over n, and the numbers at one n."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from twinseed.explore.answers import ChartAnswer
from twinseed.explore.asked import Asked
from twinseed.explore.models import MOST_ROWS, Model

if TYPE_CHECKING:
    from twinseed.arrays import Array
    from twinseed.explore.datasets import Datasets
    from twinseed.readout import Readout

__all__ = ["CURVES", "curves", "point", "told"]

CURVES = (
    "convergence",
    "convergence_chance",
    "convergence_corrected",
    "memorisation",
    "memorisation_heldout",
    "memorisation_ratio",
    "memorisation_share",
)
"""Variables of a curve; recovery comes besides, one curve for each factor.

The distance to the truth is not among them: with it, an answer takes about twice as long.
"""
_LEAST = 10
_MOST = 10_000


def curves(asked: Asked, datasets: Datasets) -> ChartAnswer:
    """Answer with every curve over n, on a logarithmic grid of whole numbers."""
    import numpy as np

    from twinseed.coupling import onset

    model = Model.of(asked, datasets)
    low = asked.whole("low", _LEAST, 2, MOST_ROWS)
    high = asked.whole("high", max(_MOST, 20 * model.d), low + 1, MOST_ROWS)
    points = asked.whole("points", 60, 2, 200)
    n = np.unique(np.rint(np.geomspace(low, high, points)))
    found = _predicted(model, n)
    python = "\n".join(
        [
            "import numpy as np",
            "import twinseed as ts",
            *model.lines,
            f"n = np.unique(np.rint(np.geomspace({low}, {high}, {points})))",
            f"found = ts.predict(population, filter, n=n{model.called})",
        ]
    )
    body, table = told(found)
    begins = {}
    for k, mu in enumerate(model.population.factors):
        load = onset(float(mu), model.population.surroundings(k, model.d))
        begins[str(k + 1)] = load * model.d
    body = {"n": n.astype(int).tolist(), "d": model.d, **body, "onset": begins}
    return ChartAnswer(body, {"n": body["n"], **table}, python)


def point(asked: Asked, datasets: Datasets) -> ChartAnswer:
    """Answer with the numbers at one n."""
    model = Model.of(asked, datasets)
    n = asked.whole("n", 100, 2, MOST_ROWS)
    found = _predicted(model, [n])
    body, table = told(found)
    alone = {
        key: {name: one[0] for name, one in part.items()} if isinstance(part, dict) else part[0]
        for key, part in body.items()
    }
    python = "\n".join(
        [
            *model.imports,
            *model.lines,
            f"found = ts.predict(population, filter, n=[{n}]{model.called})",
        ]
    )
    return ChartAnswer({"n": n, "d": model.d, **alone}, {"n": [n], **table}, python)


def told(found: Readout) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """Return a readout along n as an answer's body, and as columns of a table."""
    held = found.variables  # much quicker than the readout's own items
    body: dict[str, Any] = {name: held[name].values.tolist() for name in CURVES}

    def along(name: str) -> dict[str, list[Any]]:
        """The values of a variable of factors, by the number of the factor."""
        columns = held[name].values.T.tolist()
        return dict(zip(map(str, held["factor"].values.tolist()), columns, strict=True))

    recovery, convergence = along("recovery"), along("convergence_factor")
    table = {
        **body,
        **{f"recovery_{k}": one for k, one in recovery.items()},
        **{f"convergence_factor_{k}": one for k, one in convergence.items()},
    }
    status = {name: held[f"{name}_status"].values.tolist() for name in CURVES}
    status |= {f"recovery_{k}": one for k, one in along("recovery_status").items()}
    body |= {"recovery": recovery, "convergence_factor": convergence, "status": status}
    return body, table


def _predicted(model: Model, n: Sequence[int] | Array) -> Readout:
    """Predict what the curves show."""
    from twinseed.orders import ORDERS, distance
    from twinseed.verbs.predict import predicted

    shown = [one for one in ORDERS if one.from_coupling is not distance.from_coupling]
    return predicted(model.population, model.filter, n=n, d=model.size, orders=shown)
