"""Claims about data: compared with the prediction, with Gaussian rows, and with two controls."""

from __future__ import annotations

from twinseed.readout import Readout, Readouts
from twinseed.reproduction.allowances import NONE
from twinseed.reproduction.claims import Claim, Measurement, combined, picked
from twinseed.reproduction.data import DataPlan
from twinseed.status import Status

__all__ = ["control_claims", "data_claims"]

_ROUNDING = (1e-9, "rounding")
_LOST = 0.5
"""No claim where an overlap loses more than this: the allowance grows as the loss squared."""


def data_claims(plan: DataPlan, readouts: Readouts) -> list[Claim]:
    """Return the claims about twins trained on halves of the rows."""
    measured, predicted, gaussian = (
        readouts[f"{plan.prefix}_{kind}"] for kind in ("measured", "predicted", "gaussian")
    )
    words = "your rows" if plan.rows.own else "the digits"
    source = "own data" if plan.rows.own else "digits"
    return [
        *_agreement(plan, measured, predicted, gaussian, words, source),
        *_memorisation(plan, measured, gaussian, words, source),
        *_directions(plan, measured, predicted, words, source),
    ]


def _agreement(
    plan: DataPlan,
    measured: Readout,
    predicted: Readout,
    gaussian: Readout,
    words: str,
    source: str,
) -> list[Claim]:
    factor = plan.moments.agreement
    unknown = 0.0 if plan.about.exact else 2.0 / plan.rows.count
    reason = (
        f"1/n of the formula, and |{factor:.3f} - 1| of 1 - q: the fourth moments of {words} over "
        "those of Gaussian rows"
    )
    if unknown:
        reason += f", and 2/N for a spectrum estimated from N = {plan.rows.count} rows"
    allowed = {
        n: picked(predicted, "convergence_gap", n=n).value * abs(factor - 1.0) + 1.0 / n + unknown
        for n in plan.sizes
    }
    claims = []
    for n in plan.sizes:
        claims.append(
            picked(measured, "convergence", n=n).claim(
                f"{source}: convergence, n = {n}",
                f"Twins trained on {n} of {words} each agree as much as the formula for their "
                "spectrum predicts.",
                picked(predicted, "convergence", n=n).value,
                (allowed[n], reason),
                source,
            )
        )
    middle = plan.sizes[len(plan.sizes) // 2]
    claims.append(
        combined(
            [
                (1.0, picked(measured, "convergence", n=middle)),
                (-1.0, picked(gaussian, "convergence", n=middle)),
            ]
        ).claim(
            f"{source}: convergence is that of Gaussian rows, n = {middle}",
            f"At n = {middle}, {words} and Gaussian rows of the same spectrum agree equally "
            "well: the difference is zero.",
            0.0,
            (allowed[middle], reason),
            source,
        )
    )
    return claims


def _memorisation(
    plan: DataPlan, measured: Readout, gaussian: Readout, words: str, source: str
) -> list[Claim]:
    """Compare with simulated Gaussian rows: the closed form is a leading order for such spectra."""
    claims = []
    for n in dict.fromkeys((plan.sizes[len(plan.sizes) // 2], plan.sizes[-1])):
        for name, neutral, what in (
            ("memorisation_ratio", 1.0, "memorisation ratio"),
            ("memorisation_share", 0.5, "share closer to training"),
        ):
            here, there = (picked(readout, name, n=n) for readout in (measured, gaussian))
            both = combined([(1.0, here), (-1.0, there)])
            claims.append(
                Measurement(here.value, both.se, here.replicates).claim(
                    f"{source}: {what}, n = {n}",
                    f"Twins trained on {n} of {words} memorise as twins on Gaussian rows of the "
                    f"same spectrum do ({what}).",
                    there.value,
                    (
                        abs(there.value - neutral) / 2.0,
                        "half of the excess: a largest cosine depends on the shape of the law, "
                        "not only on the spectrum. The interval includes the noise of both numbers",
                    ),
                    source,
                )
            )
    return claims


def _directions(
    plan: DataPlan, measured: Readout, predicted: Readout, words: str, source: str
) -> list[Claim]:
    """Compare recovery at the largest n, one claim for each group of leading directions."""
    claims = []
    n = plan.sizes[-1]
    for group, factor in zip(plan.about.groups, plan.moments.directions, strict=True):
        first, last = group.start + 1, group.stop
        which = f"direction {first}" if first == last else f"directions {first} to {last}"
        expected = picked(predicted, "recovery_twins", n=n, factor=first).value
        status = predicted["recovery_twins_status"].sel(n=n, factor=first).item()
        loss = 1.0 - expected
        if status != Status.OK or loss > _LOST:
            continue
        claims.append(
            picked(measured, "recovery_twins", n=n, factor=first).claim(
                f"{source}: {which} between the twins, n = {n}",
                f"Twins trained on {n} of {words} have learned principal {which} as well as the "
                f"outlier formula predicts, by the overlap of the two twins.",
                expected,
                (
                    loss * abs(factor - 1.0) + loss**2 + 3.0 / n,
                    f"|{factor:.2f} - 1| of 1 - Q, the fourth moments of {words} over those of "
                    "Gaussian rows; (1 - Q)^2, the next order; 3/n",
                ),
                source,
            )
        )
    return claims


def control_claims(plan: DataPlan, readouts: Readouts) -> list[Claim]:
    """Return the claims that the memoriser is detected, and that fresh rows show no copying."""
    copies, fresh = readouts["control_memoriser"], readouts["control_fresh"]
    n = plan.splits["control_fresh"].sizes[0]
    claims = []
    for readout, name, expected, allowance, title, sentence in (
        (
            copies,
            "memorisation",
            1.0,
            _ROUNDING,
            "control: copies are seen",
            "A generator that returns its training rows is detected: every sample has "
            "cosine 1 to a training row.",
        ),
        (
            copies,
            "memorisation_share",
            1.0,
            _ROUNDING,
            "control: copies are detected",
            "A generator that returns its training rows is detected: every sample is "
            "closer to training rows than to held-out rows.",
        ),
        (
            fresh,
            "memorisation_share",
            0.5,
            NONE,
            "control: fresh rows pass",
            "New rows, which no model saw, show no copying: half of the new rows are "
            "closer to training rows than to held-out rows.",
        ),
        (
            fresh,
            "memorisation_ratio",
            1.0,
            (1.0 / n, "1/n: the bias of a ratio of two means is the relative variance of a mean"),
            "control: fresh rows are no closer",
            "New rows, which no model saw, are as close to training rows as to held-out "
            "rows: the ratio is 1.",
        ),
    ):
        claims.append(
            picked(readout, name, n=n).claim(title, sentence, expected, allowance, "control")
        )
    return claims
