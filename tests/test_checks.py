"""Checks of numbers: exact whole numbers, no texts, no truth values, sizes with a bound."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import twinseed as ts
from twinseed.checks import (
    LARGEST,
    finite_vector,
    grid_axis,
    non_negative,
    positive,
    whole,
    whole_numbers,
)
from twinseed.errors import InputError

NOT_NUMBERS: list[Any] = [
    "3",
    b"3",
    bytearray(b"3"),
    True,
    np.True_,
    np.array(True),
    3 + 0j,
    np.complex128(3),
    np.array("3"),
    np.datetime64(3, "s"),
    None,
    [3],
    np.array([3]),
    np.ma.masked,
    np.ma.masked_array(3, mask=True),
    object,
]

THREES: list[Any] = [
    3,
    3.0,
    np.int8(3),
    np.uint64(3),
    np.float32(3),
    np.float64(3),
    np.longdouble(3),
    np.array(3),
    np.array(3.0),
    Fraction(3),
    Decimal(3),
]


@pytest.mark.parametrize("value", NOT_NUMBERS, ids=repr)
def test_what_is_no_number_is_refused(value: Any) -> None:
    for check in (whole, positive, non_negative):
        with pytest.raises(InputError, match="size must"):
            check("size", value, "pass 3")
    if isinstance(value, list | np.ndarray) and np.ndim(value) == 1:
        return  # a vector
    for axis in (value, [value, 1.0], [1.0, value]):
        with pytest.raises(InputError, match="size"):
            finite_vector("size", axis, "pass 3")
        with pytest.raises(InputError, match="size"):
            grid_axis("size", axis, "pass 3")
        with pytest.raises(InputError, match="size"):
            whole_numbers("size", axis, "pass 3")


@pytest.mark.parametrize("value", THREES, ids=lambda value: type(value).__name__)
def test_every_kind_of_number_is_taken(value: Any) -> None:
    found = whole("size", value, "pass 3")
    assert type(found) is int
    assert found == 3
    for check in (positive, non_negative):
        assert type(check("size", value, "pass 3")) is float
        assert check("size", value, "pass 3") == 3.0
    for axis, shape in ((value, True), ([value], False)):
        numbers, scalar = grid_axis("size", axis, "pass 3", whole_numbers=True)
        assert (numbers.tolist(), scalar) == ([3.0], shape)


def test_rounding_alone_makes_no_number_of_a_grid_fractional() -> None:
    spaced = np.geomspace(50, 800, 3)
    assert spaced[1] != 200.0
    numbers, _ = grid_axis("n", spaced, "pass rows", whole_numbers=True)
    assert numbers.tolist() == [50.0, 200.0, 800.0]
    with pytest.raises(InputError, match=r"n\[0\] must be a whole number"):
        grid_axis("n", [200.0 * (1 + 1e-13)], "pass rows", whole_numbers=True)


def test_whole_numbers_stay_exact() -> None:
    """Beyond 2^53 floats collide: two seeds would be one."""
    for seed in (2**53 + 1, 2**63 - 1, np.uint64(2**63 - 1), np.int64(2**53 + 1)):
        assert whole("seed", seed, "pass a seed", at_most=2**63 - 1) == int(seed)
    pair = whole_numbers("seeds", (s for s in (2**60, 2**60 + 1)), "pass seeds", at_most=2**61)
    assert pair == (2**60, 2**60 + 1)
    with pytest.raises(InputError, match="must be a whole number"):
        whole("seed", 2.0**53, "pass a seed", at_most=2**63)


@pytest.mark.parametrize("value", [100.5, np.float32(0.1), Fraction(1, 3), np.nan, np.inf])
def test_what_is_not_whole_is_refused(value: Any) -> None:
    for check in (whole, lambda *a: grid_axis(*a, whole_numbers=True)):
        with pytest.raises(InputError, match="size must"):
            check("size", value, "pass 100")


@pytest.mark.parametrize("value", [10**400, -(10**400), LARGEST + 1, 1e300])
def test_sizes_are_bounded(value: Any) -> None:
    with pytest.raises(InputError, match="size must be"):
        whole("size", value, "pass 100")
    with pytest.raises(InputError, match="size must be"):
        grid_axis("size", value, "pass 100", whole_numbers=True)
    if isinstance(value, int) and value > LARGEST + 1:
        with pytest.raises(InputError, match=r"below 1\.8e308"):
            positive("size", value, "pass 100")


def test_masked_entries_are_refused_with_their_place() -> None:
    values = np.ma.masked_array([1.0, 2.0, 3.0], mask=[False, True, False])
    with pytest.raises(InputError, match=r"values\[1\] must not be masked"):
        finite_vector("values", values, "fill them")


@pytest.mark.parametrize("n", [100.5, "100", 10**400, [100, 100.5], True, [50, True]])
def test_the_verbs_refuse_a_number_of_rows_that_is_none(n: Any) -> None:
    with pytest.raises(InputError, match="n"):
        ts.predict(ts.Spiked([3.0]), n=n, d=100)
    with pytest.raises(InputError, match="n"):
        ts.simulate(ts.Spiked([3.0]), n=n, d=100, replicates=2, rng=0)
    with pytest.raises(InputError, match="n"):
        ts.predict(ts.Spiked([3.0]), n=100, d=n)


@pytest.mark.parametrize(
    "make",
    [
        lambda: ts.Ridge("0.1"),  # type: ignore[arg-type]  # what a user may pass
        lambda: ts.Spiked(["3"]),  # type: ignore[list-item]  # as above
        lambda: ts.PowerLaw(1.0, 10**12),
        lambda: ts.Atoms([True, False]),
        lambda: ts.Euler(b"3"),  # type: ignore[arg-type]  # as above
        lambda: ts.Dense(max_gib="8"),  # type: ignore[arg-type]  # as above
    ],
)
def test_the_nouns_refuse_what_is_no_number(make: Any) -> None:
    with pytest.raises(InputError):
        make()
