"""What an answer on copying rests on, what would change it, and what to do next."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from twinseed.auditing.verdict import Outcome
from twinseed.tables import percent

if TYPE_CHECKING:
    from twinseed.auditing.agreement import Agreement
    from twinseed.auditing.copying import Copying
    from twinseed.numbers import ReadoutNumbers


class Judged(Protocol):
    """What advice needs of an audit."""

    @property
    def measured(self) -> ReadoutNumbers:
        """What was measured."""

    @property
    def copying(self) -> Copying:
        """What is known of copying."""

    @property
    def agreement(self) -> Agreement:
        """What is known of convergence."""

    @property
    def outcome(self) -> Mapping[str, Outcome]:
        """The outcome of each question."""


__all__ = ["Advice", "advice"]

_GROUPS = (
    "Rows that belong together, such as the visits of one person, on both sides of the split. Name "
    "such groups (groups, on the command line --group) and split by group."
)
_VIEWS = (
    "Copies in another form, such as mirror images. Say what does not distinguish two images "
    "(up_to, on the command line --up-to flip), or compare features (encoder, --encoder)."
)
_AGAIN = "Audit the new samples in the same way, with the same held-out rows."
_PLAIN = {
    Outcome.COPYING: "Some samples are copies, or nearly copies, of rows that the generator was "
    "trained on.",
    Outcome.OVERFITTING: "The samples are closer to the training rows than new rows are. No sample "
    "stands out as a copy of one row.",
    Outcome.NO_COPYING: "This audit found no copies of training rows. Fewer copies than it can "
    "see may be there.",
    Outcome.CANNOT_TELL: "There is too little to compare with: the audit cannot say whether "
    "samples are copies.",
    Outcome.CANNOT_JUDGE: "The samples and the rows cannot be compared as they were handed in.",
}


@dataclass(frozen=True)
class Advice:
    """Sentences that stand beside the answer on copying."""

    plain: str
    """The answer in plain words."""
    rests_on: tuple[str, ...]
    would_change: tuple[str, ...]
    next_steps: tuple[str, ...]


def advice(audit: Judged) -> Advice:
    """Return the sentences for the outcome on copying that an audit has."""
    outcome = audit.outcome["copying"]
    change, steps = _BY_OUTCOME.get(outcome, _cannot_judge)(audit)
    plain = _PLAIN.get(outcome, _PLAIN[Outcome.CANNOT_JUDGE])
    return Advice(plain, _rests_on(audit), tuple(change), tuple(steps))


def _rests_on(audit: Judged) -> tuple[str, ...]:
    attrs, copying = audit.measured.attrs, audit.copying
    each = " of each generator" if audit.agreement.pairing is not None else ""
    rows = f"{attrs['rows_train_a']} training rows"
    if attrs["rows_train_b"]:
        rows += f" of A and {attrs['rows_train_b']} of B"
    held = attrs["rows_heldout"]
    beside = f"with {rows} and {held} held-out rows" if held else f"with {rows}"
    told = [f"{attrs['seeds']} samples{each} were compared {beside}."]
    if audit.outcome["copying"] is Outcome.CANNOT_JUDGE:
        return tuple(told)
    if not math.isnan(copying.p_value):
        told.append(
            "Which real rows count as training rows was drawn again many times. In a share of "
            f"{copying.p_value:.4f} of these draws (the p-value) the samples were as close to "
            "training rows as they are in truth."
        )
    if copying.smallest_visible >= 1.0:
        told.append("Even copies alone would be missed by more than one audit in five.")
    elif not math.isnan(copying.smallest_visible):
        told.append(
            "Four audits out of five would find a copied fraction of "
            f"{percent(copying.smallest_visible, 1)} or more."
        )
    return tuple(told)


def _copying(audit: Judged) -> tuple[list[str], list[str]]:
    change = [
        "Training rows and held-out rows that do not come from the same source in the same way: a "
        "sample may then be close to one kind of row without being a copy.",
        _GROUPS,
        "Held-out rows that the generator has seen.",
    ]
    steps = [
        "Look at the pairs of samples and training rows on the page (--html FILE.html). The option "
        "--suspects FILE.csv writes the samples that look like copies, with the rows as you handed "
        "them in.",
        "Do not publish these samples, nor the model: it would draw such samples again.",
        "Remove rows that occur more than once in the training data, which are copied first. "
        "Train for fewer steps, on more rows, or with differential privacy.",
        _AGAIN,
    ]
    return change, steps


def _overfitting(audit: Judged) -> tuple[list[str], list[str]]:
    change = [
        "A single copy among the samples that stands out: then the answer is copying.",
        _GROUPS,
        "More samples and more held-out rows: fewer copies would be found.",
    ]
    steps = [
        "Stop the training earlier, use more regularisation, or train on more rows. The DCR share "
        "should come closer to one half.",
        "Before you publish the model, test whether it tells who was in the training data "
        "(membership inference): a model that is closer to its training rows can.",
        _AGAIN,
    ]
    return change, steps


def _clear(audit: Judged) -> tuple[list[str], list[str]]:
    visible = percent(audit.copying.smallest_visible, 1)
    change = [
        f"More samples or more held-out rows: a copied fraction below about {visible} is not seen "
        "with these numbers.",
        _VIEWS,
        "Samples that were sorted out before the audit.",
    ]
    steps = [
        "Keep this page with the samples: it names the data (fingerprint) and the seed.",
        "Do not call the samples anonymous because of this answer. It says that this audit found "
        "no copies, not that there are none.",
        "Audit again whenever the model is trained again.",
    ]
    return change, steps


def _cannot_tell(audit: Judged) -> tuple[list[str], list[str]]:
    attrs = audit.measured.attrs
    if not attrs["rows_heldout"]:
        return ["Rows that the generator has not seen, from the same source (held-out rows)."], [
            f"Hold out rows and train again: {attrs['rows_train_a']} of them if you can spare "
            "these, and 100 at least.",
            "Or collect new rows of the same source, in the same way, and pass these as held-out "
            "rows: the generator need not be trained again.",
        ]
    return ["More samples, and more held-out rows."], [
        f"Draw more samples than {attrs['seeds']}: samples cost least.",
        f"Hold out more rows than {attrs['rows_heldout']}, or collect new rows of the same source.",
        "Or accept to see less: visible (on the command line --visible) is the copied fraction "
        "that must have been visible before `no sign of copying` is said.",
    ]


def _cannot_judge(audit: Judged) -> tuple[list[str], list[str]]:
    return [
        "Samples and real rows in the same units, columns and order, and training and held-out "
        "rows that are drawn at random from the same source."
    ], [
        "Do what the sentence above says, and run the audit again.",
        "Look at the sentences on what was checked: each says what it found in the rows.",
        "Where rows belong together, such as the visits of one person, name the groups (groups, on "
        "the command line --group) and split by group.",
    ]


_BY_OUTCOME: dict[Outcome, Callable[[Judged], tuple[list[str], list[str]]]] = {
    Outcome.COPYING: _copying,
    Outcome.OVERFITTING: _overfitting,
    Outcome.NO_COPYING: _clear,
    Outcome.CANNOT_TELL: _cannot_tell,
    Outcome.CANNOT_JUDGE: _cannot_judge,
}
