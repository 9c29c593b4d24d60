"""Intervals: the constant is the quantile, and no other module writes it again."""

import re
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import binomtest

from twinseed.intervals import Z95, half_width, interval95, wilson

SOURCE = Path(__file__).parent.parent / "src" / "twinseed"


def test_the_constant_is_the_quantile_of_a_normal() -> None:
    assert pytest.approx(ndtri(0.975), rel=1e-15) == Z95


def test_both_ends_lie_a_half_width_away() -> None:
    value, se = np.array([0.0, 3.0]), np.array([1.0, 0.5])
    low, high = interval95(value, se)
    np.testing.assert_allclose((high - low) / 2, half_width(se))
    np.testing.assert_allclose((high + low) / 2, value, atol=1e-15)


def test_no_other_module_holds_the_constant() -> None:
    number = re.compile(r"\b1\.96\b(?!\.)|\b1\.9599\d+")
    code = {
        path.name: re.sub(r'""".*?"""', "", path.read_text("utf-8"), flags=re.S)
        for path in SOURCE.rglob("*.py")
        if path.name != "intervals.py"
    }
    assert [name for name, text in code.items() if number.search(text)] == []


@pytest.mark.parametrize(("count", "number"), [(0, 1), (0, 100), (50, 100), (7, 9), (300, 300)])
def test_the_limits_of_a_share_are_wilsons(count: int, number: int) -> None:
    theirs = binomtest(count, number).proportion_ci(method="wilson")
    assert wilson(count / number, number) == pytest.approx((theirs.low, theirs.high), abs=1e-14)


def test_more_errors_make_the_limits_of_a_share_wider() -> None:
    (low, high), (lower, higher) = wilson(0.2, 50), wilson(0.2, 50, 3.0)
    assert lower < low < 0.2 < high < higher
