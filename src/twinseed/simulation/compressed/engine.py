"""The compressed engine: exact draws at any size, from a few hundred numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from twinseed.arrays import Array
from twinseed.checks import positive, whole
from twinseed.errors import InputError
from twinseed.filters import Filter
from twinseed.populations import Population, Spiked
from twinseed.readout import Estimate
from twinseed.simulation._base import Engine
from twinseed.simulation.compressed.band import gaussian_factor, joined, uniform_frame
from twinseed.simulation.compressed.cosines import EXPLICIT
from twinseed.simulation.compressed.orders import agreement, memorised, recovered
from twinseed.simulation.compressed.twins import Limits, compressed_twins

__all__ = ["Compressed"]

_BATCH, _NUMBERS = 32, 1 << 21
"""Replicates that are computed together, to share the overhead; fewer where their matrices or rows
have more numbers than the second value, so that memory stays bounded."""


@dataclass(frozen=True)
class Compressed(Engine):
    """Exact draws for spiked populations at any n and d, in a few hundred numbers.

    Equation: reduced from b directions (the factors and the noise of ``seeds`` samples), a white
    Gaussian matrix is a band matrix B of independent normal and chi entries (``GaussianBand``).
    With ``D = diag(sqrt(population eigenvalues))`` and ``M = D B^T B D/n``, the sample covariance
    on the Krylov space, ``x = V f(M) e``, e the noise in these coordinates. The twins share the
    b directions; their other directions are independent and uniform. Sums over columns and their
    ratios are computed as in ``Dense``, and a draw with ``seeds=s`` has the same law as a draw of
    ``Dense(seeds=s)``:

    - ``convergence`` is a ratio of sums over the seeds of one draw, averaged over replicates. A
      mean of ratios differs from the ratio of means by O(1/(seeds d)). This is less than O(1/d), by
      which a finite size differs from the limit, and at large d less than any error bar;
    - recovery uses the extreme directions of M, matched by rank as in ``Dense``;
    - ``convergence_chance`` is ``f(0)^2 sum |z|^2/sum |x|^2`` over the seeds and both twins;
      ``Dense`` uses traces, which are equal up to O(1/d);
    - memorisation: given S, the frame of X in the space of rows is uniform. Up to 2048 rows are
      drawn, each along the factors and along ``X x``. The remainder of each row has a length with
      a chi law, which is exact for held-out rows and right up to O(1/d) for training rows. Of more
      rows only the closest is drawn, to leading order in one over the effective dimension. Each
      sample of a draw has other rows, so the mean over samples varies less than in ``Dense``. The
      ratio varies less too, because training and held-out rows share their noise.

    Truncation: the Krylov space grows until no sample will change by more than half of
    ``tolerance`` times its length. The remaining change is estimated from the last change, and is
    assumed to fall as the square of the steps, as for the plain root at n = d, the slowest case.
    Filters that jump converge more slowly; for these two quadrature rules must agree. Then the
    directions of the factors are refined until the share of their square in the second half of the
    blocks, times their overlap, is below ``tolerance``. Other variables are not measured.

    Args:
        seeds: samples per model in one draw, at least 1; the null of mismatched seeds needs 2. The
            cost rises as the cube of ``seeds``.
        tolerance: the change of q that truncation may cause.
        max_steps: the largest number of blocks. If samples or directions need more blocks, their
            status is "not converged".
        n_b: training rows of twin B, if this number differs from the ``n`` of twin A. Then q is
            ``2 E[x_A.x_B]/E[|x_A|^2 + |x_B|^2]``, and calibrated memorisation compares the smaller
            number of rows.

    Raises:
        InputError: an argument out of range; from ``require_supported``, a population that is not
            ``Spiked`` or a filter that adapts to the whole sample spectrum.

    Validity: Gaussian data with known mean; any n and d up to 10^12.
    Source: Golub and Kahan, SIAM J. Numer. Anal. 2 (1965) 205; Dumitriu and Edelman, J. Math. Phys.
    43 (2002) 5830; Golub and Meurant, Matrices, Moments and Quadrature (2010), for the two
    quadrature rules; Maillard and Goldt, arXiv 2605.21402 (the order parameters).

    >>> import numpy as np, twinseed as ts
    >>> rng = np.random.default_rng(0)
    >>> found = Compressed().draw(ts.Spiked([3.0]), ts.Ridge(0.1), 10**8, 10**8, rng)
    >>> round(float(found["convergence"].value), 3), round(float(found["recovery"].value[0]), 3)
    (0.797, 0.667)

    See also: ``Dense``, ``Krylov``, ``Spiked``, ``simulate``, ``phase_diagram``.
    """

    seeds: int = 1
    tolerance: float = 1e-4
    max_steps: int = 4096
    n_b: int | None = None

    revision = 3

    def __post_init__(self) -> None:
        seeds = whole("seeds", self.seeds, "pass how many samples to draw per model")
        steps = whole("max_steps", self.max_steps, "pass the largest number of blocks", at_least=2)
        object.__setattr__(self, "seeds", seeds)
        object.__setattr__(self, "max_steps", steps)
        allowed = positive("tolerance", self.tolerance, "pass the error of q that is allowed")
        object.__setattr__(self, "tolerance", allowed)
        if self.n_b is not None:
            rows = whole(
                "n_b", self.n_b, "pass the number of training rows of twin B, or None for n"
            )
            object.__setattr__(self, "n_b", rows)

    def draw(
        self, population: Population, filter: Filter, n: int, d: int, rng: np.random.Generator
    ) -> dict[str, Estimate]:
        return self.draws(population, filter, n, d, [rng])[0]

    def draws(
        self,
        population: Population,
        filter: Filter,
        n: int,
        d: int,
        rngs: Sequence[np.random.Generator],
    ) -> list[dict[str, Estimate]]:
        spiked = _require_spiked(population)
        # the numbers of 24 blocks, and of the rows that are drawn one by one
        numbers = max((24 * (spiked.factors.size + self.seeds)) ** 2, self.seeds * min(n, EXPLICIT))
        size = max(1, min(_BATCH, _NUMBERS // numbers))
        batches = (rngs[i : i + size] for i in range(0, len(rngs), size))
        return [one for batch in batches for one in self._batch(spiked, filter, n, d, batch)]

    def _batch(
        self,
        population: Spiked,
        filter: Filter,
        n: int,
        d: int,
        rngs: Sequence[np.random.Generator],
    ) -> list[dict[str, Estimate]]:
        p, s = population.factors.size, self.seeds
        noise = np.stack([_noise(p, s, d, rng) for rng in rngs])
        outside = d - noise.shape[1]
        size = min(s + p, outside)
        frames = np.stack([uniform_frame(size, outside, rng) for rng in rngs])
        rows = (n, n if self.n_b is None else self.n_b)
        limits = Limits(self.tolerance, self.max_steps)
        a, b = compressed_twins(population, filter, rows, d, noise, rngs, limits)
        coordinates = joined(a.heads, b.heads, a.inner, b.inner, frames)
        x, y = (np.ascontiguousarray(vectors[:, :s]) for vectors in coordinates)
        v, w = (
            vectors[:, s : s + twin.learnt]
            for vectors, twin in zip(coordinates, (a, b), strict=True)
        )
        sampled = a.sampled & b.sampled
        found = [
            *agreement(x, y, noise, filter.at_zero, p, d, sampled),
            *recovered(population.factors, v, w, d, a.directed & b.directed),
            *memorised(population, (a, b), rows, d, rngs, sampled),
        ]
        columns = [(name, estimates) for name, estimates in found]
        return [{name: estimates[i] for name, estimates in columns} for i in range(len(rngs))]

    def require_room(self, n: int, d: int) -> None:
        """Accept any size.

        Args:
            n: training rows of each model.
            d: columns of the data.
        """

    def require_supported(self, population: Population, filter: Filter) -> None:
        _require_spiked(population)
        if type(filter).adapted is not Filter.adapted:
            raise InputError(
                "filter",
                "must depend on the eigenvalue alone for Compressed()",
                filter,
                "use ts.Dense(), which has the whole sample spectrum",
            )

    @classmethod
    def examples(cls) -> list[Self]:
        return [cls(), cls(seeds=3, tolerance=1e-3), cls(seeds=2, n_b=12)]


def _noise(p: int, seeds: int, d: int, rng: np.random.Generator) -> Array:
    """Draw noise along the factors, and along an orthonormal basis of the remaining noise.

    Shape: (directions, seeds).
    """
    return np.vstack([rng.standard_normal((p, seeds)), gaussian_factor(d - p, seeds, rng)])


def _require_spiked(population: Population) -> Spiked:
    if not isinstance(population, Spiked):
        raise InputError(
            "population",
            "must be Spiked for Compressed(), which needs an isotropic bulk",
            population,
            "use ts.Dense(), which draws any population",
        )
    return population
