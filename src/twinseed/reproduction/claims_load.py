"""Claims about the load: memorisation and convergence of the linear model as n/d grows."""

from __future__ import annotations

import math

from twinseed.readout import Readout, Readouts
from twinseed.reproduction import allowances
from twinseed.reproduction.claims import Claim, combined, off_by, picked
from twinseed.reproduction.linear import IDENTITY_LOADS, TOLERANCE, Experiment

__all__ = ["convergence_claims", "memorisation_claims"]


def convergence_claims(load: Experiment, identity: Experiment, simulated: Readouts) -> list[Claim]:
    """Return the claims about q: the formula at several points, and its closed-form limits."""
    drawn, predicted, d = simulated[load.name], load.predicted, load.d
    claims = []
    for gamma, ridge in ((0.25, 0.0), (1.0, 0.1), (2.0, 1.0), (10.0, 0.0)):
        at = {"n": round(gamma * d), "ridge": ridge}
        value = picked(predicted, "convergence", **at).value
        claims.append(
            picked(drawn, "convergence", **at).claim(
                f"convergence, n/d = {gamma:g}, ridge {ridge:g}",
                f"At n/d = {gamma:g} and ridge {ridge:g} twins agree as much as the "
                "Marchenko-Pastur formula predicts.",
                value,
                off_by(predicted, "convergence", **at),
            )
        )
    at = {"n": round(0.5 * d), "ridge": 1.0}
    value = picked(predicted, "convergence_cosine", **at).value
    claims.append(
        picked(drawn, "convergence_cosine", **at).claim(
            "mean cosine, n/d = 0.5, ridge 1",
            "At n/d = 0.5 and ridge 1 the mean cosine of same-seed samples is as predicted.",
            value,
            allowances.convergence_isotropic(value, at["n"], d),
        )
    )
    at = {"n": d, "ridge": 0.0}
    claims.append(
        picked(drawn, "convergence_null", **at).claim(
            "mismatched seeds",
            "With mismatched seeds the twins do not agree: convergence is zero.",
            0.0,
            allowances.NONE,
        )
    )
    return claims + _closed_forms(identity, simulated[identity.name])


def _closed_forms(identity: Experiment, drawn: Readout) -> list[Claim]:
    d = identity.d
    at = {load: {"n": round(load * d), "ridge": 0.0} for load in IDENTITY_LOADS}
    q = {load: picked(drawn, "convergence", **label) for load, label in at.items()}
    few, many = min(IDENTITY_LOADS), max(IDENTITY_LOADS)
    gap = picked(drawn, "convergence_gap", **at[many])
    return [
        q[1.0].claim(
            "q(1)",
            "Without ridge q = 64/(9 pi^2) = 0.7205 at n = d.",
            64.0 / (9.0 * math.pi**2),
            (TOLERANCE, "the tolerance of a draw"),
        ),
        combined([(1.0 / few, q[few])]).claim(
            "q at small load",
            "Without ridge and with few rows q is n/d, less a share n/(4 d): this is q d/n.",
            1.0 - few / 4.0,
            (
                few**2 / 64.0 + TOLERANCE / few,
                "n^2/(64 d^2), the next term, and the tolerance of a draw",
            ),
        ),
        combined([(many, gap)]).claim(
            "1 - q at large load",
            "Without ridge and with many rows 1 - q is d/(4 n) + d^2/(64 n^2), here times n/d.",
            0.25 + 1.0 / (64.0 * many),
            (
                1.0 / (128.0 * many**2) + TOLERANCE * many,
                "d^2/(128 n^2), above the next term, and the tolerance of a draw",
            ),
        ),
        combined([(2.0, q[0.5]), (-1.0, q[2.0])]).claim(
            "q and its mirror image",
            "Without ridge q(n/d) = (n/d) q(d/n): 2 q(1/2) - q(2) = 0.",
            0.0,
            (
                3 * TOLERANCE,
                "the tolerance of a draw for each of the two numbers, times its weight",
            ),
        ),
    ]


def memorisation_claims(load: Experiment, drawn: Readout) -> list[Claim]:
    """Return the claims about m, its ratio to held-out data, and the share."""
    predicted, d = load.predicted, load.d
    claims = []
    for gamma, ridge in ((0.1, 0.0), (1.0, 0.0), (10.0, 0.0)):
        at = {"n": round(gamma * d), "ridge": ridge}
        value = picked(predicted, "memorisation", **at).value
        claims.append(
            picked(drawn, "memorisation", **at).claim(
                f"memorisation, n/d = {gamma:g}, ridge {ridge:g}",
                f"At n/d = {gamma:g} and ridge {ridge:g} the largest cosine to a training row "
                "is as large as the formula predicts.",
                value,
                off_by(predicted, "memorisation", **at),
            )
        )
    for name, sentence, first, second in (
        (
            "memorisation falls with n",
            "Memorisation falls as n/d grows from 0.1 to 10, by as much as the formula predicts.",
            {"n": round(0.1 * d), "ridge": 0.0},
            {"n": round(10.0 * d), "ridge": 0.0},
        ),
        (
            "a ridge lowers memorisation",
            "At n/d = 0.25 a ridge of 1 lowers memorisation, by as much as the formula predicts.",
            {"n": round(0.25 * d), "ridge": 0.0},
            {"n": round(0.25 * d), "ridge": 1.0},
        ),
    ):
        both = [picked(predicted, "memorisation", **at).value for at in (first, second)]
        apart = combined(
            [
                (sign, picked(drawn, "memorisation", **at))
                for sign, at in ((1.0, first), (-1.0, second))
            ]
        )
        allowed = sum(off_by(predicted, "memorisation", **at)[0] for at in (first, second))
        reason = "what the formula may be off by at the two points; more of their difference"
        claims.append(apart.claim(name, sentence, both[0] - both[1], (allowed, reason)))
    for gamma, ridge in ((0.25, 0.0), (1.0, 0.0), (1.0, 1.0)):
        at = {"n": round(gamma * d), "ridge": ridge}
        value = picked(predicted, "memorisation_ratio", **at).value
        claims.append(
            picked(drawn, "memorisation_ratio", **at).claim(
                f"memorisation ratio, n/d = {gamma:g}, ridge {ridge:g}",
                f"At n/d = {gamma:g} and ridge {ridge:g} an honest model is closer to training "
                "than to held-out rows by about the factor sqrt(tr[S f^2]/tr[Sigma f^2]).",
                value,
                off_by(predicted, "memorisation_ratio", **at),
            )
        )
    at = {"n": d, "ridge": 0.0}
    for name, words in (
        ("memorisation_share", "|cosine|"),
        ("memorisation_share_euclidean", "Euclidean distance"),
    ):
        claims.append(
            picked(drawn, name, **at).claim(
                f"share by {words}, n = d",
                f"At n = d an honest model has this share of samples closer, by {words}, "
                "to training than to held-out rows. The share is not one half.",
                picked(predicted, name, **at).value,
                off_by(predicted, name, **at),
            )
        )
    return claims
