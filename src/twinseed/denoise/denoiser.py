"""A denoiser ``D(y, sigma)`` made of a network: scaling of the input, the output and the loss."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from twinseed.denoise.networks import Network

__all__ = ["Blind", "Denoiser", "Preconditioned"]


class Denoiser(nn.Module, ABC):
    """Estimates x from ``y = x + sigma z``, x of unit mean square.

    Args:
        network: the network inside the denoiser.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one row."""
        return self.network.shape

    @abstractmethod
    def forward(self, y: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        """Return the estimate of x.

        Args:
            y: noisy rows, (N, *shape).
            sigma: noise level of each row, (N,).
        """

    def loss(self, x: torch.Tensor, sigma: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Return the weighted squared error, mean over rows and entries.

        With the weight ``1 + 1/sigma^2`` the best linear denoiser of white data has the loss 1 at
        every level.

        Args:
            x: clean rows, (N, *shape), of unit mean square.
            sigma: noise level of each row, (N,).
            noise: standard normal numbers in the shape of x.
        """
        level = _as_column(sigma, x)
        error: torch.Tensor = self(x + level * noise, sigma) - x
        return ((1.0 + 1.0 / level**2) * error**2).mean()

    def description(self) -> Mapping[str, Any]:
        """Return the kind and the network, ready for JSON: equal ones can share weights."""
        return {"denoiser": type(self).__name__, "network": dict(self.network.description())}


class Preconditioned(Denoiser):
    """A network whose input and target are scaled to unit size at every noise level.

    Equation: with ``v = 1 + sigma^2``, ``D(y, sigma) = y/v + sigma/sqrt(v) F(y/sqrt(v),
    log(sigma)/4)``. At large sigma D is mostly the network F, at small sigma nearly the identity.
    Source: Karras et al., arXiv 2206.00364, table 1, with ``sigma_data = 1``.
    """

    def forward(self, y: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        level = _as_column(sigma, y)
        v = 1.0 + level**2
        answer: torch.Tensor = self.network(y * torch.rsqrt(v), sigma.log() / 4.0)
        return y / v + level * torch.rsqrt(v) * answer


class Blind(Denoiser):
    """A network without the noise level as input, which estimates the noise: ``D(y) = y - F(y)``.

    With a network without biases D is homogeneous: ``D(a y) = a D(y)`` for ``a >= 0``.
    Source: Kadkhodaie, Guth, Simoncelli and Mallat, arXiv 2310.02557.
    """

    def forward(self, y: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        answer: torch.Tensor = self.network(y, sigma.log() / 4.0)
        return y - answer


def _as_column(sigma: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return sigma.reshape(-1, *[1] * (like.ndim - 1))
