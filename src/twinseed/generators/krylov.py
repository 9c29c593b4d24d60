"""The linear generator without a decomposition: a matrix function by Golub-Kahan steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from twinseed.arrays import Array
from twinseed.blocks import row_blocks
from twinseed.checks import numeric_rows, positive, whole
from twinseed.errors import InputError
from twinseed.filters import Filter, checked
from twinseed.generators._base import checked_noise
from twinseed.generators._stopping import Stopping

__all__ = ["Applied", "KrylovGenerator", "require_elementwise"]

_CHUNK = 16
_NOTHING = 64 * np.finfo(np.float64).eps
"""A new direction shorter than this, in units of the longest, is rounding."""
_ROWS = 1 << 20
"""Entries per block of rows; rows of another type are converted to float64 block by block."""


class Applied(NamedTuple):
    """Samples ``f(S) z`` with the largest estimated relative error, and the steps taken."""

    samples: Array
    error: float
    steps: int


@dataclass(frozen=True, eq=False)
class KrylovGenerator:
    """Linear model ``x = f(S) z`` of training rows, by Golub-Kahan bidiagonalisation.

    Equation: ``S = X^T X / n``. For each row z of the noise, k steps from ``v_1 = z/|z|`` give
    orthonormal ``V`` (d, k) and an upper bidiagonal ``B`` with ``X V = U B``, and

        x = |z| V f(B^T B / n) e_1,

    exact for polynomials f of degree below k, and for every f after ``min(n + 1, d)`` steps:
    directions that the rows never showed then have the eigenvalue 0 of ``B^T B``, hence ``f(0)``.
    Each step takes two matrix products for all rows of the noise together. S is never formed.
    Steps are taken until the relative error of the worst row, ``|x_k - x|/|x|``, is within the
    tolerance, by the smaller of a bound and an estimate (see ``Stopping``). All arithmetic is in
    float64, except that products with float32 rows are in single precision once the remaining
    error is so small that their rounding cannot matter. Small singular values of B keep their
    digits, because they are not computed as roots of eigenvalues.

    Args:
        rows: training rows, (n, d), in memory or memory-mapped; read in blocks twice per step.
        filter: a continuous function of each eigenvalue alone.
        tolerance: the largest relative error, above zero.
        basis_gib: memory for ``V``, in GiB. Where the memory is full, the noise is halved; a single
            row of noise that does not fit keeps the error that ``apply`` reports.

    Raises:
        InputError: rows that are not finite numbers; a filter that adapts to the whole spectrum,
            that jumps, or that is negative or not finite somewhere; an argument out of range.

    Validity: real-valued filters, continuous on the spectrum. The number of steps grows like
    ``sqrt(lambda_max/r)`` for a ridge r, and towards d for no ridge at n = d, where a decomposition
    (``LinearGenerator``) is faster. Only the right vectors are orthogonalised against all earlier
    vectors: V orthogonal to working precision is enough.

    Source: Golub and Kahan, SIAM J. Numer. Anal. 2 (1965) 205; Saad, SIAM J. Numer. Anal. 29 (1992)
    209 (the exponential, other f alike); Chen, Greenbaum, Musco and Musco, SIAM J. Matrix Anal.
    Appl. 43 (2022) 787 (the error integral); Simon and Zha, SIAM J. Sci. Comput. 21 (2000) 2257
    (one side); Simoncini and Szyld, SIAM J. Sci. Comput. 25 (2003) 454 (less exact products).

    >>> import numpy as np, twinseed as ts
    >>> rng = np.random.default_rng(0)
    >>> rows, noise = rng.standard_normal((20, 50)), rng.standard_normal((3, 50))
    >>> found = KrylovGenerator(rows, ts.Ridge(0.1)).apply(noise)
    >>> from twinseed.generators import LinearGenerator
    >>> exact = LinearGenerator.fit(rows, ts.Ridge(0.1)).sample(noise)
    >>> bool(np.linalg.norm(found.samples - exact) < 1e-6 * np.linalg.norm(exact))
    True

    See also: ``LinearGenerator``, ``Krylov``.
    """

    rows: NDArray[Any]
    filter: Filter
    tolerance: float = 1e-6
    basis_gib: float = 1.0

    def __post_init__(self) -> None:
        require_elementwise(self.filter)
        positive("tolerance", self.tolerance, "pass a relative error, such as 1e-6")
        positive("basis_gib", self.basis_gib, "pass the memory of the basis", allow_infinite=True)
        object.__setattr__(self, "rows", numeric_rows("rows", self.rows, at_least=1))

    @property
    def d(self) -> int:
        """Number of columns."""
        return int(self.rows.shape[1])

    def sample(self, noise: ArrayLike) -> Array:
        """Return the samples of ``apply`` without the error estimate.

        Args:
            noise: standard normal numbers, (seeds, d); row i gives sample i alone.

        Raises:
            InputError: noise that is not finite numbers, or of another number of columns.
        """
        return self.apply(noise).samples

    def apply(self, noise: ArrayLike) -> Applied:
        """Return the samples with their estimated relative error and the number of steps.

        Args:
            noise: as in ``sample``.
        """
        return self._applied(checked_noise(noise, self.d))

    def principal_directions(self, k: int) -> Array:
        """Return the leading eigenvectors of S, (d, min(k, n, d)), largest eigenvalue first.

        ARPACK finds them to the relative tolerance; all directions need a thin decomposition.

        Args:
            k: how many directions are wanted, a whole number.
        """
        number = whole("k", k, "pass how many directions are wanted", at_least=0)
        n, d = self.rows.shape
        if number == 0:
            return np.empty((d, 0))
        if number >= min(n, d):
            thin = scipy.linalg.svd(np.asarray(self.rows, dtype=np.float64), full_matrices=False)
            return np.asarray(thin[2].T)

        def product(v: Array) -> Array:
            covered: Array = self._back(self._forth(v.reshape(1, d)))[0] / n
            return covered

        from scipy.sparse.linalg import LinearOperator, eigsh

        covariance = LinearOperator((d, d), matvec=product, dtype=np.float64)
        start = np.random.default_rng(0).standard_normal(d)
        _, vectors = eigsh(covariance, k=number, v0=start, tol=self.tolerance)
        return np.asarray(vectors[:, ::-1])

    def _applied(self, noise: Array) -> Applied:
        seeds, d = noise.shape
        room = int(min(self.basis_gib * (1 << 30) / (8 * seeds * d), len(self.rows) + 1, d))
        found = self._recurrence(noise, max(room, 1)) if room or seeds == 1 else None
        if seeds > 1 and (found is None or found.error > self.tolerance):
            first, second = (self._applied(half) for half in np.array_split(noise, 2))
            return Applied(
                np.concatenate([first.samples, second.samples]),
                max(first.error, second.error),
                max(first.steps, second.steps),
            )
        assert found is not None
        return found

    def _recurrence(self, noise: Array, room: int) -> Applied:
        """Take up to ``room`` steps for all rows of the noise together."""
        n, d = self.rows.shape
        basis = _Basis(len(noise), d)
        stopping = Stopping(self.filter, n)
        length, v = _normalised(noise, np.zeros(len(noise)))
        u, beta, scale = np.zeros((len(noise), n)), np.zeros(len(noise)), np.zeros(len(noise))
        entries: list[Array] = []
        check, rounding = 4, 0.0
        while True:
            basis.append(v)
            left = self._forth(v, rounding > 0.0)
            left -= beta[:, None] * u
            alpha, u = _normalised(left, scale)
            scale = np.maximum(scale, alpha)
            right = self._back(u, rounding > 0.0)
            right -= alpha[:, None] * v
            basis.clear(right)
            beta, v = _normalised(right, scale)
            scale = np.maximum(scale, beta)
            entries += [alpha, beta]
            steps = len(entries) // 2
            spent = steps == min(n + 1, d) or not beta.any()
            if spent or steps in (room, check):
                taken = np.array(entries).T
                coefficients, singular = _coefficients(taken[:, :-1], self._gain)
                error = 0.0 if spent else stopping.error(coefficients, taken, singular)
                error += rounding
                if spent or steps == room or error <= self.tolerance:
                    return Applied(basis.combine(length[:, None] * coefficients), error, steps)
                check = stopping.next_check(steps, self.tolerance)
                may = self.rows.dtype == np.float32 and 2.0 * stopping.single <= self.tolerance
                rounding = rounding or (stopping.single if may else 0.0)

    def _gain(self, singular: Array) -> Array:
        return checked(self.filter, singular**2 / len(self.rows))

    def _forth(self, v: Array, single: bool = False) -> Array:
        """Return ``v X^T``, (seeds, n), multiplied in single or double precision."""
        kind: Any = np.float32 if single else np.float64
        factor = v.astype(kind, copy=False)
        found = np.empty((len(v), len(self.rows)))
        for start, block in row_blocks(self.rows, _ROWS):
            found[:, start : start + len(block)] = factor @ block.astype(kind, copy=False).T
        return found

    def _back(self, u: Array, single: bool = False) -> Array:
        """Return ``u X``, (seeds, d), multiplied in single or double precision."""
        kind: Any = np.float32 if single else np.float64
        factor = u.astype(kind, copy=False)
        found = np.zeros((len(u), self.d))
        for start, block in row_blocks(self.rows, _ROWS):
            found += factor[:, start : start + len(block)] @ block.astype(kind, copy=False)
        return found


def require_elementwise(filter: Filter) -> None:
    """Raise ``InputError`` for a filter that polynomials in S cannot approach."""
    if type(filter).adapted is not Filter.adapted or filter.breaks:
        raise InputError(
            "filter",
            "must be a continuous function of each eigenvalue alone, because matrix-free "
            "steps do not compute the whole sample spectrum",
            filter,
            "use the dense engine, or Ridge, ProbabilityFlow or EarlyStopping",
        )


class _Basis:
    """One orthonormal basis for each row of the noise, grown in chunks: (seeds, steps, d)."""

    def __init__(self, seeds: int, d: int) -> None:
        self._shape = (seeds, _CHUNK, d)
        self._chunks: list[Array] = []
        self._steps = 0

    def append(self, v: Array) -> None:
        if self._steps % _CHUNK == 0:
            self._chunks.append(np.empty(self._shape))
        self._chunks[-1][:, self._steps % _CHUNK] = v
        self._steps += 1

    def _filled(self) -> list[Array]:
        last = self._chunks[-1][:, : (self._steps - 1) % _CHUNK + 1]
        return [*self._chunks[:-1], last]

    def clear(self, w: Array) -> None:
        """Subtract from w, in place, its parts along the bases; twice removes rounding errors."""
        for _ in range(2):
            before = np.linalg.norm(w, axis=1)
            for chunk in self._filled():
                along = chunk @ w[:, :, None]
                w -= (along.transpose(0, 2, 1) @ chunk)[:, 0]
            if np.all(np.linalg.norm(w, axis=1) > 0.7 * before):
                return

    def combine(self, coefficients: Array) -> Array:
        total = np.zeros((self._shape[0], self._shape[2]))
        for number, chunk in enumerate(self._filled()):
            part = coefficients[:, None, number * _CHUNK :][:, :, : chunk.shape[1]]
            total += (part @ chunk)[:, 0]
        return total


def _normalised(w: Array, scale: Array) -> tuple[Array, Array]:
    """Return the lengths of the rows of w, and w over these lengths; both 0 for rounding errors."""
    length = np.linalg.norm(w, axis=1)
    length[length <= _NOTHING * scale] = 0.0
    return length, np.divide(w, length[:, None], out=np.zeros_like(w), where=length[:, None] > 0)


def _coefficients(entries: Array, gain: Callable[[Array], Array]) -> tuple[Array, Array]:
    """Return ``f(B^T B / n) e_1`` and the singular values of B, both (seeds, k).

    Shapes: entries ``alpha_1, beta_1, ..., alpha_k`` in rows, (seeds, 2 k - 1).

    The symmetric tridiagonal matrix with diagonal 0 and these entries off the diagonal is
    ``[[0, B^T], [B, 0]]`` in another order. The even function ``f(s^2/n)`` of this matrix contains
    ``f(B^T B / n)``. So singular values keep absolute precision; roots of eigenvalues would not.
    """
    seeds, size = entries.shape
    steps = (size + 1) // 2
    found, singular = np.empty((2, seeds, steps))
    for seed, beside in enumerate(entries):
        values, vectors = scipy.linalg.eigh_tridiagonal(
            np.zeros(size + 1), beside, check_finite=False, lapack_driver="stevd"
        )
        found[seed] = vectors[::2] @ (gain(np.abs(values)) * vectors[0])
        singular[seed] = np.abs(values[steps:])
    return found, singular
