"""What a filter is: how the linear generator turns a sample spectrum into a covariance root."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["Filter"]


class Filter(ABC):
    """A spectral filter ``f``: the linear generator is ``x = f(S) z`` with ``z`` standard normal.

    A subclass gives one method, ``__call__``, and its parameters. Instances are immutable.
    """

    @abstractmethod
    def __call__(self, eigenvalues: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``f`` at sample eigenvalues (zero or above), elementwise; zero or above."""

    @property
    @abstractmethod
    def parameters(self) -> Mapping[str, float]:
        """The filter's parameters by the names of their readout coordinates."""

    @classmethod
    @abstractmethod
    def examples(cls) -> list[Self]:
        """Return a few instances that span the class; the law tests run over them."""

    @property
    def at_zero(self) -> float:
        """``f(0)``: what the model does along directions that the training data never showed."""
        return float(self(np.zeros(1))[0])

    def description(self) -> Mapping[str, Any]:
        """Return what defines the filter, ready for JSON."""
        return {"kind": type(self).__name__, **self.parameters}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Filter) and self.description() == other.description()

    def __hash__(self) -> int:
        return hash(repr(self.description()))

    def __repr__(self) -> str:
        inside = ", ".join(f"{key}={value!r}" for key, value in self.parameters.items())
        return f"{type(self).__name__}({inside})"
