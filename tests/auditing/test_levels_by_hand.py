"""Levels of the audit's decisions, each with what lies just above it and just below it."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import twinseed as ts
from twinseed.auditing import (
    agreement,
    covariance_null,
    exhibits,
    figures,
    relabelling,
    seeds,
)
from twinseed.auditing.duplicates import near_duplicates
from twinseed.auditing.nearest_in_pool import DISTANCE, attribute, gaps_of
from twinseed.auditing.pool import FOLDS, Pool
from twinseed.auditing.real_rows import DirectionBands
from twinseed.auditing.roles import Role
from twinseed.auditing.searches import Searches
from twinseed.auditing.spaces import searched
from twinseed.auditing.verdict import recovery
from twinseed.orders.convergence import Along
from twinseed.progress import Progress
from twinseed.readout import Estimate

RISING = np.arange(1001.0)


@pytest.mark.parametrize(("energy", "shown"), [(1.01e-12, True), (0.99e-12, False)])
def test_a_band_is_shown_where_it_has_more_energy_than_rounding(
    energy: float, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Along(Estimate(np.full(2, 0.5), np.full(2, 0.1)), np.array([1.0, energy]))
    monkeypatch.setattr(agreement, "along", lambda *_, **__: found)
    axes: Any = SimpleNamespace(directions=np.eye(3), bands=(slice(0, 1), slice(1, 3)))
    bare: Any = SimpleNamespace(samples_b=None)
    bands = agreement._spectrum(bare, bare, axes, None, (0,))
    assert [(one.first, one.last) for one in bands] == [(1, 1), (2, 3)][: 1 + shown]


@pytest.mark.parametrize(("beyond", "order"), [(1.0005, "shifted"), (0.9995, "")])
def test_another_order_is_named_at_a_level_of_one_in_ten_thousand(
    beyond: float, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty shifts and twenty reversed orders: z = 4.5648 for 1e-4/40, above it or below."""
    count = 20
    rows = np.random.default_rng(0).standard_normal((3, count, 4))
    found: list[float] = []
    original = seeds._order

    def moved(cosine: Any, seen: float, bound: float) -> tuple[str, int]:
        scale = math.sqrt(float(np.sum(cosine**2)) / (count - 1))
        found.append(bound / scale)
        shifted = np.zeros((count, count))
        shifted[np.arange(count), (np.arange(count) + 3) % count] = 4.5648 * scale * beyond / count
        return original(shifted, 0.0, bound)

    monkeypatch.setattr(seeds, "_order", moved)
    monkeypatch.setattr(seeds, "_partnered", lambda *_: False)
    told = seeds.pairing(ts.Twins(*rows), (0,))
    assert told is not None
    assert told.order == order
    assert found == [pytest.approx(4.5648, abs=1e-4)]


