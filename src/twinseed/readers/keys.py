"""Columns that name rows: numbers that count, identifiers, free text."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from twinseed.arrays import Array
from twinseed.readers.table import MISSING, Categories

__all__ = ["MOST_WORDS", "names_rows"]

MOST_WORDS = 1000
"""A column of more different words is not compared."""

_NAME = re.compile(
    r"unnamed: \d+|column0|index|level_\d+|__index_level_\d+__|"
    r"(?:.*[ _.-])?(?:id|ids|uid|uuid|guid|pk|key)|"
    r"[a-z]+Id|[a-zA-Z]*ID|row(?:[ _.-]?(?:id|nr|no|num|number|names?))?|nr|no|"
    r"(?:record|serial|case|subject|sample|customer|patient|participant|person|member|user|account|"
    r"policy|order|ticket|invoice|phone|mobile|passport)[ _.-]?(?:no|nr|num|number|code|name)?|"
    r"ssn|mrn|iban|imei|vin|isbn|doi|url|e-?mail|hash|token|barcode|sku",
)
_RANDOM = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{16,64}")
_TIES = 12.0
"""Equal values that numbers drawn at random would show, where there are none: chance e^-12."""
_NEARLY = 0.99
"""Share of a column's values that differ from all others, where they name rows."""
_FEW = 10
"""Fewer rows say nothing by their values alone."""


def names_rows(name: str, real: Sequence[Array | Categories]) -> str | None:
    """Return why a column names rows, or None; ``real`` are its cells in each table of real rows.

    Whole numbers name rows if all are different (in every table) and they count up, or lie so
    close together that numbers drawn at random would repeat, or the column is called so ("id").
    Words name rows if nearly all are different.

    >>> names_rows("Unnamed: 0", [np.arange(5.0)])
    'it is called so, and all its values are different'
    >>> names_rows("nr", [np.random.default_rng(0).permutation(300).astype(float)])
    'it is called so, and all its values are different'
    >>> names_rows("code", [np.random.default_rng(0).permutation(300).astype(float)])
    'all its numbers are whole and different, and they fill their range'
    >>> names_rows("wage", [np.random.default_rng(0).normal(3e4, 9e3, 300).round()])
    """
    if not real or min(map(len, real)) < 2:
        return None
    if isinstance(real[0], Categories):
        return _words(name, [one for one in real if isinstance(one, Categories)])
    return _numbers(name, [one for one in real if not isinstance(one, Categories)])


def _numbers(name: str, real: list[Array]) -> str | None:
    ties, counting, rising, spread = 0.0, True, True, True
    for values in real:
        if not np.all(values == np.rint(values)):  # NaN is none
            return None
        different = np.unique(values)
        if len(different) < len(values) * (_NEARLY if len(values) >= 200 else 1):
            return None
        steps = np.diff(values)
        counting &= bool(len(values) >= _FEW and steps[0] != 0 and np.all(steps == steps[0]))
        rising &= bool(len(values) >= 2 * _FEW and np.all(steps > 0))
        spread &= _spread_evenly(different)
        ties += _expected_ties(different)
    if counting:
        return "its whole numbers count the rows"
    if rising:
        return "its whole numbers rise from each row to the next"
    if _named(name):
        return "it is called so, and all its values are different"
    if ties > _TIES:
        return "all its numbers are whole and different, and they fill their range"
    if spread:
        return "all its numbers are different, have as many digits, and are spread evenly"
    return None


def _spread_evenly(values: Array) -> bool:
    """Say whether numbers lie as random identifiers do: of as many digits, and even over these."""
    from scipy.stats import kstest

    low, high = float(values[0]), float(values[-1])
    if len(values) < 3 * _FEW or low < 1e5 or len(f"{low:.0f}") != len(f"{high:.0f}"):
        return False
    decade = 10.0 ** (len(f"{low:.0f}") - 1)
    if high - low < 4.5 * decade:  # half of the numbers of so many digits
        return False
    return bool(kstest((values - decade) / (9 * decade), "uniform").pvalue > 0.01)


def _words(name: str, real: list[Categories]) -> str | None:
    if len(set().union(*(one.present for one in real))) > MOST_WORDS and not _mostly_new(real):
        return f"it has more than {MOST_WORDS:,} different words"
    if not _mostly_new(real):
        return None
    words = [word for one in real for word in one.present - {MISSING}]
    if _named(name) or all(_RANDOM.fullmatch(word) for word in words):
        return "nearly all its words are different"
    if min(map(len, real)) < 2 * _FEW:
        return None
    if np.mean([len(word.split()) for word in words]) > 3:
        return "it is free text"
    return "nearly all its words are different"


def _mostly_new(real: list[Categories]) -> bool:
    """Say whether nearly every row of every table has a word of its own."""
    return all(len(one.present) > 0.9 * len(one) for one in real)


def _named(name: str) -> bool:
    return bool(_NAME.fullmatch(name) or _NAME.fullmatch(name.lower()))


def _expected_ties(values: Array) -> float:
    """Return how many equal pairs as many draws of the same local density would show."""
    step = max(2, math.isqrt(len(values)))
    found = 0.0
    for start in range(0, len(values) - step + 1, step):
        window = values[start : start + step]
        found += step * (step - 1) / 2 / float(window[-1] - window[0] + 1)
    return found
