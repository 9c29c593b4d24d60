"""Claims about data: compared with the prediction, with Gaussian rows, and with two controls."""

from __future__ import annotations

from twinseed.readout import Readout, Readouts
from twinseed.reproduction.allowances import NONE
from twinseed.reproduction.claims import Claim, Measurement, combined, off_by, picked
from twinseed.reproduction.data import DataPlan
from twinseed.status import Status

__all__ = ["control_claims", "data_claims"]

_ROUNDING = (1e-9, "rounding")
_CLEAR = 0.05
"""Fourth moments that differ by more from those of Gaussian rows give the sign of a difference."""
_LOST = 0.5
"""No claim where an overlap loses more than this: the allowance grows as the loss squared."""


def data_claims(plan: DataPlan, readouts: Readouts) -> list[Claim]:
    """Return the claims about twins trained on halves of the rows."""
    measured, predicted, gaussian = (
        readouts[f"{plan.prefix}_{kind}"] for kind in ("measured", "predicted", "gaussian")
    )
    return [
        *_agreement(plan, measured, predicted, gaussian),
        *_memorisation(plan, measured, gaussian),
        *_directions(plan, measured, predicted),
        *_few_rows(plan, measured, gaussian),
    ]


def _agreement(
    plan: DataPlan, measured: Readout, predicted: Readout, gaussian: Readout
) -> list[Claim]:
    words, source = plan.words, plan.source
    factor = plan.moments.agreement
    moments = (
        f"|{factor:.3f} - 1| of 1 - q, the fourth moments of {words} over those of Gaussian rows"
    )
    unknown = 0.0 if plan.about.exact else 2.0 / plan.rows.count
    if unknown:
        moments += f"; and 2/N for a spectrum estimated from N = {plan.rows.count} rows"
    claims = []
    allowed = {}
    for n in plan.sizes:
        gap = picked(predicted, "convergence_gap", n=n).value
        allowed[n] = gap * abs(factor - 1.0) + unknown
        formula, reason = off_by(predicted, "convergence", n=n)
        claims.append(
            picked(measured, "convergence", n=n).claim(
                f"{source}: convergence, n = {n}",
                f"Twins trained on {n} of {words} each agree as much as the formula for their "
                "spectrum predicts.",
                picked(predicted, "convergence", n=n).value,
                (formula + allowed[n], f"{reason}; and {moments}"),
                source,
            )
        )
    middle = plan.sizes[len(plan.sizes) // 2]
    here, there = (picked(readout, "convergence", n=middle) for readout in (measured, gaussian))
    apart = combined([(1.0, here), (-1.0, there)])
    claims.append(
        apart.claim(
            f"{source}: convergence is that of Gaussian rows, n = {middle}",
            f"At n = {middle}, {words} and Gaussian rows of the same spectrum agree equally "
            "well: the difference is zero.",
            0.0,
            (allowed[middle], moments),
            source,
        )
    )
    return claims


def _memorisation(plan: DataPlan, measured: Readout, gaussian: Readout) -> list[Claim]:
    """Compare with simulated Gaussian rows: the closed form is a leading order for such spectra.

    Rows whose fourth moments are clearly below those of Gaussian rows vary less in length, so they
    are memorised less: the number of Gaussian rows is a bound.
    """
    claims, words, source = [], plan.words, plan.source
    factor = plan.moments.closeness
    clear = abs(factor - 1.0) > _CLEAR
    bound = ("at most" if factor < 1.0 else "at least") if clear else ""
    how = f"{bound} as" if bound else "as"
    why = f" Fourth moments of {words} are {factor:.2f} of those of Gaussian rows." if clear else ""
    for n in plan.sizes if clear else plan.sizes[len(plan.sizes) // 2 :: 2]:
        for name, neutral, what in (
            ("memorisation_ratio", 1.0, "memorisation ratio"),
            ("memorisation_share", 0.5, "share closer to training"),
        ):
            here, there = (picked(readout, name, n=n) for readout in (measured, gaussian))
            both = combined([(1.0, here), (-1.0, there)])
            allowance = (
                abs(there.value - neutral) / 2.0,
                "half of the excess: a largest cosine depends on the shape of the law, "
                "not only on the spectrum. The interval includes the noise of both numbers",
            )
            claims.append(
                Measurement(here.value, both.se, here.replicates).claim(
                    f"{source}: {what}, n = {n}",
                    f"Twins trained on {n} of {words} memorise {how} much as twins on Gaussian "
                    f"rows of the same spectrum do ({what}).{why}",
                    there.value,
                    NONE if clear else allowance,
                    source,
                    bound,
                )
            )
    return claims


def _directions(plan: DataPlan, measured: Readout, predicted: Readout) -> list[Claim]:
    """Compare recovery at the largest n, one claim for each group of leading directions."""
    claims, words, source = [], plan.words, plan.source
    n = plan.sizes[-1]
    for group, factor in zip(plan.about.groups, plan.moments.directions, strict=True):
        first = group.start + 1
        expected = picked(predicted, "recovery_twins", n=n, factor=first).value
        status = predicted["recovery_twins_status"].sel(n=n, factor=first).item()
        loss = factor * (1.0 - expected)
        if status != Status.OK or loss > _LOST:
            continue
        which = _named(group)
        claims.append(
            picked(measured, "recovery_twins", n=n, factor=first).claim(
                f"{source}: {which} between the twins, n = {n}",
                f"Twins trained on {n} of {words} have learned principal {which} as well as the "
                "outlier formula predicts, by the overlap of the two twins. The predicted loss is "
                f"multiplied by {factor:.2f}, the fourth moments of {words} over those of Gaussian "
                "rows.",
                1.0 - loss,
                (loss**2 + 3.0 / n, "(1 - Q)^2, the next order, and 3/n"),
                source,
            )
        )
    return claims


def _few_rows(plan: DataPlan, measured: Readout, gaussian: Readout) -> list[Claim]:
    """Compare the mean recovery with Gaussian rows where n is too small for the outlier formula."""
    groups, words, source = plan.about.groups, plan.words, plan.source
    claims = []
    for n in plan.sizes[: len(plan.sizes) // 2] if groups else ():
        shares = [(group.stop - group.start) / plan.about.factors for group in groups]
        here, there = (
            combined(
                [
                    (share, picked(readout, "recovery", n=n, factor=group.start + 1))
                    for share, group in zip(shares, groups, strict=True)
                ]
            )
            for readout in (measured, gaussian)
        )
        both = combined([(1.0, here), (-1.0, there)])
        claims.append(
            Measurement(here.value, both.se, here.replicates).claim(
                f"{source}: recovery with few rows, n = {n}",
                f"Twins trained on {n} of {words} have learned the leading "
                f"{plan.about.factors} directions, on average, as well as twins on Gaussian rows "
                "of the same spectrum. The outlier formula needs more rows.",
                there.value,
                NONE,
                source,
            )
        )
    return claims


def _named(group: slice) -> str:
    first, last = group.start + 1, group.stop
    return f"direction {first}" if first == last else f"directions {first} to {last}"


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
