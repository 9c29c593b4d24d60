"""Any readout can be subtracted from any other: theory, simulation and data, in both orders."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import twinseed as ts
from twinseed.errors import ReadoutError
from twinseed.generators import LinearGenerator
from twinseed.readout import VARIABLES

N, D = 60, 30
POPULATION = ts.Spiked([6.0, 3.0])


def _measured(factors: int = 5, n: int = N, seed: int = 1) -> xr.Dataset:
    rng = np.random.default_rng(seed)
    train_a, train_b, heldout = (POPULATION.sample(n, D, rng) for _ in range(3))
    noise = rng.standard_normal((80, D))
    a, b = (LinearGenerator.fit(rows, ts.Ridge(0.3)).sample(noise) for rows in (train_a, train_b))
    twins = ts.Twins(a, b, train_a, train_b, heldout)
    return ts.measure(twins, rng=0, factors=factors, resamples=20)


def _predicted(**changes: Any) -> xr.Dataset:
    return ts.predict(POPULATION, **{"filter": ts.Ridge(0.3), "n": N, "d": D} | changes)


def _drawn(**changes: Any) -> xr.Dataset:
    arguments = {"filter": ts.Ridge(0.3), "n": N, "d": D, "replicates": 2, "rng": 0} | changes
    return ts.simulate(POPULATION, **arguments, progress=False)


@pytest.fixture(scope="module")
def measured() -> xr.Dataset:
    return _measured()


READOUTS: dict[str, Callable[[], xr.Dataset]] = {
    "measured": _measured,
    "predicted": _predicted,
    "predicted along n": lambda: _predicted(n=[N // 2, N, 2 * N]),
    "predicted along n and d": lambda: _predicted(n=[N, 2 * N], d=[D, 2 * D]),
    "predicted along gamma": lambda: _predicted(n=None, gamma=[1.0, N / D]),
    "drawn": _drawn,
    "drawn along n": lambda: _drawn(n=[2 * N, N]),
}


SINGLE = {"measured", "predicted", "drawn"}


@cache
def readout(name: str) -> xr.Dataset:
    """Return the readout of a name; a comparison changes neither of its readouts."""
    return READOUTS[name]()


@pytest.mark.parametrize(
    ("first", "second"),
    [(a, b) for a in READOUTS for b in READOUTS if a == b or {a, b} & SINGLE],
)
def test_any_two_can_be_subtracted(first: str, second: str) -> None:
    """A single size is looked up in a sweep; a sweep is compared with its like."""
    one, two = readout(first), readout(second)
    kept = one.copy(deep=True), two.copy(deep=True)
    apart = ts.compare(one, two)
    back = ts.compare(two, one)
    assert kept[0].identical(one)
    assert kept[1].identical(two)
    for name in VARIABLES:
        there = apart[f"{name}_difference"]
        np.testing.assert_allclose(there, -back[f"{name}_difference"].transpose(*there.dims))
        np.testing.assert_array_equal(
            apart[f"{name}_status"], back[f"{name}_status"].transpose(*there.dims)
        )


def test_data_minus_theory_is_the_difference_at_its_size(measured: xr.Dataset) -> None:
    apart = ts.compare(measured, _predicted(n=[2 * N, N]))
    theory = _predicted()
    for name in ("convergence", "memorisation_ratio"):
        expected = float(measured[name]) - float(theory[name])
        assert float(apart[f"{name}_difference"]) == pytest.approx(expected, abs=1e-14)
        assert float(apart[f"{name}_se"]) == float(measured[f"{name}_se"])
        off = float(theory[f"{name}_bias"]) * max(float(measured[name]), float(theory[name]))
        beyond = np.sign(expected) * max(abs(expected) - off, 0.0)
        assert float(apart[f"{name}_bias"]) == pytest.approx(off)
        assert float(apart[f"{name}_z"]) == pytest.approx(beyond / measured[f"{name}_se"].item())
    assert (float(apart.n), float(apart.d), float(apart.gamma)) == (N, D, N / D)


def test_a_difference_within_the_bias_is_no_disagreement() -> None:
    """Twenty replicates against theory at a small d, where formulas are off by several per cent."""
    drawn, theory = (one(n=20) for one in (partial(_drawn, replicates=20), _predicted))
    apart = ts.compare(drawn, theory)
    for name in ("memorisation", "memorisation_ratio", "recovery", "flow_distance"):
        z = np.abs(apart[f"{name}_z"].values)
        assert np.all(z < 4.0), (name, z)
    exact = theory.assign(memorisation_bias=theory.memorisation_bias * 0.0)
    raw = ts.compare(drawn, exact)
    assert float(raw.memorisation_z) == pytest.approx(
        float(raw.memorisation_difference / raw.memorisation_se)
    )
    assert abs(float(raw.memorisation_z)) > abs(float(apart.memorisation_z))


def test_factors_are_matched_by_rank(measured: xr.Dataset) -> None:
    apart = ts.compare(measured, _predicted())
    assert apart["factor"].values.tolist() == [1, 2]
    assert apart.attrs["factors_compared"] == 2
    expected = measured.recovery.values[:2] - _predicted().recovery.values
    np.testing.assert_allclose(apart.recovery_difference.values, expected)
    assert apart.attrs["factor_eigenvalue_second"] == [7.0, 4.0]
    assert len(apart.attrs["factor_eigenvalue_first"]) == 2
    assert ts.compare(_measured(factors=0), _predicted()).sizes["factor"] == 0


def test_what_describes_one_side_goes_to_the_attributes(measured: xr.Dataset) -> None:
    for apart in (ts.compare(measured, _predicted()), ts.compare(_predicted(), measured)):
        assert (apart.attrs["ridge"], apart.attrs["filter_kind"]) == (0.3, "Ridge")
        assert set(map(str, apart.coords)) == {"n", "d", "gamma", "factor"}
    assert ts.compare(_drawn(), _predicted()).ridge.item() == 0.3


def test_data_are_compared_with_every_model_of_a_sweep(measured: xr.Dataset) -> None:
    ridges = [0.0, 0.3, 3.0]
    sweep = _predicted(filter=[ts.Ridge(r) for r in ridges])
    apart = ts.compare(measured, sweep)
    assert apart.convergence_difference.dims == ("ridge",)
    assert apart.recovery_difference.dims == ("ridge", "factor")
    alone = ts.compare(measured, _predicted(filter=ts.Ridge(3.0)))
    assert apart.convergence_z.sel(ridge=3.0).item() == alone.convergence_z.item()


def test_a_sweep_may_be_in_another_order() -> None:
    one, two = _predicted(n=[N, 2 * N]), _predicted(n=[2 * N, N])
    apart = ts.compare(one, two)
    assert apart.n.values.tolist() == [N, 2 * N]
    assert float(abs(apart.convergence_difference).max()) == 0.0


def test_a_sweep_over_gamma_is_one_over_n_or_d() -> None:
    gamma = [0.3, 1.1]
    over_n = _predicted(n=[9, 33])
    assert ts.compare(over_n, _predicted(n=None, gamma=gamma)).n.values.tolist() == [9, 33]
    over_d = ts.compare(_predicted(d=[30, 60]), _predicted(d=None, gamma=[1.0, 2.0][::-1]))
    assert over_d.d.values.tolist() == [30, 60]
    assert float(abs(over_d.convergence_difference).max()) < 1e-12


def test_a_store_of_draws_is_compared_with_theory(tmp_path: Path) -> None:
    atoms = ts.Atoms([1.0, 8.0], [0.9, 0.1], leading=0)
    _ = ts.simulate(atoms, n=[40, 20], d=20, replicates=2, rng=0, store=tmp_path / "a", workers=1)
    drawn = ts.load_sweep(tmp_path / "a").to_xarray()
    apart = ts.compare(drawn, ts.predict(atoms, n=[40, 20], d=20))
    assert apart.n.values.tolist() == [20, 40]


REFUSED: dict[str, Callable[[], tuple[xr.Dataset, xr.Dataset, str]]] = {
    "another n": lambda: (_predicted(), _predicted(n=N + 1), "'n' differs"),
    "an n that the sweep does not have": lambda: (_measured(), _predicted(n=[1, 2]), "'n' differs"),
    "other sizes": lambda: (_predicted(n=[N, 2]), _predicted(n=[N, 3]), "'n' differs"),
    "another ridge": lambda: (_predicted(), _predicted(filter=ts.Ridge(0.1)), "'ridge' differs"),
    "another filter": lambda: (
        _predicted(),
        _predicted(filter=ts.Truncation(rank=3)),
        "'rank', 'ridge'",
    ),
    "another population": lambda: (
        _predicted(),
        ts.predict(ts.Spiked([3.0]), ts.Ridge(0.3), n=N, d=D),
        "'factor_eigenvalue' differs",
    ),
    "a sweep of populations and one": lambda: (
        ts.predict([ts.Spiked([3.0]), ts.Spiked([4.0])], ts.Ridge(0.3), n=N, d=D),
        ts.predict(ts.Spiked([3.0]), ts.Ridge(0.3), n=N, d=D),
        "'strength'",
    ),
    "the limit": lambda: (
        _predicted(),
        ts.predict(POPULATION, ts.Ridge(0.3), gamma=N / D),
        "'n' differs|'d' differs",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_aligned_is_refused_in_both_orders(case: str) -> None:
    one, two, message = REFUSED[case]()
    with pytest.raises(ReadoutError, match=message):
        ts.compare(one, two)
    with pytest.raises(ReadoutError, match=message):
        ts.compare(two, one)


@pytest.mark.parametrize("what", [None, 3, "drawn.nc", xr.DataArray(1.0), xr.Dataset()])
def test_what_is_no_readout_is_refused(what: Any) -> None:
    with pytest.raises(ReadoutError, match="not a readout"):
        ts.compare(what, _predicted())
    with pytest.raises(ReadoutError, match="not a readout"):
        ts.compare(_predicted(), what)


def test_the_status_is_the_worse_of_the_two() -> None:
    known, unknown = _predicted(), _predicted().copy(deep=True)
    unknown["convergence_status"] = xr.full_like(
        unknown["convergence_status"], "leading order", dtype="U32"
    )
    for apart in (ts.compare(known, unknown), ts.compare(unknown, known)):
        assert apart.convergence_status.item() == "leading order"
        assert apart.wasserstein_status.item() == known.wasserstein_status.item()
