"""The cells of a training: training one twin, drawing its samples, measuring a pair."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.curves.curves import measured
from twinseed.data.twins import Twins
from twinseed.denoise.folder import RunFolder, read_samples, write_samples
from twinseed.denoise.plans import PAIRINGS, TwinPlan
from twinseed.denoise.watching import Told
from twinseed.matched import matched_twins
from twinseed.randomness import stream
from twinseed.sweep import Cell, Result

__all__ = ["TwinCells"]

_MOST_HELD_OUT = 4096


@dataclass(frozen=True)
class TwinCells:
    """The cells of a plan. Every result depends on the ``settings``, which are ready for JSON."""

    plan: TwinPlan
    folder: RunFolder
    shape: tuple[int, ...]
    entropy: tuple[int, ...]
    settings: Mapping[str, Any]
    factors: int
    """Number of directions to measure: at most as many as the rows have."""

    def train(self, n: int, pair: int, side: str) -> Cell:
        """Train one twin; the result is its loss curve."""
        return self._cell(self._train, n, pair, side)

    def draw(self, n: int, pair: int, side: str) -> Cell:
        """Draw the samples of a trained twin into their file."""
        return self._cell(self._draw, n, pair, side, seeds=self.plan.seeds)

    def measure(self, n: int, pair: int) -> Cell:
        """Measure a pair whose samples are drawn, and its linear twins."""
        # with a larger last size fewer rows are held out; the twins stay the same
        further: dict[str, Any] = {"factors": self.factors, "largest": self.plan.sizes[-1]}
        return self._cell(self._measure, n, pair, seeds=self.plan.seeds, **further)

    def measure_machines(self, n: int, pair: int) -> Cell:
        """Draw the samples of the local score machines of the same rows, and measure them."""
        assert self.plan.windows is not None
        description = {
            "what": "measure_machines",
            **self.settings,
            "seeds": self.plan.seeds,
            "factors": self.factors,
            "largest": self.plan.sizes[-1],
            "levels": list(self.plan.windows.levels),
            "half_widths": list(self.plan.windows.half_widths),
            "border": self.plan.border,
            "n": n,
            "pair": pair,
        }
        return Cell(partial(self._measure_machines, n, pair), description)

    def _cell(self, work: Any, n: int, pair: int, side: str | None = None, **further: Any) -> Cell:
        twin = {"n": n, "pair": pair} | ({} if side is None else {"side": side})
        description = {
            "what": work.__name__.strip("_"),
            **self.settings,
            "steps": self.plan.recipe.steps,
            **further,
            **twin,
        }
        return Cell(partial(work, *twin.values()), description)

    def _train(self, n: int, pair: int, side: str, rng: np.random.Generator) -> Result:
        recipe = self.plan.recipe
        _, same_start = PAIRINGS[self.plan.pairing]
        start = stream(self.entropy, f"start {n} {pair} {'a' if same_start else side}")
        draws = stream(self.entropy, f"batches {n} {pair} {side}")
        running = self.folder.running / f"{n}-{pair}-{side}.json"
        kept = self.folder.weights(n, pair, side, recipe.steps)
        self.folder.begin_from_shorter(n, pair, side, recipe.steps)
        with _one_thread():
            recipe.fit(
                self.folder.rows()[self.plan.rows_of(self.folder.split(pair), n, side)],
                self.shape,
                start=int(start.integers(2**62)),
                draws=int(draws.integers(2**62)),
                kept=kept,
                tell=Told(running),
            )
        running.unlink(missing_ok=True)
        return {"losses": recipe.losses(kept)}

    def _draw(self, n: int, pair: int, side: str, rng: np.random.Generator) -> Result:
        steps, seeds = self.plan.recipe.steps, self.plan.seeds
        generator = self.plan.recipe.load(self.folder.weights(n, pair, side, steps))
        with _one_thread():
            samples = generator.sample(self._noise(pair)).astype(np.float32)
        write_samples(self.folder.samples(n, pair, side, steps, seeds), samples)
        return {"drawn": len(samples)}

    def _measure(self, n: int, pair: int, rng: np.random.Generator) -> Result:
        steps, seeds = self.plan.recipe.steps, self.plan.seeds
        a, b = (read_samples(self.folder.samples(n, pair, side, steps, seeds)) for side in "ab")
        twins = self._twins(n, pair, a, b)
        linear = matched_twins(twins, self._noise(pair), same_rows=True)
        return {
            "network": measured(twins, rng, self.factors),
            "linear": measured(linear, rng, self.factors),
        }

    def _measure_machines(self, n: int, pair: int, rng: np.random.Generator) -> Result:
        split, rows = self.folder.split(pair), self.folder.rows()
        machine, noise = self.plan.machine(self.shape), self._noise(pair)
        a, b = (machine.sample(rows[self.plan.rows_of(split, n, side)], noise) for side in "ab")
        return {"machine": measured(self._twins(n, pair, a, b), rng, self.factors)}

    def _twins(self, n: int, pair: int, a: NDArray[Any], b: NDArray[Any]) -> Twins:
        split, rows = self.folder.split(pair), self.folder.rows()
        same_rows, _ = PAIRINGS[self.plan.pairing]
        return Twins(
            samples_a=a,
            samples_b=b,
            train_a=rows[split["a"][:n]],
            train_b=None if same_rows else rows[split["b"][:n]],
            heldout=rows[split["heldout"][:_MOST_HELD_OUT]],
        )

    def _noise(self, pair: int) -> Array:
        size = (self.plan.seeds, math.prod(self.shape))
        return stream(self.entropy, f"noise {pair}").standard_normal(size)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let torch compute in one thread: another number of threads can change the last bits."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
