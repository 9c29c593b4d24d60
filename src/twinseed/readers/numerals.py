"""Numbers as people write them: thousands, decimal commas, currencies, per cents, units."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array

__all__ = ["Numerals", "decimal_marks", "is_plain_number", "numerals"]

_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:inf|infinity)", re.I)
_LEADING_ZERO = re.compile(r"0\d+")

_CURRENCY = (
    r"(?:US|C|A|R|NZ|HK)?\$|[€£¥₹₽₩฿₺₪]|kr\.?|zł|Kč|Ft|Fr\.?|"
    r"(?:USD|EUR|GBP|CHF|JPY|CNY|INR|SEK|NOK|DKK|PLN|CAD|AUD|NZD|CZK|HUF|BRL|ZAR|MXN|KRW|TRY|RUB)"
)
_TIMES = {"k": 1e3, "K": 1e3, "M": 1e6, "Mio": 1e6, "B": 1e9, "bn": 1e9, "Mrd": 1e9}
_UNITS = (
    r"Mio|Mrd|bn|k|B|"
    r"kg|mg/dl|mmol/l|mg|[µu]g|g|lbs?|oz|km/h|mph|km|cm|mm|ft|in|ml|dl|m²|m2|m|l|°C|°F|mmHg|bpm|"
    r"kWh|kW|W|V|A|Hz|ms|min|hours?|hrs?|h|days?|d|years?|yrs?|yr|y|months?|weeks?|s"
)
_SPACES = " \u00a0\u202f\u2009'\u2019"
_DIGITS = rf"(?:\d{{1,3}}(?:[{_SPACES}]\d{{3}})+|\d+(?:,\d+)*(?:\.\d+)*(?:,\d+)?)"
_WRITTEN = re.compile(
    rf"(?P<open>\()?(?P<sign>[+\-\u2212]?)\s*(?P<before>{_CURRENCY})?\s*(?P<sign2>[+\-\u2212]?)"
    rf"(?P<body>{_DIGITS}(?:[.,]\d*)?|[.,]\d+)(?P<power>[eEdD][+-]?\d+)?"
    rf"(?:[{_SPACES}]?(?P<percent>%)|\s?(?P<after>{_CURRENCY})|[{_SPACES}]?(?P<unit>{_UNITS}))?"
    r"(?P<close>\))?",
    re.I,
)
_GROUPS = {
    # in India the last group has three digits, and the others have two: 12,34,500
    ",": re.compile(r"\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})+,\d{3}"),
    ".": re.compile(r"\d{1,3}(?:\.\d{3})+"),
}


@dataclass(frozen=True)
class Numerals:
    """Words read as numbers, and what stood beside the digits."""

    values: Array
    percent: NDArray[np.bool_]
    """Which words are per cents; their values are parts of one."""
    units: tuple[str, ...]
    """The currencies and units that stood beside the digits; "" where there was none."""
    thousands: bool
    """Whether digits stood in groups of three, or a letter for thousands or millions."""
    unclear: bool
    """Whether a mark may stand before decimals or between thousands, and nothing tells which."""


def is_plain_number(word: str) -> bool:
    """Say whether a word is a number as programs write it.

    >>> [is_plain_number(word) for word in ("1.5e3", "007", "1,5", "0.5", "nan")]
    [True, False, False, True, False]
    """
    return bool(_PLAIN.fullmatch(word)) and not _LEADING_ZERO.fullmatch(word)


def decimal_marks(words: Iterable[str]) -> set[str]:
    """Return the decimal marks that words prove: "1,5" a comma; "1,500" proves nothing.

    >>> decimal_marks(["1,500", "0.5"]), decimal_marks(["1.234,5"]), decimal_marks(["1,500"])
    ({'.'}, {','}, set())
    """
    found = set()
    for word in words:
        match = _WRITTEN.fullmatch(word)
        if match is None:
            continue
        mark = _proven(match["body"])
        if mark:
            found.add(mark)
    return found


def numerals(words: Sequence[str], decimal: str | None) -> Numerals | int:
    """Return words as numbers, or the place of the first that is none.

    ``decimal`` is the mark of the file, where it is known; marks that the words themselves prove
    come first. Without either, "1,500" is unclear, and "1.500" is one and a half.

    >>> numerals(["$1,500", "(20.5)"], None).values
    array([1500. ,  -20.5])
    >>> numerals(["25 %", "2,5 %"], ",").values.round(3)
    array([0.25 , 0.025])
    >>> numerals(["12,34,500", "1.5D+3"], None).values.tolist()
    [1234500.0, 1500.0]
    >>> numerals(["12", "n.d."], None)
    1
    """
    own = decimal_marks(words)
    mark = own.pop() if len(own) == 1 else decimal
    values, percent = np.empty(len(words)), np.zeros(len(words), dtype=bool)
    units: dict[str, None] = {}
    thousands = unclear = False
    for place, word in enumerate(words):
        match = _WRITTEN.fullmatch(word)
        if match is None or bool(match["open"]) != bool(match["close"]):
            if _PLAIN.fullmatch(word):
                values[place] = float(word)
                continue
            return place
        if _LEADING_ZERO.fullmatch(match["body"]) and match["unit"] is None:
            return place
        digits = re.sub(rf"[{_SPACES}]", "", match["body"])
        thousands |= digits != match["body"]
        if "," in digits and mark is None and _proven(digits) is None:
            unclear = True
        read = _plain(digits, mark or ".")
        if read is None:
            return place
        grouped, text = read
        thousands |= grouped
        value = float(text + re.sub("[dD]", "e", match["power"] or ""))  # Fortran writes 1.5D+3
        negative = bool(match["open"]) or bool({"-", "\u2212"} & {match["sign"], match["sign2"]})
        percent[place] = match["percent"] is not None
        values[place] = (-value if negative else value) / (100.0 if percent[place] else 1.0)
        unit = match["unit"] or ""
        values[place] *= _TIMES.get(unit, 1.0)
        thousands |= unit in _TIMES
        units[match["before"] or match["after"] or ("" if unit in _TIMES else unit)] = None
    return Numerals(values, percent, tuple(units), thousands, unclear)


def stands_apart(values: Array) -> bool:
    """Say whether -1, 99, -999 and the like occur often, outside of what all other numbers span."""
    if len(values) < 20:
        return False
    for end in (values.min(), values.max()):
        rest = values[values != end]
        span = float(np.ptp(rest)) if len(rest) else 0.0
        often = len(values) - len(rest) >= max(2, 0.002 * len(values))
        nines = f"{abs(end):g}".strip("9") in ("", "1") and abs(end) not in (0.0, 1.0)
        if often and nines and span > 0 and np.abs(rest - end).min() > span:
            return True
    return False


def _proven(body: str) -> str | None:
    """Return the decimal mark that the digits of one number prove."""
    comma, point = body.count(","), body.count(".")
    if comma and point:
        last = "," if body.rfind(",") > body.rfind(".") else "."
        return last if body.count(last) == 1 else None
    if not comma and not point:
        return None
    mark, other = (",", ".") if comma else (".", ",")
    if comma + point > 1:
        return other if _GROUPS[mark].fullmatch(body) else None
    if _GROUPS[mark].fullmatch(body) and not body.startswith("0"):
        return None
    return mark


def _plain(digits: str, mark: str) -> tuple[bool, str] | None:
    """Return whether digits are in groups, and the number as programs write it."""
    other = "," if mark == "." else "."
    whole, _, part = digits.partition(mark)
    if mark in part or other in part:
        if _GROUPS[mark].fullmatch(digits):  # 1.234.567 in a file of decimal points
            return True, digits.replace(mark, "")
        return None
    if other in whole:
        if not _GROUPS[other].fullmatch(whole):
            return None
        return True, f"{whole.replace(other, '')}.{part or '0'}"
    return False, f"{whole or '0'}.{part or '0'}"
