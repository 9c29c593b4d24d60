"""No kind is forgotten: the laws run over the examples of every concrete class of twinseed."""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module
from typing import Any

import pytest
from tests.examples import (
    ENGINE_KINDS,
    FILTER_KINDS,
    GENERATOR_KINDS,
    IGNORE_NOISE,
    OPTIONAL_GENERATORS,
    PLAIN_GENERATORS,
    POPULATION_KINDS,
    subclasses,
)

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


def test_every_generator_is_in_the_laws() -> None:
    """Every class with a ``sample`` of noise; a generator has no base class to be collected by."""
    made = {*PLAIN_GENERATORS, *OPTIONAL_GENERATORS}
    assert made | set(IGNORE_NOISE) == set(GENERATOR_KINDS)
    assert all(found for found in (*PLAIN_GENERATORS.values(), *OPTIONAL_GENERATORS.values()))
    package = import_module("twinseed.generators")
    inside = {
        one
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
        for _, one in inspect.getmembers(import_module(module.name), inspect.isclass)
        if one.__module__.startswith(package.__name__) and "sample" in vars(one)
        if not one.__name__.startswith("_")
    }
    assert inside - {package.Generator} == set(GENERATOR_KINDS)
