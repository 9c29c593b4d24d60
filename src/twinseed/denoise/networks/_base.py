"""A network: maps rows to rows of the same shape, with or without the noise level as input."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import torch
from torch import nn

__all__ = ["Network", "conv", "seeded"]


class Network(nn.Module, ABC):
    """Maps rows ``(N, *shape)`` to rows of the same shape."""

    shape: tuple[int, ...]
    settings: ClassVar[tuple[str, ...]] = ()
    """Attributes that determine the shapes of the weights, together with ``shape``."""

    @abstractmethod
    def forward(self, y: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
        """Return the network's output for each row.

        Args:
            y: noisy rows, (N, *shape).
            level: ``log(sigma)/4`` of each row, (N,); some networks do not use it.
        """

    def description(self) -> Mapping[str, Any]:
        """Return what determines the shapes of the weights, ready for JSON."""
        found = {name: getattr(self, name) for name in self.settings}
        return {"kind": type(self).__name__, "shape": list(self.shape), **found}

    @classmethod
    @abstractmethod
    def examples(cls) -> list[Self]:
        """Return a few small instances that span the class; the law tests run over them."""

    @property
    def parameter_count(self) -> int:
        """Number of trained parameters."""
        return sum(one.numel() for one in self.parameters())


def conv(inside: int, outside: int, size: int = 3) -> nn.Conv2d:
    """Return a convolution without bias that keeps the size of the image."""
    return nn.Conv2d(inside, outside, size, padding=size // 2, bias=False)


class seeded:  # reads as a keyword where it is used
    """A block in which torch draws from ``seed``; afterwards its global generator is unchanged."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def __enter__(self) -> None:
        self._fork = torch.random.fork_rng(devices=[])
        self._fork.__enter__()
        torch.manual_seed(self._seed)

    def __exit__(self, *error: Any) -> None:
        self._fork.__exit__(*error)
