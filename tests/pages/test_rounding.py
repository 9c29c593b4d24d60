"""Numbers and intervals on a page, rounded to two digits of their error."""

from __future__ import annotations

import math

import pytest
from tests.support.page_parts import MISSING, printed

from twinseed.pages.page import interval, rounded

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("value", "half", "text"),
    [
        (0.72051, 0.042, "0.721"),
        (0.72051, 0.42, "0.72"),
        (0.72051, 0.0999, "0.721"),
        (0.72051, 0.1, "0.72"),
        (17.26, 4.2, "17.3"),
        (172.6, 42.0, "173"),
        (1726.4, 420.0, "1,726"),
        (0.123456789123, 1e-12, "0.12345679"),
        (-0.0004, 0.05, "0.000"),
        (0.720511, 0.0, "0.7205"),
        (0.720511, NAN, "0.7205"),
        (0.720511, INF, "0.7205"),
        (123456.0, 0.0, "123,456"),
        (NAN, 0.1, MISSING),
        (INF, 0.0, MISSING),
        (None, 0.0, MISSING),
    ],
)
def test_a_number_is_rounded_to_two_digits_of_its_error(
    value: float | None, half: float, text: str
) -> None:
    assert rounded(value, half) == text
    if value is not None:
        assert printed(value, half) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.7123, 0.7287, "0.7123 to 0.7287"),
        (0.7, 0.9, "0.70 to 0.90"),
        (1.0, 1.0, "1 to 1"),
        (-0.001, 0.299, "0.00 to 0.30"),
        (0.9, INF, f"0.9 to {MISSING}"),
        (None, 1.0, MISSING),
        (0.0, None, MISSING),
    ],
)
def test_an_interval_is_rounded_to_two_digits_of_its_half_width(
    low: float | None, high: float | None, text: str
) -> None:
    assert interval(low, high) == text
