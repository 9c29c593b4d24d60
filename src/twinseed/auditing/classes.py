"""Generators that are given a class: each class judged alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twinseed.auditing.class_audit import UNKNOWN, ClassAudit, listed
from twinseed.auditing.copying import LEVEL
from twinseed.auditing.estimates import IntervalEstimate
from twinseed.auditing.verdict import Answer, Outcome
from twinseed.data.labels import Labels
from twinseed.data.twins import Twins
from twinseed.errors import InputError

if TYPE_CHECKING:
    from twinseed.auditing.result import Audit

__all__ = ["judged_by_class"]

FEWEST = 30
"""Rows of each kind, and samples, that a class must have to be judged alone."""
MOST = 15
"""Classes that are judged alone, at most: the largest ones."""

Judge = Callable[[Twins, Twins], "Audit"]


def judged_by_class(whole: Audit, twins: Twins, shown: Twins, judge: Judge) -> Audit:
    """Return the audit with each class judged alone.

    ``twins`` are compared, ``shown`` are the same as they were handed in, with their classes; both
    are cut down to one class and given to ``judge``. Classes with fewer than 30 training rows,
    held-out rows or samples are left out, and all but the 15 with the most samples.

    Validity: p-values are multiplied by the number of classes judged (Bonferroni), so that all
    classes together have the level of one test. What is found in a class is found: it replaces
    "no sign of copying" and "overfitting" of all rows.
    """
    assert shown.classes is not None
    classes = shown.classes
    parts = [_part(shown, classes, number) for number in range(len(classes.names))]
    sizes = [{name: int(one.sum()) for name, one in part.items()} for part in parts]
    names = list(enumerate(classes.names))
    names.sort(key=lambda one: (-sizes[one[0]].get("samples_a", 0), one[0]))
    enough = [k for k, _ in names if min(sizes[k].values()) >= FEWEST]
    chosen = set(enough[:MOST])
    found = []
    for number, name in enumerate(classes.names):
        size = sizes[number]
        one = ClassAudit(name, size["samples_a"], size["train_a"], size.get("heldout", 0))
        if number not in chosen:
            few = f"too small: {FEWEST} samples and {FEWEST} rows of each kind are needed"
            why = few if number not in enough else "other classes are larger"
            found.append(replace(one, left_out=why))
            continue
        try:
            alone = judge(*(_cut(given, parts[number]) for given in (twins, shown)))
        except InputError as error:
            found.append(replace(one, left_out=str(error)))
        else:
            found.append(_judged(one, alone, len(chosen)))
    answers = dict(whole.answers)
    answers["copying"] = _together(answers["copying"], found)
    return replace(whole, classes=tuple(found), answers=answers)


def _part(twins: Twins, classes: Labels, number: int) -> dict[str, NDArray[np.bool_]]:
    """Return which rows of each array are of one class; samples of B go with those of A."""
    found = {name: classes.numbers[name] == number for name in twins.arrays}
    if "samples_b" in found:
        found["samples_b"] = found["samples_a"]
    return found


def _cut(twins: Twins, part: Mapping[str, NDArray[np.bool_]]) -> Twins:
    """Return the twins of some rows, about the mean of these rows."""
    arrays: dict[str, Any] = {name: rows[part[name]] for name, rows in twins.arrays.items()}
    groups = None
    if twins.groups is not None:
        groups = {name: units[part[name]] for name, units in twins.units.items()}
    return Twins(
        **arrays,
        image_shape=twins.image_shape,
        columns=twins.columns,
        groups=groups,
        up_to=twins.up_to,
    ).centred()


def _judged(one: ClassAudit, alone: Audit, tests: int) -> ClassAudit:
    """Return what the audit of one class alone says, its p-value corrected for all classes."""
    copying, answer = alone.copying, alone.answers["copying"]
    corrected = copying.p_value * tests
    named = any(copy.set != "heldout" for copy in copying.named)
    closer = answer.outcome in (Outcome.COPYING, Outcome.OVERFITTING)
    if closer and not named and corrected >= LEVEL:
        answer = Answer(
            Outcome.CANNOT_TELL,
            "Not enough data to tell from this class alone: its samples are closer to training "
            f"rows than to held-out rows (p = {copying.p_value:.4f}), which one of {tests} classes "
            "may be by chance. Draw more samples of this class.",
        )
    answers = {"copying": answer}
    if alone.agreement.pairing is not None:
        answers["convergence"] = alone.answers["convergence"]
    low, high = copying.copied_fraction_interval
    dcr = [number.value for number in alone.familiar if number.key == "dcr_share"]
    return replace(
        one,
        answers=answers,
        p_value=min(corrected, 1.0) if not math.isnan(corrected) else corrected,
        copied_fraction=IntervalEstimate(copying.copied_fraction, low, high),
        dcr_share=dcr[0] if dcr else UNKNOWN,
        convergence=alone.number("convergence"),
    )


def _together(whole: Answer, found: Sequence[ClassAudit]) -> Answer:
    """Return the answer on copying: what is found in one class is found."""
    copied = [
        one
        for one in found
        if not one.left_out and one.answers["copying"].outcome is Outcome.COPYING
    ]
    if not copied or whole.outcome in (Outcome.COPYING, Outcome.CANNOT_JUDGE):
        return whole
    sentences = " ".join(f"Class {one.name}: {one.answers['copying'].sentence}" for one in copied)
    plural = "classes" if len(copied) > 1 else "class"
    names = listed([one.name for one in copied])
    return Answer(
        Outcome.COPYING, f"Copying in {plural} {names}. {sentences} All classes: {whole.sentence}"
    )
