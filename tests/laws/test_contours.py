"""Filters that grow or turn far from the spectrum: the contour is drawn close to it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.plain_filters import Declared, Plain

import twinseed as ts
from twinseed.coupling import solve
from twinseed.coupling.cauchy import is_analytic
from twinseed.filters import Filter
from twinseed.populations import Population

Array = NDArray[np.float64]

TIMES = [1e-2, 0.3, 1.0, 10.0, 100.0, 1e4]
THREE = ts.Atoms([0.01, 1.0, 30.0], [0.3, 0.5, 0.2])
D = 100


def trace_ratio(population: Population, filter: Filter, n: int, d: int, pairs: int) -> Array:
    """``tr f(S_A) f(S_B) / tr f(S)^2`` of drawn pairs, by plain decompositions."""
    rng = np.random.default_rng(5)
    found = []
    for _ in range(pairs):
        roots, energies = [], []
        for _ in range(2):
            rows = population.sample(n, d, rng)
            values, vectors = np.linalg.eigh(rows.T @ rows / n)
            gain = filter(np.maximum(values, 0.0))
            roots.append((vectors * gain) @ vectors.T)
            energies.append(np.sum(gain**2))
        found.append(np.sum(roots[0] * roots[1]) / np.mean(energies))
    return np.array(found)


def test_early_stopping_over_a_wide_spectrum() -> None:
    """Time times the largest eigenvalue is 160: the filter turns many times along a circle."""
    population, filter = ts.PowerLaw(1.5, 400), ts.EarlyStopping(1.0, 0.1, 10.0)
    values, weights = population.spectrum(400.0)
    endless = ts.Atoms(values.tolist(), weights.tolist())  # the same spectrum, without a size
    limit = ts.predict(endless, filter, gamma=1.0)
    assert float(limit.convergence) == pytest.approx(0.9704514, abs=1e-6)
    theory = ts.predict(population, filter, n=400)
    # the next order of a finite n lowers convergence by at most its value of the plain root
    assert 0.0 < float(limit.convergence - theory.convergence) < 1.0 / (4 * 400)
    drawn = trace_ratio(population, filter, 400, 400, pairs=2)
    assert abs(float(theory.convergence) - drawn.mean()) < 4 * drawn.std() + 1 / 400


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("n", [20.0, 100.0, 101.0, 3000.0])
def test_early_stopping_by_contour_is_the_integral_over_the_density(time: float, n: float) -> None:
    filter = ts.EarlyStopping(time, 0.1, 10.0)
    load = np.full((1, 1, 1), n)
    around, over = (
        solve(THREE, [one], load, np.full_like(load, D), load / D)
        for one in (filter, Plain("the same", filter))
    )
    assert not around.missing.any()
    assert not over.missing.any()
    for name in ("first", "second", "own", "log_square"):
        value = getattr(over, name)
        # the density is right to 1e-6; near n = d it has an edge next to zero
        np.testing.assert_allclose(getattr(around, name), value, rtol=2e-5, err_msg=name)


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize(
    "population",
    [ts.PowerLaw(0.5, 60), ts.PowerLaw(2.0, 60), ts.Spiked([40.0, 3.0]), ts.Spiked([], bulk=50.0)],
    ids=repr,
)
def test_early_stopping_is_the_simulation(population: Population, time: float) -> None:
    filter, d = ts.EarlyStopping(time, 0.1, 10.0), 60
    n = [15, 60, 240]
    theory = ts.predict(population, filter, n=n, d=d)
    assert (theory.convergence_status == "ok").all()
    for load in n:
        drawn = trace_ratio(population, filter, load, d, pairs=8)
        off = abs(float(theory.convergence.sel(n=load)) - drawn.mean())
        assert off < 3.5 * drawn.std() / np.sqrt(8) + 1.5 / d, load


@pytest.mark.parametrize("time", [1e-3, 3.0, 50.0, 1e3, 1e6])
@pytest.mark.parametrize("scale", [0.01, 1.0, 100.0])
def test_early_stopping_is_found_to_be_analytic(time: float, scale: float) -> None:
    assert is_analytic(ts.EarlyStopping(time, 0.1, 10.0), scale)


def test_a_contour_that_settles_nowhere_is_no_fault_of_the_caller() -> None:
    """Analytic, but it grows without bound off the axis: no number, and nobody is blamed."""
    wild = Declared("wild", lambda z: np.exp(np.cos(3e4 * z) - 1.0))
    readout = ts.predict(ts.Spiked([3.0]), [wild, ts.Ridge(0.1)], n=200, d=100)
    assert readout.convergence_status.values.tolist() == ["no theory", "ok"]
    assert readout.recovery_status.values.tolist() == [["ok"], ["ok"]]
