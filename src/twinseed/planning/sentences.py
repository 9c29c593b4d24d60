"""Sentences of a plan: how the plan was made, and what the pilot cannot show."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from twinseed.planning.calibration import NORMAL, UNEVEN
from twinseed.planning.groups import borders_on_bulk
from twinseed.planning.normality import HEAVY

if TYPE_CHECKING:
    from twinseed.planning.answer import Plan

__all__ = ["limits", "method"]

_SMALL_PILOT = 60
_FAR = 0.15
"""Distance of log c from 0 that is given a reason."""
_FEW_DIRECTIONS = 20.0
_MORE = 1.5
"""Factor on the variance of Gaussian pilots from which the plan mentions the factor."""


def method(plan: Plan) -> list[str]:
    """Say how a plan was made."""
    sentences = [
        "Planned by the theory of linear models, from the population spectrum that was estimated "
        "from the pilot."
    ]
    sentences += [_sentence(one) for one in plan.units]
    found = plan.calibrated
    if not found.splits:
        sentences.append(
            "The plan is not calibrated. For rows that are not Gaussian, or that have few strong "
            "directions, the bands are too narrow."
        )
    else:
        ends = [math.exp(sign * NORMAL * found.log_error) * found.factor for sign in (-1, 1)]
        sentences.append(
            f"Calibrated by c = {found.factor:.2f} ({ends[0]:.2f} to {ends[1]:.2f}), from "
            f"{found.splits} random splits of the pilot into halves of {found.rows} rows: the "
            "disagreement (1 - q)/q of linear models of the halves is c times the disagreement in "
            "theory. The plan multiplies the disagreement in theory by c at every n. The bands "
            "contain the error of c. The memorisation and the recovery are calibrated in the same "
            "way."
        )
        if abs(math.log(found.factor)) > max(_FAR, NORMAL * found.log_error):
            sentences.append(_reason(plan))
    if found.simulated:
        sentences.append(
            "Theory is a leading order here. So the memorisation and the recovery were simulated, "
            f"with Gaussian rows of the estimated spectrum, up to n = {max(found.simulated):,}. "
            "For larger n the plan assumes that their distance from theory stays the same."
        )
    if found.splits:
        sentences.append(_bands(plan))
    if plan.ceiling is not None:
        sentences.append(
            f"The planned convergence is the convergence of linear models times {plan.ceiling:g}, "
            "the convergence of two trainings of a network on the same rows. This is a guess: the "
            "error was below .06 for convolutional networks on three sets of small images, and up "
            "to .16 for other networks. The memorisation and the recovery are planned for linear "
            "models."
        )
    return sentences


def _sentence(note: str) -> str:
    """Return a note on a table as a sentence."""
    return note if note.endswith(".") else f"{note[:1].upper()}{note[1:]}."


def _bands(plan: Plan) -> str:
    """Say where the width of the bands comes from."""
    found = plan.calibrated
    told = (
        f"The bands come from {plan.resamples} Gaussian pilots. These were drawn from the "
        "estimated population and planned in the same way."
    )
    if found.excess > _MORE:
        told += (
            " The halves of this pilot vary more than the halves of Gaussian pilots, or the rows "
            f"are uneven: the variance of Gaussian pilots is multiplied by {found.excess:.1f}."
        )
    if found.oddness > 0.0:
        told += (
            " The rows are not Gaussian, by their third and fourth moments. What theory misses may "
            "then change with n, so that the bands widen with every doubling of n."
        )
    return told


def _reason(plan: Plan) -> str:
    """Say why c is far from 1."""
    if plan.calibrated.factor < 1.0:
        return (
            "c is below 1: the rows vary less than Gaussian rows of the same spectrum, so that "
            "fewer rows show the spectrum."
        )
    few = plan.population.effective_dimension(plan.d)
    reasons = []
    if plan.unevenness > UNEVEN:
        reasons.append(
            f"the rows are uneven (the noise of their covariance is {plan.unevenness:.1f} times "
            "that of Gaussian rows, by the lengths of the rows)"
        )
    if few < _FEW_DIRECTIONS:
        reasons.append(
            f"few directions carry the variance (as many as {few:.1f} equal ones), and theory "
            "holds for many"
        )
    told = "; ".join(reasons) or (
        "the reason is not in the lengths of the rows, and not in the number of strong directions; "
        "rows that come in clusters do this"
    )
    return f"Why c is above 1: {told}."


def limits(plan: Plan) -> list[str]:
    """Say what the pilot of a plan cannot tell."""
    found = plan.population
    sentences = []
    if found.detectable is not None:
        share = found.detectable * plan.d / float(found.eigenvalues(plan.d).sum())
        count = found.factors.size
        sentences.append(
            f"{count or 'No'} factor{('' if count == 1 else 's')} stood out in these rows. "
            f"A further factor does not stand out if its variance is below {share:.3g} "
            "times the mean variance of a column. The plan gives no recovery for such a "
            "factor."
        )
    together = [f"{one.start + 1} to {one.stop}" for one in plan.groups if one.stop > one.start + 1]
    if together:
        sentences.append(
            f"Factors {', '.join(together)} are equally strong within the error of this pilot. "
            "The plan gives the recovery of the subspace that these factors span together."
        )
    if plan.groups and borders_on_bulk(plan.population, plan.groups[-1]):
        last = plan.groups[-1]
        words = (
            f"s {last.start + 1} to {last.stop} are"
            if last.stop > last.start + 1
            else (f" {last.stop} is")
        )
        sentences.append(
            f"Factor{words} hardly stronger than the directions that did not stand out. The "
            "recovery may be lower than planned: its status is leading order."
        )
    if found.constant_columns:
        sentences.append(
            f"{found.constant_columns} columns are constant in the pilot. The plan assumes "
            "that these columns stay constant."
        )
    if plan.repeated:
        sentences.append(
            f"{plan.repeated:,} of {plan.pilot_rows:,} rows of the pilot equal an earlier row. "
            "Rows that are equal by chance do no harm. If rows were repeated, for example to "
            "balance classes, the plan is too hopeful: pass each row once."
        )
    if plan.pilot_rows < _SMALL_PILOT:
        sentences.append(
            f"A plan from fewer than {_SMALL_PILOT} rows is biased, and its bands miss the "
            "true value more often than their level says."
        )
    if plan.unevenness > UNEVEN:
        sentences.append(
            "The lengths of the rows vary more than the lengths of Gaussian rows (heavy tails, or "
            f"rows of different scales; {plan.unevenness:.1f} times the noise). This pilot may "
            "hold too few of the long rows. Do not rely on the bands, whose status is uneven rows: "
            "take a larger pilot, or rescale the rows."
        )
    if plan.heaviest > HEAVY:
        sentences.append(
            f"Few rows have most of the variance along one direction: its kurtosis is "
            f"{plan.heaviest:.0f}, and 3 for Gaussian rows. Another pilot has other such rows, or "
            "none. Do not rely on the bands, whose status is uneven rows: take a larger pilot, or "
            "take the logarithm or the rank of the columns with rare large values."
        )
    return sentences
