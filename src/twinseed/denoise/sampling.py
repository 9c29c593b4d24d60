"""Samples of trained denoisers, from noise that twins share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinseed.checks import positive, whole
from twinseed.denoise.denoiser import Denoiser
from twinseed.denoise.noise import NoiseLevels
from twinseed.errors import InputError
from twinseed.filters.samplers import Sampler
from twinseed.generators.flow import DenoiserFlow
from twinseed.generators.torch_module import on_arrays
from twinseed.randomness import RandomSource, entropy_of, stream

__all__ = ["StochasticAscent", "as_function", "flow"]

Array = NDArray[np.float64]


def as_function(denoiser: Denoiser, device: str = "cpu") -> Callable[[Array, float], Array]:
    """Return ``D(rows, sigma)`` on numpy arrays, in evaluation mode and without gradients."""
    return on_arrays(denoiser, device)


def flow(
    denoiser: Denoiser,
    levels: NoiseLevels,
    sampler: Sampler | None = None,
    *,
    device: str = "cpu",
) -> DenoiserFlow:
    """Return the deterministic generator of a denoiser, between the levels it was trained on."""
    return DenoiserFlow(
        as_function(denoiser, device),
        denoiser.shape,
        levels.sigma_min,
        levels.sigma_max,
        sampler,
    )


@dataclass(frozen=True)
class StochasticAscent:
    """Coarse-to-fine ascent of the log density that a blind denoiser knows, with fresh noise.

    Equation: with the residual ``f = D(y) - y``, ``sigma_t^2 = |f|^2/d`` and the step
    ``h_t = h0 t/(1 + h0 (t - 1))``,

        y <- y + h_t f + g z_t,   g^2 = [(1 - beta h_t)^2 - (1 - h_t)^2] sigma_t^2,

    from ``y = mean + sigma_start z_0`` until ``sigma_t <= sigma_end``; a row that has arrived
    stays. Range: ``0 < h0 <= 1``; ``beta`` from 0 (as much noise as keeps sigma where it was) to 1
    (none: a deterministic ascent). ``z_t`` of row i follows from the seed, i and t alone, so twins
    share all their noise.

    Raises:
        InputError: a field out of range.

    Validity: the denoiser must be blind, as its noise level is read off its own residual.
    Source: Kadkhodaie and Simoncelli, arXiv 2007.13640, algorithm 1.
    """

    h0: float = 0.01
    beta: float = 0.1
    sigma_start: float = 1.0
    sigma_end: float = 0.01
    max_steps: int = 2000

    def __post_init__(self) -> None:
        for name in ("h0", "beta", "sigma_start", "sigma_end"):
            positive(name, getattr(self, name), "pass a number above zero")
        for name in ("h0", "beta"):
            if getattr(self, name) > 1:
                raise InputError(name, "must not exceed 1", getattr(self, name), "pass a share")
        whole("max_steps", self.max_steps, "pass the number of steps at the most")

    def sample(
        self, denoiser: Denoiser, seeds: int, rng: RandomSource, *, device: str = "cpu"
    ) -> Array:
        """Return ``seeds`` samples, (seeds, d), and start every one from its own stream."""
        clean = as_function(denoiser, device)
        entropy = entropy_of(rng)
        streams = [stream(entropy, f"ascent {i}") for i in range(seeds)]

        def fresh(which: NDArray[np.int64]) -> Array:
            return np.stack([streams[i].standard_normal(denoiser.shape) for i in which])

        y = self.sigma_start * fresh(np.arange(seeds))
        moving = np.arange(seeds)
        for t in range(1, self.max_steps + 1):
            residual = clean(y[moving], 1.0) - y[moving]
            axes = tuple(range(1, residual.ndim))
            sigma = np.sqrt(np.mean(residual**2, axis=axes, keepdims=True))
            going = sigma.reshape(-1) > self.sigma_end
            moving, residual, sigma = moving[going], residual[going], sigma[going]
            if moving.size == 0:
                break
            h = self.h0 * t / (1.0 + self.h0 * (t - 1))
            noise = np.sqrt(max((1.0 - self.beta * h) ** 2 - (1.0 - h) ** 2, 0.0)) * sigma
            y[moving] += h * residual + noise * fresh(moving)
        return y.reshape(seeds, -1)
