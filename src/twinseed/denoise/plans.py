"""The plan of a training: which pairs of denoisers, and how they are measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinseed.checks import whole
from twinseed.denoise.recipes import Recipe
from twinseed.errors import InputError

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

    Raises:
        InputError: an argument out of range.
    """

    sizes: tuple[int, ...]
    recipe: Recipe
    pairs: int = 1
    seeds: int = 512
    factors: int = 10
    pairing: str = "disjoint"

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

    @property
    def twins(self) -> list[tuple[int, int, str]]:
        """Return size, pair and side of every twin, small sizes first."""
        return [(n, pair, side) for n in self.sizes for pair in range(self.pairs) for side in "ab"]

    def rows_of(self, split: Mapping[str, Rows], n: int, side: str) -> Rows:
        """Return the numbers of the training rows of a twin."""
        same_rows, _ = PAIRINGS[self.pairing]
        return split["a" if same_rows else side][:n]
