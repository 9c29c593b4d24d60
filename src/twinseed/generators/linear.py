"""The linear generator: the root of a filtered sample covariance, applied to noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike

from twinseed.arrays import Array
from twinseed.checks import numeric_rows, whole
from twinseed.errors import InputError
from twinseed.filters import Filter, SpectrumSeen, checked
from twinseed.generators._base import checked_noise

__all__ = ["LinearGenerator"]


@dataclass(frozen=True, eq=False)
class LinearGenerator:
    """Linear model ``x = f(S) z`` of training rows with sample covariance ``S``.

    Equation: with ``S = V diag(eigenvalues) V^T`` (V thin: only the directions that the training
    rows span),

        x = V f(eigenvalues) V^T z + f(0) (z - V V^T z),

    plus the training mean where the model was fitted with ``center=True``. No d x d matrix is
    formed when there are fewer rows than columns. ``fit`` makes the model of training rows.

    Args:
        filter: a function of each eigenvalue alone.
        eigenvalues: of S, (k,), largest first, ``k = min(n, d)`` (``min(n - 1, d)`` when centred).
        directions: the eigenvectors V of S, (d, k), orthonormal columns.
        mean: the training mean, (d,); zero unless centred.
        n: number of training rows.

    Source: Maillard and Goldt, arXiv 2605.21402.

    >>> import numpy as np, twinseed as ts
    >>> rng = np.random.default_rng(0)
    >>> model = LinearGenerator.fit(rng.standard_normal((20, 50)), ts.Ridge(0.1))
    >>> model.sample(rng.standard_normal((3, 50))).shape, model.eigenvalues.shape
    ((3, 50), (20,))

    See also: ``KrylovGenerator``, ``Dense``.
    """

    filter: Filter
    eigenvalues: Array
    directions: Array
    mean: Array
    n: int

    @classmethod
    def fit(cls, train: ArrayLike, filter: Filter, *, center: bool = False) -> LinearGenerator:
        """Fit the model to training rows, by one thin singular value decomposition.

        Equation: ``S = X^T X / n``; with ``center=True`` the training mean is subtracted first and
        added to the samples, ``S = (X - mean)^T (X - mean) / (n - 1)``, and the theory holds with
        n - 1 in place of n. A filter that depends on the whole sample spectrum is adapted to all d
        eigenvalues here, including the zeros of directions that the rows do not span.

        Args:
            train: training rows, (n, d); float32 and integers are computed in float64.
            filter: any filter.
            center: pass False if the mean is known to be zero.

        Raises:
            InputError: rows that are not finite numbers, or fewer than two with ``center=True``; a
                filter that is not finite and zero or above on this spectrum and at zero.
        """
        # The singular values of X, unlike roots of a Gram matrix's eigenvalues, keep small digits.
        # With more rows than columns a triangular factor comes first: the n x d left singular
        # vectors are not needed. numpy's decomposition lets Ctrl-C interrupt; scipy's does not.
        given = numeric_rows("train", train, at_least=2 if center else 1)
        rows = np.array(given, dtype=np.float64)
        n, d = rows.shape
        mean = rows.mean(axis=0) if center else np.zeros(d)
        freedom = n - 1 if center else n
        if center:
            rows -= mean
        if n > d:
            rows = scipy.linalg.qr(rows, mode="r", overwrite_a=True, check_finite=False)[0][:d]
        _, singular, transposed = np.linalg.svd(rows, full_matrices=False)
        kept = min(freedom, d)
        eigenvalues = singular[:kept] ** 2 / freedom
        values = np.concatenate([np.zeros(d - kept), eigenvalues[::-1]])
        spectrum = SpectrumSeen(values, np.full(d, 1.0 / d), n=freedom, d=d)
        adapted = filter.adapted(spectrum)
        checked(adapted, np.append(values, 0.0))
        return cls(
            filter=adapted,
            eigenvalues=eigenvalues,
            directions=transposed[:kept].T,
            mean=mean,
            n=n,
        )

    @property
    def d(self) -> int:
        """Number of columns."""
        return self.mean.size

    @property
    def energy(self) -> float:
        """``E|x - mean|^2 = tr f(S)^2`` over the noise, for this training set."""
        seen = self.filter(self.eigenvalues)
        return float(np.dot(seen, seen)) + (self.d - seen.size) * self.filter.at_zero**2

    def sample(self, noise: ArrayLike) -> Array:
        """Turn noise into samples; row i comes from row i of the noise and nothing else.

        Args:
            noise: standard normal numbers, (seeds, d); the samples have the same shape.

        Raises:
            InputError: noise that is not finite numbers, or of another number of columns.
        """
        z = checked_noise(noise, self.d)
        floor = self.filter.at_zero
        gain = self.filter(self.eigenvalues) - floor
        samples: Array = ((z @ self.directions) * gain) @ self.directions.T
        if floor != 0.0:
            samples += floor * z
        samples += self.mean
        return samples

    def principal_directions(self, k: int) -> Array:
        """Return the leading directions of the model, (d, k), largest eigenvalue first.

        Args:
            k: how many directions are wanted.

        Raises:
            InputError: ``k`` is not a whole number from 0 to the number of directions learnt.
        """
        number = whole("k", k, "pass how many directions are wanted", at_least=0)
        if number > self.eigenvalues.size:
            raise InputError(
                "k",
                f"must not exceed the {self.eigenvalues.size} directions that the rows span",
                k,
                "ask for fewer directions, or train on more rows",
            )
        return self.directions[:, :number]
