"""What a plan says of itself in words: how it was made, and what its pilot cannot tell."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from twinseed.planning.calibration import NORMAL, UNEVEN

if TYPE_CHECKING:
    from twinseed.planning.answer import Plan

__all__ = ["limits", "method"]

_SMALL_PILOT = 60
_FAR = 0.15
"""Distance of log c from 0 that is given a reason."""
_FEW_DIRECTIONS = 20.0


def method(plan: Plan) -> list[str]:
    """Say how a plan was made."""
    sentences = [
        "Planned by the theory of linear models, from the population spectrum that was estimated "
        "from the pilot."
    ]
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
            "disagreement (1 - q)/q that linear models of the halves show is c times that of "
            "theory. The plan takes c times the disagreement of theory at every n. The error of c "
            "is in the bands. The memorisation and the recovery are calibrated in the same way."
        )
        if abs(math.log(found.factor)) > max(_FAR, NORMAL * found.log_error):
            sentences.append(_reason(plan))
    if found.simulated:
        sentences.append(
            "Theory is a leading order here. So the memorisation and the recovery were simulated, "
            f"with Gaussian rows of the estimated spectrum, up to n = {max(found.simulated):,}. "
            "Beyond, their distance from theory is taken to stay."
        )
    if plan.ceiling is not None:
        sentences.append(
            f"The convergence is that of linear models times {plan.ceiling:g}, the convergence of "
            "two trainings of a network on the same rows. This is a guess: it came within .06 for "
            "convolutional networks on three sets of small images, and it was off by up to .16 for "
            "other networks. The memorisation and the recovery are those of linear models."
        )
    return sentences


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
            f"A further factor would not stand out if its variance is below {share:.3g} "
            "times the mean variance of a column. The plan gives no recovery for such a "
            "factor."
        )
    together = [f"{one.start + 1} to {one.stop}" for one in plan.groups if one.stop > one.start + 1]
    if together:
        sentences.append(
            f"Factors {', '.join(together)} are equally strong within the error of this pilot. "
            "The plan gives the recovery of the subspace that they span together, not of each."
        )
    if plan.groups and plan.borders_on_bulk(plan.groups[-1]):
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
    if plan.pilot_rows < _SMALL_PILOT:
        sentences.append(
            f"A plan from fewer than {_SMALL_PILOT} rows is biased, and its bands miss the "
            "true value more often than their level says."
        )
    if plan.unevenness > UNEVEN:
        sentences.append(
            "The lengths of the rows vary more than those of Gaussian rows (heavy tails, or rows "
            f"of different scales; {plan.unevenness:.1f} times the noise). This pilot may hold too "
            "few of the rows that matter most."
        )
    return sentences
