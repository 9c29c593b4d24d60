"""Is it copying? The outcome and the sentence, from the tests and the controls."""

from __future__ import annotations

import numpy as np

from twinseed.auditing.controls import Controls
from twinseed.auditing.copying import LEVEL, Copying
from twinseed.auditing.estimates import interval
from twinseed.auditing.named import LOOKED_AT
from twinseed.auditing.nearest_in_pool import COSINE, DISTANCE
from twinseed.auditing.references import LINEAR
from twinseed.auditing.relabelling import BORDERLINE
from twinseed.auditing.spaces import COLUMNS
from twinseed.auditing.verdict.outcomes import Answer, Outcome, References, shown
from twinseed.data.twins import Twins
from twinseed.numbers import ReadoutNumbers
from twinseed.tables import percent

__all__ = ["LIKELY", "VISIBLE", "answer_on_copying"]

_COMPARED = {
    "": "",
    DISTANCE: "",
    COSINE: ", compared by angle",
    COLUMNS: ", compared column by column",
}
_FAR_FEWER = 1.5
LIKELY = 0.2
"""p-value below which the test leans to copies, where it has no power to reject."""
VISIBLE = 0.1
"""``no sign of copying`` is said only if this copied fraction would have been detected."""


def answer_on_copying(
    twins: Twins,
    measured: ReadoutNumbers,
    references: References,
    controls: Controls | None,
    copying: Copying,
    visible: float = VISIBLE,
) -> Answer:
    """Return the answer on copying.

    In this order: without held-out rows only copies that stand out, or are named, are told. Samples
    that copy held-out rows cannot be judged. Named copies, or a test that rejects together with
    copies that stand out, are ``copying``, unless the control of fresh rows says that held-out rows
    differ from training rows. With too few held-out rows for the exact test, copies that stand out
    are ``copying`` too where the test leans that way. A test that rejects without copies that stand
    out is ``overfitting`` where the honest linear model is rejected too. All else is ``no sign of
    copying`` where the copied fraction ``visible`` would have been detected and the planted copies
    were.
    """
    if controls is None:
        return _without_heldout(twins, copying)
    named = _named(copying)
    unlike = not controls.fresh_passed
    closer = copying.p_value < LEVEL
    if copying.of_heldout and not (copying.found and closer):
        return Answer(Outcome.CANNOT_JUDGE, _of_heldout(copying))
    if named or (copying.found and not unlike):
        return Answer(Outcome.COPYING, _copies(twins, measured, references, copying))
    if closer and unlike:
        return Answer(
            Outcome.CANNOT_JUDGE,
            f"This audit cannot judge copying here. {controls} Samples are closer to training rows "
            f"than to held-out rows (p = {copying.p_value:.4f}), but that may be because the two "
            "sets of rows differ.",
        )
    evidence = _evidence(measured, references)
    if closer and copying.p_value_linear < LEVEL:
        return Answer(Outcome.OVERFITTING, _overfitting(evidence, copying))
    blind = copying.smallest_visible > visible and copying.p_value < LIKELY
    if blind and copying.stands_out and not unlike:
        return Answer(Outcome.COPYING, _few_heldout(copying))
    least = percent(copying.smallest_visible, 1)
    if unlike:
        return Answer(Outcome.CANNOT_JUDGE, f"This audit cannot judge copying here. {controls}")
    if copying.smallest_visible > visible or not controls.memoriser_caught:
        return Answer(
            Outcome.CANNOT_TELL,
            f"Not enough data to tell: with {copying.samples} samples and {copying.rows_compared} "
            f"rows of each kind a copied fraction below about {least} would not be detected, and "
            f'"no sign of copying" is said only where {percent(visible)} would be detected. '
            f"{evidence}, p = {copying.p_value:.2f}. Draw more samples, and hold out more rows.",
        )
    unseen = f"a copied fraction below about {least} would not be detected"
    if closer:
        return Answer(
            Outcome.NO_COPYING,
            f"No sign of copying: {evidence}, more than chance (p = {copying.p_value:.4f}) but not "
            "more than an honest model that matches the covariance alone "
            f"(p = {copying.p_value_linear:.2f}); {unseen}.",
        )
    return Answer(
        Outcome.NO_COPYING,
        f"No sign of copying: {evidence}, p = {copying.p_value:.2f}{_borderline(copying)}; "
        f"{unseen}.",
    )


def _evidence(measured: ReadoutNumbers, references: References) -> str:
    share = "memorisation_share_euclidean"
    closer = shown(interval(measured, share))
    honest = shown(references[share][LINEAR][0])
    return (
        f"{closer} of the samples are closer to training rows than to held-out rows (no copying: "
        f"0.5; matched linear model: {honest})"
    )


