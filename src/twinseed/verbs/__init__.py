"""``predict``, ``simulate`` and ``measure``: each returns a readout.

Names are imported when first used: an audit predicts and measures, and draws no data. The verbs
themselves are names of ``twinseed``, since here each name is that of a module.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twinseed.verbs.predict import predicted as predicted
    from twinseed.verbs.sweeps.load import Sweep as Sweep
    from twinseed.verbs.sweeps.load import load_sweep as load_sweep

_HOME = {"Sweep": "sweeps.load", "load_sweep": "sweeps.load", "predicted": "predict"}

__all__ = [*sorted(_HOME)]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'twinseed.verbs' has no attribute {name!r}")
    value = getattr(import_module(f"twinseed.verbs.{_HOME[name]}"), name)
    globals()[name] = value
    return value
