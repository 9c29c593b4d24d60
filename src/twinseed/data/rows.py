"""Rows: the real rows of twins, checked once; what is known of them is prepared once and kept."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.blocks import row_blocks
from twinseed.checks import finite_vector, numeric_rows
from twinseed.data.directions import Jackknifed, jackknifed, left_out
from twinseed.data.labels import labels_of, without_column
from twinseed.data.shapes import columns_of, image_shape_of, require_width
from twinseed.data.versions import UpTo, Versions, versions_of
from twinseed.errors import InputError
from twinseed.randomness import stream
from twinseed.readers import Column, with_columns

__all__ = ["GROUPS", "Rows", "Side", "repeats", "row_digests"]

GROUPS = 10
"""Groups of rows for the jackknife over rows."""

_SEEN = 0.5  # of the held-out rows equal training rows: they are not held out
_REPEATED = 0.1  # of the training rows repeat: a fresh row often equals one of them

_NAMES = ("train_a", "train_b", "heldout")
_NEEDED: Any = None  # what is left out is told by name, as every bad argument is

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Side:
    """One search: whose samples, in which rows (names of ``Twins``), and the group of each row."""

    samples: str
    rows: str
    labels: NDArray[np.int64]
    """(rows,); -1 leaves a row out."""

    def kept(self, rows: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Return the rows to search in, and their groups; no copy where none is left out."""
        kept = self.labels >= 0
        return (rows, self.labels) if kept.all() else (rows[kept], self.labels[kept])


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
    versions: Versions | None = field(init=False)
    """What lists the versions of rows, (M, d) to (M, k, d); None where each has itself alone."""
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
        if self.origin is not None:
            origin = finite_vector("origin", self.origin, "pass one number per column")
            if origin.size != self.d:
                raise InputError(
                    "origin", f"must have {self.d} entries", origin.size, "one number per column"
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
        object.__setattr__(
            self, "columns", columns_of(columns if self.columns is None else self.columns, self.d)
        )
        object.__setattr__(self, "versions", versions_of(self.up_to, self.image_shape))
        if self.groups is not None:
            object.__setattr__(self, "units", self._numbered())
        self._require_separate()

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays that were given, by argument name."""
        found = {name: getattr(self, name) for name in _NAMES}
        return {name: rows for name, rows in found.items() if rows is not None}

    @property
    def column_names(self) -> tuple[str, ...] | None:
        """A name for each column; "kind: red" for a category of the table's column kind.

        >>> Rows([[3.0, 4.0]] * 2, columns=["age", "size"]).column_names
        ('age', 'size')
        """
        return None if self.columns is None else tuple(n for one in self.layout for n in one.names)

    @property
    def layout(self) -> tuple[Column, ...]:
        """What the columns are, in order; numbered from 1 where they have no names."""
        named = columns_of(self.columns, self.d)
        return named or tuple(Column(f"column {k + 1}") for k in range(self.d))

    @cached_property
    def units(self) -> dict[str, NDArray[np.int64]]:
        """The number of each row's group, by argument name; without groups each row has its own.

        Rows of one group have one number, in all arrays.

        >>> rows = Rows(np.eye(3), heldout=np.ones((2, 3)),
        ...             groups={"train_a": ["x", "x", "y"], "heldout": ["z", "z"]})
        >>> rows.units["train_a"], rows.units["heldout"]
        (array([0, 0, 1]), array([2, 2]))
        """
        found, start = {}, 0
        for name, rows in self.arrays.items():
            found[name] = np.arange(start, start + len(rows))
            start += len(rows)
        return found

    def _numbered(self) -> dict[str, NDArray[np.int64]]:
        """Return the number of the group that each row was given."""
        given = self.arrays
        sizes = {name: len(rows) for name, rows in given.items()}
        found = labels_of("groups", self.groups, sizes, given)
        for name in ("train_a", "train_b"):
            if name not in given or "heldout" not in given:
                continue
            held = np.unique(found.numbers["heldout"])
            both = np.intersect1d(found.numbers[name], held)
            if both.size:
                raise InputError(
                    "groups",
                    f"must not have rows in {name} and in heldout: held-out rows of a group that "
                    "was trained on are not new rows",
                    f"{both.size} of {held.size} held-out groups",
                    "split the rows by group, or leave these groups out of heldout",
                )
        return dict(found.numbers)

    @cached_property
    def shared_training_rows(self) -> int:
        """Rows of ``train_b`` that also occur in ``train_a``."""
        if self.train_b is None:
            return 0
        return int(np.isin(self.digests["train_b"], self.digests["train_a"]).sum())

    @cached_property
    def constant_columns(self) -> int:
        """Columns that never vary over the training rows of both twins."""
        low, high = np.full(self.d, np.inf), np.full(self.d, -np.inf)
        for name in ("train_a", "train_b"):
            for _, block in row_blocks(self.arrays.get(name, self.train_a)):
                low = np.minimum(low, block.min(axis=0))
                high = np.maximum(high, block.max(axis=0))
        return int(np.sum(low == high))

    @cached_property
    def digests(self) -> dict[str, NDArray[np.uint64]]:
        """A 64-bit digest of each row, by argument name: equal rows have equal digests."""
        common = np.result_type(*self.arrays.values())
        return {name: row_digests(rows, common) for name, rows in self.arrays.items()}

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

        return self._once("reference", (entropy, need, jackknife), make)

    def compared(self, *, both: bool) -> int:
        """Return how many training, and as many held-out, rows a calibrated comparison uses.

        ``both``: generator B has samples, so that its training rows are compared with too.
        """
        names = [*self._trained(both).values(), *(["heldout"] if self.heldout is not None else [])]
        return min(len(self.arrays[name]) for name in names)

    def sides(
        self, entropy: tuple[int, ...], *, groups: int = GROUPS, both: bool
    ) -> tuple[list[Side], int]:
        """Return the searches that memorisation needs, and the number of groups compared.

        Generator A's come first, and B's follow where ``both`` have samples; with held-out rows
        each generator has two, training first. Training and held-out rows are compared in equal
        numbers: a subset of the larger side is drawn, and every side is split at random into the
        groups of the jackknife. The latest answer is kept.
        """
        return self._once(
            "sides", (entropy, groups, both), lambda: self._sides(entropy, groups, both)
        )

    def _sides(self, entropy: tuple[int, ...], groups: int, both: bool) -> tuple[list[Side], int]:
        equal = self.compared(both=both)
        groups = min(groups, equal)
        found = []
        for samples, name in self._trained(both).items():
            draw = stream(entropy, f"memorisation: {name.replace('_', ' ')}")
            labels = _labels(len(self.arrays[name]), equal, groups, draw)
            found.append(Side(samples, name, labels))
            if self.heldout is not None:
                draw = stream(entropy, "memorisation: heldout")
                labels = _labels(len(self.heldout), equal, groups, draw)
                labels[labels >= groups] = -1
                found.append(Side(samples, "heldout", labels))
        return found, groups

    def _trained(self, both: bool) -> dict[str, str]:
        """Return the name of the training rows of each generator that has samples."""
        known = both and self.train_b is not None
        return {"samples_a": "train_a"} | ({"samples_b": "train_b"} if known else {})

    def _once(self, name: str, key: Any, make: Callable[[], T]) -> T:
        """Return what ``make`` makes, or made before for an equal key; the latest alone is kept."""
        if name not in self._latest or self._latest[name][0] != key:
            self._latest[name] = key, make()
        found: T = self._latest[name][1]
        return found

    def __repr__(self) -> str:
        return f"Rows(n={self.n}, d={self.d}, {self.told})"

    @property
    def told(self) -> str:
        """How many rows there are beside those of generator A."""
        given = self.arrays
        sizes = {k: f"{len(given[k])} rows" if k in given else "None" for k in _NAMES[1:]}
        return ", ".join(f"{name}={size}" for name, size in sizes.items())

    def _require_separate(self) -> None:
        digests = self.digests
        if self.train_b is not None and np.array_equal(
            np.sort(digests["train_a"]), np.sort(digests["train_b"])
        ):
            raise InputError(
                "train_b",
                "must not hold the same rows as train_a",
                f"{len(self.train_b)} equal rows",
                "pass the rows that generator B was trained on, or leave train_b out",
            )
        for name in ("train_a", "train_b"):
            if "heldout" not in digests or name not in digests:
                continue
            shared = np.isin(digests["heldout"], digests[name])
            # A fresh row equals a training row about as often as a training row equals another.
            chance = float(repeats(digests[name]).mean())
            if shared.mean() >= _SEEN and chance < _REPEATED:
                held = int(np.flatnonzero(shared)[0])
                first = int(np.flatnonzero(digests[name] == digests["heldout"][held])[0])
                raise InputError(
                    "heldout",
                    f"must not hold rows of {name}",
                    f"{shared.sum()} of {len(shared)} rows are equal to a row of {name}, where "
                    f"about {chance * len(shared):.0f} would be by chance; for example, "
                    f"heldout[{held}] = {name}[{first}]",
                    "hold out rows that no generator was trained on; where equal rows were "
                    "removed within each file, pass the rows as they were before",
                )


def repeats(digests: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Say of each row whether another row has the same digest.

    >>> repeats(np.array([7, 3, 7], dtype=np.uint64))
    array([ True, False,  True])
    """
    _, place, counts = np.unique(digests, return_inverse=True, return_counts=True)
    found: NDArray[np.bool_] = counts[place] > 1
    return found


def row_digests(rows: NDArray[Any], common: np.dtype[Any]) -> NDArray[np.uint64]:
    """Return a digest of each row's values; arrays of different types agree where values do."""
    digests = np.empty(len(rows), dtype=np.uint64)
    for start, block in row_blocks(rows, 1 << 18):
        # Adding zero turns a negative zero into a positive one.
        values = np.ascontiguousarray(block.astype(common) + np.zeros((), dtype=common))
        raw = b"".join(hashlib.blake2b(row, digest_size=8).digest() for row in values)
        digests[start : start + len(block)] = np.frombuffer(raw, dtype=np.uint64)
    return digests


def _labels(rows: int, equal: int, groups: int, draw: np.random.Generator) -> NDArray[np.int64]:
    """Return a random group for each row: ``equal`` rows in the first groups, the rest beyond."""
    order = draw.permutation(rows)
    labels = np.empty(rows, dtype=np.int64)
    labels[order[:equal]] = np.arange(equal) % groups
    labels[order[equal:]] = groups + np.arange(rows - equal) % groups
    return labels