def _closest(
    twins: Twins, measured: ReadoutNumbers, references: References, copying: Copying
) -> str:
    """Return how many samples are closest to a training row.

    With far fewer held-out than training rows the share at equal numbers leaves most training rows
    out; all of them count here, beside their share of the rows.
    """
    if copying.rows_compared * _FAR_FEWER >= twins.n or not copying.scores:
        return _evidence(measured, references)
    closer = np.concatenate([score > 0 for score in copying.scores.values()])
    sizes = [len(rows) for rows in twins.rows.arrays.values()]
    return (
        f"{closer.mean():.2f} of the samples are closest to a training row of {twins.n}, which are "
        f"{twins.n / sum(sizes):.2f} of the real rows"
    )


def _copies(
    twins: Twins, measured: ReadoutNumbers, references: References, copying: Copying
) -> str:
    parts = []
    if copying.stands_out:
        low, high = copying.copied_fraction_interval
        told, least, most = (_percent(x) for x in (copying.copied_fraction, low, high))
        where = _COMPARED.get(copying.view, f", compared in {copying.view}")
        parts.append(
            f"copied fraction {told}, 95 % interval {least} to {most}{where}; "
            f"{_closest(twins, measured, references, copying)}, more than chance "
            f"(p = {copying.p_value:.4f}{_borderline(copying)})"
        )
    named = _named(copying)
    if named:
        parts.append(named)
    return f"Copying: {'; '.join(parts)}."


def _named(copying: Copying) -> str:
    """Return what is told of samples that equal a training row by more than chance."""
    found = [one for one in copying.named if one.set != "heldout"]
    if not found:
        return ""
    first = min(found, key=lambda one: one.by_chance)
    plural = "samples equal a training row" if len(found) > 1 else "sample equals a training row"
    least = "at least " if len(found) == LOOKED_AT else ""
    return (
        f"{least}{len(found)} {plural} in every number (for example sample {first.sample} of "
        f"generator {first.generator.upper()} and row {first.row} of {first.set}; chance makes "
        f"about {first.by_chance:.0e} such pairs)"
    )


def _of_heldout(copying: Copying) -> str:
    found = [one for one in copying.named if one.set == "heldout"]
    number = f"{len(found)} samples equal" if len(found) > 1 else "1 sample equals"
    told = (
        f"{number} a held-out row"
        if found
        else f"about {_percent(copying.heldout_copied)} of the samples are copies of held-out rows"
    )
    return (
        f"This audit cannot judge copying here: {told}, which no generator may have seen. Check "
        "whether the training rows and the held-out rows were swapped, whether the samples are the "
        "held-out rows themselves, or whether the generator was trained on both."
    )


def _overfitting(evidence: str, copying: Copying) -> str:
    return (
        f"Overfitting: samples are closer to the training rows than new rows are, but no sample "
        f"stands out as a copy. {evidence}, more than chance (p = {copying.p_value:.4f}"
        f"{_borderline(copying)}) and more than the linear model (p = "
        f"{copying.p_value_linear:.4f}). {copying.closer} Train on more rows, stop training "
        "earlier, or use a smaller model."
    )


def _few_heldout(copying: Copying) -> str:
    low, high = copying.copied_fraction_interval
    told, least, most = (_percent(x) for x in (copying.copied_fraction, low, high))
    return (
        f"Copying: copied fraction {told}, 95 % interval {least} to {most}. These samples are "
        "clearly closer to one training row than real rows come to each other. There are too few "
        f"held-out rows for the exact test ({copying.rows_compared}; p = {copying.p_value:.2f}): "
        "hold out more rows to confirm the answer."
    )


def _without_heldout(twins: Twins, copying: Copying) -> Answer:
    few = "without held-out rows" if twins.heldout is None else "with so few held-out rows"
    if copying.found:
        parts = []
        if copying.stands_out:
            low, high = copying.copied_fraction_interval
            parts.append(
                f"about {_percent(copying.copied_fraction)} of the samples (95 % interval "
                f"{_percent(low)} to {_percent(high)}) are closer to one training row than "
                "training rows come to each other"
            )
        if _named(copying):
            parts.append(_named(copying))
        return Answer(
            Outcome.COPYING,
            f"Copying: {'; '.join(parts)}. There are no held-out rows: hold out rows that no "
            "generator saw to measure how many of the samples are copies.",
        )
    return Answer(
        Outcome.CANNOT_TELL,
        f"Not enough data to tell: no copy stands out, but copying cannot be ruled out {few}. "
        "Held-out rows show how close a sample comes to real rows by chance. Hold out rows that "
        f"neither generator saw, {twins.n} rows if possible, and pass these rows as heldout.",
    )


def _borderline(copying: Copying) -> str:
    low, high = BORDERLINE
    return ", which is borderline" if low < copying.p_value < high else ""


def _percent(share: float) -> str:
    return percent(share, 1 if 0 < share < 0.01 else 0)
