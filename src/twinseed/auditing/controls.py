"""The two controls of every audit: copies must be caught, and fresh rows must pass.

They run on the user's own rows, through the tests that the user's samples go through. Where they
are not distinguished, no verdict on copying would mean anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.auditing.copying import LEVEL
from twinseed.auditing.nearest_in_pool import COSINE, DISTANCE, attribute, gaps_of
from twinseed.auditing.pool import Pool
from twinseed.auditing.relabelling import Attribution, Relabelling, relabelled
from twinseed.auditing.roles import Role
from twinseed.auditing.spaces import searched
from twinseed.data.rows import Rows
from twinseed.randomness import stream

__all__ = ["BLUR", "Controls", "controlled"]

BLUR = 0.05
"""The planted copies are blurred by this many standard deviations of each column."""

_SAMPLES = 500
_UNLIKE = 0.002  # below this two-sided p-value fresh rows are called unlike the training rows


@dataclass(frozen=True)
class Controls:
    """p-values of the planted copies and of fresh held-out rows."""

    memoriser: float
    """One-sided: must be below ``copying.LEVEL``."""
    fresh: float
    """Two-sided: must not be below 0.002."""
    samples: int
    """Number of planted copies."""
    rows_compared: int
    """Number of rows of each role that are compared."""

    @property
    def memoriser_caught(self) -> bool:
        """Whether the planted copies were seen to be copies."""
        return self.memoriser < LEVEL

    @property
    def fresh_passed(self) -> bool:
        """Whether fresh rows are as close to training rows as to other held-out rows."""
        return self.fresh >= _UNLIKE

    @property
    def told_apart(self) -> bool:
        """Whether both controls came out as they must."""
        return self.memoriser_caught and self.fresh_passed

    def __str__(self) -> str:
        if self.told_apart:
            return (
                "Both controls gave the expected result: planted copies were detected (p = "
                f"{self.memoriser:.4f}), fresh rows passed (p = {self.fresh:.2f})."
            )
        if not self.fresh_passed:
            return (
                f"Held-out rows differ from training rows (p = {self.fresh:.4f}): hold out "
                "rows of the same source, drawn at random; where rows come in groups, as the "
                "visits of one person do, whole groups."
            )
        return (
            "Planted copies cannot be distinguished from fresh rows (p = "
            f"{self.memoriser:.3f} with {self.rows_compared} rows of each kind): hold out "
            "more rows."
        )


def controlled(
    rows: Rows,
    units: Mapping[str, NDArray[np.int64]],
    entropy: tuple[int, ...],
) -> Controls | None:
    """Run both controls; None without held-out rows, or with fewer than four.

    ``units`` are those of ``mirrored.with_mirrors``.

    Planted copies are training rows, at most 500 of them, blurred column by column; they go through
    the test that the samples go through, against all training and all held-out rows. For the fresh
    rows one half of the held-out rows stands for the held-out rows, the other, at most 500 of them,
    for the samples of a perfect generator. Fresh rows are tested on both sides: further from
    training rows than from held-out rows means that the two are not of the same law, and no test
    on them is valid.
    """
    if rows.heldout is None or len(rows.heldout) < 4:
        return None
    heldout = rows.heldout
    draw = stream(entropy, "audit: controls")
    held, fresh = _halves(units["heldout"], draw)
    fresh = np.sort(draw.permutation(fresh)[:_SAMPLES])
    train = Role(rows.train_a, "train_a", np.arange(rows.n))
    chosen = rows.train_a[np.sort(draw.permutation(rows.n)[:_SAMPLES])].astype(np.float64)
    noise = draw.standard_normal(chosen.shape)
    copies = chosen + BLUR * rows.train_a.std(axis=0, dtype=np.float64) * noise

    def test(samples: NDArray[Any], held: NDArray[np.int64]) -> tuple[Relabelling, int]:
        roles = [train, Role(heldout[held], "heldout", held)]
        pool = Pool.draw(roles, draw, units)
        found = searched(samples, pool, rows.origin)
        near = {view: attribute(gaps_of(found, view), pool) for view in (DISTANCE, COSINE)}
        return relabelled([Attribution((0,), near, len(samples))], pool, draw), pool.equal

    planted, equal = test(copies, np.arange(len(heldout)))
    unseen, _ = test(heldout[fresh], held)
    return Controls(
        memoriser=planted.p_closer,
        fresh=unseen.p_two_sided,
        samples=len(chosen),
        rows_compared=equal,
    )


def _halves(
    units: NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split rows at random into two halves; no unit is in both."""
    _, unit = np.unique(units, return_inverse=True)
    rank = rng.permutation(int(unit.max()) + 1)[unit]
    first = rank < (rank.max() + 1) // 2
    return np.flatnonzero(first), np.flatnonzero(~first)
