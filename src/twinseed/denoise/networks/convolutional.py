"""A convolutional denoiser without biases and without down-sampling."""

from __future__ import annotations

from itertools import pairwise
from typing import Self

import torch
from torch import nn

from twinseed.checks import whole
from twinseed.denoise.networks._base import Network, conv, seeded

__all__ = ["Convolutional"]


class Convolutional(Network):
    """A stack of 3 x 3 convolutions and rectifiers, with no bias anywhere.

    Equation: ``F(y) = C_L relu(C_(L-1) ... relu(C_1 y))``. Without biases ``F(a y) = a F(y)`` for
    every ``a >= 0``: the network is locally linear, and works at noise levels that it was not
    trained on. An output pixel depends on ``2 layers + 1`` pixels in each direction. The noise
    level is not an input. Parameters: ``9 width (2 channels + (layers - 2) width)``.

    Args:
        shape: (channels, height, width) of one row; any height and width.
        width: number of channels inside.
        layers: number of convolutions, at least 2.
        seed: seed of the initialisation.

    Raises:
        InputError: a size that is not a whole number in range.

    Source: Mohan, Kadkhodaie, Simoncelli and Fernandez-Granda, arXiv 1906.05478.

    >>> Convolutional((1, 8, 8), width=4, layers=3, seed=0).parameter_count
    216
    """

    settings = ("width", "layers")

    def __init__(
        self, shape: tuple[int, ...], *, width: int = 48, layers: int = 7, seed: int
    ) -> None:
        super().__init__()
        self.shape = tuple(shape)
        self.width = whole("width", width, "pass the number of channels inside")
        self.layers = whole("layers", layers, "pass the number of convolutions", at_least=2)
        sizes = [self.shape[0], *[self.width] * (self.layers - 1), self.shape[0]]
        with seeded(seed):
            stack = [conv(a, b) for a, b in pairwise(sizes)]
            for one in stack[:-1]:
                nn.init.kaiming_normal_(one.weight, nonlinearity="relu")
            self.stack = nn.ModuleList(stack)

    def forward(self, y: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
        *inner, last = self.stack
        for one in inner:
            y = torch.relu(one(y))
        out: torch.Tensor = last(y)
        return out

    @classmethod
    def examples(cls) -> list[Self]:
        return [
            cls((1, 8, 8), width=4, layers=3, seed=0),
            cls((3, 5, 7), width=6, layers=2, seed=1),
        ]
