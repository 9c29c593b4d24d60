"""Where the generators lie: their means, beside each other and beside the real rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.blocks import row_blocks
from twinseed.data.twins import Twins

__all__ = ["Offsets", "offsets"]

_NAMED = 0.25  # standard deviations from which an offset is named ...
_BEYOND = 4.0  # ... if its square is this many times what the seeds' errors make
_SCALE = 1.25  # times that one generator varies more than the other


@dataclass(frozen=True)
class Offsets:
    """Distances between means, in standard deviations: ``|difference| / sqrt(E|x - mean|^2)``.

    The standard deviation is that of the samples about their generator's mean, over all columns
    together and the mean of both generators; an offset of one standard deviation in every column is
    1.
    """

    between: float
    """From the mean of A's samples to that of B's."""
    from_real_a: float
    """From the mean of the real rows to that of A's samples."""
    from_real_b: float
    """From the mean of the real rows to that of B's samples."""
    common: float
    """From the mean of the real rows to the middle between A's mean and B's."""
    scale: float
    """How many times B's samples vary as much as A's, as a standard deviation."""
    error: float
    """What the finite number of seeds makes of one such distance, where there is none."""

    @property
    def sentence(self) -> str:
        """What is known of the means; empty where there is nothing to say."""
        told = []
        if self.named(self.common) and self.common > self.between:
            told.append(
                f"the means of both generators together lie {self.common:.1f} standard deviations "
                "from the mean of the real rows (this common offset does not count as agreement)"
            )
        if self.named(self.between):
            told.append(f"the means of A and B lie {self.between:.1f} standard deviations apart")
        if not 1.0 / _SCALE <= self.scale <= _SCALE:
            told.append(f"the samples of B vary {self.scale:.2g} times as much as those of A")
        return "; ".join(told)

    def named(self, size: float) -> bool:
        """Whether an offset is large enough to be named."""
        return size > max(_NAMED, math.sqrt(_BEYOND) * self.error)


def offsets(twins: Twins, means: Array, real: Array) -> Offsets | None:
    """Measure the offsets; None where no sample varies.

    Shapes: ``means`` (2, d), the mean of each generator's samples; ``real`` (d,), of the real rows.
    """
    assert twins.samples_b is not None
    a, b = means
    energy_a, energy_b = (
        _energy(rows, mean) for rows, mean in ((twins.samples_a, a), (twins.samples_b, b))
    )
    energy = (energy_a + energy_b) / 2.0
    if energy == 0.0:
        return None
    width = math.sqrt(energy)

    def far(one: Array, other: Array) -> float:
        return float(np.linalg.norm(one - other)) / width

    return Offsets(
        between=far(a, b),
        from_real_a=far(a, real),
        from_real_b=far(b, real),
        common=far((a + b) / 2.0, real),
        scale=math.sqrt(energy_b / energy_a) if energy_a > 0 else math.inf,
        error=math.sqrt(2.0 / twins.seeds),
    )


def _energy(rows: NDArray[Any], mean: Array) -> float:
    """Return the mean squared distance of rows from a mean."""
    total = sum(float(np.sum((block - mean) ** 2)) for _, block in row_blocks(rows, 1 << 18))
    return total / len(rows)
