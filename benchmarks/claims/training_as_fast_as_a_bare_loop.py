"""Twin denoisers beside what one would write oneself: training, sampling, and what measuring adds.

The bare loop of training has the same network, loss, layout in memory and Adam (torch's default on
a CPU). It draws a batch by ``randint`` and levels and noise from torch's global generator, and goes
forward, back and one step on: no seed for each step, no look at the loss, no rate that
warms up, no reports, no saved states. One row gives it no average of the weights either, another
torch's ``AveragedModel``. Ours does all of that but saving states, which the command does every 500
steps. The bare sampler is Heun's method on the same levels, in single precision, in one batch of as
many rows as ours takes at a time.

Both sides take turns; of each the turn with the least CPU time counts, on one thread. Measuring is
that of one pair as the command does it, its linear twins included, beside the time of training
both: the seconds of a step above times all steps.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from comparison import Comparison
from twinseed.curves.curves import measured
from twinseed.data.twins import Twins
from twinseed.denoise.denoiser import Denoiser
from twinseed.denoise.noise import NoiseLevels
from twinseed.denoise.recipes import NETWORKS
from twinseed.denoise.sampling import flow
from twinseed.denoise.training import Training, TrainingState, train
from twinseed.filters import Heun
from twinseed.matched import matched_twins
from twinseed.tables import percent

CLAIM = "Training and sampling within 10 % of a bare torch loop; measuring at most 5 % of training"
NOTE = (
    "The sampler computes its steps in double precision, so that its error is that of the theory; "
    "the denoiser computes in its own precision. Beside a module that does nothing, the steps, "
    "the copies between the precisions and the tests take 78 microseconds for each call on a busy "
    "core, and the steps of the bare loop, in single precision, 36; a call of the perceptron takes "
    "1,000. So these explain 4 %. The rest was not explained by a measurement: no memory is "
    "fetched for a step, but arrays in double precision fill twice as much of the cache."
)
MORE, SHARE = 1.1, 0.05
STEPS = 3000
"""Of one twin, for the share that measuring has."""

CASES = {"unet-small": ((16, 16), 64, 6), "mlp": ((64,), 128, 100)}
"""Shape, batch, and the steps of one turn."""

LEVELS = NoiseLevels()


def compare(*, quick: bool) -> Iterator[Comparison]:
    turns, seeds, held_out = (2, 32, 100) if quick else (24, 512, 4096)
    torch.set_num_threads(1)
    for name, (shape, batch, steps) in CASES.items():
        steps = max(steps // 10, 2) if quick else steps
        what = f"{name}, {' x '.join(map(str, shape))}, batch {batch}"
        denoiser = NETWORKS[name](shape, 0)
        rows = torch.randn(2000, *denoiser.shape, generator=torch.Generator().manual_seed(0))
        if rows.ndim == 4:
            rows = rows.contiguous(memory_format=torch.channels_last)
            denoiser = denoiser.to(memory_format=torch.channels_last)
        ours, bare, averaged = alternated(
            turns,
            trained(copy.deepcopy(denoiser), rows, batch, steps),
            by_hand(copy.deepcopy(denoiser), rows, batch, steps, average=False),
            by_hand(copy.deepcopy(denoiser), rows, batch, steps, average=True),
        )
        for theirs, with_average in ((bare, "no average of"), (averaged, "an average of")):
            yield Comparison(
                ours=f"a step of train: {what}",
                our_value=1e3 * ours / steps,
                theirs=f"a step of a bare loop with {with_average} the weights",
                their_value=1e3 * theirs / steps,
                unit="CPU ms",
                claimed=f"at most {MORE:g} times as long",
                held=ours <= MORE * theirs,
            )
        yield sampling(what, denoiser, quick=quick)
        yield measuring(what, denoiser.shape, 2 * STEPS * ours / steps, seeds, held_out)


def trained(denoiser: Denoiser, rows: torch.Tensor, batch: int, steps: int) -> Callable[[], object]:
    plan = Training(steps=1_000_000, batch=batch)
    reports = train(TrainingState(denoiser, plan), rows, plan, seed=0, report_every=steps)
    return lambda: next(reports)


def by_hand(
    denoiser: Denoiser, rows: torch.Tensor, batch: int, steps: int, *, average: bool
) -> Callable[[], object]:
    optimiser = torch.optim.Adam(denoiser.parameters(), lr=1e-3)
    memory = get_ema_multi_avg_fn(0.999)
    smooth = AveragedModel(denoiser, multi_avg_fn=memory) if average else None
    low, high = math.log(LEVELS.sigma_min), math.log(LEVELS.sigma_max)
    denoiser.train()

    def turn() -> None:
        for _ in range(steps):
            x = rows[torch.randint(len(rows), (batch,))]
            sigma = torch.exp(low + (high - low) * torch.rand(batch))
            level = sigma.reshape(-1, *[1] * (x.ndim - 1))
            found = denoiser(x + level * torch.randn_like(x), sigma)
            loss = ((1.0 + 1.0 / level**2) * (found - x) ** 2).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            if smooth is not None:
                smooth.update_parameters(denoiser)

    return turn


def sampling(what: str, denoiser: Denoiser, *, quick: bool) -> Comparison:
    turns, seeds, steps = (2, 8, 3) if quick else (6, 256, 32)
    noise = np.random.default_rng(0).standard_normal((seeds, math.prod(denoiser.shape)))
    generator = flow(denoiser, LEVELS, Heun(steps))
    denoiser.eval()
    there = torch.from_numpy(noise).float().reshape(-1, *denoiser.shape)
    if there.ndim == 4:
        there = there.contiguous(memory_format=torch.channels_last)
    followed = partial(heun, denoiser, there, steps)
    ours, theirs = alternated(turns, lambda: generator.sample(noise), followed)
    apart = np.abs(generator.sample(noise) - followed().numpy().reshape(seeds, -1)).max()
    return Comparison(
        ours=f"{seeds} samples of flow, Heun({steps}): {what}",
        our_value=ours,
        theirs=f"a bare Heun loop in torch; largest difference {apart:.1e}",
        their_value=theirs,
        unit="CPU s",
        claimed=f"at most {MORE:g} times as long",
        held=ours <= MORE * theirs,
    )


@torch.no_grad()
def heun(denoiser: Denoiser, noise: torch.Tensor, steps: int) -> torch.Tensor:
    levels = np.geomspace(LEVELS.sigma_max, LEVELS.sigma_min, steps + 1).tolist()
    x = levels[0] * noise
    for high, low in pairwise(levels):
        slope = (x - denoiser(x, x.new_full((len(x),), high))) / high
        guess = x + (low - high) * slope
        second = (guess - denoiser(guess, x.new_full((len(x),), low))) / low
        x = x + (low - high) / 2 * (slope + second)
    return x


def measuring(
    what: str, shape: tuple[int, ...], training: float, seeds: int, held_out: int
) -> Comparison:
    n, d = 1000, math.prod(shape)
    rng = np.random.default_rng(0)
    scale = np.arange(1, d + 1) ** -0.5
    rows, *samples = (
        rng.standard_normal((count, d)) * scale for count in (2 * n + held_out, seeds, seeds)
    )
    noise = rng.standard_normal((seeds, d))

    def measure() -> None:
        a, b = (one.astype(np.float32) for one in samples)
        twins = Twins(a, b, rows[:n], rows[n : 2 * n], rows[2 * n :])
        measured(twins, np.random.default_rng(0), 10)
        measured(matched_twins(twins, noise, same_rows=True), np.random.default_rng(0), 10)

    (spent,) = alternated(3, measure)
    return Comparison(
        ours=f"measuring a pair and its linear twins: {seeds} samples of each, {n:,} training "
        f"rows, {held_out:,} held out, d = {d}",
        our_value=spent,
        theirs=f"training the pair for {STEPS:,} steps: {what}",
        their_value=training,
        unit="CPU s",
        claimed=f"at most {percent(SHARE)} of it (it is {percent(spent / training, 1)})",
        held=spent <= SHARE * training,
    )


def alternated(turns: int, *tasks: Callable[[], object]) -> list[float]:
    """Return the least CPU seconds of each task over turns, after one that warms all up."""
    spent = [[math.inf] for _ in tasks]
    for task in tasks:
        task()
    for _ in range(turns):
        for task, times in zip(tasks, spent, strict=True):
            start = time.process_time()
            task()
            times.append(time.process_time() - start)
    return [min(times) for times in spent]
