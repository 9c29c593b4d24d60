"""The local score machine of given rows as a generator, in the units of the rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from twinseed.arrays import Array
from twinseed.errors import InputError
from twinseed.filters.samplers import Sampler
from twinseed.generators.flow import DenoiserFlow
from twinseed.generators.score_machine.machine import BORDERS, Border, LocalScoreMachine
from twinseed.generators.score_machine.windows import Windows

__all__ = ["MachineBeside", "require_machine"]


@dataclass(frozen=True)
class MachineBeside:
    """How the local score machine of any rows is made and sampled, to stand beside other models.

    Equation: ``x = mean + scale g(z)``, mean and scale over all entries of the rows, g the
    probability flow from ``sigma_max`` to ``sigma_min`` of the machine of ``(rows - mean)/scale``.
    A network of ``twinseed train`` sees its rows in the same units.
    Shapes: images of ``shape``, as rows (n, d); computed in single precision.

    Args:
        windows: the half width at each level, for rows of standard deviation 1.
        shape: the shape of one image, (height, width) or (channels, height, width).
        border: as in ``LocalScoreMachine``.
        sigma_min: the last noise level, for rows of standard deviation 1.
        sigma_max: the first noise level.
        sampler: as in ``DenoiserFlow``.

    Raises:
        InputError: rows that are no images, or an unknown border.

    See also: ``LocalScoreMachine``, ``DenoiserFlow``.
    """

    windows: Windows
    shape: tuple[int, ...]
    border: Border
    sigma_min: float
    sigma_max: float
    sampler: Sampler | None = None

    def __post_init__(self) -> None:
        require_machine(self.windows, self.border, self.shape)

    def sample(self, rows: ArrayLike, noise: ArrayLike) -> Array:
        """Return one sample for each row of noise.

        Args:
            rows: the training rows of the machine, (n, d), not all equal.
            noise: standard normal numbers, (seeds, d); the samples have the same shape.
        """
        x = np.asarray(rows, dtype=np.float64).reshape(len(np.asarray(rows)), -1)
        mean = x.mean()
        scale = x.std() or 1.0
        machine = LocalScoreMachine(
            (x - mean) / scale,
            self.windows,
            shape=self.shape,
            border=self.border,
            dtype=np.float32,
        )
        flow = DenoiserFlow(machine, machine.shape, self.sigma_min, self.sigma_max, self.sampler)
        samples: Array = mean + scale * flow.sample(noise)
        return samples


def require_machine(windows: object, border: str, shape: tuple[int, ...] | None = None) -> None:
    """Raise ``InputError`` for what is no schedule, no border, or no shape of an image."""
    if not isinstance(windows, Windows):
        raise InputError("windows", "must be Windows", windows, "pass Windows.read(file)")
    if border not in BORDERS:
        raise InputError("border", "must be known", border, f"pass one of {', '.join(BORDERS)}")
    if shape is not None and len(shape) not in (2, 3):
        remedy = "pass images (N, height, width), or leave the machines out"
        raise InputError("windows", "must be given with images", f"rows of shape {shape}", remedy)
