"""The spectrum of the population and of a sample, and the outliers that the factors send out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinseed.explore.answers import ChartAnswer
from twinseed.explore.asked import Asked
from twinseed.explore.models import MOST_ROWS, Model

if TYPE_CHECKING:
    from twinseed.explore.datasets import Datasets

__all__ = ["spectrum"]


def spectrum(asked: Asked, datasets: Datasets) -> ChartAnswer:
    """Answer with the population's eigenvalues, the density of the sample's, and the outliers."""
    from twinseed.coupling import spectral_density
    from twinseed.coupling.outliers import outlier

    model = Model.of(asked, datasets)
    n = asked.whole("n", 100, 2, MOST_ROWS)
    points = asked.whole("points", 200, 10, 1000)
    density = spectral_density(model.population, n, model.d, points=points)
    values, weights = density.population
    outliers = []
    for k, mu in enumerate(model.population.factors):
        found = outlier(float(mu), model.population.surroundings(k, model.d), n / model.d)
        outliers.append(
            {
                "factor": k + 1,
                "position": float(found.position),
                "population": float(mu),
                "overlap": float(found.overlap),
                "separated": bool(found.separated),
            }
        )
    python = "\n".join(
        [
            *model.imports,
            "from twinseed.coupling import outlier, spectral_density",
            *model.lines,
            f"density = spectral_density(population, {n}, {model.d}, points={points})",
            f"gamma = {n} / {model.d}",
            "outliers = [outlier(mu, population.surroundings(k, "
            f"{model.d}), gamma) for k, mu in enumerate(population.factors)]",
        ]
    )
    body = {
        "n": n,
        "d": model.d,
        "population": [
            {"eigenvalue": float(value), "weight": float(weight)}
            for value, weight in zip(values, weights, strict=True)
        ],
        "density": {"x": density.x.tolist(), "y": density.y.tolist(), "at_zero": density.at_zero},
        "outliers": outliers,
        "zero_weight": density.at_zero,
    }
    return ChartAnswer(
        body, {"eigenvalue": density.x.tolist(), "density": density.y.tolist()}, python
    )
