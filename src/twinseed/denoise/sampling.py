"""The deterministic generator of a trained denoiser, from noise that twins share."""

from __future__ import annotations

from twinseed.denoise.denoiser import Denoiser
from twinseed.denoise.noise import NoiseLevels
from twinseed.filters.samplers import Sampler
from twinseed.generators.flow import DenoiserFlow
from twinseed.generators.torch_module import on_arrays

__all__ = ["flow"]


def flow(
    denoiser: Denoiser, levels: NoiseLevels, sampler: Sampler | None = None, *, device: str = "cpu"
) -> DenoiserFlow:
    """Return the deterministic generator of a denoiser, between its levels of training."""
    return DenoiserFlow(
        on_arrays(denoiser, device),
        denoiser.shape,
        levels.sigma_min,
        levels.sigma_max,
        sampler,
    )
