"""The chance level of convergence, and the agreement above this level."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from twinseed.readout import Estimate
from twinseed.status import Status

__all__ = ["against_chance", "where_known"]

_NOTHING = 1e-9
"""With a chance level closer to 1 than this, the corrected convergence is not identifiable."""


def against_chance(
    convergence: ArrayLike, chance: ArrayLike, known: ArrayLike, gap: ArrayLike = np.nan
) -> dict[str, Estimate]:
    """Return the chance level and the corrected convergence.

    Equation: ``(convergence - chance)/(1 - chance)``; where the ``gap`` to 1 is given and below a
    half, ``1 - gap/(1 - chance)``, which is more accurate. Both are not identifiable where not
    ``known`` (the samples have no energy); the second also where chance is 1.
    """
    q, level, left = (np.asarray(one, dtype=np.float64) for one in (convergence, chance, gap))
    learned = 1.0 - level
    with np.errstate(divide="ignore", invalid="ignore"):
        corrected = np.where(left < 0.5, 1.0 - left / learned, (q - level) / learned)
    return {
        "convergence_chance": where_known(known, level),
        "convergence_corrected": where_known(np.logical_and(known, learned > _NOTHING), corrected),
    }


def where_known(known: ArrayLike, value: ArrayLike) -> Estimate:
    """Return an estimate that is "not identifiable" where not ``known``."""
    return Estimate(
        np.where(known, value, np.nan),
        np.where(known, 0.0, np.nan),
        np.where(known, str(Status.OK), str(Status.NOT_IDENTIFIABLE)),
    )
