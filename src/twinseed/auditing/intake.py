"""From the arguments of an audit to twins: arrays unchanged, or samples drawn from generators."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.arrays import Array
from twinseed.auditing.screening import Finding
from twinseed.checks import numeric_rows, whole
from twinseed.data.labels import without_column
from twinseed.data.twins import Twins
from twinseed.errors import InputError
from twinseed.generators import Generator
from twinseed.generators.torch_module import is_module
from twinseed.randomness import stream
from twinseed.readers import with_columns

__all__ = ["GENERATED", "LiveGenerator", "said_of", "twins_given"]

GENERATED = 1000
"""Samples drawn from each of ``generators``, unless told otherwise."""

_AGAIN = 16  # of them are drawn a second time
_ROUNDING = 1e-3  # of the largest entry
_NAMES = ("samples_a", "samples_b")

_REMEDY = "pass one or two functions from noise (N, d) to samples (N, d), or generators"

NoiseToSamples = Callable[[Array], ArrayLike]
LiveGenerator = NoiseToSamples | Generator


def twins_given(
    arrays: dict[str, Any],
    twins: Twins | None,
    generators: Sequence[LiveGenerator] | None,
    seeds: int,
    entropy: tuple[int, ...],
    about: Mapping[str, Any] | None = None,
) -> tuple[Twins, list[Finding]]:
    """Return the twins that the arguments stand for, and what was found while making them.

    ``about``: what is said of the rows beside their values: ``groups``, ``labels``, ``up_to``.
    """
    about = dict(about or {})
    found: list[Finding] = []
    present = [name for name, value in arrays.items() if value is not None]
    if twins is not None:
        if not isinstance(twins, Twins):
            raise InputError(
                "twins", "must be ts.Twins", twins, "pass each array under its own name"
            )
        present += [name for name, value in about.items() if value is not None]
        if present or generators is not None:
            raise InputError(
                "twins",
                "must come alone",
                f"also {', '.join(present) or 'generators'}",
                "pass twins, or the arrays, or generators with the real rows; groups, labels and "
                "up_to are arguments of ts.Twins too",
            )
        return twins, []
    if arrays["train_a"] is None:
        raise InputError("train_a", "is needed", None, "pass the rows A was trained on")
    if generators is not None:
        if arrays["samples_a"] is not None or arrays["samples_b"] is not None:
            raise InputError(
                "generators",
                "must not come with samples",
                present,
                "pass generators or samples, not both",
            )
        if isinstance(about.get("labels"), str):
            raise InputError(
                "labels",
                "must be given for each array beside generators, whose samples have no columns yet",
                about["labels"],
                'pass labels={"samples_a": [...], "train_a": [...], ...}, one for each row',
            )
        arrays, about = _without_groups(arrays, about)
        arrays, found = _generated(arrays, generators, seeds, entropy)
    if arrays["samples_a"] is None:
        raise InputError("samples_a", "is needed", None, "pass the samples of generator A")
    if arrays["train_b"] is not None and arrays["samples_b"] is None:
        raise InputError(
            "samples_b",
            "is needed with train_b",
            None,
            "pass generator B's samples from the same seeds, or leave train_b out",
        )
    return Twins(**arrays, **about), found


def said_of(twins: Twins, visible: float) -> dict[str, Any]:
    """Return what was said of the rows beside their values, as plain numbers and words."""
    groups = None if twins.groups is None else list(twins.units.values())
    up_to = twins.up_to
    if up_to is not None and not isinstance(up_to, str):
        assert twins.rows.versions is not None
        up_to = twins.rows.versions.told
    return {
        "groups": None if groups is None else len(np.unique(np.concatenate(groups))),
        "classes": None if twins.classes is None else len(twins.classes.names),
        "up_to": up_to,
        "visible": visible,
    }


def _without_groups(
    arrays: dict[str, Any], about: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Take the column of groups out of the real tables: no generator draws it."""
    name = about.get("groups")
    if not isinstance(name, str):
        return arrays, about
    real = {role: rows for role, rows in arrays.items() if rows is not None}
    real, groups = without_column("groups", name, real, real)
    return arrays | real, about | {"groups": groups}


def _generated(
    arrays: dict[str, Any],
    generators: Sequence[LiveGenerator],
    seeds: int,
    entropy: tuple[int, ...],
) -> tuple[dict[str, Any], list[Finding]]:
    """Draw the samples of one or two generators from the same noise, some of them twice.

    Beside tables with text the samples may be tables too, or arrays of the encoded columns.
    """
    if not isinstance(generators, Sequence) or not 1 <= len(generators) <= 2:
        raise InputError("generators", "must be one or two functions", generators, _REMEDY)
    draws = dict(zip(_NAMES, map(_draw_of, range(2), generators), strict=False))
    count = whole("seeds", seeds, "pass how many samples to draw from each generator", at_least=2)
    real, columns = with_columns({name: rows for name, rows in arrays.items() if rows is not None})
    width = numeric_rows("train_a", real["train_a"]).shape[1]
    taken = [math.prod(getattr(one, "noise_shape", (width,))) for one in generators]
    if len(set(taken)) > 1:
        raise InputError(
            "generators", "must take the same noise", f"{taken[0]} and {taken[1]} numbers", _REMEDY
        )
    noise = stream(entropy, "audit: noise").standard_normal((count, taken[0]))
    noise.flags.writeable = False
    samples = {name: draw(noise) for name, draw in draws.items()}
    again = {name: draw(noise[:_AGAIN]) for name, draw in draws.items()}
    found = []
    for name, first in samples.items():
        twice, table = with_columns({name: first, f"{name} again": again[name]})
        again_rows = numeric_rows(name, twice[f"{name} again"], at_least=1)
        if table is None:  # arrays are of the encoded columns
            arrays = arrays | real | {"columns": columns}
        if not _alike(numeric_rows(name, twice[name])[:_AGAIN], again_rows):
            found.append(
                Finding(
                    "not deterministic",
                    f"The generator of {name} gave different samples for the same noise: the "
                    "samples do not depend on the seed alone, so the measured convergence is too "
                    "low.",
                    {"generator": name},
                )
            )
    return arrays | samples, found


def _draw_of(number: int, given: LiveGenerator) -> NoiseToSamples:
    """Return what turns noise into samples: a function itself, or a generator's method."""
    argument = f"generators[{number}]"
    if is_module(given) or hasattr(given, "save_pretrained"):
        wrapped = "ts.TorchGenerator(module, noise_shape) or ts.PipelineGenerator(pipeline)"
        raise InputError(argument, "must take arrays", type(given).__name__, f"pass {wrapped}")
    draw: Any = getattr(given, "sample", given)
    if not callable(draw):
        raise InputError(argument, "must be a function", given, _REMEDY)
    return cast(NoiseToSamples, draw)


def _alike(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Return whether two answers differ by rounding alone."""
    if one.shape != other.shape:
        return False
    apart = np.abs(one.astype(np.float64) - other)
    return bool(np.all(apart <= _ROUNDING * np.abs(one).max(initial=0.0)))
