"""The compressed engine: exact draws at any size, in as many numbers as the answer needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from twinseed.checks import positive, whole
from twinseed.errors import InputError
from twinseed.filters import Filter, checked
from twinseed.populations import Population, Spiked
from twinseed.readout import Estimate
from twinseed.simulation._base import Engine
from twinseed.simulation._bidiagonal import GaussianBand, gaussian_factor, joined
from twinseed.simulation._compressed_orders import (
    CompressedTwin,
    agreement,
    memorised,
    not_converged,
    recovered,
)
from twinseed.simulation._matching import matched

__all__ = ["Compressed"]

Array = NDArray[np.float64]

_FIRST_STEPS = 16
_NULL = 1e-8
"""Sample eigenvalues below this share of the largest count as the null space, where n < d."""


@dataclass(frozen=True)
class Compressed(Engine):
    """Exact draws for spiked populations at any n and d, in a few hundred numbers.

    Equation: seen from b directions (the factors and the noise of ``seeds`` samples), a white
    Gaussian matrix is a band matrix B of independent normal and chi entries (``GaussianBand``).
    With ``D = diag(sqrt(population eigenvalues))`` and ``M = D B^T B D/n``, the sample covariance
    on the Krylov space, ``x = V f(M) e``, e the noise in these coordinates. The twins share the
    b directions and have independent uniform frames beyond them. The sums over columns, and the
    ratios made of them, are those of ``Dense``; a draw with ``seeds`` of s has the same law as one
    of ``Dense(seeds=s)``:

    - ``convergence`` is a ratio of sums over the seeds of one draw, and replicates are averaged. A
      mean of ratios differs from the ratio of means by O(1/(seeds d)), below the O(1/d) by which a
      finite size differs from the limit, and at large d below any error bar;
    - recovery takes the leading directions of M, matched by rank as in ``Dense``;
    - ``convergence_chance`` is ``f(0)^2 sum |z|^2/sum |x|^2`` over the seeds and both twins, where
      ``Dense`` takes traces: equal up to O(1/d);
    - memorisation: given S, the direction of ``X x`` is uniform; its length, the mean length of the
      rows, and their length along it are drawn exactly. How the rows' other parts differ in length
      is drawn from a chi law with the effective number of dimensions: right up to O(1/d), and of
      the law of ``Dense`` but for the correlation of different samples. Training and held-out
      rows share these draws, so that the noise of the maximum leaves the ratio: its error bars are
      smaller than those of ``Dense``, which adds the noise of two maxima.

    Range: ``seeds`` from 1 (the null of mismatched seeds needs 2); the cost rises as its cube.
    ``tolerance``: what truncation may change in q. The Krylov space grows until the share of
    ``|x|^2`` in the second half of its blocks, times their number, is below it for every sample,
    and the same share of the factors' directions times their overlap. Where the plain root
    meets n = d, the slowest case, the first is the error found, within a factor of two.
    ``max_steps``: blocks at the most; a draw that needs more says "not converged". What is not
    listed above is not measured.

    Raises:
        InputError: a field out of range; from ``require_supported``, a population that is not
            ``Spiked`` or a filter that adapts to the whole sample spectrum.

    Validity: Gaussian data with known mean; any n and d up to 10^12.
    Source: Golub and Kahan, SIAM J. Numer. Anal. 2 (1965) 205; Dumitriu and Edelman, J. Math. Phys.
    43 (2002) 5830; Maillard and Goldt, arXiv 2605.21402 (the order parameters).

    >>> import numpy as np, twinseed as ts
    >>> rng = np.random.default_rng(0)
    >>> found = Compressed().draw(ts.Spiked([3.0]), ts.Ridge(0.1), 10**8, 10**8, rng)
    >>> round(float(found["convergence"].value), 3), round(float(found["recovery"].value[0]), 3)
    (0.797, 0.667)
    """

    seeds: int = 1
    tolerance: float = 1e-4
    max_steps: int = 400

    revision = 1

    def __post_init__(self) -> None:
        seeds = whole("seeds", self.seeds, "pass how many samples to draw a model")
        steps = whole("max_steps", self.max_steps, "pass the largest number of blocks", at_least=2)
        object.__setattr__(self, "seeds", seeds)
        object.__setattr__(self, "max_steps", steps)
        positive("tolerance", self.tolerance, "pass the error of q that is allowed")

    def draw(
        self, population: Population, filter: Filter, n: int, d: int, rng: np.random.Generator
    ) -> dict[str, Estimate]:
        spiked = _require_spiked(population)
        eigenvalues = spiked.eigenvalues(min(d, 2 * spiked.factors.size + 2))
        noise = _noise(spiked.factors.size, self.seeds, d, rng)
        a, b = (
            self._model(spiked, filter, noise, eigenvalues, n, d, stream) for stream in rng.spawn(2)
        )
        p, s = spiked.factors.size, self.seeds
        coordinates = joined(a.vectors, b.vectors, len(noise), d, rng)
        x, y = (rows[:s] for rows in coordinates)
        v, w = (rows[s:][: model.learnt].T for rows, model in zip(coordinates, (a, b), strict=True))
        found = {
            **agreement(x, y, noise, filter.at_zero, p, d),
            **recovered(spiked.factors, v, w, d),
            **memorised(spiked, a, b, n, d, rng),
        }
        if a.converged and b.converged:
            return found
        return {name: not_converged(estimate) for name, estimate in found.items()}

    def _model(
        self,
        population: Spiked,
        filter: Filter,
        noise: Array,
        eigenvalues: Array,
        n: int,
        d: int,
        rng: np.random.Generator,
    ) -> CompressedTwin:
        factors = population.factors
        p, width = factors.size, len(noise)
        band = GaussianBand(n, d, width, rng)
        steps = min(_FIRST_STEPS, self.max_steps)
        while True:
            size = steps * width
            data = band.leading(size)
            data *= np.sqrt(population.bulk / n)
            data[:, :p] *= np.sqrt(factors / population.bulk)
            _, singular, directions = scipy.linalg.svd(
                data, full_matrices=False, check_finite=False, overwrite_a=False
            )
            values = singular**2
            gain = checked(filter, values)
            start = np.zeros((noise.shape[1], data.shape[1]))
            start[:, :width] = noise.T
            inside = start[:, :width] @ directions[:, :width].T
            samples = (inside * (gain - filter.at_zero)) @ directions + filter.at_zero * start
            whole_matrix = band.exhausted(size)
            # a part of the null space shows as values near 0: no direction that was learnt
            seen = values > (0.0 if whole_matrix or n >= d else _NULL * values[0])
            learnt = int(np.count_nonzero(seen))
            chosen = directions[matched(eigenvalues, p, learnt)]
            overlap = np.sum(chosen[:, :p] ** 2, axis=1)
            left = max(steps * _left(samples), _left(chosen, overlap))
            if whole_matrix or left <= self.tolerance or steps == self.max_steps:
                break
            # where convergence is slow, what is left falls as the square of the steps
            growth = np.clip(1.05 * np.sqrt(left / self.tolerance), 1.25, 4.0)
            steps = min(round(growth * steps), self.max_steps)
        padded = np.zeros((p, data.shape[1]))
        padded[: len(chosen)] = chosen
        return CompressedTwin(
            vectors=np.vstack([samples, padded]),
            learnt=len(chosen),
            moments=(inside * gain) ** 2 @ np.column_stack([values, values**2]),
            trace=float(values.sum()) + population.bulk * band.rest(size, rng) / n,
            converged=whole_matrix or left <= self.tolerance,
        )

    def require_room(self, n: int, d: int) -> None:
        """Any size has room."""

    def require_supported(self, population: Population, filter: Filter) -> None:
        _require_spiked(population)
        if type(filter).adapted is not Filter.adapted:
            raise InputError(
                "filter",
                "must depend on the eigenvalue alone for Compressed()",
                filter,
                "use ts.Dense(), which has the whole sample spectrum",
            )

    def description(self) -> Mapping[str, Any]:
        return {
            "kind": "Compressed",
            "seeds": self.seeds,
            "tolerance": self.tolerance,
            "max_steps": self.max_steps,
        }

    @classmethod
    def examples(cls) -> list[Self]:
        return [cls(), cls(seeds=3, tolerance=1e-3)]


def _noise(p: int, seeds: int, d: int, rng: np.random.Generator) -> Array:
    """Draw noise along the factors and along an orthonormal basis of what is left of it.

    Shape: (directions, seeds).
    """
    return np.vstack([rng.standard_normal((p, seeds)), gaussian_factor(d - p, seeds, rng)])


def _left(vectors: Array, weight: Array | float = 1.0) -> float:
    """Return the largest share of a vector's square in the second half of its coordinates."""
    square = np.sum(vectors**2, axis=1)
    later = weight * np.sum(vectors[:, vectors.shape[1] // 2 :] ** 2, axis=1)
    share = np.divide(later, square, out=np.zeros_like(later), where=square > 0)
    return float(share.max(initial=0.0))


def _require_spiked(population: Population) -> Spiked:
    if not isinstance(population, Spiked):
        raise InputError(
            "population",
            "must be Spiked for Compressed(), which needs an isotropic bulk",
            population,
            "use ts.Dense(), which draws any population",
        )
    return population
