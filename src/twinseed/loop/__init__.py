"""Measures generators inside training loops and searches of other libraries.

``TwinMetric`` is a metric of torchmetrics, and ``TwinSelection`` an estimator of scikit-learn. Each
is imported when first used, because each needs an optional library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twinseed.loop.selection import TwinSelection as TwinSelection
    from twinseed.loop.torch_metric import TwinMetric as TwinMetric

_HOME = {"TwinMetric": "torch_metric", "TwinSelection": "selection"}

__all__ = ["TwinMetric", "TwinSelection"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'twinseed.loop' has no attribute {name!r}")
    return getattr(import_module(f"twinseed.loop.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
