"""The plan of a training: which pairs of denoisers, and how they are measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinseed.checks import whole
from twinseed.denoise.recipes import NetworkRecipe, Recipe
from twinseed.errors import InputError
from twinseed.generators.score_machine import Windows
from twinseed.generators.score_machine.machine import Border
from twinseed.generators.score_machine.sampling import MachineBeside, require_machine

__all__ = ["PAIRINGS", "TwinPlan"]

Rows = NDArray[np.int64]

PAIRINGS: Mapping[str, tuple[bool, bool]] = {
    "disjoint": (False, False),
    "same-rows": (True, False),
    "same-start": (False, True),
}
"""Whether twin B has the rows of A, and the initialisation of A. The first pairing is the rule. The
others are controls: they show how much training noise lowers agreement, and how much the same
initialisation raises agreement."""


@dataclass(frozen=True)
class TwinPlan:
    """The plan of a training.

    Args:
        sizes: numbers of training rows of each twin.
        recipe: how one twin is trained.
        pairs: independent pairs at each size.
        seeds: samples drawn from each twin.
        factors: leading directions along which agreement and recovery are measured.
        pairing: what twins share, one of ``PAIRINGS``.
        windows: the windows of local score machines, which are measured beside the twins, in units
            of the networks: rows of standard deviation 1. By default there are no machines.
        border: the border of these machines, as in ``LocalScoreMachine``.

    Raises:
        InputError: an argument out of range.
    """

    sizes: tuple[int, ...]
    recipe: Recipe
    pairs: int = 1
    seeds: int = 512
    factors: int = 10
    pairing: str = "disjoint"
    windows: Windows | None = None
    border: Border = "own"

    def __post_init__(self) -> None:
        remedy = "pass training rows of each twin, such as 30,100,300"
        sizes = tuple(sorted({whole("sizes", n, remedy, at_least=2) for n in self.sizes}))
        if not sizes:
            raise InputError("sizes", "must not be empty", self.sizes, remedy)
        object.__setattr__(self, "sizes", sizes)
        # numbers become integers: 40 and 40.0 are the same plan, with the same key
        for name, advice, least in (
            ("pairs", "pass how many pairs to train at each size", 1),
            ("seeds", "pass how many samples to draw", 2),
            ("factors", "pass how many directions to measure", 1),
        ):
            number = whole(name, getattr(self, name), advice, at_least=least)
            object.__setattr__(self, name, number)
        if not isinstance(self.recipe, Recipe):
            raise InputError(
                "recipe", "must be a recipe", self.recipe, "pass a NetworkRecipe or a LinearRecipe"
            )
        if self.pairing not in PAIRINGS:
            known = ", ".join(PAIRINGS)
            raise InputError("pairing", "must be known", self.pairing, f"pass one of {known}")
        if self.windows is not None:
            require_machine(self.windows, self.border)
            self._network()

    def machine(self, shape: tuple[int, ...]) -> MachineBeside:
        """Return the machine that takes the place of the network: its noise levels, its sampler."""
        assert self.windows is not None
        recipe = self._network()
        low, high = recipe.training.levels.sigma_min, recipe.training.levels.sigma_max
        return MachineBeside(self.windows, shape, self.border, low, high, recipe.sampler)

    def _network(self) -> NetworkRecipe:
        if not isinstance(self.recipe, NetworkRecipe):
            raise InputError(
                "windows",
                "must be given with a network, whose noise levels the machines use",
                f"the denoiser {self.recipe.name}",
                "choose a network, or leave the machines out",
            )
        return self.recipe

    @property
    def twins(self) -> list[tuple[int, int, str]]:
        """Return size, pair and side of every twin, small sizes first."""
        return [(n, pair, side) for n in self.sizes for pair in range(self.pairs) for side in "ab"]

    def rows_of(self, split: Mapping[str, Rows], n: int, side: str) -> Rows:
        """Return the numbers of the training rows of a twin."""
        same_rows, _ = PAIRINGS[self.pairing]
        return split["a" if same_rows else side][:n]
