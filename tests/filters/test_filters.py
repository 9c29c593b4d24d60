"""Filters against their differential equations, and what every one of them promises."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from tests.examples import FILTERS

import twinseed as ts
from twinseed import filters
from twinseed.errors import InputError
from twinseed.filters import Filter, SpectrumSeen

Array = NDArray[np.float64]

SMOOTH = [
    example
    for kind in (filters.Ridge, filters.ProbabilityFlow, filters.EarlyStopping)
    for example in kind.examples()
]
LAMBDA = np.concatenate([[0.0], np.geomspace(1e-6, 1e6, 97)])
EXACT = ts.ProbabilityFlow(0.1, 10.0)

every_filter = pytest.mark.parametrize("filter", FILTERS, ids=repr)
levels = st.floats(1e-3, 1e3)


def spectrum_of(eigenvalues: Array, n: int) -> SpectrumSeen:
    d = eigenvalues.size
    return SpectrumSeen(np.sort(eigenvalues), np.full(d, 1.0 / d), n=n, d=d)


def sample_spectrum(n: int, d: int) -> SpectrumSeen:
    rows = np.random.default_rng([n, d]).standard_normal((n, d))
    values = np.linalg.svd(rows, compute_uv=False) ** 2 / n
    return spectrum_of(np.append(values, np.zeros(d - values.size)), n)


def by_ode(rate: Callable[[float], Array], sigma_min: float, sigma_max: float, size: int) -> Array:
    """``x(sigma_min)`` of ``dx/dsigma = rate(sigma) x/sigma``, ``x(sigma_max) = sigma_max``."""
    solution = solve_ivp(
        lambda level, _: rate(np.exp(level)),
        [np.log(sigma_max), np.log(sigma_min)],
        np.full(size, np.log(sigma_max)),
        method="DOP853",
        rtol=1e-12,
        atol=1e-12,
    )
    result: Array = np.exp(solution.y[:, -1])
    return result


# What every filter promises


@every_filter
@pytest.mark.parametrize(("n", "d"), [(30, 60), (60, 60), (120, 60)])
def test_values_are_finite_and_rise_from_the_one_at_zero(filter: Filter, n: int, d: int) -> None:
    adapted = filter.adapted(sample_spectrum(n, d))
    values = adapted(LAMBDA)
    assert values.shape == LAMBDA.shape
    assert np.all(np.isfinite(values))
    assert np.all(values >= 0)
    assert values[0] == adapted.at_zero
    if not isinstance(filter, filters.Shrinkage):
        assert np.all(np.diff(values) >= -1e-13 * values[1:])


@every_filter
def test_the_answer_does_not_depend_on_the_company(filter: Filter) -> None:
    adapted = filter.adapted(sample_spectrum(60, 60))
    one_by_one = [adapted(np.array([value]))[0] for value in LAMBDA]
    np.testing.assert_allclose(adapted(LAMBDA), one_by_one, rtol=1e-15)


@every_filter
@pytest.mark.parametrize("met", [False, True], ids=["as given", "adapted"])
def test_a_filter_is_what_its_description_says(filter: Filter, met: bool) -> None:
    filter = filter.adapted(sample_spectrum(60, 60)) if met else filter
    assert json.loads(json.dumps(filter.description(), allow_nan=False)) == filter.description()
    again = pickle.loads(pickle.dumps(filter))
    assert again == filter
    assert hash(again) == hash(filter)
    assert all(isinstance(value, int | float) for value in filter.parameters.values())


def test_no_two_examples_are_equal_or_look_alike() -> None:
    assert len(set(FILTERS)) == len(FILTERS)
    assert len(set(map(repr, FILTERS))) == len(FILTERS)


@pytest.mark.parametrize(
    "filter", [one for one in FILTERS if not isinstance(one, filters.Ridge)], ids=repr
)
def test_the_repr_builds_the_filter(filter: Filter) -> None:
    assert eval(repr(filter), vars(filters)) == filter


@pytest.mark.parametrize("filter", SMOOTH, ids=repr)
def test_smooth_filters_are_analytic_off_the_negative_axis(filter: Filter) -> None:
    around = 0.5 * np.exp(2j * np.pi * np.arange(256) / 256)
    # To the left early stopping is analytic too, but grows like an exponential of an exponential.
    left = [] if isinstance(filter, filters.EarlyStopping) else [-0.5 + 1j, -2 + 0.6j]
    for centre in (1.0, 1.0 + 1j, *left):
        values = filter(np.asarray(centre + around))
        at_centre = filter(np.asarray([centre], dtype=complex))
        assert abs(values.mean() / at_centre[0] - 1) < 1e-9


@every_filter
def test_an_adapted_filter_stays_as_it_is(filter: Filter) -> None:
    once = filter.adapted(sample_spectrum(60, 60))
    assert once.adapted(sample_spectrum(30, 60)) == once


# The probability flow and its samplers


def test_the_flow_solves_its_differential_equation() -> None:
    solved = by_ode(lambda sigma: sigma**2 / (LAMBDA + sigma**2), 0.1, 10.0, LAMBDA.size)
    np.testing.assert_allclose(EXACT(LAMBDA), solved, rtol=1e-10)


@given(low=levels, ratio=st.floats(1.001, 1e4))
def test_limits_of_the_flow(low: float, ratio: float) -> None:
    flow = ts.ProbabilityFlow(low, low * ratio)
    assert flow.at_zero == pytest.approx(low, rel=1e-14)
    assert flow(np.array([1e30]))[0] == pytest.approx(low * ratio, rel=1e-14)
    np.testing.assert_allclose(
        ts.ProbabilityFlow(low, 1e149)(LAMBDA), ts.Ridge(low**2)(LAMBDA), rtol=1e-14
    )


def test_without_a_last_noise_level_the_flow_ends_on_the_data() -> None:
    np.testing.assert_allclose(
        ts.ProbabilityFlow(0.0, 1e9)(LAMBDA), np.sqrt(LAMBDA), rtol=1e-11, atol=0
    )


@pytest.mark.parametrize(("sampler", "order"), [(ts.Euler, 1), (ts.Heun, 2)])
def test_the_cost_of_a_sampler_falls_with_its_order(sampler: Any, order: int) -> None:
    some = np.array([0.05, 1.0, 20.0])
    errors = [
        np.abs(ts.ProbabilityFlow(0.1, 10.0, sampler=sampler(steps))(some) - EXACT(some))
        for steps in (400, 800)
    ]
    np.testing.assert_allclose(errors[0] / errors[1], 2.0**order, rtol=0.02)


@pytest.mark.parametrize(
    ("sampler", "expected"),
    [
        # One step from 2 to 1 at lambda = 1: a(2) = 2/5, a(1) = 1/2.
        (ts.Euler(1), 2 * (1 - 2 / 5)),
        (ts.Heun(1), 2 * (1 - (2 / 5 + 1 / 2 * 3 / 5) / 2)),
        # Two steps over sqrt(2): a(2) = 2/5, a(sqrt 2) = sqrt(2)/3.
        (
            ts.Euler(2),
            2 * (1 - (2 - 2**0.5) * 2 / 5) * (1 - (2**0.5 - 1) * 2**0.5 / 3),
        ),
    ],
)
def test_steps_by_hand(sampler: Any, expected: float) -> None:
    flow = ts.ProbabilityFlow(1.0, 2.0, sampler=sampler)
    assert flow(np.ones(1))[0] == pytest.approx(expected, rel=1e-14)


@given(low=levels, ratio=st.floats(1.001, 1e4), steps=st.integers(1, 30))
def test_samplers_are_exact_on_noise_and_never_negative(
    low: float, ratio: float, steps: int
) -> None:
    exact = ts.ProbabilityFlow(low, low * ratio)(LAMBDA)
    for sampler in (ts.Euler(steps), ts.Heun(steps)):
        values = ts.ProbabilityFlow(low, low * ratio, sampler=sampler)(LAMBDA)
        assert values[0] == pytest.approx(low, rel=1e-12)
        assert np.all(np.diff(values) >= -1e-13 * values[1:])
        if isinstance(sampler, ts.Euler):
            assert np.all(values <= exact * (1 + 1e-12))


# Early stopping


@pytest.mark.parametrize("time", [1e-9, 1e-3, 0.3, 3.0, 30.0, 1e3])
def test_early_stopping_solves_its_differential_equation(time: float) -> None:
    some = np.array([0.0, 1e-6, 0.01, 0.3, 1.0, 5.0, 100.0])

    def unlearnt(sigma: float) -> Array:
        total = some + sigma**2
        result: Array = 1.0 + some / total * np.expm1(-time * total)
        return result

    solved = by_ode(unlearnt, 0.1, 10.0, some.size)
    np.testing.assert_allclose(ts.EarlyStopping(time, 0.1, 10.0)(some), solved, rtol=1e-9)


@pytest.mark.parametrize("time", [0.0, 5e-324, 1e-300, 1e-20])
def test_an_untrained_denoiser_leaves_noise(time: float) -> None:
    np.testing.assert_allclose(ts.EarlyStopping(time, 0.1, 10.0)(LAMBDA), 0.1, rtol=1e-12)


@pytest.mark.parametrize("time", [1e9, 1e300, 1.7e308])
def test_a_trained_denoiser_gives_the_flow(time: float) -> None:
    stopped = ts.EarlyStopping(time, 0.1, 10.0)
    np.testing.assert_allclose(stopped(LAMBDA), EXACT(LAMBDA), rtol=1e-12)


@given(low=levels, ratio=st.floats(1.01, 1e4), time=st.floats(1e-6, 1e6))
def test_early_stopping_rises_with_time_up_to_the_flow(
    low: float, ratio: float, time: float
) -> None:
    sooner, later = (ts.EarlyStopping(t, low, low * ratio)(LAMBDA) for t in (time, 1.5 * time))
    assert sooner[0] == pytest.approx(low, rel=1e-12)
    assert np.all(sooner <= later * (1 + 1e-11))
    assert np.all(later <= ts.ProbabilityFlow(low, low * ratio)(LAMBDA) * (1 + 1e-11))
    assert np.all(np.diff(sooner) >= -1e-11 * sooner[1:])


@given(scale=st.floats(1e-3, 1e3))
def test_flows_know_no_unit(scale: float) -> None:
    for filter, scaled in (
        (EXACT, ts.ProbabilityFlow(0.1 * scale, 10 * scale)),
        (
            ts.EarlyStopping(2.0, 0.1, 10.0),
            ts.EarlyStopping(2.0 / scale**2, 0.1 * scale, 10 * scale),
        ),
    ):
        np.testing.assert_allclose(scaled(scale**2 * LAMBDA), scale * filter(LAMBDA), rtol=1e-11)


# Truncation


@given(st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=30, unique=True), st.data())
def test_a_rank_keeps_that_many_directions(values: list[float], data: st.DataObject) -> None:
    zeros = data.draw(st.integers(0, 5))
    rank = data.draw(st.integers(1, len(values) + zeros))
    spectrum = spectrum_of(np.array([*values, *[0.0] * zeros]), n=len(values))
    kept = ts.Truncation(rank=rank).adapted(spectrum)(spectrum.values)
    assert np.count_nonzero(kept) == min(rank, len(values))
    leading = kept > 0
    np.testing.assert_array_equal(kept[leading], np.sqrt(spectrum.values[leading]))
    assert np.all(np.diff(leading.astype(int)) >= 0)


def test_a_rank_parts_neighbours_in_floating_point() -> None:
    close = np.array([np.nextafter(1.0, 0.0), 1.0, np.nextafter(1.0, 2.0)])
    for rank in (1, 2):
        kept = ts.Truncation(rank=rank).adapted(spectrum_of(close, n=9))(close)
        assert np.count_nonzero(kept) == rank


@given(rank=st.integers(1, 100), atom=st.floats(0.0, 0.9))
def test_a_rank_in_the_limit_is_a_quantile(rank: int, atom: float) -> None:
    nodes, weights = np.polynomial.legendre.leggauss(400)
    spectrum = SpectrumSeen(
        np.append(0.0, 3 + nodes), np.append(atom, (1 - atom) * weights / 2), n=50, d=100
    )
    share = rank / 100 / (1 - atom)
    assume(share < 0.99 or share > 1.01)
    threshold = ts.Truncation(rank=rank).adapted(spectrum).threshold
    expected = 4 - 2 * share if share < 1 else 0.0
    assert threshold == pytest.approx(expected, abs=1e-3)


def test_breaks_are_where_a_truncation_jumps() -> None:
    assert ts.Truncation(threshold=2.0).breaks == (2.0,)
    assert ts.Truncation(threshold=0.0).breaks == ()
    assert all(filter.breaks == () for filter in SMOOTH)


# In the linear generator and on a grid


@pytest.mark.parametrize(
    ("build", "argument", "value", "remedy"),
    [
        (lambda: ts.ProbabilityFlow(-1.0, 2.0), "sigma_min", "-1.0", "zero or above"),
        (lambda: ts.ProbabilityFlow(np.nan, 2.0), "sigma_min", "nan", "zero or above"),
        (lambda: ts.ProbabilityFlow(1.0, 1.0), "sigma_max", "1.0", "larger noise level"),
        (lambda: ts.ProbabilityFlow(1.0, np.inf), "sigma_max", "inf", "first noise level"),
        (lambda: ts.ProbabilityFlow(0.0, 1.0, ts.Euler(3)), "sigma_min", "0.0", "above zero"),
        (lambda: ts.ProbabilityFlow(0.1, 1.0, 20), "sampler", "20", "ts.Euler(steps)"),  # type: ignore[arg-type]  # wrong on purpose
        (lambda: ts.Euler(0), "steps", "0", "number of steps"),
        (lambda: ts.Heun(2.5), "steps", "2.5", "number of steps"),  # type: ignore[arg-type]  # wrong on purpose
        (lambda: ts.EarlyStopping(-1.0, 0.1, 1.0), "time", "-1.0", "training time"),
        (lambda: ts.EarlyStopping(np.inf, 0.1, 1.0), "time", "inf", "training time"),
        (lambda: ts.EarlyStopping(1.0, 0.0, 1.0), "sigma_min", "0.0", "above zero"),
        (lambda: ts.EarlyStopping(1.0, 2.0, 1.0), "sigma_max", "1.0", "larger noise level"),
        (lambda: ts.Truncation(), "rank, threshold", "(None, None)", "Truncation(rank=10)"),
        (lambda: ts.Truncation(3, threshold=1.0), "rank, threshold", "(3, 1.0)", "rank=10"),
        (lambda: ts.Truncation(rank=0), "rank", "0", "how many leading directions"),
        (lambda: ts.Truncation(threshold=-1.0), "threshold", "-1.0", "least eigenvalue"),
        (lambda: ts.Truncation(rank=3)(LAMBDA), "filter", "Truncation(rank=3)", "adapted"),
        (lambda: ts.Truncation(rank=3).breaks, "filter", "Truncation(rank=3)", "adapted"),
        (lambda: ts.Shrinkage()(LAMBDA), "filter", "Shrinkage()", "adapted"),
        (
            lambda: ts.Truncation(rank=1).adapted(spectrum_of(np.ones(3), n=9)),
            "rank",
            "1",
            "a gap after it",
        ),
        (
            lambda: ts.Truncation(rank=1).adapted(
                SpectrumSeen(np.ones(1), np.ones(1), n=np.inf, d=np.inf)
            ),
            "rank",
            "1",
            "pass n and d",
        ),
        (
            lambda: ts.Shrinkage().adapted(
                SpectrumSeen(np.ones(1), np.ones(1), n=np.inf, d=np.inf)
            ),
            "spectrum",
            "(inf, inf)",
            "oracle",
        ),
    ],
)
def test_bad_input_is_named(
    build: Callable[[], object], argument: str, value: str, remedy: str
) -> None:
    with pytest.raises(InputError) as caught:
        build()
    assert caught.value.argument == argument
    assert f"(got {value})" in str(caught.value)
    assert remedy in caught.value.remedy
