"""The model that a page asks about: population, filter, rows and columns, with their Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from twinseed.errors import InputError
from twinseed.explore.asked import Asked

if TYPE_CHECKING:
    from twinseed.explore.datasets import Datasets
    from twinseed.filters import Filter
    from twinseed.populations import Population

__all__ = ["FILTERS", "LARGEST", "MOST_ROWS", "POPULATIONS", "Choice", "Model", "Parameter"]

LARGEST = 10_000
"""Columns of a population."""
MOST_ROWS = 10_000_000
"""Training rows of a model."""
_FACTORS = 12
_LEVELS = 50


@dataclass(frozen=True)
class Parameter:
    """A parameter of a population or of a filter, as a page shows it.

    ``scale`` is "log" or "linear" for a slider, "list" for numbers separated by commas, and
    "upload" for the token of a file.
    """

    name: str
    label: str
    low: float | None
    high: float | None
    scale: str
    default: str


@dataclass(frozen=True)
class Choice:
    """A population or a filter that a page can ask for."""

    name: str
    label: str
    parameters: tuple[Parameter, ...] = field(default=())


POPULATIONS = (
    Choice(
        "spiked",
        "A few factors over noise",
        (Parameter("strengths", "strength of each factor", 0.01, 1000.0, "list", "1,0.5"),),
    ),
    Choice(
        "power",
        "Power law",
        (Parameter("exponent", "decay of the eigenvalues", 0.0, 4.0, "linear", "1.2"),),
    ),
    Choice(
        "levels",
        "Levels",
        (
            Parameter("levels", "eigenvalue of each level", 0.0, 1e6, "list", "4,1"),
            Parameter("shares", "share of each level", 0.0, 1.0, "list", "0.1,0.9"),
        ),
    ),
    Choice("pilot", "Your pilot", (Parameter("upload", "file", None, None, "upload", ""),)),
    Choice("data", "The images", (Parameter("data", "data set", None, None, "data", "fashion"),)),
)

_LEVEL_PARAMETERS = (
    Parameter("sigma_min", "last noise level", 0.001, 10.0, "log", "0.1"),
    Parameter("sigma_max", "first noise level", 0.1, 1000.0, "log", "10"),
)
FILTERS = (
    Choice("none", "No regularisation"),
    Choice("ridge", "Ridge", (Parameter("ridge", "ridge", 0.001, 1000.0, "log", "0.1"),)),
    Choice(
        "truncation",
        "Truncation",
        (Parameter("rank", "directions that are kept", 1, LARGEST, "log", "10"),),
    ),
    Choice("shrinkage", "Shrinkage"),
    Choice("flow", "Probability flow", _LEVEL_PARAMETERS),
    Choice(
        "stopping",
        "Early stopping",
        (Parameter("time", "training time", 0.001, 1e6, "log", "3"), *_LEVEL_PARAMETERS),
    ),
)


@dataclass(frozen=True)
class Model:
    """A population with a filter at one dimension.

    ``lines`` are the lines of Python that make ``population`` and ``filter``; ``size`` is the
    argument ``d`` of the verbs, None for a population that has a dimension itself.
    """

    population: Population
    filter: Filter
    d: int
    size: int | None
    lines: tuple[str, ...]
    mean: float
    """The mean eigenvalue, which is the unit of a ridge."""

    @classmethod
    def of(cls, asked: Asked, datasets: Datasets) -> Model:
        """Build the model of a question."""
        from twinseed.populations import Spiked

        kind = asked.word("population", "spiked", [one.name for one in POPULATIONS])
        d = asked.whole("d", 1000, 2, LARGEST)
        population, lines = _POPULATIONS[kind](asked, d, datasets)
        filter, line = filter_of(asked)
        fixed = population.dimension
        if fixed is not None:
            d = fixed
        elif isinstance(population, Spiked) and population.factors.size >= d:
            raise InputError("d", "must exceed the number of factors", d, "raise d")
        values, weights = population.spectrum(d)
        mean = float((values * weights).sum())
        size = None if fixed is not None else d
        return cls(population, filter, d, size, (*lines, f"filter = {line}"), mean)

    @property
    def imports(self) -> list[str]:
        """The imports that ``lines`` need."""
        numpy = ["import numpy as np"] if any("np." in line for line in self.lines) else []
        return [*numpy, "import twinseed as ts"]

    @property
    def called(self) -> str:
        """The argument ``d`` of a call, as Python, or nothing."""
        return "" if self.size is None else f", d={self.size}"


def filter_of(asked: Asked) -> tuple[Filter, str]:
    """Return the filter of a question, and its Python."""
    import twinseed as ts

    kind = asked.word("filter", "none", [one.name for one in FILTERS])
    values: dict[str, Any] = {}
    for one in next(choice for choice in FILTERS if choice.name == kind).parameters:
        assert one.low is not None
        assert one.high is not None
        if one.name == "rank":
            values["rank"] = asked.whole("rank", int(one.default), int(one.low), int(one.high))
        else:
            low = 0.0 if one.name in ("ridge", "time") else one.low
            values[one.name] = asked.number(one.name, float(one.default), low, one.high)
    if kind == "ridge":
        values = {"strength": values["ridge"]}
    name = {
        "none": "Ridge",
        "ridge": "Ridge",
        "truncation": "Truncation",
        "shrinkage": "Shrinkage",
        "flow": "ProbabilityFlow",
        "stopping": "EarlyStopping",
    }[kind]
    inside = ", ".join(f"{key}={value!r}" for key, value in values.items())
    made: Callable[..., Filter] = getattr(ts, name)
    return made(**values), f"ts.{name}({inside})"


def _spiked(asked: Asked, d: int, datasets: Datasets) -> tuple[Population, Sequence[str]]:
    import twinseed as ts

    strengths = asked.numbers("strengths", [1.0, 0.5], -0.999, 1e6, _FACTORS)
    return ts.Spiked(strengths), [f"population = ts.Spiked({strengths!r})"]


def _power(asked: Asked, d: int, datasets: Datasets) -> tuple[Population, Sequence[str]]:
    import twinseed as ts

    exponent = asked.number("exponent", 1.2, 0.0, 4.0)
    return ts.PowerLaw(exponent, d), [f"population = ts.PowerLaw({exponent!r}, {d})"]


def _levels(asked: Asked, d: int, datasets: Datasets) -> tuple[Population, Sequence[str]]:
    import twinseed as ts

    levels = asked.numbers("levels", [4.0, 1.0], 0.0, 1e6, _LEVELS)
    shares = asked.numbers("shares", [0.1, 0.9], 0.0, 1.0, _LEVELS)
    if len(shares) != len(levels):
        raise InputError(
            "shares",
            f"must be as many as the levels, {len(levels)}",
            len(shares),
            "pass one share for each level",
        )
    try:
        made = ts.Atoms(levels, shares)
    except InputError as error:
        named = {"values": "levels", "weights": "shares"}.get(error.argument, error.argument)
        raise InputError(named, error.problem, error.value, error.remedy) from error
    return made, [f"population = ts.Atoms({levels!r}, {shares!r})"]


def _pilot(asked: Asked, d: int, datasets: Datasets) -> tuple[Population, Sequence[str]]:
    return datasets.population("upload", asked.text("upload"))


def _data(asked: Asked, d: int, datasets: Datasets) -> tuple[Population, Sequence[str]]:
    return datasets.population("data", asked.text("data") or "fashion")


_POPULATIONS: dict[str, Callable[[Asked, int, Datasets], tuple[Population, Sequence[str]]]] = {
    "spiked": _spiked,
    "power": _power,
    "levels": _levels,
    "pilot": _pilot,
    "data": _data,
}
