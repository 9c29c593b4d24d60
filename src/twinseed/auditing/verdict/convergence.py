"""Do the twins agree? The outcome and the sentence."""

from __future__ import annotations

import math

from twinseed.auditing.agreement import Agreement
from twinseed.auditing.copying import LEVEL
from twinseed.auditing.verdict.outcomes import Answer, Outcome, shown
from twinseed.data.twins import Twins
from twinseed.tables import percent

__all__ = ["CONVERGED", "answer_on_convergence"]

CONVERGED = 0.9
"""Twins count as converged if the interval of their agreement lies above this."""

_NONE, _LITTLE = 0.05, 0.25  # of the real rows' inequality between directions: noise has none
_HALF = 0.5  # of the same: below, most of the samples' variance is noise
_WEAK = 0.3  # agreement below which twins share little of what makes their samples


def answer_on_convergence(twins: Twins, found: Agreement) -> Answer:
    """Return the answer on convergence: judged about each generator's own mean."""
    refused = _refused(twins, found)
    if refused is not None:
        return refused
    assert found.own_means is not None
    assert found.pairing is not None
    level, evidence = found.own_means.corrected, _evidence(found)
    if found.part is not None and not level.low > CONVERGED:
        return Answer(Outcome.NOT_CONVERGED, f"Not converged: {found.part.advice}; {evidence}.")
    if not found.pairing.p_value < LEVEL:
        return Answer(
            Outcome.NOT_CONVERGED,
            "Not converged: samples from equal seeds agree no better than samples from different "
            f"seeds, {evidence}. Check that row i of both sample files comes from seed i.",
        )
    if _untrained(found):
        assert found.learned is not None
        return Answer(
            Outcome.NOT_CONVERGED,
            "Not converged: the twins agree through their shared noise alone. Their samples vary "
            "alike in all directions, as noise does: they have "
            f"{percent(max(0.0, found.learned.value))} of the differences in variance between the "
            f"directions of the real rows ({evidence}). Check that both generators were trained.",
        )
    shared = "" if found.part is None else f"; {found.part.advice}"
    if twins.train_b is None:
        shared += (
            " (train_b was not passed: both models may have seen the same rows, which raises this)"
        )
    elif twins.shared_training_rows:
        shared += (
            f" (the twins share {twins.shared_training_rows} training rows, which raises agreement)"
        )
    if level.low > CONVERGED:
        if found.with_means > CONVERGED:
            return Answer(Outcome.CONVERGED, f"Converged: the twins agree, {evidence}{shared}.")
        return Answer(
            Outcome.NOT_CONVERGED,
            "Not converged: the twins agree about each generator's own mean, but their means "
            f"differ, {evidence}{shared}.",
        )
    degree = "in part"
    if level.high < _WEAK:
        degree = (
            "weakly: they share little of their noise, or each makes something else of the noise"
        )
    return Answer(
        Outcome.NOT_CONVERGED,
        f"Not converged: the twins agree {degree}, {evidence}{shared}. The 95 % interval does not "
        f"clear the threshold of {CONVERGED}. {_outlook(twins, found)}.",
    )


def _untrained(found: Agreement) -> bool:
    """Whether the samples may have nothing of the real rows, and have little at most."""
    one = found.learned
    return one is not None and one.low < _NONE and one.high < _LITTLE


def _refused(twins: Twins, found: Agreement) -> Answer | None:
    """Return why there is no answer; None where there is one."""
    if found.pairing is None:
        told = ""
        if not math.isnan(found.predicted):
            told = (
                f"; with {twins.n} rows a linear model of these data is predicted to reach "
                f"{found.predicted:.2f}"
            )
        return Answer(
            Outcome.CANNOT_TELL,
            "Not enough data to tell whether the twins agree: there is only one generator. Train a "
            "second generator on other rows, start both generators from the same seeds, and pass "
            f"samples_b and train_b{told}.",
        )
    if found.same is not None:
        return Answer(
            Outcome.CANNOT_JUDGE,
            f"Convergence cannot be judged: {found.same}. Pass the samples of two generators that "
            "were trained on different rows.",
        )
    if found.own_means is None or math.isnan(found.own_means.corrected.value):
        return Answer(
            Outcome.CANNOT_TELL,
            "Not enough data to tell whether the twins agree: all samples of a generator are "
            "equal.",
        )
    if math.isnan(found.pairing.p_value):
        return Answer(
            Outcome.CANNOT_TELL,
            f"Not enough data to tell whether the twins agree from {twins.seeds} seeds. Draw 100 "
            "seeds or more.",
        )
    clears = found.own_means.corrected.low > CONVERGED
    if found.part is not None and found.part.ordered and not clears:
        return Answer(
            Outcome.CANNOT_JUDGE,
            f"Convergence cannot be judged, since only a part of the seeds agree: "
            f"{found.part.advice} ({_evidence(found)}).",
        )
    if found.pairing.advice:
        return Answer(
            Outcome.CANNOT_JUDGE,
            f"Convergence cannot be judged: {found.pairing.advice}, so that row i of both sample "
            f"files comes from seed i ({_evidence(found)}).",
        )
    return None


def _evidence(found: Agreement) -> str:
    """Return the evidence on convergence, each number with what it holds fixed."""
    assert found.own_means is not None
    assert found.pairing is not None
    beside = [
        "over the seeds, for these two trained models, about each generator's own mean",
        f"p = {found.pairing.p_value:.4f}",
    ]
    if found.another is not None:
        low, high = found.another.low, found.another.high
        beside.append(
            f"another pair of such models, trained on other rows: {low:.2f} to {high:.2f}, from "
            "redraws of the matched linear model"
        )
    if found.linear is not None:
        beside.append(f"agreement of the matched linear model {found.linear.value:.2f}")
    if not math.isnan(found.predicted):
        beside.append(f"by theory {found.predicted:.2f}")
    if found.learned is not None and found.learned.high < _HALF:
        beside.append(
            f"the samples have {percent(max(0.0, found.learned.value))} of the differences in "
            "variance between the directions of the real rows, so that most of this agreement is "
            "shared noise"
        )
    if found.offsets is not None and found.offsets.sentence:
        beside.append(found.offsets.sentence)
    return f"agreement {shown(found.own_means.corrected)} ({'; '.join(beside)})"


def _outlook(twins: Twins, found: Agreement) -> str:
    """Return how far the twins do agree, and what the linear model does with as many rows."""
    if found.linear is not None and found.linear.value < CONVERGED:
        return f"With {twins.n} rows, a model of the covariance alone does not converge either"
    agreed = 0
    for band in found.spectrum:
        if band.measured.low <= CONVERGED:
            break
        agreed = band.last
    if agreed:
        strongest = f"{agreed} strongest directions" if agreed > 1 else "strongest direction"
        return f"The twins agree along the {strongest} of the data and differ in weaker ones"
    if found.linear is not None:
        return "A model of the covariance alone converges with as many rows"
    return "More training rows should raise agreement"
