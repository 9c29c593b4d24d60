"""One matrix per noise level: the denoiser that the linear theory describes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Self

import torch
from torch import nn

from twinseed.denoise.networks._base import Network
from twinseed.errors import InputError

__all__ = ["LinearBank"]


class LinearBank(Network):
    """A linear denoiser with one matrix per noise level: ``D(y, sigma) = W_sigma y``.

    Equation: on rows with second moments S the expected loss over the noise is
    ``tr[W (S + sigma^2) W^T]/2 - tr[W S] + const``, whose optimum is ``S (S + sigma^2)^-1``.
    Gradient descent with rate ``eta`` from ``W = 0`` gives after t steps
    ``W = lambda/(lambda + sigma^2) [1 - (1 - eta (lambda + sigma^2))^t]``: the filter
    ``EarlyStopping(eta t)`` for small eta. It converges for ``eta < 2/(lambda_max + sigma^2)``.

    Args:
        shape: shape of one row; rows are flattened inside.
        levels: the noise levels that have a matrix, (k,).

    Raises:
        InputError: in a call, a noise level without a matrix.

    Validity: a bank has ``k d^2`` numbers; meant for d up to some hundreds.
    Source: Wang, Zavatone-Veth and Pehlevan, arXiv 2602.02908.

    >>> bank = LinearBank((3,), [0.1, 1.0])
    >>> float(bank.expected_loss(torch.eye(3, dtype=torch.float64)).detach())
    0.0
    """

    def __init__(self, shape: tuple[int, ...], levels: Sequence[float]) -> None:
        super().__init__()
        self.shape = tuple(shape)
        self.levels = tuple(float(level) for level in levels)
        size = math.prod(self.shape)
        self.matrices = nn.Parameter(torch.zeros(len(self.levels), size, size, dtype=torch.float64))

    def denoise(self, y: torch.Tensor, sigma: float) -> torch.Tensor:
        """Return ``W_sigma y`` for each row.

        Args:
            y: noisy rows, (N, d).
            sigma: one of the levels.
        """
        apart = [abs(math.log(level / sigma)) for level in self.levels]
        nearest = min(range(len(apart)), key=apart.__getitem__)
        if apart[nearest] > 1e-6:
            raise InputError(
                "sigma", "must be a level of the bank", sigma, "sample at the levels of training"
            )
        out: torch.Tensor = y.flatten(1).double() @ self.matrices[nearest].T
        return out.reshape(y.shape)

    def expected_loss(self, moments: torch.Tensor) -> torch.Tensor:
        """Return the loss summed over the levels, exact over the noise, up to a constant.

        Args:
            moments: the second moments ``X^T X/n`` of the training rows, (d, d).
        """
        noise = torch.tensor(self.levels, dtype=torch.float64) ** 2
        w = self.matrices
        product = w @ moments
        quadratic = (product * w).sum() + (noise * (w**2).sum(dim=(1, 2))).sum()
        return quadratic / 2 - product.diagonal(dim1=1, dim2=2).sum()

    def forward(self, y: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
        return torch.stack(
            [
                self.denoise(row[None], math.exp(4.0 * float(one)))[0]
                for row, one in zip(y, level, strict=True)
            ]
        )

    def description(self) -> Mapping[str, Any]:
        return {"kind": "LinearBank", "shape": list(self.shape), "levels": list(self.levels)}

    @classmethod
    def examples(cls) -> list[Self]:
        return [cls((4,), [0.5, 2.0])]
