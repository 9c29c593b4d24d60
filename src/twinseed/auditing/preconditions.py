"""What is checked of samples and rows before anything is measured, and what it forbids to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from twinseed.auditing.equal_rows import equal_heldout, equal_samples
from twinseed.auditing.representation import ANOTHER, representation
from twinseed.auditing.screening import Finding
from twinseed.auditing.verdict.outcomes import Answer, Outcome
from twinseed.data.twins import Twins
from twinseed.randomness import stream

__all__ = ["allowed", "screened"]


def screened(twins: Twins, entropy: tuple[int, ...]) -> list[Finding]:
    """Return what was found: another representation, equal rows beside the number expected."""
    misfit = representation(twins)
    if misfit is not None:
        return [misfit]
    return [*equal_heldout(twins, stream(entropy, "audit: equal rows")), *equal_samples(twins)]


def allowed(answers: Mapping[str, Answer], found: Sequence[Finding]) -> dict[str, Answer]:
    """Return the answers that these findings allow.

    Samples in another representation are not judged at all. Other findings name the outcomes on
    copying that they block, in ``numbers["blocks"]``.
    """
    kept = dict(answers)
    for one in found:
        cannot = Answer(Outcome.CANNOT_JUDGE, f"Cannot judge these data: {one.sentence}")
        if one.name == ANOTHER:
            return dict.fromkeys(answers, cannot)
        if kept["copying"].outcome in one.numbers.get("blocks", ()):
            kept["copying"] = cannot
    return kept
