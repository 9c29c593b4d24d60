"""Nonlinear shrinkage: keep the sample's directions, with the variance that theory expects."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.errors import InputError
from twinseed.filters._base import Filter, SpectrumSeen

__all__ = ["Shrinkage"]

_EDGE = math.sqrt(5.0)
"""End of the support of the Epanechnikov kernel with unit variance."""

_FAR = 16.0
_SERIES = np.array([3.0 / ((2 * k + 1) * (2 * k + 3)) for k in range(10)])
"""Even moments of the kernel over powers of 5: ``5^k`` times these."""

_LEAST_ROWS = 12
"""With fewer degrees of freedom the kernel of an eigenvalue would reach down to zero."""

_BLOCK = 1 << 20


class Shrinkage(Filter):
    """Analytical nonlinear shrinkage of the whole sample spectrum; no parameter to choose.

    Equation: ``f(lambda_i) = sqrt(delta_i)``. On data, with ``r`` non-zero eigenvalues of ``n``
    degrees of freedom and ``c = r/n``,

        delta_i = lambda_i / {[pi c lambda_i g(lambda_i)]^2
                              + [1 - c - pi c lambda_i G(lambda_i)]^2},

    ``g`` the density of the non-zero eigenvalues by Epanechnikov kernels of width
    ``n^(-1/3) lambda_j`` and ``G`` its Hilbert transform. For ``n < d`` the directions that the
    data never showed get ``delta_0 = n/(pi (d - n) G(0))``. In the limit theory knows the mean
    population eigenvalue along each sample direction, and ``delta = E[mu | lambda]``.
    Range: ``delta >= 0``. As n/d grows ``delta_i`` approaches ``lambda_i``; for n/d to 0 all
    ``delta`` approach the mean population eigenvalue.

    The paper's two cases, ``n > d`` (its ``c`` is d/n) and ``n < d``, are one formula in ``r``:
    the atom at zero enters ``G`` as ``-1/(pi lambda)`` and cancels. So ``n = d`` and missing rank
    are no special cases. Three cases are special:

    - At ``n = d`` the least eigenvalue may be 1e-9 of the largest or less. The paper's closed form
      of ``G`` then leaves only rounding errors, so far from an eigenvalue its series in
      ``1/lambda`` is summed instead. About ``n^(1/3)`` of the lowest eigenvalues are shrunk too
      low, because the kernel is wider than the hard edge at zero. Their share vanishes as n grows.
    - Rank below both ``n`` and ``d`` means directions without variance: they get 0. Eigenvalues
      count as zero below ``(max(n, d) eps)^2`` of the largest (rounding of singular values), and
      beyond the ``min(n, d)`` leading eigenvalues.
    - Below 12 degrees of freedom the kernel has its width at 12; a wider kernel would reach zero.

    Between the eigenvalues the adapted filter interpolates ``delta`` linearly; below the least
    eigenvalue ``delta`` is constant. Cost: ``r^2`` operations, in blocks of bounded memory.

    Raises:
        InputError: in a call, before ``adapted`` has returned the filter of a spectrum; in
            ``adapted``, an infinite size without ``E[mu | lambda]``.

    Validity: rows with bounded fourth moments, n and d of the same order, d of 50 or more.
    Source: Ledoit and Wolf, Ann. Statist. 48 (2020) 3043, equations 4.3, 4.7-4.9, C.4, C.5, C.8;
    Ledoit and Peche 2011 (the oracle).

    >>> import numpy as np, twinseed as ts
    >>> rows = np.random.default_rng(0).standard_normal((400, 200))
    >>> values = np.linalg.eigvalsh(rows.T @ rows / 400)
    >>> shrunk = Shrinkage().adapted(SpectrumSeen(values, np.full(200, 1 / 200), n=400, d=200))
    >>> print(values.std().round(1), (shrunk(values) ** 2).std().round(1))
    0.7 0.0

    See also: ``Truncation``, ``Ridge``, ``Filter``.
    """

    def __call__(self, eigenvalues: Array) -> Array:
        raise InputError(
            "filter",
            "depends on all sample eigenvalues together, so the filter needs the whole "
            "sample spectrum first",
            self,
            "call filter.adapted(spectrum), as LinearGenerator.fit does",
        )

    def adapted(self, spectrum: SpectrumSeen) -> Filter:
        if spectrum.oracle is not None:
            return _Shrunken(spectrum.values, spectrum.oracle)
        if math.isinf(spectrum.n) or math.isinf(spectrum.d):
            raise InputError(
                "spectrum",
                "needs a finite n and d, or an oracle",
                (spectrum.n, spectrum.d),
                "give the sample spectrum of data, or E[mu | lambda] as its oracle",
            )
        return _Shrunken(spectrum.values, _shrunk(spectrum))

    @property
    def parameters(self) -> Mapping[str, float]:
        return {}

    @classmethod
    def examples(cls) -> list[Self]:
        return [cls()]


class _Shrunken(Filter):
    """Shrinkage adapted to a sample spectrum: ``f(lambda_i) = sqrt(shrunk_i)``."""

    def __init__(self, eigenvalues: Array, shrunk: Array) -> None:
        self._eigenvalues, first = np.unique(eigenvalues, return_index=True)
        self._shrunk = shrunk[first]

    def __call__(self, eigenvalues: Array) -> Array:
        return np.sqrt(np.interp(eigenvalues, self._eigenvalues, self._shrunk))

    @property
    def parameters(self) -> Mapping[str, float]:
        return {}

    def description(self) -> Mapping[str, Any]:
        return {
            "kind": "Shrinkage",
            "eigenvalues": self._eigenvalues.tolist(),
            "shrunk": self._shrunk.tolist(),
        }

    def __repr__(self) -> str:
        return f"Shrinkage().adapted(<{self._eigenvalues.size} distinct eigenvalues>)"

    @classmethod
    def examples(cls) -> list[Self]:
        return [cls(np.array([0.0, 1.0, 4.0]), np.array([0.5, 0.8, 3.0]))]


def _shrunk(spectrum: SpectrumSeen) -> Array:
    """Return the shrunk eigenvalues of a sample spectrum, in its order."""
    n, d = spectrum.n, spectrum.d
    seen = _seen(spectrum)
    values = spectrum.values[seen]
    shrunk = np.zeros_like(spectrum.values)
    if values.size == 0:
        return shrunk
    mass = float(spectrum.weights[seen].sum())
    shares = spectrum.weights[seen] / mass
    rank = d * mass
    width = max(n, _LEAST_ROWS) ** (-1.0 / 3.0)
    density, hilbert = _transforms(values, shares, width)
    c = rank / n
    shrunk[seen] = values / (
        (math.pi * c * values * density) ** 2 + (1.0 - c - math.pi * c * values * hilbert) ** 2
    )
    if n < d and rank > n - 0.5:
        at_zero = float(_hilbert(np.array([-1.0 / width]))[0] / width * (shares @ (1.0 / values)))
        shrunk[~seen] = n / (math.pi * (d - n) * at_zero)
    return shrunk


def _seen(spectrum: SpectrumSeen) -> NDArray[np.bool_]:
    """Return which eigenvalues are not zero: at most ``min(n, d)`` of them, and above rounding."""
    n, d, values = spectrum.n, spectrum.d, spectrum.values
    rounding = (max(n, d) * np.finfo(np.float64).eps) ** 2
    place = np.cumsum(spectrum.weights[::-1])[::-1] * d
    found: NDArray[np.bool_] = (values > rounding * values[-1]) & (place < min(n, d) + 0.5)
    return found


def _transforms(values: Array, shares: Array, width: float) -> tuple[Array, Array]:
    """Return the kernel density of the eigenvalues, and its Hilbert transform, at each of them."""
    density, hilbert = np.empty_like(values), np.empty_like(values)
    scale = width * values
    share = shares / scale
    rows = max(1, _BLOCK // values.size)
    for start in range(0, values.size, rows):
        block = slice(start, start + rows)
        x = (values[block, None] - values) / scale
        hilbert[block] = _hilbert(x) @ share
        density[block] = (0.75 / _EDGE) * np.maximum(1.0 - x**2 / 5.0, 0.0) @ share
    return density, hilbert


def _hilbert(x: Array) -> Array:
    """Return the Hilbert transform of the kernel: closed form near zero, series far from it."""
    size = np.abs(x)
    near = size < _FAR
    transform = np.empty_like(x)
    u = size[near]
    # At the edge itself the product is 0 times the logarithm of 0: its limit is 0.
    gap = np.maximum(np.abs(_EDGE - u), np.finfo(np.float64).tiny)
    transform[near] = 0.3 * u - (0.75 / _EDGE) * (1.0 - u**2 / 5.0) * np.log(gap / (_EDGE + u))
    far = size[~near]
    transform[~near] = np.polynomial.polynomial.polyval(5.0 / far**2, _SERIES) / far
    return -np.sign(x) * transform / math.pi
