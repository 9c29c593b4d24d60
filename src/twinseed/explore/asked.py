"""What a page asks for: text of an address, as checked numbers and words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from twinseed.errors import InputError

__all__ = ["Asked"]

_LONGEST = 2000
"""Characters of one value; a list of a hundred numbers is shorter."""
_MOST = 200
"""Numbers in one list."""


@dataclass(frozen=True)
class Asked:
    """The parameters of a question; each method checks one of them.

    >>> asked = Asked({"d": "200", "strengths": "1,0.5"})
    >>> asked.whole("d", 100, 1, 1000), asked.numbers("strengths", [1.0], -1.0, 10.0)
    (200, [1.0, 0.5])
    """

    values: Mapping[str, str]

    def word(self, name: str, default: str, allowed: Sequence[str]) -> str:
        """Return one of the allowed words."""
        found = self._text(name, default)
        if found not in allowed:
            raise InputError(
                name, "must be one of the known words", found, f"pass {', '.join(allowed)}"
            )
        return found

    def number(self, name: str, default: float, low: float, high: float) -> float:
        """Return a number from ``low`` to ``high``."""
        return _number(name, self._text(name, repr(float(default))), low, high)

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        """Return a whole number from ``low`` to ``high``."""
        found = _number(name, self._text(name, str(default)), low, high)
        if not found.is_integer():
            raise InputError(name, "must be a whole number", found, f"pass {round(found)}")
        return int(found)

    def numbers(
        self, name: str, default: Sequence[float], low: float, high: float, most: int = _MOST
    ) -> list[float]:
        """Return a list of numbers, each from ``low`` to ``high``; empty text is an empty list."""
        text = self._text(name, ",".join(repr(float(one)) for one in default))
        words = [word for word in text.split(",") if word.strip()]
        if len(words) > most:
            raise InputError(
                name, f"must have at most {most} numbers", len(words), "pass fewer numbers"
            )
        return [_number(name, word, low, high) for word in words]

    def text(self, name: str) -> str:
        """Return a text, which may be empty."""
        return self._text(name, "")

    def _text(self, name: str, default: str) -> str:
        found = self.values.get(name, "").strip() or default
        if len(found) > _LONGEST:
            raise InputError(
                name, f"must have at most {_LONGEST:,} characters", len(found), "pass a shorter one"
            )
        return found


def _number(name: str, text: str, low: float, high: float) -> float:
    remedy = f"pass a number from {low:g} to {high:g}"
    try:
        found: Any = float(text)
    except ValueError as error:
        raise InputError(name, "must be a number", text, remedy) from error
    if not math.isfinite(found) or not low <= found <= high:
        raise InputError(name, f"must lie from {low:g} to {high:g}", text, remedy)
    return float(found)
