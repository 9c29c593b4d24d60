"""An audit in the terminal: the table of numbers, the verdict, the classes and what to do next."""

from __future__ import annotations

import math
import textwrap
from functools import partial
from typing import TYPE_CHECKING

from twinseed.auditing.advice import advice
from twinseed.auditing.class_audit import by_class
from twinseed.auditing.estimates import INTERVALS
from twinseed.status import Status
from twinseed.tables import MISSING, drawn_table, percent

if TYPE_CHECKING:
    from twinseed.auditing.result import Audit

__all__ = ["in_terminal"]


def in_terminal(audit: Audit, width: int | None) -> str:
    """Return what ``Audit.told`` does."""
    rows = []
    for line in audit.lines():
        label = line.name if line.factor is None else f"{line.name} {line.factor}"
        references = line.references.items()
        beside = "; ".join(f"{name} {_shown(one.value)}" for name, one in references)
        known = math.isfinite(line.number.low) and line.number.low != line.number.high
        reach = f"{line.number.low:.3f} to {line.number.high:.3f}" if known else ""
        if line.status != Status.OK:
            beside = f"{beside} ({line.status})" if beside else line.status
        rows.append((label, _shown(line.number.value), reach, beside))
    header = ("number", "value", "95 % interval", "compare with")
    table = drawn_table(header, rows, width=width, prose=True)
    item = partial(_item, width=min(96, width or 96))
    checks = [] if audit.controls is None else [str(audit.controls)]
    checks += [one.sentence for one in audit.fitness.findings if one.name != "as read"]
    before = ["Before the verdict:", *map(item, checks), ""] if checks else []
    verdict = ["Verdict:", *map(item, audit.verdict.values())]
    classes = _classes(audit, width) if audit.classes else []
    steps = ["", "What to do next:", *map(item, advice(audit).next_steps)]
    over = textwrap.fill(INTERVALS, min(96, width or 96))
    return "\n".join([table, "", over, "", *before, *verdict, *classes, *steps])


def _classes(audit: Audit, width: int | None) -> list[str]:
    """Return what the classes show, as a sentence and a table."""
    rows = []
    for one in audit.classes:
        found = {name: str(answer.outcome) for name, answer in one.answers.items()}
        rows.append(
            (
                one.name,
                str(one.samples),
                str(one.rows_train_a),
                str(one.rows_heldout),
                _shown(one.dcr_share.value),
                percent(one.copied_fraction.value, 1),
                _shown(one.convergence.value),
                one.left_out or ", ".join(found.values()),
            )
        )
    header = ("class", "samples", "training", "held-out", "DCR share", "copied", "convergence")
    table = drawn_table((*header, "outcome"), rows, width=width)
    return ["", "By class:", _item(by_class(audit.classes), min(96, width or 96)), table]


def _item(sentence: str, width: int) -> str:
    return textwrap.fill(sentence, width, initial_indent="- ", subsequent_indent="  ")


def _shown(value: float) -> str:
    return MISSING if math.isnan(value) else f"{value:.3f}"
