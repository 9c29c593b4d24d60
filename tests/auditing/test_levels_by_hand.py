"""Levels of the audit's decisions, each with what lies just above it and just below it."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import twinseed as ts
from twinseed.auditing import agreement, copied_fraction, copying, seeds
from twinseed.auditing.pool import NearestInPool
from twinseed.auditing.relabelling import Attribution, Relabelling
from twinseed.orders.convergence import Along
from twinseed.readout import Estimate

RISING = np.arange(1001.0)


def attribution(margins: Any, own: Any = True) -> Attribution:
    rows = np.arange(len(margins))
    role = np.where(own, 0, 1) + 0 * rows
    near = NearestInPool(role, rows, rows, 0 * rows, 0.1 + 0.0 * rows, np.array(margins))
    return Attribution((0,), {"distance": near, "cosine": near})


@pytest.mark.parametrize(("energy", "shown"), [(1.01e-12, True), (0.99e-12, False)])
def test_a_band_is_shown_where_it_has_more_energy_than_rounding(
    energy: float, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Along(Estimate(np.full(2, 0.5), np.full(2, 0.1)), np.array([1.0, energy]))
    monkeypatch.setattr(agreement, "along", lambda *_, **__: found)
    axes = SimpleNamespace(directions=np.eye(3), bands=(slice(0, 1), slice(1, 3)))
    bands = agreement._spectrum(None, None, axes, None, (0,))  # type: ignore[arg-type]
    assert [(one.first, one.last) for one in bands] == [(1, 1), (2, 3)][: 1 + shown]


def test_copies_are_looked_for_beyond_four_margins_of_the_linear_model(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of the margins 0 to 1,000: the one that 99 % do not exceed, 90 %, 50 %, and all."""
    beyond: list[float] = []
    original = copied_fraction._beyond_linear

    def noted(one: Attribution, honest: Attribution, pool: Any, t: float) -> Any:
        beyond.append(t)
        return original(one, honest, pool, t)

    monkeypatch.setattr(copied_fraction, "_beyond_linear", noted)
    pool: Any = SimpleNamespace(odds=lambda _: 1.0)
    linear = attribution(RISING, RISING % 2 == 0)
    copied_fraction.copied([attribution([5.0, 2000.0])], [linear], pool)
    assert beyond == [990.0, 900.0, 500.0, -math.inf]


def test_the_upper_limit_looks_beyond_the_median_margin() -> None:
    """Nine samples in a hundred lie above the median margin; a hundred lie above none."""
    margins = np.where(np.arange(100) < 9, 500.0, 499.0)
    pool: Any = SimpleNamespace(odds=lambda _: 1.0)
    linear = attribution(RISING, RISING % 2 == 0)
    own = (np.arange(100) < 9) | (np.arange(100) % 2 == 0)
    high = copied_fraction.copied([attribution(margins, own)], [linear], pool)[2]
    assert high == pytest.approx(copied_fraction._ExcessOfCopies(0.09, 0.0, 100).limits()[1])


def test_a_win_is_clear_beyond_99_in_100_margins_of_the_linear_model(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of the margins 0 to 1: 0.99 itself is not beyond it, and the next one is."""
    nothing = np.empty((0, 0))
    told = Relabelling(nothing, nothing, nothing, nothing)
    monkeypatch.setattr(copying, "relabelled", lambda *_: told)
    monkeypatch.setattr(copying, "beyond", lambda *_: 1.0)
    monkeypatch.setattr(copying, "copied", lambda *_: (0.0, 0.0, 0.0))
    own = {0: np.arange(3)}
    found = copying.examine(
        [attribution([0.989, 0.99, 0.991])],
        [attribution(RISING / 1000)],
        ([], []),
        [SimpleNamespace(name="samples_a", own=own)],  # type: ignore[list-item]
        SimpleNamespace(equal=3),  # type: ignore[arg-type]
        np.random.default_rng(0),
    )
    assert found.clear_win == pytest.approx(math.exp(0.99))
    assert [one.sample for one in found.suspects] == [2]


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
