"""A grid is never lost to one of its cells: what theory cannot tell is missing, and says so."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.plain_filters import Declared, Plain

import twinseed as ts
from twinseed.filters import Filter
from twinseed.populations import Population
from twinseed.readout import VARIABLES, check

OF_THE_FILTER = [name for name in VARIABLES if not name.startswith("recovery")]


def beyond(limit: float, fault: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A square root that fails where an eigenvalue is above a limit."""

    def root(eigenvalues: Any) -> Any:
        if np.max(np.real(eigenvalues)) > limit:
            return fault(eigenvalues)
        return np.sqrt(eigenvalues + 0.1)

    return root


def refuse(eigenvalues: Any) -> Any:
    raise ZeroDivisionError("no table for such eigenvalues")


FAULTS: dict[str, Callable[[Any], Any]] = {
    "raises": refuse,
    "NaN": lambda x: np.full(np.shape(x), np.nan),
    "negative": lambda x: -np.ones(np.shape(x)),
    "a number": lambda x: 1.0,
}


@pytest.mark.parametrize("kind", [Plain, Declared])
@pytest.mark.parametrize(
    "fault",
    [
        refuse,
        lambda x: np.full(np.shape(x), np.nan),
        lambda x: -np.ones(np.shape(x)),
        lambda x: 1.0,
    ],
    ids=["raises", "NaN", "negative", "a number"],
)
def test_a_filter_that_fails_in_one_cell(kind: type[Plain], fault: Callable[[Any], Any]) -> None:
    """With one row in 40 columns the spectrum reaches up to 54, with 4,000 rows to 1.2."""
    # a contour reaches further than the spectrum, by a factor of ten or so
    filter = kind("fails", beyond(20.0, fault))
    population = ts.Spiked([])
    grid = check(ts.predict(population, [filter, ts.Ridge(0.1)], n=[1, 4000], d=40))
    for name in OF_THE_FILTER:
        status = grid[f"{name}_status"].values.reshape(2, 2, -1)
        assert np.all(status[0, 0] == "no theory"), name
        assert not np.any(status[1, :] == "no theory"), name
        assert name == "convergence_factor" or not np.any(status[0, 1] == "no theory"), name
    # the next order, 1/(4 n), is known for a filter that is declared analytic
    np.testing.assert_allclose(
        grid.convergence[1, 0],
        ts.predict(population, ts.Ridge(0.1), n=4000, d=40).convergence,
        rtol=1e-7 if kind is Declared else 1e-4,
    )
    with pytest.raises(ts.InputError) as caught:
        ts.predict(population, filter, n=[1, 2], d=40)
    assert caught.value.argument == "filter"


def test_a_population_without_theory_does_not_take_the_others_along() -> None:
    populations = [ts.Spiked([strength]) for strength in (1.0, 3.0, 30.0)]
    grid = check(ts.predict(populations, Plain("fails", beyond(14.0, refuse)), n=50, d=100))
    # this filter is not known to be smooth
    assert grid.convergence_status.values.tolist() == ["leading order"] * 2 + ["no theory"]
    assert (grid.recovery_status != "no theory").all()


def test_many_atoms_leave_the_filters_that_theory_can_integrate() -> None:
    population = ts.PowerLaw(3.0, 200)
    grid = check(ts.predict(population, [ts.Ridge(0.1), ts.Shrinkage()], n=[50, 300]))
    assert grid.convergence_status.values.tolist() == [["ok", "no theory"]] * 2
    with pytest.raises(ts.InputError, match="atoms"):
        ts.predict(population, ts.Shrinkage(), n=[50, 300])


SILENT = [
    ts.Truncation(threshold=1e3),
    Plain("soft threshold", lambda x: np.sqrt(np.maximum(x - 1e3, 0.0))),
    Declared("nothing", lambda x: 0.0 * x),
]


@pytest.mark.parametrize("filter", SILENT, ids=repr)
@pytest.mark.parametrize(
    "population", [ts.Spiked([3.0]), ts.Spiked([]), ts.Atoms([0.0, 1.0, 5.0])], ids=repr
)
def test_a_filter_that_keeps_nothing_is_told_as_by_simulation(
    population: Population, filter: Filter
) -> None:
    theory = check(ts.predict(population, filter, n=[20, 60], d=30))
    drawn = ts.simulate(population, filter, n=[20, 60], d=30, replicates=2, rng=0, progress=False)
    for name in OF_THE_FILTER:
        same = theory[f"{name}_status"].values == drawn[f"{name}_status"].values
        rough = np.isin(theory[f"{name}_status"].values, ["leading order", "no theory"])
        assert np.all(same | rough), name
        # zeros are at the same distance from every direction; whose row is shortest is chance
        if name != "memorisation_share_euclidean":
            known = np.isfinite(theory[name].values)
            off = np.abs(theory[name].values - drawn[name].values)
            assert np.all((off < 1e-9)[known]), name
    np.testing.assert_allclose(theory.memorisation_share_euclidean, 0.5, atol=1e-9)
    assert (theory.convergence_status == "not identifiable").all()


def test_a_filter_may_keep_nothing_in_one_cell_alone() -> None:
    """With many rows the spectrum ends at 1.2, below the threshold."""
    grid = check(ts.predict(ts.Spiked([]), ts.Truncation(threshold=2.0), n=[20, 4000], d=40))
    assert grid.convergence_status.values.tolist() == ["leading order", "not identifiable"]
    assert math.isfinite(float(grid.convergence[0]))
