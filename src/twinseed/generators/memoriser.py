"""The control that an audit must reject: a generator that returns its training rows."""

from __future__ import annotations

import itertools

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from twinseed.arrays import Array
from twinseed.checks import non_negative, numeric_rows
from twinseed.errors import InputError
from twinseed.generators._base import Generator, checked_noise

__all__ = ["Memoriser"]

_STEPS = 40  # noise levels of the flow
_ENTRIES = 1 << 21  # samples times rows per block


class Memoriser:
    """The probability flow of the ideal denoiser of the training rows: each sample is a row.

    Equation: ``dx/dsigma = (x - D(x, sigma))/sigma`` from ``x = sigma_max z`` down, with the ideal
    denoiser ``D = sum_i w_i x_i``, ``w_i ~ exp(-|x - x_i|^2/(2 sigma^2))``. The flow ends at a
    training row, which depends on the noise z.

    Args:
        train: training rows, (n, d).
        noise: how far a sample lies from its training row along z, in root-mean-square deviations
            of the data; 0 gives exact copies.
        fraction: share of the samples that are copies, from 0 to 1, chosen by the first entry of z.
        otherwise: the generator of all other samples.

    Raises:
        InputError: a bad argument, or a fraction below 1 without ``otherwise``.

    Source: De Bortoli, TMLR 2022, arXiv 2208.05314 (the ideal denoiser memorises).

    >>> rng = np.random.default_rng(0)
    >>> train = rng.standard_normal((5, 3))
    >>> sample = Memoriser(train).sample(rng.standard_normal((1, 3)))
    >>> bool((sample == train).all(axis=1).any())
    True

    See also: ``Fresh``.
    """

    def __init__(
        self,
        train: ArrayLike,
        *,
        noise: float = 0.0,
        fraction: float = 1.0,
        otherwise: Generator | None = None,
    ) -> None:
        self._rows = np.asarray(numeric_rows("train", train, at_least=1), dtype=np.float64)
        self._noise = non_negative("noise", noise, "pass 0 for exact copies")
        self._fraction = non_negative("fraction", fraction, "pass a share from 0 to 1")
        if self._fraction > 1:
            raise InputError("fraction", "must not exceed 1", fraction, "pass a share from 0 to 1")
        if self._fraction < 1 and otherwise is None:
            raise InputError(
                "otherwise", "is needed with a fraction below 1", None, "pass another generator"
            )
        self._otherwise = otherwise
        self._mean = self._rows.mean(axis=0)
        self._scale = float(np.sqrt(np.mean((self._rows - self._mean) ** 2)))

    def sample(self, noise: ArrayLike) -> Array:
        """Return the sample of each row of noise.

        Args:
            noise: standard normal numbers, (seeds, d).
        """
        z = checked_noise(noise, self._rows.shape[1])
        samples = self._rows[self.rows_of(z)] + self._noise * self._scale * z
        if self._otherwise is not None and self._fraction < 1:
            other = z[:, 0] > scipy.special.ndtri(self._fraction)
            samples[other] = self._otherwise.sample(z)[other]
        return samples

    def rows_of(self, noise: ArrayLike) -> NDArray[np.int64]:
        """Return the number of the training row at which the flow of each row of noise ends.

        Args:
            noise: as in ``sample``.
        """
        z = checked_noise(noise, self._rows.shape[1])
        found = np.empty(len(z), dtype=np.int64)
        step = max(1, _ENTRIES // len(self._rows))
        for start in range(0, len(z), step):
            found[start : start + step] = self._flow(z[start : start + step])
        return found

    def _flow(self, z: Array) -> NDArray[np.int64]:
        rows = self._rows - self._mean
        half = np.einsum("ij,ij->i", rows, rows) / 2
        widest = 10 * (self._scale or 1.0) * np.sqrt(rows.shape[1])
        levels = np.geomspace(widest, 1e-3 * widest / rows.shape[1] ** 0.5, _STEPS)
        x = levels[0] * z
        for level, lower in itertools.pairwise(levels):
            weight = (x @ rows.T - half) / level**2
            weight = np.exp(weight - scipy.special.logsumexp(weight, axis=1, keepdims=True))
            denoised = weight @ rows
            x = denoised + (lower / level) * (x - denoised)
        return np.asarray(np.argmax(x @ rows.T - half, axis=1))
