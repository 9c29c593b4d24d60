"""No kind is forgotten: the laws run over the examples of every concrete class of twinseed."""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module
from typing import Any

import pytest
from tests.examples import ENGINE_KINDS, FILTER_KINDS, POPULATION_KINDS, subclasses

import twinseed
from twinseed.filters import Filter
from twinseed.populations import Population
from twinseed.simulation import Engine

# floors without optional packages; no other module defines a kind
FLOORS = ("filters", "populations", "simulation", "orders", "coupling", "generators", "verbs")
COLLECTED = {Filter: FILTER_KINDS, Population: POPULATION_KINDS, Engine: ENGINE_KINDS}


@pytest.mark.parametrize("base", COLLECTED, ids=lambda base: base.__name__)
def test_every_concrete_kind_is_in_the_laws(base: type[Any]) -> None:
    for floor in FLOORS:
        package = import_module(f"twinseed.{floor}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    ours = {
        one
        for one in subclasses(base)
        if one.__module__.split(".")[0] == twinseed.__name__
        and not inspect.isabstract(one)
        and not one.__name__.startswith("_")
    }
    assert ours == set(COLLECTED[base])
    assert all(kind.examples() for kind in COLLECTED[base])