@pytest.mark.parametrize(("times", "replicates"), [(4.0, 8), (17.5, 17), (31.0, 30)])
def test_the_null_is_simulated_as_often_as_its_work_allows(
    times: float, replicates: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """10 samples of 4 columns against 20 + 2 x 5 rows: 1,200 multiplications a replicate."""
    rows = np.random.default_rng(0).standard_normal((20, 4))
    monkeypatch.setattr(covariance_null, "_WORK", 1200.0 * times)
    twins = ts.Twins(rows[:10], None, rows)
    observed = dict.fromkeys(covariance_null.STATISTICS, 0.5)
    found = covariance_null.covariance_null(twins, ts.Atoms([1.0]), observed, 5, (0,))
    assert found.replicates == replicates


@pytest.mark.parametrize("generators", [[np.tanh] * 3, [], 5], ids=["three", "none", "a number"])
def test_one_or_two_generators_are_audited(generators: Any) -> None:
    rows = np.random.default_rng(0).standard_normal((2, 9, 3))
    with pytest.raises(ts.InputError, match="must be one or two functions"):
        ts.audit(train_a=rows[0], heldout=rows[1], generators=generators, seeds=9, rng=0)


def test_the_marks_of_an_axis_of_ratios_lie_alike_on_both_sides_of_one() -> None:
    marks = np.array(figures._TICKS)
    np.testing.assert_allclose(marks * marks[::-1], 1.0)


def test_the_columns_that_are_shown_are_those_in_which_the_rows_deviate_most() -> None:
    """Of ten columns, two rows deviate in the same eight; they are shown in their own order."""
    rows: Any = np.where(np.arange(40) % 2, 1.0, -1.0)[:, None] * np.ones(10)
    layout = tuple(SimpleNamespace(name=f"column {k}", width=1) for k in range(10))
    shown = SimpleNamespace(layout=layout, image_shape=None)
    twins: Any = SimpleNamespace(rows=shown, image_shape=None, train_a=rows)
    away = np.array([5.0, 4.0, 0.1, 5.0, 5.0, 3.0, 5.0, 0.2, 5.0, 5.0])
    pairs: Any = tuple(SimpleNamespace(training_values=sign * away) for sign in (1.0, -1.0))
    found = [one.entries.start for one in exhibits._columns(twins, pairs)]
    assert found == [0, 1, 3, 4, 5, 6, 8, 9]


def test_convergence_by_hand() -> None:
    """Gap (1 + 9 + 1 + 1)/2 = 6 of the energies (4 + 1 + 1 + 16 + 9 + 4 + 0 + 1)/2 = 18."""
    a, b = np.array([[2.0], [1.0], [3.0], [0.0]]), np.array([[1.0], [4.0], [2.0], [1.0]])
    found = agreement._level(ts.Twins(a, b, np.ones((4, 1))), None, (0,))
    assert found is not None
    assert found.trace.value == pytest.approx(1.0 - 6.0 / 18.0)


@pytest.mark.parametrize(
    ("numbers", "text"),
    [((1,), "1"), ((1, 2), "1, 2"), ((1, 2, 3, 5, 7, 8, 9), "1 to 3, 5, 7 to 9")],
)
def test_factors_are_named_by_their_runs(numbers: tuple[int, ...], text: str) -> None:
    factors: Any = [SimpleNamespace(number=number) for number in numbers]
    assert recovery._ranks(factors) == text


def test_a_lone_generator_is_compared_with_its_training_rows_first() -> None:
    """Its samples are its training rows: each lies on one of them, and on no other row."""
    train, heldout = np.random.default_rng(0).standard_normal((2, 60, 3))
    twins = ts.Twins(train, None, train, heldout=heldout)
    searches = Searches.of(twins, twins, twins.units, (0,), Progress(9))
    (found,) = searches._closeness(searches.generators)
    assert found.heldout is not None
    assert np.all(found.train.distance.min(axis=1) < 1e-6)
    assert np.all(found.heldout.distance.min(axis=1) > 1e-6)


def test_a_near_duplicate_is_named_by_its_rows_in_both_sets() -> None:
    """Each held-out row lies beside one training row, the last beside the first."""
    train = np.random.default_rng(0).standard_normal((20, 3))
    heldout = train[::-1][:12] + 1e-9
    found = list(near_duplicates({"a": train, "b": heldout}, np.random.default_rng(1)))
    assert [told[2]["sets"] for told in found] == [["b", "a"]]
    assert found[0][2]["rows"] == 6
    assert {i + j for i, j in found[0][2]["examples"]} == {19}


def test_bands_of_directions_rise_in_width_by_a_quarter_from_the_eighth() -> None:
    bands = DirectionBands.of(np.random.default_rng(0).standard_normal((40, 20))).bands
    assert [one.stop for one in bands] == [*range(1, 9), 10, 12, 15, 18, 20]


@pytest.mark.parametrize(
    ("gaps", "times"), [([0.5], 1.0), ([0.5, 1.5], 3.0), ([4, 0.5, 2, 1], 4.0)]
)
def test_a_margin_is_that_of_the_third_closest_group(gaps: list[float], times: float) -> None:
    """Or of the furthest, where there are fewer than three."""
    rows = np.array(gaps)[:, None]
    role = Role(rows, "train_a", np.arange(len(gaps)))
    pool = Pool.draw([role], np.random.default_rng(0))
    found = attribute(gaps_of(searched(np.zeros((1, 1)), pool, None), DISTANCE), pool)
    assert found.margin == pytest.approx(np.full((FOLDS, 1), np.log(times)))


def test_each_look_sees_a_fifth_fewer_samples() -> None:
    looks = relabelling._looks(np.arange(10.0))
    assert [int(look.sum()) for look in looks] == [10, 8, 6, 5, 4]
    assert all(look[-1] for look in looks)
