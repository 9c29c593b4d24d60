"""What an engine is: something that draws one pair of twins and measures it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from twinseed.filters import Filter
from twinseed.populations import Population
from twinseed.readout import Estimate

__all__ = ["Engine"]


class Engine(ABC):
    """Draws both twins once and measures the order parameters. Instances are immutable."""

    revision: ClassVar[int]
    """Rises when the same seed gives another draw; a store refuses to mix revisions."""

    @abstractmethod
    def draw(
        self, population: Population, filter: Filter, n: int, d: int, rng: np.random.Generator
    ) -> dict[str, Estimate]:
        """Return the estimates of one draw by variable name, without standard errors."""

    def draws(
        self,
        population: Population,
        filter: Filter,
        n: int,
        d: int,
        rngs: Sequence[np.random.Generator],
    ) -> list[dict[str, Estimate]]:
        """Return one draw for each generator: many replicates of one cell at once.

        Element i has the bits of ``draw(population, filter, n, d, rngs[i])``, whatever the other
        generators are and however many; each generator is left as ``draw`` leaves it. An engine
        that shares work between replicates overrides this; here they go one by one.
        """
        return [self.draw(population, filter, n, d, rng) for rng in rngs]

    @abstractmethod
    def require_room(self, n: int, d: int) -> None:
        """Raise ``InputError`` when a draw of this size is out of reach, before any work."""

    def require_supported(self, population: Population, filter: Filter) -> None:
        """Raise ``InputError`` for a population or filter that the engine cannot draw."""
        return None

    @abstractmethod
    def description(self) -> Mapping[str, Any]:
        """Return what the result of a draw depends on, ready for JSON."""

    @classmethod
    @abstractmethod
    def examples(cls) -> list[Self]:
        """Return a few instances that span the class; the law tests run over them."""
