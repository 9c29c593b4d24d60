"""Do the twins agree? The outcome and the sentence."""

from __future__ import annotations

import math

from twinseed.auditing.agreement import Agreement
from twinseed.auditing.copying import LEVEL
from twinseed.auditing.references import LINEAR
from twinseed.auditing.verdict.outcomes import Answer, Outcome, References, shown
from twinseed.data.twins import Twins

__all__ = ["CONVERGED", "answer_on_convergence"]

CONVERGED = 0.9
"""Twins count as converged if the interval of their convergence lies above this."""


def answer_on_convergence(twins: Twins, references: References, found: Agreement) -> Answer:
    """Return the answer on convergence."""
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
        beside.append(f"matched linear model {shown(linear[0])}")
    if not math.isnan(found.predicted):
        beside.append(f"by theory {found.predicted:.2f}")
    return f"convergence {shown(level.trace)} ({', '.join(beside)})"


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
