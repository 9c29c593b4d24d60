"""The two controls of every audit: copies must be caught, and fresh rows must pass.

They run on the user's own rows, through the tests that the user's samples go through. Where they
are not told apart, no verdict on copying would mean anything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twinseed.auditing.copying import LEVEL
from twinseed.auditing.pool import Pool, attribute, searched
from twinseed.auditing.relabelling import Attribution, Relabelling, relabelled
from twinseed.data.rows import Rows
from twinseed.generators import Fresh, Memoriser
from twinseed.progress import Progress
from twinseed.randomness import stream

__all__ = ["BLUR", "Controls", "controlled"]

BLUR = 0.05
"""The planted copies are blurred by this many root-mean-square deviations of the data."""

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
    rows_compared: int

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
    rows: Rows, entropy: tuple[int, ...], progress: Progress | None = None
) -> Controls | None:
    """Run both controls; None without held-out rows, or with fewer than four.

    One half of the held-out rows stands for the held-out rows, the other, at most 500 of them, for
    the samples of a perfect generator. Copies of as many training rows are its counterpart. Fresh
    rows are tested on both sides: further from training rows than from held-out rows means that the
    two are not of the same law, and no test on them is valid.
    """
    if rows.heldout is None or len(rows.heldout) < 4:
        return None
    draw = stream(entropy, "audit: controls")
    order = draw.permutation(len(rows.heldout))
    half = len(order) // 2
    held, fresh = np.sort(order[:half]), np.sort(order[half:][:_SAMPLES])
    pool = Pool.draw([rows.train_a, rows.heldout[held]], draw, rows.origin)
    copied = rows.train_a[np.sort(draw.permutation(rows.n)[: len(fresh)])]
    noise = draw.standard_normal((len(fresh), rows.d))
    memoriser = Memoriser(copied, noise=BLUR)

    def test(samples: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Relabelling:
        found = Attribution((0,), attribute(searched(samples, pool, progress), pool))
        return relabelled([found], pool, draw)

    return Controls(
        memoriser=test(memoriser.sample(noise)).p_closer,
        fresh=test(Fresh(rows.heldout[fresh]).sample(noise)).p_two_sided,
        samples=len(fresh),
        rows_compared=pool.equal,
    )
