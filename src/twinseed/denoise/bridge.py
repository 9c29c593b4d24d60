"""A linear denoiser that the theory describes: gradient descent on one matrix per noise level."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import ArrayLike

from twinseed.arrays import Array
from twinseed.checks import numeric_rows, positive, whole
from twinseed.denoise.networks import LinearBank
from twinseed.denoise.noise import NoiseLevels
from twinseed.denoise.training import Metrics
from twinseed.errors import InputError
from twinseed.filters.samplers import Sampler
from twinseed.generators.flow import DenoiserFlow

__all__ = ["descend", "linear_bank", "linear_flow", "stable_rate"]


def linear_bank(d: int, levels: NoiseLevels, sampler: Sampler) -> LinearBank:
    """Return an untrained bank with one matrix per noise level of the sampler."""
    visited = np.geomspace(levels.sigma_max, levels.sigma_min, sampler.steps + 1)
    return LinearBank((d,), visited.tolist())


def descend(
    bank: LinearBank,
    rows: ArrayLike,
    *,
    rate: float,
    steps: int,
    done: int = 0,
    report_every: int = 100,
) -> Iterator[Metrics]:
    """Train a bank by full-batch gradient descent on the loss that is exact over the noise.

    Equation: ``W <- W - rate [W (S + sigma^2) - S]``, ``S = X^T X/n`` of the rows, whose mean is
    known to be zero; ``rate * steps`` is the ``time`` of ``ts.EarlyStopping``. Shapes: rows (n, d).
    ``done``: how many of the ``steps`` the bank was trained for already.

    Raises:
        InputError: a rate at which the descent would diverge, ``rate >= 2/(lambda_max + sigma^2)``.

    Source: Wang, Zavatone-Veth and Pehlevan, arXiv 2602.02908.

    >>> from twinseed.filters import Heun
    >>> levels = NoiseLevels(0.5, 2.0)
    >>> bank = linear_bank(3, levels, Heun(2))
    >>> [one.step for one in descend(bank, np.eye(3), rate=0.1, steps=4, report_every=2)]
    [2, 4]
    """
    x = np.asarray(numeric_rows("rows", rows, at_least=1), dtype=np.float64)
    number = whole("steps", steps, "pass how many steps to take", at_least=0)
    eta = stable_rate(x, max(bank.levels), rate)
    moments = torch.from_numpy(x.T @ x / len(x))
    optimiser = torch.optim.SGD(bank.parameters(), lr=eta)
    for step in range(done + 1, number + 1):
        loss = bank.expected_loss(moments)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it without annotations
        optimiser.step()
        if step % report_every == 0 or step == number:
            yield Metrics(step, float(loss.detach()))


def stable_rate(rows: Array, sigma: float, rate: float | None) -> float:
    """Return ``rate`` if the descent converges; for None, half of the rate at which it diverges.

    ``rows`` (n, d) have the mean zero, ``sigma`` is the largest noise level.

    Raises:
        InputError: ``rate`` is not below ``2/(lambda_max + sigma^2)``.
    """
    limit = 2.0 / (float(np.linalg.norm(rows, 2)) ** 2 / len(rows) + sigma**2)
    if rate is None:
        return limit / 2.0
    eta = positive("rate", rate, "pass the step of the gradient descent")
    if eta >= limit:
        raise InputError(
            "rate", f"must be below {limit:.3g}, or the descent diverges", rate, "lower the rate"
        )
    return eta


def linear_flow(bank: LinearBank, sampler: Sampler) -> DenoiserFlow:
    """Return the generator of a trained bank, with exactly the noise levels of the bank."""

    @torch.inference_mode()
    def clean(rows: Array, sigma: float) -> Array:
        answer: Array = bank.denoise(torch.from_numpy(rows), sigma).numpy()
        return answer

    return DenoiserFlow(clean, bank.shape, min(bank.levels), max(bank.levels), sampler)
