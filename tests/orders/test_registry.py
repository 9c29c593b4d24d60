"""The order parameters together give each variable of the readout once, by theory and from data."""

from __future__ import annotations

import numpy as np
import pytest

import twinseed as ts
from twinseed.coupling import solve
from twinseed.data.closeness import closeness
from twinseed.orders import ORDERS, OrderParameter, measured
from twinseed.orders.evidence import Evidence
from twinseed.orders.reference import Reference
from twinseed.readout import VARIABLES, Estimate


def predicted(orders: tuple[OrderParameter, ...]) -> list[str]:
    """Return the names of all variables that theory gives, as often as it gives them."""
    load = np.full((1, 1, 1), 40.0)
    coupling = solve(ts.Spiked([3.0]), [ts.Ridge(0.1)], load, load, load / load)
    return [name for order in orders for name in order.from_coupling(coupling)]


def evidence() -> Evidence:
    """Return twins of noise, with held-out rows, and what is prepared from them."""
    a, b, train_a, train_b, heldout = np.random.default_rng(0).standard_normal((5, 20, 4))
    twins = ts.Twins(a, b, train_a, train_b, heldout)
    reference = Reference.of_rows(twins.rows, (0,), factors=2, resamples=0)
    return Evidence(twins, (0,), reference, closeness(twins, 0, groups=1), resamples=0)


def test_theory_gives_each_variable_once() -> None:
    assert sorted(predicted(ORDERS)) == sorted(VARIABLES)


@pytest.mark.parametrize("place", range(len(ORDERS)))
def test_without_one_order_parameter_variables_are_missing(place: int) -> None:
    rest = (*ORDERS[:place], *ORDERS[place + 1 :])
    assert set(predicted(rest)) < set(VARIABLES)


def test_data_give_each_variable_once() -> None:
    given = evidence()
    names = [name for order in ORDERS for name in order.from_evidence(given)]
    assert sorted(names) == sorted(VARIABLES)
    together = measured(given)
    assert list(together) == names
    assert all(isinstance(one, Estimate) for one in together.values())
