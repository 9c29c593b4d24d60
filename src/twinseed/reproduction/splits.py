"""Twins trained on disjoint random halves of rows: the draws, and how they become readouts.

The error bar: the N rows are one data set, and all replicates are random splits of these rows. At
fixed rows the splits are independent, so the standard deviation of their results over
``sqrt(splits)`` is the standard error of the mean. This mean estimates the mean over all splits *of
these rows*. The predictions are for the same target, because they use the spectrum of these rows.
The error bar does not include the difference to another data set of N rows.

Halves drawn without replacement are not independent samples. The variance of the covariance S_A of
a half, about the covariance of all rows, is lower by the factor (N - n)/(N - 1); and S_A and S_B
are negatively correlated, with covariance -1/(N - 1) times the variance of one row. In numbers that
depend on the difference S_A - S_B the two effects cancel: ``var(S_A - S_B)`` is ``2/n`` times the
variance of one row, times N/(N - 1), for every n/N. So the formulas of 1 - q, of rho^2 - 1
(training against held-out rows) and of the overlap between twins stay the same. The overlap of one
twin with the directions of all rows changes: its loss is multiplied by (N - n)/(N - 1).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from twinseed import readout
from twinseed.arrays import Array
from twinseed.data.twins import Twins
from twinseed.generators import Fresh, LinearGenerator, Memoriser
from twinseed.matched import matched_model
from twinseed.orders import convergence, memorisation, recovery
from twinseed.populations import Population
from twinseed.randomness import entropy_of
from twinseed.readout import Readout
from twinseed.sweep import Cell, Result
from twinseed.verbs.sweeps.draws import as_result, over_replicates

__all__ = ["DrawnRows", "FileRows", "RowSource", "Split", "Truth"]


class RowSource(ABC):
    """A source of rows. Instances are sent to other processes, so they must be small."""

    @abstractmethod
    def take(self, count: int, rng: np.random.Generator) -> Array:
        """Return ``count`` different rows in random order."""

    @abstractmethod
    def description(self) -> Mapping[str, Any]:
        """Return the parameters on which the rows depend, ready for JSON."""


@dataclass(frozen=True)
class FileRows(RowSource):
    """Random rows of a ``.npy`` file, without replacement."""

    path: Path
    fingerprint: str

    def take(self, count: int, rng: np.random.Generator) -> Array:
        rows = np.load(self.path, mmap_mode="r", allow_pickle=False)
        return np.asarray(rows[rng.permutation(len(rows))[:count]], dtype=np.float64)

    def description(self) -> Mapping[str, Any]:
        return {"rows": self.fingerprint}


@dataclass(frozen=True)
class DrawnRows(RowSource):
    """Gaussian rows of a population, with which measurements on data are compared."""

    population: Population
    d: int

    def take(self, count: int, rng: np.random.Generator) -> Array:
        return self.population.sample(count, self.d, rng)

    def description(self) -> Mapping[str, Any]:
        return {"population": dict(self.population.description()), "d": self.d}


@dataclass(frozen=True, eq=False)
class Truth:
    """Leading directions of the population, (d, k), and all its eigenvalues along them."""

    directions: Array
    eigenvalues: Array


@dataclass(frozen=True, eq=False)
class Split:
    """One measurement on data, at several numbers of rows.

    ``generator`` is ``"linear"``, or a control: the samples of ``"memoriser"`` are its training
    rows, and the samples of ``"fresh"`` are rows on which no generator was trained.
    """

    generator: str
    source: RowSource
    sizes: tuple[int, ...]
    heldout: tuple[int, ...]
    d: int
    seeds: int
    replicates: int
    truth: Truth | None = None

    @property
    def cells(self) -> list[Cell]:
        """Return one cell per split and size."""
        return [
            Cell(
                work=partial(
                    _drawn, self.generator, self.source, n, heldout, self.seeds, self.truth
                ),
                description={
                    "generator": self.generator,
                    "source": dict(self.source.description()),
                    "n": n,
                    "heldout": heldout,
                    "seeds": self.seeds,
                    "factors": 0 if self.truth is None else self.truth.eigenvalues.size,
                    "replicate": replicate,
                },
            )
            for replicate in range(self.replicates)
            for n, heldout in zip(self.sizes, self.heldout, strict=True)
        ]

    def readout(self, results: Sequence[Result], entropy: Sequence[int]) -> Readout:
        """Average the results of ``cells``, in their order."""
        number = len(self.sizes)
        kind = "random splits of the same rows" if isinstance(self.source, FileRows) else "draws"
        rows = np.asarray(self.sizes, dtype=np.float64)
        estimates = over_replicates(
            results, (number,), f"{self.replicates} {kind}, with their seeds"
        )
        return readout.make(
            {
                name: estimate
                for name, estimate in estimates.items()
                # Variables of factors have no axis here: they were not measured.
                if not readout.VARIABLES[name].per_factor or np.ndim(estimate.value) == 2
            },
            source="measure",
            coords={"n": ("n", rows), "d": float(self.d), "gamma": ("n", rows / self.d)},
            dims={"n": number},
            factors=() if self.truth is None else self.truth.eigenvalues,
            attrs={
                "generator": self.generator,
                "replicates": self.replicates,
                "seeds": self.seeds,
                "rows_heldout": " ".join(map(str, self.heldout)),
                "entropy": " ".join(map(str, entropy)),
            },
        )


def _drawn(
    generator: str,
    source: RowSource,
    n: int,
    heldout: int,
    seeds: int,
    truth: Truth | None,
    rng: np.random.Generator,
) -> Result:
    """Train twins on ``n`` rows each, draw their samples, and measure them."""
    if generator == "fresh":
        rows, apart, unseen = np.split(source.take(n + heldout + seeds, rng), [n, n + heldout])
        samples = Fresh(unseen).sample(np.zeros_like(unseen))
        twins = Twins(samples, None, rows, heldout=apart).centred()
        return as_result(memorisation.from_twins(twins, entropy_of(rng), resamples=0))
    rows_a, rows_b, apart = np.split(source.take(2 * n + heldout, rng), [n, 2 * n])
    make = Memoriser if generator == "memoriser" else matched_model
    a, b = (make(rows) for rows in (rows_a, rows_b))
    noise = rng.standard_normal((seeds, rows_a.shape[1]))
    twins = Twins(a.sample(noise), b.sample(noise), rows_a, rows_b, apart).centred()
    entropy = entropy_of(rng)
    found = {
        **memorisation.from_twins(twins, entropy, resamples=0),
        **convergence.from_twins(twins, entropy, resamples=0),
    }
    if truth is not None and isinstance(a, LinearGenerator) and isinstance(b, LinearGenerator):
        known = min(truth.eigenvalues.size, a.eigenvalues.size)
        found |= recovery.from_twins(
            twins,
            entropy,
            factors=truth.eigenvalues.size,
            truth=truth.directions,
            eigenvalues=truth.eigenvalues,
            directions_a=a.principal_directions(known),
            directions_b=b.principal_directions(known),
            resamples=0,
        )
    return as_result(found)
