"""From a network to a denoiser ``D(y, sigma)``: scaling of its input, output and loss."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from twinseed.denoise.networks import Network

__all__ = ["Blind", "Denoiser", "Preconditioned"]


class Denoiser(nn.Module, ABC):
    """Estimates x from ``y = x + sigma z``, x of unit mean square. Shapes: (N, *shape), (N,)."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one row."""
        return self.network.shape

    @abstractmethod
    def forward(self, y: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        """Return the estimate of x."""

    def loss(self, x: torch.Tensor, sigma: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Return the weighted squared error, mean over rows and entries.

        The weight ``1 + 1/sigma^2`` makes the loss of the best linear denoiser of white data 1 at
        every level.
        """
        level = _as_column(sigma, x)
        error: torch.Tensor = self(x + level * noise, sigma) - x
        return ((1.0 + 1.0 / level**2) * error**2).mean()

    def description(self) -> Mapping[str, Any]:
        """Return what the denoiser is, ready for JSON; two that differ in it share no weights."""
        return {"denoiser": type(self).__name__, "network": dict(self.network.description())}


class Preconditioned(Denoiser):
    """A network between a skip and a scaling that keep its task alike at every noise level.

    Equation: with ``v = 1 + sigma^2``, ``D(y, sigma) = y/v + sigma/sqrt(v) F(y/sqrt(v),
    log(sigma)/4)``. At large sigma D is all network, at small sigma nearly the identity; F sees
    inputs and has targets of unit size.
    Source: Karras et al., arXiv 2206.00364, table 1, with ``sigma_data = 1``.
    """

    def forward(self, y: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        level = _as_column(sigma, y)
        v = 1.0 + level**2
        answer: torch.Tensor = self.network(y * torch.rsqrt(v), sigma.log() / 4.0)
        return y / v + level * torch.rsqrt(v) * answer


class Blind(Denoiser):
    """A network that is not told the noise level and estimates the noise: ``D(y) = y - F(y)``.

    With a network without biases D is homogeneous: ``D(a y) = a D(y)`` for ``a >= 0``.
    Source: Kadkhodaie, Guth, Simoncelli and Mallat, arXiv 2310.02557.
    """

    def forward(self, y: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        answer: torch.Tensor = self.network(y, sigma.log() / 4.0)
        return y - answer


def _as_column(sigma: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return sigma.reshape(-1, *[1] * (like.ndim - 1))
