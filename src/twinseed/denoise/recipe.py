"""A recipe: how one twin is trained, what its result depends on, which files it writes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from twinseed.arrays import Array
from twinseed.denoise.noise import NoiseLevels
from twinseed.denoise.training import Metrics, Training
from twinseed.errors import InputError
from twinseed.filters.samplers import Sampler
from twinseed.generators.flow import DenoiserFlow

__all__ = ["Losses", "Recipe", "Report", "Scaled", "scale_of", "spelled"]

Report = Callable[[Metrics], None]
Losses = list[tuple[int, float]]


@dataclass(frozen=True, eq=False)
class Scaled:
    """A generator in the units of the data: ``x = offset + scale g(z)``."""

    inner: DenoiserFlow
    offset: Array
    scale: float

    def sample(self, noise: ArrayLike) -> Array:
        """Return the sample of each row of noise, (seeds, d)."""
        return self.offset + self.scale * self.inner.sample(noise)


class Recipe(ABC):
    """Trains one twin. Subclasses are frozen data classes, and are sent to other processes."""

    sampler: Sampler

    beside: ClassVar[frozenset[str]] = frozenset()
    """Fields on which no result depends, and the field that ``steps`` returns."""

    @abstractmethod
    def fit(
        self,
        rows: Array,
        shape: tuple[int, ...],
        *,
        start: int,
        draws: int,
        kept: Path,
        tell: Report,
    ) -> None:
        """Train on rows (n, d) of images of ``shape``, and save the trained state in ``kept``.

        ``start`` is the seed of the initialisation, ``draws`` the seed of batches and noise. If the
        file ``kept`` exists, training continues from it, with the result of a training that never
        stopped. ``tell`` is called with metrics during training.

        Raises:
            InputError: rows that are all equal, or a shape that the denoiser cannot take.
            CheckpointError: ``kept`` is of another recipe or of other rows.
            NotFiniteError: training diverged; ``kept`` has the last state that was saved.
        """

    @abstractmethod
    def load(self, kept: Path) -> Scaled:
        """Return the generator of a file that a finished ``fit`` has saved."""

    @abstractmethod
    def losses(self, kept: Path) -> Losses:
        """Return the loss curve in a file that ``fit`` saved: (step, loss) from the first step."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The name of the denoiser, one of ``DENOISERS``."""

    @property
    @abstractmethod
    def steps(self) -> int:
        """Number of training steps."""

    @abstractmethod
    def parameters(self, shape: tuple[int, ...]) -> int:
        """Return the number of trained parameters for rows of this shape."""

    @abstractmethod
    def architecture(self, shape: tuple[int, ...]) -> Mapping[str, Any]:
        """Return the denoiser for rows of this shape, ready for JSON.

        Raises:
            InputError: the denoiser cannot take rows of this shape.
        """

    @abstractmethod
    def require_device(self) -> None:
        """Raise ``InputError`` if this machine does not have the device of the recipe."""

    def require_rows(self, rows: Array) -> None:
        """Raise ``InputError`` if ``fit`` would refuse these rows of one twin, (n, d)."""
        scale_of(rows - rows.mean())

    def description(self) -> Mapping[str, Any]:
        """Return the fields on which the result depends, ready for JSON: all except ``beside``."""
        found = {one.name: spelled(getattr(self, one.name)) for one in fields(self)}  # type: ignore[arg-type]  # subclasses are data classes
        return {
            "denoiser": self.name,
            **{name: value for name, value in found.items() if name not in self.beside},
        }


def spelled(value: Any) -> Any:
    """Return a field of a recipe, ready for JSON."""
    if isinstance(value, Training | NoiseLevels):
        return dict(value.description())
    return repr(value) if isinstance(value, Sampler) else value


def scale_of(centred: Array) -> float:
    scale = float(np.sqrt(np.mean(centred**2)))
    if not scale > 0.0:
        raise InputError(
            "rows", "must not all be equal", f"standard deviation {scale}", "pass rows that differ"
        )
    return scale
