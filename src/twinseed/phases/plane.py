"""The plane of load and strength: the simulation at a point, and the region of the point."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import IntFlag
from functools import partial
from typing import Any, Self

import numpy as np

from twinseed.checks import finite_vector, non_negative, positive, whole
from twinseed.coupling.outliers import overlap_floor
from twinseed.errors import InputError
from twinseed.filters import Ridge
from twinseed.phases.tiles import Point, TileReading
from twinseed.populations import Spiked
from twinseed.simulation import Compressed
from twinseed.status import Status
from twinseed.sweep import Cell, Result

__all__ = ["ENGINE", "MEASURED", "Plane", "Region"]

MEASURED = ("memorisation_ratio", "convergence", "convergence_corrected", "recovery")
"""The variables that a point of the plane keeps."""

ENGINE = Compressed(tolerance=1e-3)
"""The engine of every point; the colour of a tile needs no smaller tolerance."""

_ABOVE_FLOOR = 2.0


class Region(IntFlag):
    """What twins do at a point of the plane: memorise, converge, recover, any of these or none."""

    MEMORISED = 1
    CONVERGED = 2
    RECOVERED = 4

    @property
    def words(self) -> str:
        """The name of the region on a figure."""
        return _WORDS[int(self)]

    @property
    def misleads(self) -> bool:
        """Whether the twins agree although neither has learned the factor."""
        return self == Region.CONVERGED

    @property
    def meaning(self) -> str:
        """The meaning of the name, with one part per order parameter."""
        parts = [
            "samples lie close to training rows" if self & Region.MEMORISED else "",
            f"the twins {'agree' if self & Region.CONVERGED else 'do not agree'}",
            f"the factor is {'learned' if self & Region.RECOVERED else 'not learned'}",
        ]
        return "; ".join(part for part in parts if part)


_WORDS = (
    "neither copies nor agrees",
    "memorised",
    "converged but not recovered",
    "memorised, converged",
    "recovered but not converged",
    "memorised and recovered",
    "converged and recovered",
    "memorised, converged and recovered",
)


@dataclass(frozen=True)
class Plane:
    """The settings of a phase diagram. Diagrams of the same plane and seed have the same points.

    ``gamma`` and ``strength`` are ranges of logarithmic axes. A point is *memorised* if the
    memorisation ratio is at least ``memorisation``. It is *converged* if the corrected convergence
    is at least ``convergence``. It is *recovered* if the overlap with the factor is at least twice
    the overlap of a factor exactly at the threshold at this d; for large d this means a recovery
    above zero.
    """

    d: int
    gamma: tuple[float, float]
    strength: tuple[float, float]
    ridge: float
    replicates: int
    memorisation: float
    convergence: float

    @classmethod
    def build(cls, **given: Any) -> Self:
        """Check the fields; each error names its field."""
        d = whole("d", given["d"], "pass the number of columns, such as 1e6", at_least=100)
        convergence = positive("convergence", given["convergence"], "pass a level such as 0.5")
        if convergence >= 1.0:
            raise InputError("convergence", "must be below 1", convergence, "pass 0.5, for example")
        memorisation = positive("memorisation", given["memorisation"], "pass a level such as 2")
        if memorisation <= 1.0:
            raise InputError(
                "memorisation",
                "must be above 1; a model that copies nothing has the ratio 1",
                memorisation,
                "pass a level such as 2",
            )
        found = cls(
            d=d,
            gamma=_range("gamma", given["gamma"]),
            strength=_range("strength", given["strength"]),
            ridge=non_negative("ridge", given["ridge"], "pass the strength of the ridge filter"),
            replicates=whole(
                "replicates",
                given["replicates"],
                "pass the number of draws per point, 2 or more",
                at_least=2,
            ),
            memorisation=memorisation,
            convergence=convergence,
        )
        if round(found.gamma[0] * d) < 1:
            remedy = "raise the lower end of gamma, or d"
            raise InputError("gamma", f"leaves no training row at d = {d}", found.gamma, remedy)
        return found

    def description(self) -> dict[str, Any]:
        """Return the fields, ready for JSON."""
        fields = asdict(self)
        return fields | {name: list(fields[name]) for name in ("gamma", "strength")}

    def place(self, point: Point) -> tuple[int, float]:
        """Return the training rows and the strength at a point of the unit square."""
        gamma = _along(self.gamma, float(point[0]))
        return max(round(gamma * self.d), 1), _along(self.strength, float(point[1]))

    def cell(self, point: Point) -> Cell:
        """Return the cell of a point."""
        n, strength = self.place(point)
        return Cell(
            work=partial(_drawn, n, self.d, strength, self.ridge, self.replicates),
            description={
                "n": n,
                "d": self.d,
                "strength": strength,
                "ridge": self.ridge,
                "replicates": self.replicates,
            },
        )

    def reading(self, point: Point, result: Result) -> TileReading:
        """Return the region and the values of a point from its draws."""
        n, _ = self.place(point)
        ratio, _, corrected, overlap = (result[name][0] for name in MEASURED)
        region = (
            Region.MEMORISED * (ratio >= self.memorisation)
            | Region.CONVERGED * (corrected >= self.convergence)
            | Region.RECOVERED * (overlap >= self.learned(n / self.d))
        )
        return TileReading(int(region), (1.0 / max(ratio, 1.0), max(corrected, 0.0), overlap))

    def learned(self, gamma: float) -> float:
        """Return the overlap from which a factor counts as recovered at this d."""
        threshold = 1.0 + gamma**-0.5
        bulk = np.ones(1), np.ones(1)
        return min(_ABOVE_FLOOR * float(overlap_floor(threshold, bulk, gamma, self.d)), 0.5)


def _drawn(
    n: int, d: int, strength: float, ridge: float, replicates: int, rng: np.random.Generator
) -> Result:
    """Draw the twins of one point; return the mean and standard error of each variable."""
    population, filter = Spiked([strength]), Ridge(ridge)
    draws = ENGINE.draws(population, filter, n, d, rng.spawn(replicates))
    found: dict[str, Any] = {}
    for name in MEASURED:
        values = np.array([np.ravel(draw[name].value)[0] for draw in draws])
        found[name] = [float(values.mean()), float(values.std(ddof=1) / np.sqrt(replicates))]
    stopped = [
        np.any(np.asarray(one["convergence"].status) == Status.NOT_CONVERGED) for one in draws
    ]
    return found | {"stopped": int(np.sum(stopped))}


def _along(ends: tuple[float, float], share: float) -> float:
    return float(ends[0] * (ends[1] / ends[0]) ** share)


def _range(argument: str, value: Any) -> tuple[float, float]:
    remedy = "pass two ends, the smaller first, as in (0.1, 10)"
    ends = finite_vector(argument, value, remedy)
    if ends.size != 2 or ends[0] <= 0 or ends[0] >= ends[1]:
        raise InputError(argument, "must be two numbers above zero, rising", value, remedy)
    return float(ends[0]), float(ends[1])
