"""The dense engine: draws whole matrices, and fits each twin as on real data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from twinseed.checks import positive, whole
from twinseed.data.twins import Twins
from twinseed.filters import Filter
from twinseed.generators.linear import LinearGenerator
from twinseed.orders.evidence import KnownModels, LearntLaw
from twinseed.populations import Population
from twinseed.randomness import entropy_of
from twinseed.readout import Estimate
from twinseed.simulation._base import Engine
from twinseed.simulation.known import measured, require_rows_and_room
from twinseed.simulation.ranks import matched

__all__ = ["Dense"]

_SMALL = 64 << 20
"""Bytes of a draw that takes a fraction of a second, and never exhausts the memory."""
_BLOCKS = 32 << 20
"""Bytes of the neighbour search besides the rows, measured at sizes up to 20,000 x 100."""


@dataclass(frozen=True)
class Dense(Engine):
    """Exact draws by dense linear algebra: good up to a few thousand rows and columns.

    Equation: two training sets and the held-out rows are ``n x d`` Gaussian draws of the
    population; both twins are ``x = f(S) z`` by thin singular value decompositions, on one block of
    noise of ``seeds`` rows. The samples are measured by the functions ``from_evidence`` of
    ``twinseed.orders``, like any data. Three numbers use what only a simulation knows:

    - recovery compares the eigenvectors of S with the true directions. So recovery depends on
      neither the seeds nor the filter. A factor is matched with the sample direction of its rank in
      the whole population: for a factor above the bulk, below the bulk or in a gap, as many sample
      eigenvalues lie above the factor as population eigenvalues;
    - the chance level is ``d f(0)^2 / tr f(S)^2``, averaged over the twins' traces: two models that
      learned nothing share ``f(0) z``;
    - the distances to the truth are exact in the model, averaged over the twins.

    Args:
        seeds: samples per model in one draw, at least 2.
        wasserstein_limit: the largest d at which the Wasserstein distance, whose cost is d^3, is
            computed.
        max_gib: draws that need more memory than this, in GiB per worker, are refused.

    Raises:
        InputError: an argument out of range; from ``require_room``, a draw that is too large, or a
            single row, for which no estimator is defined.

    Source: Maillard and Goldt, arXiv 2605.21402; Bai and Silverstein, Ann. Probab. 27 (1999), for
    the match (exact separation).

    >>> import numpy as np, twinseed as ts
    >>> rng = np.random.default_rng(0)
    >>> found = Dense(seeds=16).draw(ts.Spiked([3.0]), ts.Ridge(0.0), 60, 30, rng)
    >>> 0 < float(found["convergence"].value) < 1
    True

    See also: ``Krylov``, ``Compressed``, ``simulate``.
    """

    seeds: int = 64
    wasserstein_limit: int = 1000
    max_gib: float = 8.0

    revision = 3
    beside = frozenset({"max_gib"})

    def __post_init__(self) -> None:
        seeds = whole("seeds", self.seeds, "pass how many samples to draw per model", at_least=2)
        limit = whole("wasserstein_limit", self.wasserstein_limit, "pass the largest d", at_least=0)
        object.__setattr__(self, "seeds", seeds)
        object.__setattr__(self, "wasserstein_limit", limit)
        room = positive("max_gib", self.max_gib, "pass the memory of a worker", allow_infinite=True)
        object.__setattr__(self, "max_gib", room)

    def draw(
        self, population: Population, filter: Filter, n: int, d: int, rng: np.random.Generator
    ) -> dict[str, Estimate]:
        train_a, train_b, heldout = (population.sample(n, d, rng) for _ in range(3))
        a, b = (LinearGenerator.fit(rows, filter) for rows in (train_a, train_b))
        noise = rng.standard_normal((self.seeds, d))
        twins = Twins(a.sample(noise), b.sample(noise), train_a, train_b, heldout)
        entropy = entropy_of(rng)
        shared, energy = d * a.filter.at_zero**2, (a.energy + b.energy) / 2
        mu, factors = population.eigenvalues(d), population.factors.size
        own, other = (m.directions[:, matched(mu, factors, m.eigenvalues.size)] for m in (a, b))
        models = KnownModels(
            chance=shared / energy if energy > 0.0 else np.nan,
            directions=(own, other),
            laws=tuple(
                LearntLaw(m.filter(m.eigenvalues) ** 2, m.directions, m.filter.at_zero**2)
                for m in (a, b)
            ),
            eigenvalues=mu,
            wasserstein=d <= self.wasserstein_limit,
        )
        return measured(population, twins, entropy, models)

    def suits_threads(self, n: int, d: int) -> bool:
        """Return True for draws of at most 64 MiB: most of their time is spent in LAPACK.

        Args:
            n: training rows of each model.
            d: columns of the data.
        """
        return self.peak_bytes(n, d) <= _SMALL

    def peak_bytes(self, n: int, d: int) -> int:
        """Return about how many bytes a draw needs at its peak.

        These are three sets of rows, a working copy and the factors of one decomposition, the
        directions of both twins, samples and noise; three d x d matrices for the distance; and the
        blocks of the neighbour search, whose size is limited.

        Args:
            n: training rows of each model.
            d: columns of the data.
        """
        k = min(n, d)
        matrices = 4 * n * d + 2 * k * d + n * k + 2 * k * d + 4 * self.seeds * d
        if d <= self.wasserstein_limit:
            matrices += 3 * d * d
        return 8 * matrices + min(16 * n * d, _BLOCKS)

    def require_room(self, n: int, d: int) -> None:
        require_rows_and_room(
            n,
            d,
            self.peak_bytes(n, d),
            self.max_gib,
            "use a smaller size (the order parameters depend on n/d, up to O(1/d)), or "
            "Dense(max_gib=...) if the machine has the memory",
        )

    @classmethod
    def examples(cls) -> list[Self]:
        return [cls(), cls(seeds=16, wasserstein_limit=0)]
