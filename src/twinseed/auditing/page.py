"""The audit as one page to be mailed: checks, verdicts, the pairs to look at, and every number."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from twinseed.auditing.advice import advice
from twinseed.auditing.class_audit import by_class
from twinseed.auditing.estimates import INTERVALS
from twinseed.auditing.figures import audit_margins, audit_recovery, audit_spectrum
from twinseed.auditing.verdict import Outcome
from twinseed.errors import InputError, MissingExtraError
from twinseed.pages.drawing import Drawing
from twinseed.pages.page import data_uri, interval, render, rounded
from twinseed.pages.pictures import as_image, png
from twinseed.status import Status
from twinseed.tables import html_table

if TYPE_CHECKING:
    from twinseed.auditing import Audit
    from twinseed.auditing.exhibits import ExamplePairs
    from twinseed.drawing.style import Figure

__all__ = ["audit_fragment", "audit_page", "margins"]

_QUESTIONS = {
    "copying": "Does the generator copy its training data?",
    "convergence": "Do the twins agree?",
    "recovery": "Did the generator learn the main factors of the data?",
}

_GOOD = {"no sign of copying", "converged", "recovered"}
_BAD = {"copying", "converged but not recovered", "not recovered", "not converged"}


def audit_page(audit: Audit) -> str:
    """Return an audit as one self-contained page of HTML.

    The answer on copying comes first, with what it rests on, what would change it and what to do
    next, then the pairs to look at as pictures or rows, the numbers that others report, each class,
    the other questions, figures, each number with its 95 % interval, its references and the advice
    of its status, and what the numbers do not mean. Without matplotlib the page has no figures, and
    says so.
    """
    details = audit.to_dict()
    figures = {one.name: _figure(one) for one in _drawings(audit)}
    return render(
        "auditing/page.html",
        verdicts=[
            (_QUESTIONS.get(question, question), outcome, _sign(outcome), audit.verdict[question])
            for question, outcome in audit.outcome.items()
        ],
        advice=advice(audit),
        familiar=list(audit.lines())[: len(audit.familiar)],
        lines=list(audit.lines())[len(audit.familiar) :],
        classes=_classes(audit),
        statuses=_advice(audit),
        controls=details["controls"],
        fitness=audit.fitness,
        pairs=_shown_pairs(audit.pairs),
        copied=audit.failed,
        figures=figures,
        levels=_levels(audit),
        agreement=audit.agreement,
        intervals=INTERVALS,
        factors=audit.factors,
        data=details["data"],
        settings=_sizes(details["data"])
        | _said(audit)
        | {key: details[key] for key in ("protocol", "twinseed", "seed", "fingerprint")},
    )


def audit_fragment(audit: Audit) -> str:
    """Return the answers of an audit, its next steps and its numbers, as HTML for a notebook."""
    answers = [
        (_QUESTIONS.get(question, question), str(outcome), audit.verdict[question])
        for question, outcome in audit.outcome.items()
    ]
    numbers = [
        (
            line.name if line.factor is None else f"{line.name} {line.factor}",
            rounded(line.number.value),
            interval(line.number.low, line.number.high),
            "; ".join(f"{name} {rounded(one.value)}" for name, one in line.references.items()),
            line.status,
        )
        for line in audit.lines()
    ]
    header = ("number", "value", "95 % interval", "compare with", "status")
    return html_table(
        ("question", "answer", "evidence"),
        answers,
        title=audit.to_dict()["plain"],
        notes=advice(audit).next_steps,
    ) + html_table(header, numbers)


def margins(audit: Audit) -> Figure:
    """Return the figure of the distances of an audit."""
    if not audit.copying.scores:
        raise InputError(
            "heldout",
            "is missing, so that no distances were compared",
            None,
            "pass heldout to ts.audit",
        )
    return audit_margins(audit.copying.scores, audit.copying.linear_scores)


def _drawings(audit: Audit) -> Iterator[Drawing]:
    """Yield the figures that there are numbers for."""
    if audit.copying.scores:
        scores, linear = audit.copying.scores, audit.copying.linear_scores
        yield Drawing("audit_margins", partial(audit_margins, scores, linear))
    if audit.agreement.spectrum:
        yield Drawing("audit_spectrum", partial(audit_spectrum, audit.agreement))
    if audit.factors:
        yield Drawing("audit_recovery", partial(audit_recovery, audit.factors))


def _figure(drawing: Drawing) -> dict[str, Any]:
    """Return a figure's caption and its two forms; no forms without matplotlib."""
    try:
        return drawing.shown()
    except MissingExtraError:
        return {"name": drawing.name, "caption": drawing.caption, "forms": {}}


