"""The convention of noise: ``y = x + sigma z``, z standard normal, x with unit mean square."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from typing import Any

import torch

from twinseed.filters.probability_flow import noise_levels

__all__ = ["NoiseLevels"]


@dataclass(frozen=True)
class NoiseLevels:
    """The range of noise levels in training and sampling.

    Equation: ``y = x + sigma z``; in training ``log sigma`` is uniform between the two ends.
    Range: ``0 < sigma_min < sigma_max``, in units of the data's root mean square.

    Args:
        sigma_min: the lowest level, below the smallest detail of the data that matters.
        sigma_max: the highest level, several times the standard deviation of the data along their
            leading direction.

    Raises:
        InputError: levels that are not positive, finite and in order.

    Source: Karras et al., arXiv 2206.00364 (noise level as the only time).

    >>> NoiseLevels(0.1, 10.0).draw(2, torch.Generator().manual_seed(0)).shape
    torch.Size([2])
    """

    sigma_min: float = 0.02
    sigma_max: float = 40.0

    def __post_init__(self) -> None:
        noise_levels(self.sigma_min, self.sigma_max, allow_zero=False)

    def draw(self, count: int, generator: torch.Generator) -> torch.Tensor:
        """Return random levels, (count,), log-uniform.

        Args:
            count: number of levels.
            generator: the torch generator of the draw.
        """
        low, high = log(self.sigma_min), log(self.sigma_max)
        return torch.exp(low + (high - low) * torch.rand(count, generator=generator))

    def description(self) -> Mapping[str, Any]:
        """Return both ends, ready for JSON."""
        return {"sigma_min": self.sigma_min, "sigma_max": self.sigma_max}
