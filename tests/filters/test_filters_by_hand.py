"""Small parts of the filters by hand: each of these saw a fault that no wider test had noticed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import twinseed as ts
from twinseed.filters._base import checked


class Broken(ts.Filter):
    """Not finite at one eigenvalue: 2."""

    def __call__(self, eigenvalues: Any) -> Any:
        return np.where(np.asarray(eigenvalues) == 2.0, np.nan, 1.0)

    @property
    def parameters(self) -> dict[str, float]:
        return {"level": 3.0}

    @classmethod
    def examples(cls) -> list[Broken]:
        return [cls()]


def test_the_eigenvalue_at_which_a_filter_fails_is_named() -> None:
    with pytest.raises(ts.InputError, match="at lambda = 2 it is not"):
        checked(Broken(), np.array([1.0, 2.0, 3.0]))
    assert repr(Broken()) == "Broken(level=3.0)"


def test_a_ridge_is_none_where_nothing_is_said() -> None:
    assert ts.Ridge() == ts.Ridge(0.0)


@pytest.mark.parametrize("sampler", [ts.Euler(1), ts.Heun(1)], ids=repr)
def test_a_step_of_a_sampler_is_its_factor_over_a_linear_denoiser(sampler: Any) -> None:
    """From sigma = 3 to 1 at lambda = 1: 0.4 by Euler's method and 0.5 by Heun's."""
    factor = {"Euler": 0.4, "Heun": 0.5}[type(sampler).__name__]
    moved = sampler.advance(np.array([2.0]), lambda x, sigma: x / (1.0 + sigma**2), 3.0, 1.0)
    assert moved == pytest.approx([2.0 * factor], rel=1e-12)


def test_a_step_hands_the_denoiser_the_rows_and_then_the_level() -> None:
    for sampler in (ts.Euler(1), ts.Heun(1)):
        seen: list[tuple[int, float]] = []

        def denoise(x: Any, sigma: float, seen: list[tuple[int, float]] = seen) -> Any:
            seen.append((np.size(x), sigma))
            return x / 2.0

        sampler.advance(np.ones(3), denoise, 3.0, 1.0)
        assert seen == [(3, 3.0), (3, 1.0)][: len(seen)]
