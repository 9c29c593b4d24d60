"""The average of the weights over the steps of training, which sampling uses."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch.optim.swa_utils import get_ema_multi_avg_fn

__all__ = ["averaged_weights", "under", "update_average"]


def averaged_weights(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the averaged weights, which sampling uses, from ``TrainingState.tensors``."""
    return under("average", tensors)


def update_average(
    averaged: list[torch.Tensor], weights: list[torch.Tensor], step: int, memory: float
) -> None:
    """Move the average towards the weights; the share of a step falls with the number of steps."""
    keep = min(memory, (1.0 + step) / (10.0 + step))
    move = get_ema_multi_avg_fn(keep)  # type: ignore[no-untyped-call]  # torch leaves it bare
    move(averaged, weights, step)


def under(prefix: str, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the tensors whose names begin with a prefix and a slash, without these."""
    start = prefix + "/"
    return {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}
