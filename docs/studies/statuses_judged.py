"""Judges values of theory by what was simulated: which are off, and by more than their bias."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from tests.support.random_models import RandomModel

import twinseed as ts
from twinseed.errors import InputError
from twinseed.readout import VARIABLES

__all__ = ["Value", "counts", "summary", "values"]

_FAR, _FARTHER = 0.02, 0.1
"""Values are counted that are off by more than these shares, and by more than 4 standard errors."""
_ERRORS = 4.0
_ZERO = {"convergence_null": 1.0}
"""The size with which a variable is compared whose true value is 0."""
_KINDS = (
    ("all", 0.0, np.inf),
    ("effective dimension below 10", 0.0, 10.0),
    ("effective dimension 10 to 50", 10.0, 50.0),
    ("effective dimension from 50", 50.0, np.inf),
)


@dataclass(frozen=True)
class Value:
    """A value of theory beside its simulation."""

    model: int
    name: str
    predicted: float
    bias: float
    status: str
    simulated: float
    se: float
    effective: float

    def off(self, share: float) -> bool:
        """Tell whether it is off by more than 4 standard errors and this share of the truth."""
        apart = abs(self.predicted - self.simulated)
        size = max(abs(self.simulated), _ZERO.get(self.name, 0.0))
        return apart > _ERRORS * self.se and apart > share * size

    @property
    def within(self) -> bool:
        """Whether the truth lies within the bias and 4 standard errors."""
        size = max(abs(self.simulated), abs(self.predicted))
        return abs(self.predicted - self.simulated) <= self.bias * size + _ERRORS * self.se


def values(model: RandomModel, number: int, found: Mapping[str, Any]) -> Iterator[Value]:
    """Yield the values of a model that theory predicts and that were simulated."""
    d = {} if model.population.dimension else {"d": model.d}
    try:
        predicted = ts.predict(model.population, model.filter, n=model.n, **d)
    except InputError:  # a filter that theory cannot take on this spectrum
        return
    effective = model.population.effective_dimension(model.d)
    for name in VARIABLES:
        if name not in found:
            continue
        parts = [predicted[f"{name}{end}"].values.ravel() for end in ("", "_bias", "_status")]
        for value, bias, status, mean, se in zip(
            *parts, *map(np.atleast_1d, found[name]), strict=True
        ):
            if np.isfinite(value):
                yield Value(
                    number,
                    name,
                    float(value),
                    float(bias),
                    str(status),
                    float(mean),
                    float(se),
                    effective,
                )


def summary(found: Sequence[Value]) -> dict[str, int]:
    """Count values: all, "ok", "ok" and off by 2 %, by 10 %, and beyond their bias."""
    fine = [one for one in found if one.status == "ok"]
    judged = [one for one in found if one.status in ("ok", "leading order")]
    return {
        "values": len(judged),
        "ok": len(fine),
        "off": sum(one.off(_FAR) for one in fine),
        "far": sum(one.off(_FARTHER) for one in fine),
        "beyond": sum(not one.within for one in judged),
    }


def counts(found: Sequence[Value]) -> dict[str, dict[str, dict[str, int]]]:
    """Count the values of each variable, and of models by their effective dimension."""
    return {
        "variables": {
            name: summary([one for one in found if one.name == name])
            for name in VARIABLES
            if any(one.name == name for one in found)
        },
        "kinds": {
            name: summary([one for one in found if low <= one.effective < high])
            for name, low, high in _KINDS
        },
    }
