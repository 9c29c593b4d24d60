"""Tests by Cauchy's integral formula whether a filter is analytic as it declares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["is_analytic"]

_CENTRES = (0.2, 1.0, 5.0, 1.0 + 0.6j, 3.0 + 2.0j)
_RADIUS = 0.4
_POINTS = (64, 512, 4096)
"""Points on a circle: more where a function varies too fast for fewer points."""
_TOLERANCE = 1e-7


def is_analytic(function: Callable[[Any], Any], scale: float = 1.0) -> bool:
    """Tell whether a function can be analytic off the negative axis.

    Equation: over a circle with centre w and points ``w + r e^(i t)`` an analytic f has the mean
    f(w), and ``f e^(i t)`` has the mean 0. The first equation alone holds for every harmonic
    function, such as the conjugate of an analytic function. Range: False is a proof up to rounding;
    True says that both equations hold on five circles of the size of ``scale``.

    Validity: no singularity within ``|w|`` of a centre w, to the right of zero.
    Source: Cauchy's integral formula.

    >>> import numpy as np
    >>> is_analytic(np.sqrt), is_analytic(np.abs), is_analytic(lambda z: np.sqrt(np.conj(z)))
    (True, False, False)
    """
    return all(_holds(function, scale * centre) for centre in _CENTRES)


def _holds(function: Callable[[Any], Any], middle: complex) -> bool:
    """Tell whether Cauchy's formula holds on a circle, with as many points as necessary.

    The answer is True where the function is infinite on the circle: the formula then says nothing.
    """
    for points in _POINTS:
        turn = np.exp(2j * np.pi * (np.arange(points) + 0.5) / points)
        with np.errstate(over="ignore", invalid="ignore"):
            value = np.asarray(function(np.array([middle + 0j])))[0]
            around = np.asarray(function(middle + _RADIUS * abs(middle) * turn))
        if not np.isfinite(around).all():
            return True
        error = max(abs(around.mean() - value), abs((around * turn).mean()))
        if error <= _TOLERANCE * np.abs(around).max():
            return True
    return False
