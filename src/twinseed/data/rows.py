"""Rows: the real rows of twins, checked once; what is known of them is prepared once and kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.blocks import row_blocks
from twinseed.checks import finite_vector, numeric_rows
from twinseed.data.digests import digests_of, require_separate, shared_rows
from twinseed.data.directions import Jackknifed, jackknifed, left_out
from twinseed.data.labels import without_column
from twinseed.data.shapes import columns_of, constant_columns, image_shape_of, require_width
from twinseed.data.units import units_of
from twinseed.data.versions import Normaliser, UpTo, Versions, normaliser_of, versions_of
from twinseed.errors import InputError
from twinseed.randomness import stream
from twinseed.readers import Column, with_columns

__all__ = ["Rows"]

_NAMES = ("train_a", "train_b", "heldout")
_NEEDED: Any = None  # what is left out is told by name, as every bad argument is

T = TypeVar("T")


@dataclass(frozen=True, eq=False, repr=False)
class Rows:
    """The real rows of twins, and all that is known of these rows without any samples.

    Shapes: ``train_a`` (n, d); ``train_b`` (n', d); ``heldout`` (h, d). The arguments, and what is
    refused, are those of ``Twins``. Everything here is prepared on first use and kept, so that
    several sets of samples beside the same rows (``Twins.of``) share the work.

    >>> rows = Rows(np.eye(3), heldout=np.ones((4, 3)))
    >>> rows
    Rows(n=3, d=3, train_b=None, heldout=4 rows)
    >>> rows.centred().origin.round(2)
    array([0.71, 0.71, 0.71])
    """

    train_a: NDArray[Any] = _NEEDED
    train_b: NDArray[Any] | None = None
    heldout: NDArray[Any] | None = None
    origin: Array | None = None
    image_shape: tuple[int, ...] | None = None
    columns: Iterable[str | Column] | None = None
    groups: str | Mapping[str, Any] | None = None
    up_to: UpTo | None = None
    n: int = field(init=False)
    """Number of rows that generator A was trained on."""
    d: int = field(init=False)
    """Number of columns."""
    layout: tuple[Column, ...] = field(init=False)
    """What the columns are, in order; numbered from 1 where they have no names."""
    column_names: tuple[str, ...] | None = field(init=False)
    """A name for each column; "kind: red" for a category of the table's column kind.

    >>> Rows([[3.0, 4.0]] * 2, columns=["age", "size"]).column_names
    ('age', 'size')
    """
    units: dict[str, NDArray[np.int64]] = field(init=False)
    """The number of each row's group, by argument name; without groups each row has its own.

    Rows of one group have one number, in all arrays.

    >>> rows = Rows(np.eye(3), heldout=np.ones((2, 3)),
    ...             groups={"train_a": ["x", "x", "y"], "heldout": ["z", "z"]})
    >>> rows.units["train_a"], rows.units["heldout"]
    (array([0, 0, 1]), array([2, 2]))
    """
    digests: dict[str, NDArray[np.uint64]] = field(init=False)
    """A 64-bit digest of each row, by argument name: equal rows have equal digests."""
    shared_training_rows: int = field(init=False)
    """Rows of ``train_b`` that also occur in ``train_a``."""
    constant_columns: int = field(init=False)
    """Columns that never vary over the training rows of both twins."""
    versions: Versions | None = field(init=False)
    """What lists the versions of rows, (M, d) to (M, k, d); None where each has itself alone."""
    normaliser: Normaliser | None = field(init=False)
    """What takes brightness, or contrast too, from rows; None where ``up_to`` names neither."""
    _latest: dict[str, tuple[Any, Any]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        if self.train_a is None:
            raise InputError("train_a", "is needed", None, "pass rows, one row per sample")
        given = self.arrays
        if isinstance(self.groups, str):
            given, groups = without_column("groups", self.groups, given, given)
            object.__setattr__(self, "groups", groups)
        given, columns = with_columns(given)
        object.__setattr__(self, "image_shape", image_shape_of(given, self.image_shape))
        for name, rows in given.items():
            object.__setattr__(self, name, numeric_rows(name, rows))
        for name, size in zip(("n", "d"), self.train_a.shape, strict=True):
            object.__setattr__(self, name, size)
        for name, rows in self.arrays.items():
            require_width(name, rows, self.d)
        constant = constant_columns(self.arrays)
        if self.origin is not None:
            origin = finite_vector("origin", self.origin, "pass one number per column")
            if origin.size != self.d:
                raise InputError(
                    "origin",
                    f"must have {self.d} entries",
                    origin.size,
                    "pass one number per column",
                )
            numeric_rows("origin", origin[None, :], at_least=1)
            object.__setattr__(self, "origin", origin)
        if self.image_shape is not None and math.prod(self.image_shape) != self.d:
            raise InputError(
                "image_shape",
                f"must have {self.d} entries, one per column",
                self.image_shape,
                "pass (H, W), (C, H, W) or (H, W, C)",
            )
        named = columns_of(columns if self.columns is None else self.columns, self.d)
        digests = digests_of(self.arrays)
        require_separate(digests)
        names = None if named is None else tuple(one for column in named for one in column.names)
        found = {
            "columns": named,
            "layout": named or _numbered(self.d),
            "column_names": names,
            "versions": versions_of(self.up_to, self.image_shape),
            "normaliser": normaliser_of(self.up_to),
            "units": units_of(self.groups, self.arrays),
            "digests": digests,
            "shared_training_rows": shared_rows(digests),
            "constant_columns": constant,
        }
        for name, value in found.items():
            object.__setattr__(self, name, value)

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays that were given, by argument name."""
        found = {name: getattr(self, name) for name in _NAMES}
        return {name: rows for name, rows in found.items() if rows is not None}

    def centred(self) -> Rows:
        """Return the same rows about their mean; nothing is copied, and what is known is kept."""
        total, count = np.zeros(self.d), 0
        for rows in self.arrays.values():
            for _, block in row_blocks(rows, 1 << 18):
                total += block.sum(axis=0, dtype=np.float64)
                count += len(block)
        other = copy(self)
        object.__setattr__(other, "origin", total / count)
        return other

    def reference(
        self, entropy: tuple[int, ...], need: int, *, jackknife: bool
    ) -> Jackknifed | None:
        """Return the ``need`` leading directions of the held-out rows; None without such rows.

        With ``jackknife`` the rows are split at random into groups, and the directions without each
        group are found too. The latest answer is kept.
        """
        if self.heldout is None:
            return None
        rows = self.heldout

        def make() -> Jackknifed | None:
            draw = stream(entropy, "recovery: reference")
            return jackknifed(rows, None, need, left_out(len(rows), draw) if jackknife else None)

        return self.kept("reference", (entropy, need, jackknife), make)

    def kept(self, name: str, key: Any, make: Callable[[], T]) -> T:
        """Return what ``make`` makes, or made before for an equal key; the latest alone is kept."""
        latest = self._latest.get(name)
        if latest is None or latest[0] != key:
            latest = self._latest[name] = key, make()
        found: T = latest[1]
        return found

    def __repr__(self) -> str:
        return f"Rows(n={self.n}, d={self.d}, {self.told})"

    @property
    def told(self) -> str:
        """How many rows there are beside those of generator A."""
        given = self.arrays
        sizes = {k: f"{len(given[k])} rows" if k in given else "None" for k in _NAMES[1:]}
        return ", ".join(f"{name}={size}" for name, size in sizes.items())


@lru_cache(maxsize=8)
def _numbered(d: int) -> tuple[Column, ...]:
    """Return the columns of rows whose columns have no names."""
    return tuple(Column(f"column {k + 1}") for k in range(d))
