"""An engine for tests of what surrounds an engine: it draws numbers, not matrices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinseed.errors import InputError
from twinseed.filters import Filter
from twinseed.populations import Population
from twinseed.readout import Estimate
from twinseed.simulation import Engine
from twinseed.status import Status


@dataclass(frozen=True)
class Numbers(Engine):
    """An engine that draws normal numbers, and statuses in turn, instead of matrices."""

    statuses: tuple[str, ...] = ("ok",)
    allowed: int = 1_000_000

    revision = 1

    def draw(
        self, population: Population, filter: Filter, n: int, d: int, rng: np.random.Generator
    ) -> dict[str, Estimate]:
        status = self.statuses[int(rng.integers(len(self.statuses)))]
        value = rng.normal(1.0, 0.1) if Status(status).has_value else np.nan
        return {"convergence": Estimate(value, status=status)}

    def require_room(self, n: int, d: int) -> None:
        if d > self.allowed:
            raise InputError("d", "is too large", d, "shrink it")

    def description(self) -> Mapping[str, Any]:
        return {"kind": "Numbers", "statuses": list(self.statuses)}

    @classmethod
    def examples(cls) -> list[Numbers]:
        return [cls()]


class Untouchable(Numbers):
    """An engine that must not be asked for a draw."""

    def draw(self, *arguments: Any) -> dict[str, Estimate]:
        raise AssertionError("work has started")
