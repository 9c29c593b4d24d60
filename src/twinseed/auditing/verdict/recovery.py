"""Which factors were learned? The outcome and the sentence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twinseed.auditing.estimates import interval
from twinseed.auditing.factors import RECOVERED, Factor, Fate
from twinseed.auditing.verdict.outcomes import Answer, Outcome, References, shown
from twinseed.data.twins import Twins
from twinseed.numbers import ReadoutNumbers
from twinseed.status import Status
from twinseed.tables import percent

__all__ = ["answer_on_recovery"]


def answer_on_recovery(
    twins: Twins,
    measured: ReadoutNumbers,
    references: References,
    factors: Sequence[Factor],
    agreement: Outcome,
) -> Answer:
    """Return the answer on recovery.

    A factor that is too close to tell counts neither as recovered nor as lost. The answer is
    "recovered" where no factor is lost, and those that are recovered carry more variance than those
    that are too close to tell.
    """
    if not factors:
        return _without_truth(twins, measured, references)
    judged = [one for one in factors if one.fate.judged]
    if not judged:
        return Answer(
            Outcome.CANNOT_TELL,
            "Not enough data to tell what was recovered: the held-out rows do not show any leading "
            "direction, since training rows do not have it either. Hold out more rows.",
        )
    by_fate = {fate: [one for one in judged if one.fate is fate] for fate in Fate}
    won, close = by_fate[Fate.RECOVERED], by_fate[Fate.TOO_CLOSE]
    evidence = _evidence(twins, factors, judged, by_fate)
    lost = [one for one in judged if one.fate.lost]
    if agreement is Outcome.CONVERGED and judged[0].fate.lost:
        return Answer(
            Outcome.CONVERGED_NOT_RECOVERED,
            "Converged but not recovered: the twins agree but have not learned the leading factor, "
            f"{evidence}.",
        )
    if won and lost:
        return Answer(Outcome.PARTLY_RECOVERED, f"Partly recovered: {evidence}.")
    if not lost and _variance(won) > _variance(close):
        return Answer(Outcome.RECOVERED, f"Recovered: {evidence}.")
    if close:
        return Answer(Outcome.CANNOT_TELL, f"Not enough data to tell: {evidence}.")
    if len(by_fate[Fate.OUT_OF_REACH]) == len(judged):
        return Answer(Outcome.OUT_OF_REACH, f"Could not have been learned at this n: {evidence}.")
    return Answer(Outcome.NOT_RECOVERED, f"Not recovered: {evidence}.")


def _evidence(
    twins: Twins,
    factors: Sequence[Factor],
    judged: Sequence[Factor],
    by_fate: dict[Fate, list[Factor]],
) -> str:
    """Return what was looked at, the numbers of each factor, and what became of it."""
    values = ", ".join(f"factor {one.number} {shown(one.relative)}" for one in judged)
    details = [
        "overlap relative to fresh real rows, 1 for a perfect generator, with 95 % intervals for "
        f"these trained models: {values}"
    ]
    for fate, chosen in by_fate.items():
        if chosen and fate is Fate.OUT_OF_REACH:
            reach = ", ".join(f"{one.predicted:.2f}" for one in chosen)
            details.append(
                f"could not have been learned from {twins.n} rows: {_ranks(chosen)} (predicted "
                f"{reach} of the overlap of fresh rows)"
            )
        elif chosen and fate is not Fate.RECOVERED:
            details.append(f"{fate}: {_ranks(chosen)}")
    honest = [one for one in judged if one.linear.low / one.ceiling.value > RECOVERED]
    details.append(f"the matched linear model recovers {len(honest)}")
    unseen = [one for one in factors if not one.fate.judged]
    plural = "s" if len(unseen) > 1 else ""
    beyond = f"; the held-out rows do not show direction{plural} {_ranks(unseen)}" if unseen else ""
    won = by_fate[Fate.RECOVERED]
    carry = "which carries" if len(judged) == 1 else "which together carry"
    return (
        f"{len(won)} of {len(judged)} factors recovered, {carry} {percent(_variance(judged))} of "
        f"the variance of the real rows ({'; '.join(details)}){beyond}"
    )


def _variance(factors: Sequence[Factor]) -> float:
    return sum(one.variance for one in factors)


def _without_truth(twins: Twins, measured: ReadoutNumbers, references: References) -> Answer:
    """Answer from the twins' own directions, which need no held-out rows.

    Few samples make the directions uncertain, and nothing tells here by how much: directions that
    overlap less are not told to be missing.
    """
    name = "recovery_twins"
    if name not in references:
        rows = "8 or more held-out rows" if twins.heldout is not None else "held-out rows"
        return Answer(
            Outcome.CANNOT_TELL,
            f"Not enough data to tell what was recovered: pass {rows}, or a second generator's "
            "samples.",
        )
    found = [interval(measured, name, k) for k in range(measured.sizes["factor"])]
    below = [str(s) == Status.BELOW_FLOOR for s in np.asarray(measured[f"{name}_status"])]
    won = [one.low > RECOVERED and not no for one, no in zip(found, below, strict=True)]
    evidence = (
        f"the directions of the two twins, from different seeds, overlap by more than {RECOVERED} "
        f"for {sum(won)} of {len(found)} ({', '.join(shown(one) for one in found)}; 95 % intervals "
        "for these trained models); hold out rows to compare these directions with the data"
    )
    if not all(won):
        return Answer(Outcome.CANNOT_TELL, f"Not enough data to tell: {evidence}.")
    return Answer(Outcome.RECOVERED, f"Recovered, judged from the twins alone: {evidence}.")


def _ranks(factors: Sequence[Factor]) -> str:
    """Write the numbers of factors, runs as "2 to 5"."""
    numbers = [one.number for one in factors]
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    words = {0: "{0}", 1: "{0}, {1}"}
    return ", ".join(words.get(b - a, "{0} to {1}").format(a, b) for a, b in runs)
