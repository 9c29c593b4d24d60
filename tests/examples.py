"""The examples of every public kind of filter, population and engine, for the laws."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import twinseed as ts
from twinseed.filters import Filter
from twinseed.populations import Estimated, Population
from twinseed.simulation import Engine

NOT_EXPORTED: tuple[type[Any], ...] = (Estimated,)
"""Kinds that a function makes (``estimate_population``), so that no name is exported for them."""


def kinds(base: type[Any]) -> list[type[Any]]:
    """Return every concrete subclass of ``base`` that twinseed exports or its functions make."""
    exported = [getattr(ts, name) for name in ts.__all__]
    return [
        one
        for one in (*exported, *NOT_EXPORTED)
        if isinstance(one, type) and issubclass(one, base) and not one.__abstractmethods__
    ]


def subclasses(base: type[Any]) -> Iterator[type[Any]]:
    """Yield every subclass, of subclasses too."""
    for one in base.__subclasses__():
        yield one
        yield from subclasses(one)


FILTER_KINDS, POPULATION_KINDS, ENGINE_KINDS = (
    kinds(base) for base in (Filter, Population, Engine)
)
FILTERS: list[Filter] = [one for kind in FILTER_KINDS for one in kind.examples()]
POPULATIONS: list[Population] = [one for kind in POPULATION_KINDS for one in kind.examples()]
ENGINES: list[Engine] = [one for kind in ENGINE_KINDS for one in kind.examples()]
