"""A generator made of any denoiser ``D(y, sigma)``, by its deterministic probability flow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.arrays import Array
from twinseed.checks import whole, whole_numbers
from twinseed.errors import InputError
from twinseed.filters import Heun
from twinseed.filters.probability_flow import noise_levels
from twinseed.filters.samplers import Denoise, Sampler, require_sampler
from twinseed.generators._base import checked_noise
from twinseed.generators.torch_module import OnArrays, is_module, on_arrays

if TYPE_CHECKING:
    from torch import nn

__all__ = ["DenoiserFlow"]


class DenoiserFlow:
    """A generator made of a denoiser: samples follow the probability flow from noise to data.

    Equation: ``dx/dsigma = (x - D(x, sigma))/sigma`` from ``x = sigma_max z`` down to
    ``sigma_min``, in the steps of ``sampler`` on geometric levels. With the best linear denoiser
    of rows with covariance S this is the linear model with the filter
    ``ProbabilityFlow(sigma_min, sigma_max, sampler)``.
    Range: ``0 < sigma_min < sigma_max``, in the units of the data. Shapes: the denoiser is called
    with rows (N, *shape) and one level, and returns rows of the same shape; ``sample`` takes and
    returns (seeds, d), d the product of ``shape``. Nothing else is random, so twins that are given
    the same noise draw the same samples where their denoisers agree.

    Args:
        denoiser: ``D(rows, sigma)``, an estimate of the clean rows: a function of arrays, or a
            ``torch.nn.Module`` of tensors (N, *shape) and levels (N,), run where its weights are,
            in evaluation mode and without gradients.
        shape: the shape of one row, as the denoiser expects it.
        sigma_min: the last noise level.
        sigma_max: the first noise level: several times the standard deviation of the data along
            their leading direction.
        sampler: ``ts.Euler(steps)`` or ``ts.Heun(steps)``; by default ``Heun(32)``.
        block: number of rows per call of the denoiser.

    Raises:
        InputError: a bad argument; a denoiser that returns another shape or numbers that are not
            finite.

    Source: Song et al., arXiv 2011.13456; Karras et al., arXiv 2206.00364, algorithm 1.

    >>> def denoiser(y, sigma):  # the best one for white data
    ...     return y / (1.0 + sigma**2)
    >>> DenoiserFlow(denoiser, (2,), 0.01, 50.0).sample([[1.0, -1.0]]).round(1)
    array([[ 1., -1.]])

    See also: ``TorchGenerator``, ``PipelineGenerator``, ``Euler``, ``Heun``, ``ProbabilityFlow``,
        ``audit``.
    """

    def __init__(
        self,
        denoiser: Callable[[Array, float], ArrayLike] | nn.Module,
        shape: tuple[int, ...],
        sigma_min: float,
        sigma_max: float,
        sampler: Sampler | None = None,
        *,
        block: int = 256,
    ) -> None:
        self.sigma_min, self.sigma_max = noise_levels(sigma_min, sigma_max, allow_zero=False)
        self.sampler = Heun(32) if sampler is None else sampler
        self.shape = whole_numbers("shape", shape, "pass the shape of one row, such as (1, 28, 28)")
        require_sampler(self.sampler)
        self._denoiser = on_arrays(denoiser) if is_module(denoiser) else denoiser
        self._block = whole("block", block, "pass how many rows to denoise per call")

    def sample(self, noise: ArrayLike) -> Array:
        """Return the sample of each row of noise.

        Args:
            noise: standard normal numbers, (seeds, d); the samples have the same shape.
        """
        z = checked_noise(noise, int(np.prod(self.shape)))
        found = np.empty_like(z)
        with self._held() as denoise:
            for start in range(0, len(z), self._block):
                rows = z[start : start + self._block].reshape(-1, *self.shape)
                reached = self._follow(rows, denoise)
                found[start : start + len(rows)] = reached.reshape(len(rows), -1)
        return found

    @contextmanager
    def _held(self) -> Iterator[Denoise]:
        """Prepare a module once for all the levels of all the blocks."""
        if not isinstance(self._denoiser, OnArrays):
            yield self.denoise
            return
        with self._denoiser.held() as clean:
            yield partial(_checked, clean)

    def _follow(self, z: Array, denoise: Denoise) -> Array:
        levels = np.geomspace(self.sigma_max, self.sigma_min, self.sampler.steps + 1).tolist()
        x: Array = levels[0] * z
        for high, low in pairwise(levels):
            x = self.sampler.advance(x, denoise, high, low)
        return x

    def denoise(self, rows: Array, sigma: float) -> Array:
        """Return the denoiser's estimate of the clean rows.

        Args:
            rows: noisy rows, (N, *shape).
            sigma: the noise level of all of them.
        """
        return np.asarray(_checked(self._denoiser, rows, sigma), dtype=np.float64)


def _checked(
    denoiser: Callable[[Array, float], ArrayLike], rows: Array, sigma: float
) -> NDArray[Any]:
    """Return the estimate in the precision of the denoiser."""
    clean = np.asarray(denoiser(rows, sigma))
    if clean.dtype.kind != "f":
        clean = clean.astype(np.float64)
    if clean.shape != rows.shape:
        raise InputError(
            "denoiser",
            f"must return rows of shape {rows.shape}",
            clean.shape,
            "return rows of the same shape",
        )
    if not np.isfinite(clean).all():
        raise InputError(
            "denoiser",
            f"must return finite numbers, also at sigma = {sigma:.3g}",
            "NaN or infinity",
            "check that the denoiser was trained at this noise level",
        )
    return clean
