"""Theory at the ends of its range: one direction, extreme loads, extreme units, factors that leave.

Every call gives numbers, the status "no theory", or an error that names the argument.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tests.plain_filters import Declared, Plain

import twinseed as ts
from twinseed.coupling import outlier
from twinseed.filters import Filter
from twinseed.populations import Estimated, Population
from twinseed.readout import VARIABLES, check


def filters(unit: float) -> list[Filter]:
    """One filter of each route, on eigenvalues of a given size."""
    root = float(np.sqrt(unit))
    return [
        ts.Ridge(0.0),
        ts.Ridge(0.1 * unit),
        ts.EarlyStopping(1.0 / unit, 0.1 * root, 10.0 * root),
        ts.ProbabilityFlow(0.3 * root, 10.0 * root, sampler=ts.Heun(10)),
        ts.Truncation(threshold=unit),
        ts.Truncation(rank=3),
        ts.Shrinkage(),
        Plain("root", lambda x: np.sqrt(x + 0.1 * unit)),
        Declared("root", lambda x: np.sqrt(x + 0.1 * unit)),
    ]


POPULATIONS: list[Callable[[float], Population]] = [
    lambda unit: ts.Spiked([], bulk=unit),
    lambda unit: ts.Spiked([8.0 * unit, 2.0 * unit], bulk=0.1 * unit),
    lambda unit: ts.Atoms([0.0, unit, 5.0 * unit], [0.25, 0.5, 0.25]),
]
DIRECTIONS: list[Callable[[float], Population]] = [
    lambda unit: Estimated(unit * np.linspace(0.3, 2.0, 20), leading=1)
]
BULK = (np.ones(1), np.ones(1))
EXTREME = [1e-300, 1e-100, 1e-13, 1e-12, 1e12, 1e13, 1e100, 1e300, 1.7e308, 5e-324]


@pytest.mark.parametrize("filter", filters(1.0), ids=repr)
@pytest.mark.parametrize("values", [[0.0, 1.0], [1.0, 5.0], [2.0]], ids=str)
def test_one_direction_has_an_answer_or_a_reason(values: list[float], filter: Filter) -> None:
    if values[0] == 0.0:
        with pytest.raises(ts.InputError) as caught:
            ts.predict(ts.Atoms(values), filter, n=10, d=[1])
        assert caught.value.argument == "d"
    else:
        one = check(ts.predict(ts.Atoms(values), [filter, ts.Ridge(1.0)], n=[1, 10], d=1))
        assert one.convergence_status[:, 1].values.tolist() == ["leading order", "ok"]


@pytest.mark.parametrize("load", EXTREME)
@pytest.mark.parametrize("population", POPULATIONS, ids=["flat", "spiked", "atoms"])
def test_extreme_loads_have_an_answer_or_a_reason(
    population: Callable[[float], Population], load: float
) -> None:
    for filter in filters(1.0):
        if not 1e-100 <= load <= 1e100 or filter == ts.Truncation(rank=3):
            with pytest.raises(ts.InputError) as caught:
                ts.predict(population(1.0), filter, gamma=load)
            assert caught.value.argument == ("gamma" if not 1e-100 <= load <= 1e100 else "rank")
            continue
        limit = check(ts.predict(population(1.0), filter, gamma=load))
        assert limit.convergence_status in ("ok", "no theory", "not identifiable")
        if isinstance(filter, ts.Ridge):
            assert limit.convergence_status == "ok"


@pytest.mark.parametrize("load", [1e-12, 1e-6, 1e6, 1e12])
@pytest.mark.parametrize("kind", [Plain, Declared])
def test_the_routes_agree_at_extreme_loads(kind: type[Plain], load: float) -> None:
    for population in (ts.Spiked([3.0]), ts.Atoms([1.0, 5.0], [0.75, 0.25])):
        ridge = ts.predict(population, ts.Ridge(0.1), gamma=load)
        other = ts.predict(population, kind("root", lambda x: np.sqrt(x + 0.1)), gamma=load)
        if kind is Declared and load < 1.0 and other.convergence_status == "no theory":
            continue  # a contour around eigenvalues a million times the mean cancels
        assert other.convergence_status == "ok"
        for name in ("convergence", "convergence_factor", "memorisation_ratio"):
            np.testing.assert_allclose(other[name], ridge[name], rtol=1e-6)


UNITS = (1e-148, 1e-11, 1e149)


@pytest.mark.parametrize("sizes", [{"n": 10, "d": 20}, {"gamma": 2.0}], ids=str)
def test_no_unit_of_the_data_matters(sizes: dict[str, float]) -> None:
    """The whole stated range, every variable, and every filter of its own kind."""
    for population in [*POPULATIONS, *(DIRECTIONS if "d" in sizes else [])]:
        for one, *others in zip(filters(1.0), *map(filters, UNITS), strict=True):
            if "d" not in sizes and one == ts.Truncation(rank=3):
                continue  # a rank is no share of infinitely many directions
            here = ts.predict(population(1.0), one, **sizes)
            for unit, other in zip(UNITS, others, strict=True):
                there = check(ts.predict(population(unit), other, **sizes))
                for name, variable in VARIABLES.items():
                    told = f"{other!r}, unit {unit}: {name}"
                    status = there[f"{name}_status"].values
                    assert np.array_equal(status, here[f"{name}_status"].values), told
                    ours = there[name].values / (unit if variable.squared_units else 1.0)
                    np.testing.assert_allclose(
                        ours, here[name].values, rtol=0, atol=1e-10, err_msg=told
                    )


@pytest.mark.parametrize("bulk", [1e-200, 1e-151, 1e151, 1e300])
def test_units_beyond_the_range_are_refused(bulk: float) -> None:
    with pytest.raises(ts.InputError, match="mean eigenvalue") as caught:
        ts.predict(ts.Spiked([], bulk=bulk), n=30, d=20)
    assert caught.value.argument == "population"


@pytest.mark.parametrize("load", [{"n": 30, "d": 20}, {"n": 10, "d": 20}], ids=str)
def test_a_ridge_far_above_the_eigenvalues(load: dict[str, int]) -> None:
    """``1 - q = (d/n) (tr Sigma/d)^2/(4 r^2)`` where the ridge r is far above all eigenvalues."""
    for population in (ts.Spiked([]), ts.Spiked([3.0]), ts.Atoms([1.0, 5.0], [0.75, 0.25])):
        mean = float(population.eigenvalues(load["d"]).mean())
        for ridge in (5e15, 1e100):
            far = check(ts.predict(population, ts.Ridge(ridge), **load))
            expected = load["d"] / load["n"] * (mean / ridge) ** 2 / 4.0
            # the variance on the diagonal of S is twice as large
            expected *= 1.0 + 1.0 / population.effective_dimension(load["d"])
            np.testing.assert_allclose(far.convergence_gap, expected, rtol=1e-9)


def test_a_filter_too_far_from_the_eigenvalues_has_no_theory() -> None:
    far = check(ts.predict(ts.Spiked([3.0], bulk=1e-140), ts.Ridge(1e200), n=30, d=20))
    assert far.convergence_status == "no theory"
    assert far.recovery_status == "ok"


LEAVING: dict[str, Filter] = {
    "adapts": ts.Shrinkage(),
    "over the density": Plain("root", lambda x: np.sqrt(x + 0.1)),
    "on a contour": Declared("root", lambda x: np.sqrt(x + 0.1)),
    "on a wedge": ts.EarlyStopping(1.0, 0.1, 1000.0),
    "with a threshold": ts.Truncation(threshold=0.6),
    "ridge": ts.Ridge(0.1),
}


@pytest.mark.parametrize("strengths", [[9.0], [1e4, 20.0, 4.0, 4.0, 0.1], [4.0, -0.9]], ids=str)
@pytest.mark.parametrize("load", [0.5, 2.0, 100.0])
@pytest.mark.parametrize("name", LEAVING)
def test_a_factor_of_the_limit_is_that_of_many_rows(
    name: str, strengths: list[float], load: float
) -> None:
    """The outliers belong to the spectrum, however far from the bulk they lie."""
    population, d = ts.Spiked(strengths), 10_000_000
    limit = ts.predict(population, LEAVING[name], gamma=load).convergence_factor
    many = ts.predict(population, LEAVING[name], n=round(load * d), d=d).convergence_factor
    np.testing.assert_allclose(limit, many, rtol=0, atol=1e-4)


@pytest.mark.parametrize("load", [0.5, 2.0, 100.0])
def test_a_threshold_above_the_bulk_leaves_the_factors_alone(load: float) -> None:
    """A direction that is kept alone gives ``q_k = Q_k``; a factor below the threshold is dropped.

    With x = f v (v.z): E[(x_A.u)(x_B.u)] = f^2 Q <v_A, v_B>, and E[(x.u)^2] = f^2 Q.
    """
    population = ts.Spiked([1e4, 20.0, 9.0, 0.1])
    limit = check(ts.predict(population, ts.Truncation(threshold=12.0), gamma=load))
    assert limit.convergence_status == "not identifiable"
    kept = np.array([outlier(1 + one, BULK, load).position > 12 for one in (1e4, 20.0, 9.0, 0.1)])
    assert kept.tolist() == [True, True, load == 0.5, False]
    np.testing.assert_allclose(limit.convergence_factor[kept], limit.recovery[kept], rtol=1e-12)
    assert (limit.convergence_factor_status[~kept] == "not identifiable").all()


def test_a_threshold_among_outliers_below_the_bulk_drops_them() -> None:
    """At n = 100 d the bulk ends at .81, and a factor of .2 shows near .2."""
    population = ts.Spiked([3.0, -0.8])
    limit = check(ts.predict(population, ts.Truncation(threshold=0.5), gamma=100.0))
    whole = ts.predict(population, ts.Ridge(0.0), gamma=100.0)
    assert float(limit.convergence) == pytest.approx(float(whole.convergence), rel=1e-9)
    above, below = limit.convergence_factor.values
    assert above == pytest.approx(float(whole.convergence_factor[0]), rel=1e-9)
    # what is left along it is its overlap with the bulk, 1 - Q, which does not agree
    assert below < 0.01 < 0.99 < whole.convergence_factor[1]
