"""An engine: an object that draws pairs of twins and measures their order parameters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, ClassVar, Self

import numpy as np

from twinseed.filters import Filter
from twinseed.populations import Population
from twinseed.readout import Estimate

__all__ = ["Engine"]


class Engine(ABC):
    """Draws pairs of twins and measures their order parameters. Instances are immutable."""

    revision: ClassVar[int]
    """Number of the version: raised when the same seed gives another draw. A store keeps one."""

    beside: ClassVar[frozenset[str]] = frozenset()
    """Fields on which no draw depends."""

    @abstractmethod
    def draw(
        self, population: Population, filter: Filter, n: int, d: int, rng: np.random.Generator
    ) -> dict[str, Estimate]:
        """Return the estimates of one draw by variable name, without standard errors.

        Args:
            population: the covariance of the data.
            filter: the filter of both models.
            n: training rows of each model.
            d: columns of the data.
            rng: the random generator of the draw.
        """

    def draws(
        self,
        population: Population,
        filter: Filter,
        n: int,
        d: int,
        rngs: Sequence[np.random.Generator],
    ) -> list[dict[str, Estimate]]:
        """Return one draw for each random generator: several replicates of one cell.

        Element i has the bits of ``draw(population, filter, n, d, rngs[i])``, whatever the other
        generators are; afterwards each generator is in the state in which ``draw`` leaves it. An
        engine that shares work between replicates overrides this method.

        Args:
            population: as in ``draw``.
            filter: as in ``draw``.
            n: as in ``draw``.
            d: as in ``draw``.
            rngs: one random generator per draw.
        """
        return [self.draw(population, filter, n, d, rng) for rng in rngs]

    def suits_threads(self, n: int, d: int) -> bool:
        """Return whether several draws of this size are better made by threads than by processes.

        Threads start at once. They suit draws that end soon, need little memory and let other
        threads run for most of their time.

        Args:
            n: training rows of each model.
            d: columns of the data.
        """
        return False

    @abstractmethod
    def require_room(self, n: int, d: int) -> None:
        """Raise ``InputError`` if a draw of this size is too large, before any work.

        Args:
            n: training rows of each model.
            d: columns of the data.
        """

    def require_supported(self, population: Population, filter: Filter) -> None:
        """Raise ``InputError`` for a population or filter that the engine cannot draw.

        Args:
            population: the covariance of the data.
            filter: the filter of both models.
        """
        return None

    def description(self) -> Mapping[str, Any]:
        """Return the kind, and the fields on which a draw depends, ready for JSON.

        A field that is None, or one of ``beside``, is left out. An engine that is not a data class
        needs its own method.
        """
        found = {one.name: getattr(self, one.name) for one in fields(self)}  # type: ignore[arg-type]  # engines are data classes
        kept = {
            k: value for k, value in found.items() if k not in self.beside and value is not None
        }
        return {"kind": type(self).__name__, **kept}

    @classmethod
    @abstractmethod
    def examples(cls) -> list[Self]:
        """Return a few instances that span the class; the law tests run over them."""
