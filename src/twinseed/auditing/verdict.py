"""From numbers to one sentence for each question, with the evidence in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from twinseed.auditing.controls import Controls
from twinseed.auditing.copying import LEVEL, Copying
from twinseed.auditing.references import LINEAR, Number, interval
from twinseed.status import Status
from twinseed.twins import Twins

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["CONVERGED", "RECOVERED", "Answer", "Outcome", "answers"]

CONVERGED = 0.9
"""Twins count as converged if the interval of their convergence lies above this."""

RECOVERED = 0.5
"""A factor counts as recovered if the interval of its recovery lies above this."""


class Outcome(StrEnum):
    """What an audit can answer."""

    COPYING = "copying"
    NO_COPYING = "no sign of copying"
    CONVERGED = "converged"
    NOT_CONVERGED = "not converged"
    RECOVERED = "recovered"
    PARTLY_RECOVERED = "partly recovered"
    NOT_RECOVERED = "not recovered"
    CONVERGED_NOT_RECOVERED = "converged but not recovered"
    CANNOT_TELL = "not enough data to tell"
    CANNOT_JUDGE = "cannot judge these data"


@dataclass(frozen=True)
class Answer:
    """The outcome of one question, and the sentence that gives it with its evidence."""

    outcome: Outcome
    sentence: str


def answers(
    twins: Twins,
    measured: xr.Dataset,
    references: dict[str, dict[str, list[Number]]],
    controls: Controls | None,
    copying: Copying,
) -> dict[str, Answer]:
    """Return an answer for each of "copying", "convergence" and "recovery"."""
    agreement = _convergence(twins, measured, references)
    return {
        "copying": _copying(twins, measured, references, controls, copying),
        "convergence": agreement,
        "recovery": _recovery(measured, references, agreement.outcome),
    }


def _copying(
    twins: Twins,
    measured: xr.Dataset,
    references: dict[str, dict[str, list[Number]]],
    controls: Controls | None,
    copying: Copying,
) -> Answer:
    if controls is None:
        problem = "without held-out rows" if twins.heldout is None else "with so few held-out rows"
        return Answer(
            Outcome.CANNOT_TELL,
            f"Not enough data to tell whether it is copying: {problem} nothing says how close an "
            f"honest sample comes; hold out rows that neither generator saw, {twins.n} of them if "
            "possible, and pass them as heldout.",
        )
    if not controls.told_apart:
        return Answer(Outcome.CANNOT_JUDGE, f"This audit cannot judge copying here. {controls}")
    share = "memorisation_share_euclidean"
    closer = _shown(interval(measured, share))
    honest = _shown(references[share][LINEAR][0])
    evidence = (
        f"{closer} of the samples are closer to training than to held-out rows (no copying: 0.5; "
        f"matched linear model: {honest})"
    )
    low, high = copying.copied_fraction_interval
    copied = f"{copying.copied_fraction:.0%} copied, 95 % interval {low:.0%} to {high:.0%}"
    if copying.found:
        return Answer(
            Outcome.COPYING,
            f"Copying: {evidence}, more than chance (p = {copying.p_value:.4f}) and more than the "
            f"linear model (p = {copying.p_value_linear:.4f}); {copied}.",
        )
    unseen = f"copies below about {copying.smallest_visible:.1%} of the samples would go unseen"
    if copying.p_value < LEVEL:
        return Answer(
            Outcome.NO_COPYING,
            f"No sign of copying: {evidence}, more than chance (p = {copying.p_value:.4f}) but no "
            f"more than an honest model that only matches the covariance "
            f"(p = {copying.p_value_linear:.2f}); {unseen}.",
        )
    return Answer(
        Outcome.NO_COPYING,
        f"No sign of copying: {evidence}, p = {copying.p_value:.2f}; {unseen}.",
    )


def _convergence(
    twins: Twins, measured: xr.Dataset, references: dict[str, dict[str, list[Number]]]
) -> Answer:
    q, null = interval(measured, "convergence"), interval(measured, "convergence_null")
    if math.isnan(q.value):
        problem = (
            "there is one generator only"
            if twins.samples_b is None
            else "all samples lie at one point"
        )
        return Answer(
            Outcome.CANNOT_TELL,
            f"Not enough data to tell whether it converged: {problem}; train a second one on "
            "other rows, start both from the same seeds, and pass samples_b and train_b.",
        )
    linear = references["convergence"].get(LINEAR)
    beside = f", matched linear model {_shown(linear[0])}" if linear else ""
    evidence = f"convergence {_shown(q)} (mismatched seeds {null.value:.2f}{beside})"
    shared = ""
    if twins.train_b is None:
        shared = " (without train_b this may be agreement of models trained on the same rows)"
    elif twins.shared_training_rows:
        shared = f" (they share {twins.shared_training_rows} training rows, which raises it)"
    if not q.low > null.high:
        return Answer(
            Outcome.NOT_CONVERGED,
            f"Not converged: equal seeds agree no better than different ones, {evidence}; check "
            "that row i of both sample files comes from seed i.",
        )
    if q.low > CONVERGED:
        return Answer(
            Outcome.CONVERGED, f"Converged: the twins tell the same story, {evidence}{shared}."
        )
    advice = "more data should help"
    if linear and linear[0].value < CONVERGED:
        advice = f"with {twins.n} rows a model of the covariance alone does not converge either"
    return Answer(
        Outcome.NOT_CONVERGED,
        f"Not converged: the twins agree in part, {evidence}{shared}; the interval is not wholly "
        f"above {CONVERGED}; {advice}.",
    )


def _recovery(
    measured: xr.Dataset,
    references: dict[str, dict[str, list[Number]]],
    agreement: Outcome,
) -> Answer:
    name, against = "recovery", "the held-out rows' own directions"
    if name not in references:
        name, against = "recovery_twins", "each other's"
    if name not in references:
        return Answer(
            Outcome.CANNOT_TELL,
            "Not enough data to tell what was recovered: pass held-out rows, or a second "
            "generator's samples.",
        )
    count = measured.sizes["factor"]
    found = [interval(measured, name, k) for k in range(count)]
    floor = [str(s) == Status.BELOW_FLOOR for s in measured[f"{name}_status"].values]
    won = [one.low > RECOVERED and not below for one, below in zip(found, floor, strict=True)]
    open_ones = [
        k
        for k, one in enumerate(found)
        if not won[k] and not floor[k] and (math.isnan(one.low) or one.high > RECOVERED)
    ]
    values = ", ".join(_shown(one) for one in found)
    linear = references[name].get(LINEAR, [])
    beside = ""
    if linear:
        honest = sum(one.low > RECOVERED for one in linear)
        beside = f"; the matched linear model recovers {honest}"
    doubt = f"; too close to tell: {', '.join(str(k + 1) for k in open_ones)}" if open_ones else ""
    evidence = (
        f"{sum(won)} of {count} factors recovered (overlap with {against} above {RECOVERED}: "
        f"{values}){doubt}{beside}"
    )
    if agreement is Outcome.CONVERGED and not won[0] and 0 not in open_ones:
        return Answer(
            Outcome.CONVERGED_NOT_RECOVERED,
            f"Converged but not recovered: the twins agree and yet miss the leading factor, "
            f"{evidence}.",
        )
    if all(won):
        return Answer(Outcome.RECOVERED, f"Recovered: {evidence}.")
    if any(won):
        return Answer(Outcome.PARTLY_RECOVERED, f"Partly recovered: {evidence}.")
    if open_ones:
        return Answer(Outcome.CANNOT_TELL, f"Not enough data to tell: {evidence}.")
    return Answer(Outcome.NOT_RECOVERED, f"Not recovered: {evidence}.")


def _shown(one: Number) -> str:
    if math.isnan(one.value):
        return "unknown"
    if math.isnan(one.low) or one.low == one.high:
        return f"{one.value:.2f}"
    return f"{one.value:.2f} [{one.low:.2f}, {one.high:.2f}]"
