"""Every error of twinseed travels: pickled or copied it keeps its message and its attributes."""

from __future__ import annotations

import copy
import importlib
import inspect
import pickle
import pkgutil
from collections.abc import Callable, Iterator

import numpy as np
import pytest

import twinseed
from twinseed.errors import InputError, TwinseedError


def _every_error(kind: type[TwinseedError] = TwinseedError) -> Iterator[type[TwinseedError]]:
    yield kind
    for one in kind.__subclasses__():
        yield from _every_error(one)


def _import_all() -> None:
    for module in pkgutil.walk_packages(twinseed.__path__, "twinseed."):
        if module.name.rsplit(".", 1)[-1] == "__main__":
            continue
        try:
            importlib.import_module(module.name)
        except ImportError:
            continue  # an optional dependency that this environment does not have


def _made(kind: type[TwinseedError], value: object) -> TwinseedError:
    """Make an error of a class from its signature: texts, and ``value`` where any object goes."""
    if not inspect.isfunction(kind.__init__):
        return kind("the disk is full: make room")
    parameters = list(inspect.signature(kind).parameters.values())
    texts = [value if "object" in str(one.annotation) else f"a {one.name}" for one in parameters]
    return kind(*texts)


def _pickled(error: TwinseedError) -> TwinseedError:
    travelled = pickle.loads(pickle.dumps(error))
    assert isinstance(travelled, TwinseedError)
    return travelled


@pytest.mark.parametrize("travel", [_pickled, copy.copy, copy.deepcopy])
def test_every_error_travels(travel: Callable[[TwinseedError], TwinseedError]) -> None:
    _import_all()
    kinds = set(_every_error())
    assert {"InputError", "MissingExtraError", "ReadoutError", "StoreError"} <= {
        kind.__name__ for kind in kinds
    }
    for kind in kinds:
        if not kind.__module__.startswith("twinseed"):
            continue
        error = _made(kind, {"n": -3})
        error.add_note("in the cell {}")
        other = travel(error)
        assert type(other) is kind
        assert str(other) == str(error), kind
        assert other.args == error.args, kind
        assert vars(other) == vars(error), kind
        assert getattr(other, "msg", None) == getattr(error, "msg", None), kind


def test_an_error_about_a_value_that_cannot_be_pickled_travels() -> None:
    error = InputError("filter", "must be a filter", lambda x: x, "pass ts.Ridge(0.1)")
    assert str(_pickled(error)) == str(error)


def test_an_error_about_a_value_that_cannot_be_shown_is_made() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError

    assert "<Broken>" in str(InputError("n", "must be a number", Broken(), "pass 100"))
    assert "<int>" in str(InputError("n", "must be smaller", 10**5000, "pass 100"))
    assert len(str(InputError("n", "must be a number", np.zeros(10**4), "pass 100"))) < 250
