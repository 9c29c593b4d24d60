"""Claims about power-law spectra, and about a growing ridge."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from twinseed.coupling.companion import psi_of
from twinseed.readout import Readout, Readouts
from twinseed.reproduction import allowances
from twinseed.reproduction.claims import Claim, combined, off_by, picked
from twinseed.reproduction.linear import Experiment
from twinseed.reproduction.ridges import (
    Path,
    best_ridge,
    convergence,
    distance,
    neutral_ridge,
)

__all__ = ["path_claims", "power_law_claims"]


def power_law_claims(experiments: Mapping[float, Experiment], simulated: Readouts) -> list[Claim]:
    """Return the claims about spectra ``mu_k ~ k^-a``."""
    claims = []
    for exponent, experiment in experiments.items():
        drawn, predicted, d = simulated[experiment.name], experiment.predicted, experiment.d
        at = {"n": round(d / 4), "ridge": 0.0}
        claims.append(
            picked(drawn, "convergence", **at).claim(
                f"power law a = {exponent:g}, convergence",
                f"For a spectrum k^-{exponent:g} at n = d/4 convergence is as the deterministic "
                "equivalent predicts.",
                picked(predicted, "convergence", **at).value,
                off_by(predicted, "convergence", **at),
            )
        )
    steepest = experiments[max(experiments)]
    return [*claims, *_steep(max(experiments), steepest, simulated[steepest.name])]


def _steep(exponent: float, experiment: Experiment, drawn: Readout) -> list[Claim]:
    """Return the claims about the steepest spectrum: mean cosine and first direction."""
    predicted, d = experiment.predicted, experiment.d
    few, many = ({"n": n, "ridge": 0.0} for n in (round(d / 4), d))
    values = experiment.population.eigenvalues(d)
    cosine = picked(predicted, "convergence_cosine", **few).value
    _, slope = psi_of(values[0], (values[1:], np.full(d - 1, 1.0 / d)), gamma=1.0)
    return [
        picked(drawn, "convergence_cosine", **few).claim(
            f"power law a = {exponent:g}, mean cosine",
            f"For a spectrum k^-{exponent:g} at n = d/4 the mean cosine is lower than the trace "
            "ratio, as predicted.",
            cosine,
            allowances.convergence_any(cosine, few["n"]),
        ),
        picked(drawn, "recovery", factor=1, **many).claim(
            f"power law a = {exponent:g}, first direction",
            f"For a spectrum k^-{exponent:g} at n = d the first direction is learned as well as "
            "the outlier formula predicts.",
            picked(predicted, "recovery", factor=1, **many).value,
            allowances.recovery(d, d, float(slope)),
        ),
    ]


def path_claims(experiments: Mapping[float, Experiment], simulated: Readouts) -> list[Claim]:
    """Return the claims about the ridge: the best ridge, the neutral ridge, and larger ridges."""
    claims = []
    for gamma, experiment in experiments.items():
        drawn, n, d = simulated[experiment.name], experiment.n[0], experiment.d
        best, neutral = best_ridge(gamma, d), neutral_ridge(gamma, d)
        band = [r for r in experiment.ridges if 0 < r < 1 and r <= 2.9 * best]
        points = [picked(drawn, "wasserstein", n=n, ridge=r) for r in band]
        plain = picked(drawn, "wasserstein", n=n, ridge=0.0)
        path = Path(
            ridges=np.array(band),
            distances=np.array([point.value for point in points]),
            errors=np.array([point.se for point in points]),
            plain=plain.value,
            plain_error=plain.se,
            replicates=plain.replicates,
        )
        bend = (
            distance(gamma, 1.1 * best) - 2 * distance(gamma, best) + distance(gamma, 0.9 * best)
        ) / (0.1 * best) ** 2
        rise = (distance(gamma, 1.01 * neutral) - distance(gamma, 0.99 * neutral)) / (
            0.02 * neutral
        )
        claims += [
            path.best().claim(
                f"best ridge, n/d = {gamma:g}",
                f"At n/d = {gamma:g} the model is closest to the truth at this ridge.",
                best,
                (1.0 / n**2 / bend, "1/n^2 for the slope of the distance, over its curvature"),
            ),
            path.neutral().claim(
                f"neutral ridge, n/d = {gamma:g}",
                f"At n/d = {gamma:g} a model with a larger ridge than this is worse than a model "
                "without a ridge.",
                neutral,
                (1.0 / n**2 / rise, "1/n^2 for the distance, over its slope"),
            ),
        ]
    middle = sorted(experiments)[len(experiments) // 2]
    experiment = experiments[middle]
    return [*claims, *_beyond(middle, experiment, simulated[experiment.name])]


def _beyond(gamma: float, experiment: Experiment, drawn: Readout) -> list[Claim]:
    """Beyond the best ridge convergence still rises, and the distance to the truth grows."""
    n, d, last = experiment.n[0], experiment.d, max(experiment.ridges)
    near = min(experiment.ridges, key=lambda r: abs(r - best_ridge(gamma)))
    claims = []
    for name, words, formula in (
        ("convergence", "convergence rises", convergence),
        ("wasserstein", "the distance to the truth grows", distance),
    ):
        ends = [formula(gamma, ridge, d) for ridge in (near, last)]
        terms = [
            (sign, picked(drawn, name, n=n, ridge=ridge))
            for sign, ridge in ((-1.0, near), (1.0, last))
        ]
        claims.append(
            combined(terms).claim(
                f"past the best ridge {words}, n/d = {gamma:g}",
                f"At n/d = {gamma:g}, from ridge {near:.3g} to {last:g}, {words} by this much.",
                ends[1] - ends[0],
                allowances.second(n),
            )
        )
    return claims
