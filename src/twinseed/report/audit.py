"""The audit as one page to be mailed: verdicts first, then each number beside its references."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinseed.report.page import render
from twinseed.status import Status

if TYPE_CHECKING:
    from twinseed.auditing import Audit, Outcome

__all__ = ["audit_page"]

_QUESTIONS = {
    "copying": "Does it copy its training data?",
    "convergence": "Do the twins tell the same story?",
    "recovery": "Did it catch the main factors of the data?",
}

_GOOD = {"no sign of copying", "converged", "recovered"}
_BAD = {"copying", "converged but not recovered", "not recovered", "not converged"}


def audit_page(audit: Audit) -> str:
    """Return an audit as one self-contained page of HTML.

    Each question with its verdict and evidence, each number with its 95 % interval, its references
    and the advice of its status, the controls, and what the numbers do not mean.
    """
    details = audit.to_dict()
    return render(
        "audit.html",
        verdicts=[
            (_QUESTIONS.get(question, question), outcome, _sign(outcome), audit.verdict[question])
            for question, outcome in audit.outcome.items()
        ],
        lines=[(line, _advice(line.status)) for line in audit.lines()],
        controls=details["controls"],
        suspects=audit.copying.suspects,
        data=details["data"],
        settings={key: details[key] for key in ("protocol", "twinseed", "seed", "fingerprint")},
    )


def _sign(outcome: Outcome) -> tuple[str, str]:
    """Return a mark and the name of its colour, for an outcome."""
    if str(outcome) in _GOOD:
        return "✓", "good"
    if str(outcome) in _BAD:
        return "✗", "bad"
    return "?", "open"


def _advice(status: str) -> str:
    return "" if status == Status.OK else Status(status).advice
