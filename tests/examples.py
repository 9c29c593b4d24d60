"""The examples of every public kind of filter, population, engine and generator, for the laws."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import twinseed as ts
from twinseed import generators
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


DIMENSION = 4
TRAIN = np.random.default_rng(0).standard_normal((9, DIMENSION)) * [3.0, 1.0, 0.5, 0.1]

GENERATOR_KINDS: list[type[Any]] = [
    one
    for one in (getattr(generators, name) for name in generators.__all__)
    if one is not generators.Generator and not inspect.isabstract(one)
]
IGNORE_NOISE = (generators.Fresh,)
"""Kinds that return given rows whatever the noise: the laws of noise are not theirs."""


def _white(y: Any, sigma: Any) -> Any:
    return y / (1.0 + sigma**2)


def _torch_module() -> Any:
    import torch

    torch.manual_seed(0)
    inside = torch.nn.BatchNorm1d(8), torch.nn.Dropout(), torch.nn.Tanh()
    layers = torch.nn.Linear(DIMENSION, 8), *inside, torch.nn.Linear(8, DIMENSION)
    return generators.TorchGenerator(torch.nn.Sequential(*layers), (DIMENSION,), batch=5)


def _denoising_module() -> Any:
    import torch

    class White(torch.nn.Module):
        def forward(self, y: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
            return y / (1.0 + sigma[:, None, None] ** 2)

    return generators.DenoiserFlow(White(), (2, 2), 0.01, 50.0, block=5)


def _pipeline() -> Any:
    from tests.generators.small_pipelines import small_pipeline

    return generators.PipelineGenerator(small_pipeline(0), steps=2, batch=5)


PLAIN_GENERATORS: dict[type[Any], list[Callable[[], Any]]] = {
    generators.LinearGenerator: [
        lambda filter=filter: generators.LinearGenerator.fit(TRAIN, filter) for filter in FILTERS
    ],
    generators.KrylovGenerator: [
        lambda: generators.KrylovGenerator(TRAIN, ts.Ridge(0.1), tolerance=1e-12)
    ],
    generators.Memoriser: [lambda: generators.Memoriser(TRAIN, noise=0.1)],
    generators.DenoiserFlow: [
        lambda: generators.DenoiserFlow(_white, (DIMENSION,), 0.01, 50.0, block=5)
    ],
}
OPTIONAL_GENERATORS: dict[type[Any], list[Callable[[], Any]]] = {
    generators.DenoiserFlow: [_denoising_module],
    generators.TorchGenerator: [_torch_module],
    generators.PipelineGenerator: [_pipeline],
}
"""What needs optional packages is made when its test runs."""

GENERATORS = [
    pytest.param(make, id=f"{kind.__name__} {place}", marks=marks)
    for found, marks in ((PLAIN_GENERATORS, []), (OPTIONAL_GENERATORS, [pytest.mark.extras]))
    for kind, makers in found.items()
    for place, make in enumerate(makers)
]
