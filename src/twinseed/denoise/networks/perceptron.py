"""A small multi-layer perceptron."""

from __future__ import annotations

import math
from typing import Self

import torch
from torch import nn

from twinseed.checks import whole
from twinseed.denoise.networks._base import Network, seeded

__all__ = ["Perceptron"]

_WAVES = 8


class Perceptron(Network):
    """A perceptron with two hidden layers and the noise level as input.

    Equation: ``F(y, l) = W_3 s(W_2 s(W_1 [y, cos(w l), sin(w l)] + b_1) + b_2) + b_3``, ``s`` the
    SiLU, ``w`` eight frequencies.

    Args:
        shape: shape of one row; rows are flattened inside.
        width: number of hidden units per layer.
        seed: seed of the initialisation.

    Raises:
        InputError: a width that is not a whole number of at least 1.

    >>> Perceptron((4,), width=8, seed=0)(torch.zeros(2, 4), torch.zeros(2)).shape
    torch.Size([2, 4])
    """

    waves: torch.Tensor

    settings = ("width",)

    def __init__(self, shape: tuple[int, ...], *, width: int = 256, seed: int) -> None:
        super().__init__()
        self.shape = tuple(shape)
        self.width = whole("width", width, "pass the number of hidden units")
        size = math.prod(self.shape)
        self.register_buffer("waves", torch.arange(1.0, _WAVES + 1.0), persistent=False)
        with seeded(seed):
            self.layers = nn.Sequential(
                nn.Linear(size + 2 * _WAVES, self.width),
                nn.SiLU(),
                nn.Linear(self.width, self.width),
                nn.SiLU(),
                nn.Linear(self.width, size),
            )

    def forward(self, y: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
        angle = level[:, None] * self.waves
        inside = torch.cat([y.flatten(1), angle.cos(), angle.sin()], dim=1)
        out: torch.Tensor = self.layers(inside)
        return out.reshape(y.shape)

    @classmethod
    def examples(cls) -> list[Self]:
        return [cls((6,), width=8, seed=0), cls((1, 4, 4), width=16, seed=1)]
