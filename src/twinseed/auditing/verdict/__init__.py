"""The verdict: one outcome and one sentence for each question, with the evidence."""

from __future__ import annotations

from collections.abc import Sequence

from twinseed.auditing.agreement import Agreement
from twinseed.auditing.controls import Controls
from twinseed.auditing.copying import Copying
from twinseed.auditing.factors import Factor
from twinseed.auditing.verdict.convergence import CONVERGED, answer_on_convergence
from twinseed.auditing.verdict.copying import VISIBLE, answer_on_copying
from twinseed.auditing.verdict.outcomes import Answer, Outcome, References
from twinseed.auditing.verdict.recovery import answer_on_recovery
from twinseed.data.twins import Twins
from twinseed.numbers import ReadoutNumbers

__all__ = ["CONVERGED", "VISIBLE", "Answer", "Outcome", "answers"]


def answers(
    twins: Twins,
    measured: ReadoutNumbers,
    references: References,
    controls: Controls | None,
    copying: Copying,
    agreement: Agreement,
    factors: Sequence[Factor],
    visible: float = VISIBLE,
) -> dict[str, Answer]:
    """Return an answer for each of "copying", "convergence" and "recovery"."""
    converged = answer_on_convergence(twins, agreement)
    return {
        "copying": answer_on_copying(twins, measured, references, controls, copying, visible),
        "convergence": converged,
        "recovery": answer_on_recovery(twins, measured, references, factors, converged.outcome),
    }
