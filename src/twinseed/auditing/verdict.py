"""The verdict: one outcome and one sentence for each question, with the evidence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from twinseed.auditing.agreement import Agreement
from twinseed.auditing.controls import Controls
from twinseed.auditing.copying import LEVEL, Copying
from twinseed.auditing.factors import RECOVERED, Factor, Fate
from twinseed.auditing.references import LINEAR, IntervalEstimate, interval
from twinseed.data.twins import Twins
from twinseed.status import Status
from twinseed.tables import percent

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["CONVERGED", "Answer", "Outcome", "answers"]

CONVERGED = 0.9
"""Twins count as converged if the interval of their convergence lies above this."""

_LOST = (Fate.MISSED, Fate.NOT_RECOVERED, Fate.OUT_OF_REACH)

References = Mapping[str, Mapping[str, list[IntervalEstimate]]]


class Outcome(StrEnum):
    """What an audit can answer."""

    COPYING = "copying"
    NO_COPYING = "no sign of copying"
    CONVERGED = "converged"
    NOT_CONVERGED = "not converged"
    RECOVERED = "recovered"
    PARTLY_RECOVERED = "partly recovered"
    NOT_RECOVERED = "not recovered"
    OUT_OF_REACH = "could not have been learned"
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
    references: References,
    controls: Controls | None,
    copying: Copying,
    agreement: Agreement,
    factors: Sequence[Factor],
) -> dict[str, Answer]:
    """Return an answer for each of "copying", "convergence" and "recovery"."""
    converged = _convergence(twins, references, agreement)
    return {
        "copying": _copying(twins, measured, references, controls, copying),
        "convergence": converged,
        "recovery": _recovery(twins, measured, references, factors, converged.outcome),
    }


def _copying(
    twins: Twins,
    measured: xr.Dataset,
    references: References,
    controls: Controls | None,
    copying: Copying,
) -> Answer:
    if controls is None:
        problem = "without held-out rows" if twins.heldout is None else "with so few held-out rows"
        return Answer(
            Outcome.CANNOT_TELL,
            f"Not enough data to tell: copying cannot be judged {problem}. Held-out rows show how "
            "close a sample comes to real rows by chance. Hold out rows that neither generator "
            f"saw, {twins.n} rows if possible, and pass these rows as heldout.",
        )
    if not controls.told_apart:
        return Answer(Outcome.CANNOT_JUDGE, f"This audit cannot judge copying here. {controls}")
    share = "memorisation_share_euclidean"
    closer = _shown(interval(measured, share))
    honest = _shown(references[share][LINEAR][0])
    evidence = (
        f"{closer} of the samples are closer to training rows than to held-out rows (no copying: "
        f"0.5; matched linear model: {honest})"
    )
    low, high = copying.copied_fraction_interval
    told, least, most = (_percent(x) for x in (copying.copied_fraction, low, high))
    copied = f"copied fraction {told}, 95 % interval {least} to {most}"
    if copying.found:
        return Answer(
            Outcome.COPYING,
            f"Copying: {evidence}, more than chance (p = {copying.p_value:.4f}) and more than the "
            f"linear model (p = {copying.p_value_linear:.4f}); {copied}.",
        )
    least = percent(copying.smallest_visible, 1)
    unseen = f"a copied fraction below about {least} would not be detected"
    if copying.p_value < LEVEL:
        return Answer(
            Outcome.NO_COPYING,
            f"No sign of copying: {evidence}, more than chance (p = {copying.p_value:.4f}) but not "
            f"more than an honest model that matches the covariance alone "
            f"(p = {copying.p_value_linear:.2f}); {unseen}.",
        )
    return Answer(
        Outcome.NO_COPYING,
        f"No sign of copying: {evidence}, p = {copying.p_value:.2f}; {unseen}.",
    )


def _convergence(twins: Twins, references: References, found: Agreement) -> Answer:
    known = ""
    if not math.isnan(found.predicted):
        known = f"a linear model of these data is predicted to reach {found.predicted:.2f}"
    if found.pairing is None:
        told = f"; with {twins.n} rows {known}" if known else ""
        return Answer(
            Outcome.CANNOT_TELL,
            "Not enough data to tell whether the twins agree: there is only one generator. Train a "
            "second generator on other rows, start both generators from the same seeds, and pass "
            f"samples_b and train_b{told}.",
        )
    if found.mean_removed is None:
        return Answer(
            Outcome.CANNOT_TELL,
            "Not enough data to tell whether the twins agree: all samples are equal.",
        )
    if math.isnan(found.pairing.p_value):
        return Answer(
            Outcome.CANNOT_TELL,
            f"Not enough data to tell whether the twins agree from {twins.seeds} seeds. Draw 100 "
            "seeds or more.",
        )
    evidence = _agreed(references, found)
    if found.pairing.advice:
        return Answer(
            Outcome.CANNOT_JUDGE,
            f"Convergence cannot be judged: {found.pairing.advice}, so that row i of both sample "
            f"files comes from seed i ({evidence}).",
        )
    if not found.pairing.p_value < LEVEL:
        return Answer(
            Outcome.NOT_CONVERGED,
            "Not converged: samples from equal seeds agree no better than samples from different "
            f"seeds, {evidence}. Check that row i of both sample files comes from seed i.",
        )
    shared = ""
    if twins.train_b is None:
        shared = (
            " (train_b was not passed: both models may have seen the same rows, which raises this)"
        )
    elif twins.shared_training_rows:
        shared = (
            f" (the twins share {twins.shared_training_rows} training rows, which raises agreement)"
        )
    if found.mean_removed.trace.low > CONVERGED:
        return Answer(Outcome.CONVERGED, f"Converged: the twins agree, {evidence}{shared}.")
    return Answer(
        Outcome.NOT_CONVERGED,
        f"Not converged: the twins agree in part, {evidence}{shared}. The 95 % interval does not "
        f"clear the threshold of {CONVERGED}. {_outlook(twins, references, found)}.",
    )


def _agreed(references: References, found: Agreement) -> str:
    """Return the evidence on convergence."""
    assert found.mean_removed is not None
    assert found.pairing is not None
    level = found.mean_removed
    linear = references["convergence"].get(LINEAR)
    null = round(level.null, 2) + 0.0  # no minus before a zero
    beside = [f"mean cosine {level.cosine.value:.2f}", f"mismatched seeds {null:.2f}"]
    beside.append(f"p = {found.pairing.p_value:.4f}")
    if linear:
        beside.append(f"matched linear model {_shown(linear[0])}")
    if not math.isnan(found.predicted):
        beside.append(f"by theory {found.predicted:.2f}")
    return f"convergence {_shown(level.trace)} ({', '.join(beside)})"


def _outlook(twins: Twins, references: References, found: Agreement) -> str:
    """Return how far the twins do agree, and what the linear model does with as many rows."""
    linear = references["convergence"].get(LINEAR)
    if linear and linear[0].value < CONVERGED:
        return f"With {twins.n} rows, a model of the covariance alone does not converge either"
    agreed = 0
    for band in found.spectrum:
        if band.measured.low <= CONVERGED:
            break
        agreed = band.last
    if agreed:
        strongest = f"{agreed} strongest directions" if agreed > 1 else "strongest direction"
        return f"The twins agree along the {strongest} of the data and differ in weaker ones"
    if linear:
        return "A model of the covariance alone converges with as many rows"
    return "More training rows should raise agreement"


def _recovery(
    twins: Twins,
    measured: xr.Dataset,
    references: References,
    factors: Sequence[Factor],
    agreement: Outcome,
) -> Answer:
    if not factors:
        return _without_truth(twins, measured, references)
    judged = [one for one in factors if one.fate.judged]
    unseen = [one for one in factors if not one.fate.judged]
    plural = "s" if len(unseen) > 1 else ""
    beyond = f"; the held-out rows do not show direction{plural} {_ranks(unseen)}" if unseen else ""
    if not judged:
        return Answer(
            Outcome.CANNOT_TELL,
            "Not enough data to tell what was recovered: two halves of the held-out rows do not "
            "agree on any leading direction. Hold out more rows.",
        )
    by_fate = {fate: [one for one in judged if one.fate is fate] for fate in Fate}
    won = by_fate[Fate.RECOVERED]
    values = ", ".join(f"factor {one.number} {_shown(one.recovery)}" for one in judged)
    details = [f"recovery, 1 for a perfect generator: {values}"]
    for fate, chosen in by_fate.items():
        if chosen and fate is Fate.OUT_OF_REACH:
            reach = ", ".join(f"{one.predicted:.2f}" for one in chosen)
            details.append(
                f"could not have been learned from {twins.n} rows: {_ranks(chosen)} (predicted "
                f"recovery {reach})"
            )
        elif chosen and fate is not Fate.RECOVERED:
            details.append(f"{fate}: {_ranks(chosen)}")
    honest = [one for one in judged if one.linear.low / one.ceiling.value > RECOVERED]
    details.append(f"the matched linear model recovers {len(honest)}")
    evidence = f"{len(won)} of {len(judged)} factors recovered ({'; '.join(details)}){beyond}"
    first = judged[0].fate
    if agreement is Outcome.CONVERGED and first in _LOST:
        return Answer(
            Outcome.CONVERGED_NOT_RECOVERED,
            "Converged but not recovered: the twins agree but have not learned the leading factor, "
            f"{evidence}.",
        )
    if len(won) == len(judged):
        return Answer(Outcome.RECOVERED, f"Recovered: {evidence}.")
    if won:
        return Answer(Outcome.PARTLY_RECOVERED, f"Partly recovered: {evidence}.")
    if by_fate[Fate.TOO_CLOSE]:
        return Answer(Outcome.CANNOT_TELL, f"Not enough data to tell: {evidence}.")
    if len(by_fate[Fate.OUT_OF_REACH]) == len(judged):
        return Answer(Outcome.OUT_OF_REACH, f"Could not have been learned at this n: {evidence}.")
    return Answer(Outcome.NOT_RECOVERED, f"Not recovered: {evidence}.")


def _without_truth(twins: Twins, measured: xr.Dataset, references: References) -> Answer:
    """Answer from the twins' own directions, which need no held-out rows."""
    name = "recovery_twins"
    if name not in references:
        rows = "8 or more held-out rows" if twins.heldout is not None else "held-out rows"
        return Answer(
            Outcome.CANNOT_TELL,
            f"Not enough data to tell what was recovered: pass {rows}, or a second generator's "
            "samples.",
        )
    found = [interval(measured, name, k) for k in range(measured.sizes["factor"])]
    below = [str(s) == Status.BELOW_FLOOR for s in measured[f"{name}_status"].values]
    won = sum(one.low > RECOVERED and not no for one, no in zip(found, below, strict=True))
    evidence = (
        f"the directions of the two twins, from different seeds, overlap by more than {RECOVERED} "
        f"for {won} of {len(found)} ({', '.join(_shown(one) for one in found)}); hold out rows to "
        "compare these directions with the data"
    )
    if won == 0:
        return Answer(Outcome.CANNOT_TELL, f"Not enough data to tell: {evidence}.")
    whole = won == len(found)
    outcome = Outcome.RECOVERED if whole else Outcome.PARTLY_RECOVERED
    return Answer(outcome, f"{str(outcome).capitalize()}, judged from the twins alone: {evidence}.")


def _ranks(factors: Sequence[Factor]) -> str:
    """Write the numbers of factors, runs as "2 to 5"."""
    numbers = [one.number for one in factors]
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    words = {0: "{0}", 1: "{0}, {1}"}
    return ", ".join(words.get(b - a, "{0} to {1}").format(a, b) for a, b in runs)


def _percent(share: float) -> str:
    return percent(share, 1 if 0 < share < 0.01 else 0)


def _shown(one: IntervalEstimate) -> str:
    if math.isnan(one.value):
        return "unknown"
    if math.isnan(one.low) or one.low == one.high:
        return f"{one.value:.2f}"
    return f"{one.value:.2f} [{one.low:.2f}, {one.high:.2f}]"
