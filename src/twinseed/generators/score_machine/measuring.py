"""Measures how far a trained denoiser looks: the windows whose machine answers most alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from twinseed.arrays import Array
from twinseed.checks import whole, whole_numbers
from twinseed.errors import InputError
from twinseed.generators.flow import DenoiserFlow
from twinseed.generators.score_machine.machine import Border, LocalScoreMachine, images
from twinseed.generators.score_machine.windows import Windows
from twinseed.randomness import RandomSource, entropy_of, stream

__all__ = ["measure_windows"]


def measure_windows(
    denoiser: DenoiserFlow,
    rows: ArrayLike,
    *,
    levels: int = 20,
    half_widths: Sequence[int] | None = None,
    border: Border = "own",
    seeds: int = 64,
    rng: RandomSource = 0,
    dtype: DTypeLike = np.float64,
) -> Windows:
    """Return the windows with which a local score machine answers most like a denoiser.

    Equation: at each level sigma, ``R = argmax_R mean_y cos(D(y, sigma), M_R(y, sigma))``, D the
    denoiser, M_R the machine of the same training images with windows of half width R everywhere.
    The states y are the denoiser's own samples on their way from noise to data: each starts at
    ``sigma_max z``, z standard normal, and follows the probability flow by the sampler of
    ``denoiser``. The levels are geometric, from ``sigma_max`` to ``sigma_min`` of ``denoiser``.
    Between two levels the flow takes ``ceil(steps/(levels - 1))`` steps, ``steps`` the number of
    the sampler. Of half widths with equal similarity (within 100 roundings) the smallest is taken.

    Args:
        denoiser: the trained denoiser as a flow: ``DenoiserFlow(network, shape, sigma_min,
            sigma_max, sampler)``; ``NetworkRecipe.load(file).inner`` of ``twinseed train``.
        rows: the training images of that denoiser, (n, *shape) or (n, d), in the units in which the
            denoiser sees them: ``(row - offset)/scale`` for ``NetworkRecipe.load(file)``.
        levels: number of noise levels, at least 2.
        half_widths: the half widths to try, in pixels; by default all from 0 to side - 1.
        border: the border of the machine, as in ``LocalScoreMachine``.
        seeds: number of images that are followed from noise.
        rng: a seed of the noise.
        dtype: ``float64``, or ``float32``, which is faster.

    Returns:
        The half width at each level, with the similarity that it reaches: 1 where the machine
        answers like the denoiser.

    Raises:
        InputError: a bad argument, or images that the denoiser cannot take.

    Validity: the windows describe the denoiser on its own path. A similarity far below 1 says that
    no window explains its answers at that level.
    Source: Kamb and Ganguli, arXiv 2412.20292 (windows of trained networks by similarity).

    >>> rows = np.random.default_rng(0).standard_normal((4, 1, 5, 5))
    >>> network = LocalScoreMachine(rows, Windows([1.0, 0.1], [2, 1]))  # it knows its windows
    >>> flow = DenoiserFlow(network, (1, 5, 5), 0.1, 1.0)
    >>> measure_windows(flow, rows, levels=2, seeds=8)
    Windows(levels=(1.0, 0.1), half_widths=(2, 1), similarities=(1.0, 1.0))

    See also: ``LocalScoreMachine``, ``DenoiserFlow``.
    """
    if not isinstance(denoiser, DenoiserFlow):
        remedy = "wrap the denoiser: DenoiserFlow(denoiser, shape, sigma_min, sigma_max)"
        raise InputError("denoiser", "must be a DenoiserFlow", type(denoiser).__name__, remedy)
    number = whole("levels", levels, "pass how many noise levels to measure", at_least=2)
    count = whole("seeds", seeds, "pass how many images to follow from noise")
    x = images("rows", rows, denoiser.shape if np.ndim(rows) == 2 else None)
    if math.prod(x.shape[1:]) != math.prod(denoiser.shape):
        problem = f"must be images that the denoiser takes, {denoiser.shape}"
        raise InputError("rows", problem, x.shape[1:], "pass its training images")
    side = max(x.shape[2:])
    remedy = f"pass half widths from 0 to {side - 1}"
    tried = range(side) if half_widths is None else half_widths
    tried = sorted({*whole_numbers("half_widths", tried, remedy, at_least=0, at_most=side - 1)})
    if not tried:
        raise InputError("half_widths", "must not be empty", half_widths, remedy)
    machines = [LocalScoreMachine(x, reach, border=border, dtype=dtype) for reach in tried]
    z = stream(entropy_of(rng), "windows").standard_normal((count, *denoiser.shape))
    visited = np.geomspace(denoiser.sigma_max, denoiser.sigma_min, number)
    reaches, fits = [], []
    for sigma, y in zip(visited.tolist(), _states(denoiser, z, visited), strict=True):
        answer = denoiser.denoise(y, sigma)
        found = np.array([_similarity(answer, machine(y, sigma)) for machine in machines])
        rounding = 100 * float(np.finfo(machines[0].dtype).eps)
        best = int(np.flatnonzero(found >= found.max() - rounding)[0])
        reaches.append(tried[best])
        fits.append(float(found[best]))
    return Windows(tuple(visited.tolist()), tuple(reaches), tuple(fits))


def _states(flow: DenoiserFlow, z: Array, levels: Array) -> list[Array]:
    """Return the rows at each level of the flow, which starts at the first level."""
    steps = math.ceil(flow.sampler.steps / (len(levels) - 1))
    states = [levels[0] * z]
    for high, low in pairwise(levels):
        x = states[-1]
        for before, after in pairwise(np.geomspace(high, low, steps + 1).tolist()):
            x = flow.sampler.advance(x, flow.denoise, before, after)
        states.append(x)
    return states


def _similarity(one: Array, other: Array) -> float:
    """Return the mean cosine of images; an image of zeros is like no image."""
    a, b = one.reshape(len(one), -1), other.reshape(len(other), -1)
    sizes = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    inner = np.einsum("ij,ij->i", a, b)
    return float(np.clip(inner / np.where(sizes > 0.0, sizes, np.inf), -1.0, 1.0).mean())
