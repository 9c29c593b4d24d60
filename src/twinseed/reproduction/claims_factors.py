"""Claims about a single factor: recovery starts at a threshold, convergence does not change."""

from __future__ import annotations

import math
from collections.abc import Mapping

from twinseed.populations import Spiked
from twinseed.readout import Readout, Readouts
from twinseed.reproduction import allowances
from twinseed.reproduction.claims import Claim, Measurement, combined, picked
from twinseed.reproduction.linear import FACTORS, TOLERANCE, Experiment
from twinseed.verbs.predict import predict

__all__ = ["blindness_claims", "filter_claim", "recovery_claims"]

_LEVEL = 1.0 / 3.0
"""The rise of recovery is located at the load where recovery has this value."""


def blindness_claims(experiments: Mapping[float, Experiment], simulated: Readouts) -> list[Claim]:
    """Return one claim per strength: convergence is as for pure noise, at every load."""
    claims = []
    for strength, experiment in experiments.items():
        drawn = simulated[experiment.name]
        curve = predict(Spiked(), n=list(experiment.n), d=experiment.d)
        share = 1.0 / len(experiment.n)
        pure = sum(picked(curve, "convergence", n=n).value for n in experiment.n) * share
        claims.append(
            combined(
                [(share, picked(drawn, "convergence", n=n, ridge=0.0)) for n in experiment.n]
            ).claim(
                f"convergence is blind to a factor of strength {strength:g}",
                f"Averaged over n/d from {experiment.n[0] / experiment.d:g} to "
                f"{experiment.n[-1] / experiment.d:g}, on both sides of the onset of its recovery, "
                f"a factor of strength {strength:g} does not change convergence from its value "
                "for pure noise.",
                pure,
                (
                    (1.0 + strength) / experiment.d + TOLERANCE,
                    "(1 + strength)/d, the share of the factor in the energy of a sample, and the "
                    "tolerance of a draw",
                ),
            )
        )
    return claims


def recovery_claims(experiments: Mapping[float, Experiment], simulated: Readouts) -> list[Claim]:
    """Return the claims about Q: below and above the threshold, its onset, between twins."""
    claims = []
    for strength, experiment in experiments.items():
        drawn, d = simulated[experiment.name], experiment.d
        threshold = strength**-2
        loads = [n / d for n in experiment.n]
        below = max(load for load in loads if load < 0.6 * threshold)
        above = min(load for load in loads if load > 2.5 * threshold)
        at = {"n": round(below * d), "ridge": 0.0, "factor": 1}
        level = picked(experiment.predicted, "recovery", **at).value
        claims.append(
            picked(drawn, "recovery", **at).claim(
                f"below threshold, strength {strength:g}",
                f"At n/d = {below:g}, below 1/strength^2 = {threshold:.3g}, a factor of "
                f"strength {strength:g} is not learned: the overlap is zero.",
                0.0,
                allowances.floor(level),
            )
        )
        at = {"n": round(above * d), "ridge": 0.0, "factor": 1}
        ways = [("recovery", "above threshold", "with the truth")]
        if strength == sorted(experiments)[len(experiments) // 2]:
            ways.append(("recovery_twins", "without the truth", "between the twins"))
        for name, which, what in ways:
            claims.append(
                picked(drawn, name, **at).claim(
                    f"{which}, strength {strength:g}",
                    f"At n/d = {above:g}, above 1/strength^2 = {threshold:.3g}, the overlap {what} "
                    f"is (1 - d/(n s^2))/(1 + d/(n s)), s = {strength:g}.",
                    picked(experiment.predicted, name, **at).value,
                    allowances.recovery(at["n"], d, 1.0 - threshold / above),
                )
            )
        claims.append(_onset(strength, experiment, drawn))
    return claims


def filter_claim(load: Experiment, drawn: Readout) -> Claim:
    """Return the claim that the ridge does not change recovery."""
    number = max(load.ridges)
    share = 1.0 / (len(load.n) * len(FACTORS))
    terms = [
        (sign * share, picked(drawn, "recovery", n=n, ridge=ridge, factor=factor + 1))
        for n in load.n
        for factor in range(len(FACTORS))
        for sign, ridge in ((1.0, number), (-1.0, 0.0))
    ]
    return combined(terms).claim(
        "the ridge does not move recovery",
        f"Averaged over loads and factors, recovery with ridge {number:g} minus recovery without "
        "a ridge is zero.",
        0.0,
        allowances.NONE,
    )


def _onset(strength: float, experiment: Experiment, drawn: Readout) -> Claim:
    """Compare the load at which recovery is 1/3, in the simulation and by the formula.

    Between the two simulated loads on both sides, recovery is interpolated linearly in log(n/d): in
    the simulation, and in the formula at the same loads, so that the interpolation error cancels.
    """
    d = experiment.d
    low, high = _bracket(strength, [n / d for n in experiment.n])
    ends = (low, high)
    formula = [_formula(strength, load) for load in ends]
    measured = [picked(drawn, "recovery", n=round(load * d), ridge=0.0, factor=1) for load in ends]
    expected = _crossing(ends, (formula[0], formula[1]))
    values = (measured[0].value, measured[1].value)
    found = _crossing(ends, values)
    steps = [
        _crossing(ends, (values[0] + measured[0].se, values[1])) - found,
        _crossing(ends, (values[0], values[1] + measured[1].se)) - found,
    ]
    threshold = strength**-2
    tolerance = allowances.recovery(expected * d, d, 1.0 - threshold / expected)[0]
    rate = (formula[1] - formula[0]) / math.log(high / low)
    return Measurement(found, math.hypot(*steps), measured[0].replicates).claim(
        f"position of the rise, strength {strength:g}",
        f"The recovery of a factor of strength {strength:g}, with threshold 1/strength^2 = "
        f"{threshold:.3g}, is 1/3 at this n/d.",
        expected,
        (
            expected * tolerance / rate,
            "the allowance of the recovery at this load, over its rate of change with log(n/d)",
        ),
    )


def _formula(strength: float, load: float) -> float:
    return max(0.0, (1 - 1 / (load * strength**2)) / (1 + 1 / (load * strength)))


def _bracket(strength: float, loads: list[float]) -> tuple[float, float]:
    above = min(load for load in loads if _formula(strength, load) >= _LEVEL)
    below = max(load for load in loads if _formula(strength, load) < _LEVEL)
    return below, above


def _crossing(loads: tuple[float, float], values: tuple[float, float]) -> float:
    share = (_LEVEL - values[0]) / (values[1] - values[0])
    return loads[0] * math.exp(share * math.log(loads[1] / loads[0]))
