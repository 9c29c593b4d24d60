"""Is it copying? The outcome and the sentence, from the tests and the controls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinseed.auditing.controls import Controls
from twinseed.auditing.copying import LEVEL, Copying
from twinseed.auditing.references import LINEAR, interval
from twinseed.auditing.verdict.outcomes import Answer, Outcome, References, shown
from twinseed.data.twins import Twins
from twinseed.tables import percent

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["answer_on_copying"]


def answer_on_copying(
    twins: Twins,
    measured: xr.Dataset,
    references: References,
    controls: Controls | None,
    copying: Copying,
) -> Answer:
    """Return the answer on copying."""
    if controls is None:
        problem = "without held-out rows" if twins.heldout is None else "with so few held-out rows"
        return Answer(
            Outcome.CANNOT_TELL,
            f"Not enough data to tell: copying cannot be judged {problem}. Held-out rows show how "
            "close a sample comes to real rows by chance. Hold out rows that neither generator "
            f"saw, {twins.n} rows if possible, and pass these rows as heldout.",
        )
    if not controls.told_apart:
        return Answer(Outcome.CANNOT_JUDGE, f"This audit cannot judge copying here. {controls}")
    share = "memorisation_share_euclidean"
    closer = shown(interval(measured, share))
    honest = shown(references[share][LINEAR][0])
    evidence = (
        f"{closer} of the samples are closer to training rows than to held-out rows (no copying: "
        f"0.5; matched linear model: {honest})"
    )
    low, high = copying.copied_fraction_interval
    told, least, most = (_percent(x) for x in (copying.copied_fraction, low, high))
    copied = f"copied fraction {told}, 95 % interval {least} to {most}"
    if copying.found:
        return Answer(
            Outcome.COPYING,
            f"Copying: {evidence}, more than chance (p = {copying.p_value:.4f}) and more than the "
            f"linear model (p = {copying.p_value_linear:.4f}); {copied}.",
        )
    least = percent(copying.smallest_visible, 1)
    unseen = f"a copied fraction below about {least} would not be detected"
    if copying.p_value < LEVEL:
        return Answer(
            Outcome.NO_COPYING,
            f"No sign of copying: {evidence}, more than chance (p = {copying.p_value:.4f}) but not "
            f"more than an honest model that matches the covariance alone "
            f"(p = {copying.p_value_linear:.2f}); {unseen}.",
        )
    return Answer(
        Outcome.NO_COPYING,
        f"No sign of copying: {evidence}, p = {copying.p_value:.2f}; {unseen}.",
    )


def _percent(share: float) -> str:
    return percent(share, 1 if 0 < share < 0.01 else 0)
