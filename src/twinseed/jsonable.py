"""Values that JSON can hold: no NaN, no infinity, no numpy type, no tuple."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

__all__ = ["as_json"]


def as_json(value: Any) -> Any:
    """Return ``value`` with the types of JSON; None replaces a number that is not finite.

    Mappings become dictionaries with text as keys; tuples and arrays become lists; any object of
    another type becomes its text.

    >>> as_json({"gap": float("nan"), 2: (1, True, None, "n")})
    {'gap': None, '2': [1, True, None, 'n']}
    """
    if isinstance(value, Mapping):
        return {str(key): as_json(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(part) for part in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int):
        return value
    if hasattr(value, "tolist"):
        return as_json(value.tolist())
    return str(value)
