"""Dates, times of day and durations as people write them, as numbers on their scale."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array

__all__ = ["DAY", "dates_of", "days", "durations_of", "packed_dates", "shown_date"]

DAY = 86_400.0
"""Seconds of a day."""

_FAR = 120_000
"""Days from 1970, beyond which words are not taken for dates."""

_ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:?\d{2}(?::?\d{2}(?:[.,]\d+)?)?\s?(?:Z|[+-]\d{2}:?\d{2})?)?"
)
_DATES = (
    *("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d"),
    *("%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%Y-%m", "%Y/%m", "%m/%Y", "%d %b %Y", "%d %B %Y"),
    *("%d-%b-%Y", "%d-%b-%y", "%d%b%Y", "%b %d, %Y", "%B %d, %Y", "%b %Y", "%B %Y"),
    *("%d. %B %Y", "%b-%Y", "%b-%y", "%a %b %d %H:%M:%S %Y"),
)
_TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
_QUARTER = re.compile(r"(\d{4})[ -]?Q([1-4])")
_CLOCK = re.compile(
    r"(?P<sign>-)?(?:(?P<days>\d+)\s+days?,?\s*\+?)?"
    r"(?:(?P<h>\d{1,3}):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d(?:\.\d+)?))?)?"
)
_AMPM = re.compile(
    r"(?P<h>\d{1,2}):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?\s*(?P<half>[ap])\.?m\.?", re.I
)
_PERIOD = re.compile(
    r"(?P<sign>-)?P(?:(?P<w>\d+)W)?(?:(?P<d>\d+)D)?"
    r"(?:T(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+(?:\.\d+)?)S)?)?"
)


def dates_of(
    words: Mapping[str, Sequence[str]], given: str | None = None
) -> dict[str, Array] | tuple[str, str] | None:
    """Return words of several roles as days since 1970; None where they are no dates.

    Two formats that both fit, and say different days, are returned instead: nothing tells which.

    >>> dates_of({"a": ["2020-01-01", "2020-01-02 12:00"]})
    {'a': array([18262. , 18263.5])}
    >>> dates_of({"a": ["03/04/2020"], "b": ["04/03/2020"]})
    ('%d/%m/%Y', '%m/%d/%Y')
    >>> dates_of({"a": ["03/04/2020"], "b": ["31/03/2020"]})["a"]
    array([18355.])
    """
    if given is not None:
        found = {role: _told({given: _by_format(mine, given)}) for role, mine in words.items()}
    else:
        found = {role: _fits(mine) for role, mine in words.items()}
    if not all(found.values()):
        return None
    common = set.intersection(*(set(ways) for ways in found.values()))
    answer = {}
    for role, ways in found.items():
        left = {way: days for way, days in ways.items() if not common or way in common}
        first = next(iter(left))
        for way, days_then in left.items():
            if not np.array_equal(days_then, left[first]):
                return first, way
        answer[role] = left[first]
    return answer


def durations_of(words: Sequence[str]) -> Array | None:
    """Return clock times and durations as seconds; None where a word is neither.

    >>> durations_of(["01:30", "1 days 00:00:10", "PT90S", "1:30 pm"])
    array([ 5400., 86410.,    90., 48600.])
    """
    found = np.empty(len(words))
    for place, word in enumerate(words):
        seconds = _seconds(word)
        if seconds is None:
            return None
        found[place] = seconds
    return found


def packed_dates(values: Array) -> Array | None:
    """Return numbers such as 20200131 as days since 1970, if every number is such a date.

    >>> packed_dates(np.array([20200131.0, 19991231.0])), packed_dates(np.array([20200132.0]))
    (array([18292., 10956.]), None)
    """
    whole = values.astype(np.int64) if np.all(np.isfinite(values)) else np.zeros(1, np.int64)
    if not np.all((whole == values) & (whole > 19_000_101) & (whole < 21_001_231)):
        return None
    try:
        return np.array(
            [date(n // 10_000, n // 100 % 100, n % 100).toordinal() - 719_163.0 for n in whole]
        )
    except ValueError:
        return None


def days(values: NDArray[np.datetime64]) -> Array:
    """Return moments as days since 1970; what is missing as NaN."""
    found = values.astype("datetime64[us]").astype(np.int64) / (DAY * 1e6)
    return np.where(np.isnat(values), np.nan, found)


def shown_date(day: float) -> str:
    """Return a day since 1970 as a date, with its time where it has one.

    >>> shown_date(18262.0), shown_date(18262.5)
    ('2020-01-01', '2020-01-01 12:00')
    """
    try:
        moment = datetime(1970, 1, 1) + timedelta(days=round(day * 1440) / 1440)
    except (OverflowError, ValueError):
        return f"{day:g} days"
    text = moment.isoformat(" ", "minutes")
    return text.removesuffix(" 00:00")


def _told(
    ways: Mapping[str, Array | None],
) -> dict[str, Array]:
    """Return the ways that fit."""
    return {way: days for way, days in ways.items() if days is not None}


def _fits(words: Sequence[str]) -> dict[str, Array]:
    """Return every way in which all the words are dates."""
    if not words or not all(any(c.isdigit() for c in word) for word in words[:20]):
        return {}
    if all(_ISO.fullmatch(word) for word in words):
        return _told({"ISO": _iso(words)})
    if all(_QUARTER.fullmatch(word) for word in words):
        return {"quarters": np.array([_quarter(word) for word in words])}
    if not words[0][:1].isalnum():
        return {}
    some = words[:: max(1, len(words) // 8)]
    ways = [day + time for day in _DATES for time in _TIMES if "%H" not in day or not time]
    ways = [way for way in ways if _by_format(some, way) is not None]
    found = _told({way: _by_format(words, way) for way in ways})
    return {way: days for way, days in found.items() if _recent(days)}


def _recent(found: Array) -> bool:
    """Say whether days lie where people's dates lie; else the words are codes."""
    return bool(np.all(np.abs(found) < _FAR))


def _iso(words: Sequence[str]) -> Array | None:
    try:
        return np.array([_day(datetime.fromisoformat(word.replace(" +", "+"))) for word in words])
    except ValueError:
        return None


def _by_format(words: Sequence[str], way: str) -> Array | None:
    try:
        return np.array([_day(datetime.strptime(word, way)) for word in words])
    except ValueError:
        return None


def _day(moment: datetime) -> float:
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return (moment - datetime(1970, 1, 1)).total_seconds() / DAY


def _quarter(word: str) -> float:
    found = _QUARTER.fullmatch(word)
    assert found is not None
    return _day(datetime(int(found[1]), 3 * int(found[2]) - 2, 1))


def _seconds(word: str) -> float | None:
    if (half := _AMPM.fullmatch(word)) is not None:
        hour = int(half["h"]) % 12 + (12 if half["half"].lower() == "p" else 0)
        return hour * 3600.0 + int(half["m"]) * 60.0 + float(half["s"] or 0)
    clock = _CLOCK.fullmatch(word)
    if clock is not None and (clock["h"] or clock["days"]):
        total = int(clock["days"] or 0) * DAY + int(clock["h"] or 0) * 3600.0
        total += int(clock["m"] or 0) * 60.0 + float(clock["s"] or 0)
        return -total if clock["sign"] else total
    period = _PERIOD.fullmatch(word)
    if period is not None and any(period[part] for part in "wdhms"):
        total = int(period["w"] or 0) * 7 * DAY + int(period["d"] or 0) * DAY
        total += int(period["h"] or 0) * 3600.0 + int(period["m"] or 0) * 60.0
        total += float(period["s"] or 0)
        return -total if period["sign"] else total
    return None
