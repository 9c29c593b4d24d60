"""The data sets of the calibration study: what they are, and how they are split at random."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import pandas as pd
from docs.studies import datasets
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.readers import Column, with_columns

__all__ = ["SETS", "Roles", "Rows", "Source", "rows_of"]


@dataclass(frozen=True, eq=False)
class Rows:
    """All rows of a data set, encoded; ``columns`` of a table, ``image_shape`` of images."""

    values: Array
    columns: tuple[Column, ...] | None = None
    image_shape: tuple[int, ...] | None = None

    @property
    def whole(self) -> NDArray[np.bool_]:
        """Which entries of a table's rows are whole numbers in every row."""
        found: NDArray[np.bool_] = (self.values == np.round(self.values)).all(axis=0)
        return found if self.columns is not None else np.zeros_like(found)

    def legal(self, samples: Array) -> Array:
        """Return samples as a generator of such a table would write them.

        The likeliest category of each column of words, whole numbers where all rows have these.
        """
        if self.columns is None:
            return samples
        made = np.where(self.whole, np.round(samples), samples)
        start = 0
        for column in self.columns:
            part = slice(start, start + column.width)
            if column.categories and column.width > 1:
                level = self.values[:, part].max()  # what an encoded table has in place of 1
                made[:, part] = level * np.eye(column.width)[samples[:, part].argmax(axis=1)]
            start += column.width
        return made


@dataclass(frozen=True)
class Source:
    """Where a data set comes from; ``tried``: the statistics were tried on it while written."""

    kind: str
    tried: bool
    read: Callable[[], Rows]


@dataclass(frozen=True, eq=False)
class Roles:
    """Disjoint random rows of a data set: training rows, held-out rows, and rows left over."""

    train: Array
    heldout: Array
    fresh: Array

    @classmethod
    def draw(cls, rows: Rows, n: int, heldout: int, fresh: int, rng: np.random.Generator) -> Roles:
        """Draw without replacement."""
        order = rng.permutation(len(rows.values))
        ends = np.cumsum([n, heldout, fresh])
        if ends[-1] > len(order):
            raise ValueError(f"{ends[-1]} rows are needed, {len(order)} are there")
        return cls(*(rows.values[part] for part in np.split(order[: ends[-1]], ends[:-1])))


def _numbers(values: Array) -> Rows:
    return Rows(values, tuple(Column(f"column {k}") for k in range(values.shape[1])))


def _bundled(name: str) -> Rows:
    if importlib.util.find_spec("sklearn") is None:
        raise datasets.MissingPackageError(name, "scikit-learn", "pip install scikit-learn")
    from sklearn import datasets as bundled

    loaders = {
        "breast cancer": bundled.load_breast_cancer,
        "wine": bundled.load_wine,
        "diabetes": partial(bundled.load_diabetes, scaled=False),
    }
    return _numbers(np.asarray(loaders[name]().data, dtype=np.float64))


def _table(file: str, leave_out: tuple[str, ...] = ()) -> Rows:
    """Read a table of ISLP; ``leave_out``: columns that follow from others, or name rows."""
    path = datasets.inside(file, "ISLP", "islp") / "data" / f"{file}.csv"
    read = pd.read_csv(path).drop(columns=list(leave_out))
    arrays, layout = with_columns({"train_a": read})
    assert layout is not None
    return Rows(np.asarray(arrays["train_a"], dtype=np.float64), tuple(layout))


def _of(name: str, image_shape: tuple[int, ...] | None = None) -> Rows:
    return Rows(datasets.named(name).read(), image_shape=image_shape)


SETS = {
    "digits": Source("images", True, partial(_of, "digits", (8, 8))),
    "fashion images": Source("images", False, partial(_of, "fashion images", (14, 14))),
    "wages": Source("words and ties", False, partial(_table, "Wage", ("logwage",))),
    "orange juice": Source("words and ties", False, partial(_table, "OJ", ("STORE", "Store7"))),
    "breast cancer": Source("raw units", True, partial(_bundled, "breast cancer")),
    "wine": Source("raw units", True, partial(_bundled, "wine")),
    "diabetes": Source("raw units", True, partial(_bundled, "diabetes")),
    "colleges": Source("raw units", False, partial(_table, "College", ("Private",))),
    "blood cells": Source("cells, spectra", False, partial(_of, "blood cells")),
    "hyperspectral pixels": Source("cells, spectra", False, partial(_of, "hyperspectral pixels")),
}
"""By name; those that were not tried were first used when the code of the statistics was frozen."""


@cache
def rows_of(name: str) -> Rows:
    """Return the rows of a data set, read once."""
    return SETS[name].read()