def _sizes(data: dict[str, Any]) -> dict[str, int]:
    """Return the sizes of what was audited, each under one name."""
    names = {
        "rows_train_a": "training rows of A",
        "rows_train_b": "training rows of B",
        "shared_training_rows": "training rows that A and B share",
        "rows_heldout": "held-out rows",
        "seeds": "samples of each model",
        "d": "columns",
        "constant_columns": "constant columns",
    }
    two = data["rows_train_b"] > 0
    left_out = set() if two else {"rows_train_b", "shared_training_rows"}
    return {about: data[name] for name, about in names.items() if name not in left_out}


def _said(audit: Audit) -> dict[str, Any]:
    """Return what was said of the rows, where something was."""
    names = {
        "groups": "groups of real rows",
        "classes": "classes",
        "up_to": "does not distinguish rows",
        "visible": "copied fraction that has to be visible",
    }
    given = {about: audit.settings.get(name) for name, about in names.items()}
    return {about: value for about, value in given.items() if value is not None}


def _classes(audit: Audit) -> dict[str, Any]:
    """Return each class with its outcomes in words; nothing without classes."""
    if not audit.classes:
        return {}
    every = [
        vars(one) | {"outcomes": ", ".join(str(x.outcome) for x in one.answers.values())}
        for one in audit.classes
    ]
    return {"sentence": by_class(audit.classes), "every": every}


def _levels(audit: Audit) -> list[tuple[str, Any]]:
    """Return convergence about each origin, by what it is called."""
    found = {
        "about each generator's own mean": audit.agreement.own_means,
        "about the mean of the real rows": audit.agreement.mean_removed,
        "about zero (raw)": audit.agreement.raw,
        "before the encoder, about the mean": audit.agreement.as_given,
    }
    return [(name, level) for name, level in found.items() if level is not None]


def _shown_pairs(found: ExamplePairs) -> dict[str, Any]:
    """Return pairs as pictures where rows are images, else as the values of telling columns."""
    shown: list[dict[str, Any]] = [
        {
            "generator": one.generator.upper(),
            "sample": one.sample,
            "training_row": one.training_row,
            "times_closer": one.times_closer,
        }
        for one in found.pairs
    ]
    if found.image_shape is None:
        for pair, one in zip(shown, found.pairs, strict=True):
            pair["values"] = [
                (place.shown(one.sample_values), place.shown(one.training_values))
                for place in found.columns
            ]
    elif found.pairs:
        low, high = _range(found)
        for pair, one in zip(shown, found.pairs, strict=True):
            pair["pictures"] = [
                data_uri(png(as_image(row, found.image_shape), low, high))
                for row in (one.sample_values, one.training_values)
            ]
    return {
        "pairs": shown,
        "images": found.image_shape is not None,
        "suspicious": any(one.suspect for one in found.pairs),
        "columns": [place.column.name for place in found.columns],
    }


def _range(found: ExamplePairs) -> tuple[float, float]:
    """Return the values shown as black and as white: those of the training rows."""
    rows = np.stack([one.training_values for one in found.pairs])
    return float(rows.min()), float(rows.max())


def _sign(outcome: Outcome) -> tuple[str, str]:
    """Return a mark and the name of its colour, for an outcome."""
    if str(outcome) in _GOOD:
        return "✓", "good"
    if str(outcome) in _BAD:
        return "✗", "bad"
    return ("!", "open") if outcome is Outcome.OVERFITTING else ("?", "open")


def _advice(audit: Audit) -> dict[str, str]:
    """Return what the statuses that occur mean, by status."""
    found = {line.status for line in audit.lines()} - {str(Status.OK)}
    return {str(one): one.advice for one in Status if str(one) in found}
