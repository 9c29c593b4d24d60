"""What a network is: it maps images to images of the same shape, knowing the noise level or not."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Self

import torch
from torch import nn

__all__ = ["Network", "conv", "seeded"]


class Network(nn.Module, ABC):
    """Maps ``(N, *shape)`` to the same shape.

    ``level`` is ``log(sigma)/4``, (N,), for the networks that look at it; a blind one does not.
    """

    shape: tuple[int, ...]

    @abstractmethod
    def forward(self, y: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
        """Return the network's answer for each row."""

    @abstractmethod
    def description(self) -> Mapping[str, Any]:
        """Return what the network's shape depends on, ready for JSON."""

    @classmethod
    @abstractmethod
    def examples(cls) -> list[Self]:
        """Return a few small instances that span the class; the law tests run over them."""

    @property
    def parameter_count(self) -> int:
        """Number of trained numbers."""
        return sum(one.numel() for one in self.parameters())


def conv(inside: int, outside: int, size: int = 3) -> nn.Conv2d:
    """Return a convolution without bias that keeps the image's size."""
    return nn.Conv2d(inside, outside, size, padding=size // 2, bias=False)


class seeded:  # reads as a keyword where it is used
    """A block in which torch's initialisation draws come from ``seed`` and leave no trace."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def __enter__(self) -> None:
        self._fork = torch.random.fork_rng(devices=[])
        self._fork.__enter__()
        torch.manual_seed(self._seed)

    def __exit__(self, *error: Any) -> None:
        self._fork.__exit__(*error)
