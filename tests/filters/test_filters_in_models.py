"""Filters where they are used: in linear models, simulations and grids."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

import twinseed as ts
from twinseed.errors import InputError
from twinseed.filters import Filter, SpectrumSeen
from twinseed.generators.linear import LinearGenerator

Array = NDArray[np.float64]


class Recorder(Filter):
    """Keeps the spectra that it was adapted to; returns what it was told to."""

    def __init__(self, value: float = 1.0) -> None:
        self.spectra: list[SpectrumSeen] = []
        self._value = value

    def __call__(self, eigenvalues: Array) -> Array:
        return np.full_like(eigenvalues, self._value)

    def adapted(self, spectrum: SpectrumSeen) -> Filter:
        self.spectra.append(spectrum)
        return ts.Ridge(0.5) if self._value == 1.0 else self

    @property
    def parameters(self) -> Mapping[str, float]:
        return {"value": self._value}

    @classmethod
    def examples(cls) -> list[Recorder]:
        return [cls()]


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize(("n", "d"), [(5, 8), (8, 8), (20, 8)])
def test_the_linear_generator_shows_the_filter_the_whole_spectrum(
    n: int, d: int, center: bool
) -> None:
    rows = np.random.default_rng(1).standard_normal((n, d))
    filter = Recorder()
    model = LinearGenerator.fit(rows, filter, center=center)
    (spectrum,) = filter.spectra
    centred = rows - rows.mean(axis=0) * center
    expected = np.linalg.eigvalsh(centred.T @ centred / (n - center))
    np.testing.assert_allclose(spectrum.values, expected, atol=1e-12)
    np.testing.assert_array_equal(spectrum.weights, np.full(d, 1 / d))
    assert (spectrum.n, spectrum.d, spectrum.oracle) == (n - center, d, None)
    assert model.filter == ts.Ridge(0.5)


def test_the_linear_generator_refuses_what_is_no_root() -> None:
    rows = np.random.default_rng(1).standard_normal((9, 4))
    for value in (np.nan, -1.0):
        with pytest.raises(InputError, match=r"filter must be finite and zero or above"):
            LinearGenerator.fit(rows, Recorder(value))


def test_a_truncated_model_has_the_rank() -> None:
    rng = np.random.default_rng(2)
    model = LinearGenerator.fit(rng.standard_normal((30, 12)), ts.Truncation(rank=4))
    samples = model.sample(rng.standard_normal((20, 12)))
    assert np.linalg.matrix_rank(samples) == 4


def test_filters_side_by_side_in_a_simulation() -> None:
    several = [ts.Ridge(0.0), ts.Shrinkage(), ts.Truncation(rank=5), ts.Truncation(threshold=0.5)]
    several += [ts.EarlyStopping(1.0, 0.1, 10.0), ts.ProbabilityFlow(0.1, 10.0, ts.Heun(8))]
    readout = ts.simulate(ts.Spiked([3.0]), several, n=30, d=20, replicates=2, rng=0)
    assert readout["filter"].values.tolist() == [repr(one) for one in several]
    assert np.all((readout.convergence > 0) & (readout.convergence < 1))


def test_ranks_and_thresholds_share_a_grid() -> None:
    both = [ts.Truncation(rank=5), ts.Truncation(threshold=0.5)]
    readout = ts.simulate(ts.Spiked([]), both, n=30, d=20, replicates=2, rng=0)
    assert readout["filter"].values.tolist() == ["Truncation(rank=5)", "Truncation(threshold=0.5)"]
    ranks = ts.simulate(
        ts.Spiked([]), [ts.Truncation(rank=k) for k in (2, 5)], n=30, d=20, replicates=2, rng=0
    )
    assert ranks["rank"].values.tolist() == [2, 5]


# Bad input
