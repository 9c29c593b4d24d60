"""Twins: what two generators made from the same seeds, with the rows that they were trained on."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.blocks import row_blocks
from twinseed.checks import finite_vector, numeric_rows, whole_numbers
from twinseed.data.features import Encoder, encoded_rows
from twinseed.errors import InputError
from twinseed.readers import Column, with_columns

__all__ = ["Twins"]

_NAMES = ("samples_a", "samples_b", "train_a", "train_b", "heldout")
_NEEDED: Any = None  # what is left out is told by name, as every bad argument is


@dataclass(frozen=True, eq=False, repr=False)
class Twins:
    """Samples of two generators and their data; row i of both samples is seed i.

    Shapes: ``samples_a`` and ``samples_b`` (N, d); ``train_a`` (n, d); ``train_b`` (n', d);
    ``heldout`` (h, d), rows of the same law that neither generator saw. Arrays, memory-mapped
    arrays, CPU tensors and data frames of numbers are taken; nothing is copied. Images (N x C x H x
    W, N x H x W) are flattened; ``image_shape`` keeps their axes for pictures and encoders, (H, W),
    (C, H, W) or (H, W, C), and is None where rows are no images. ``columns`` are what tables call
    their columns, see ``column_names``; names may be given beside arrays. With one generator only,
    leave ``samples_b`` and ``train_b`` out; leave ``train_b`` out if both were trained on
    ``train_a``. Everything is measured about ``origin``, zero by default; ``centred()`` gives twins
    about the mean of the real rows.

    Raises:
        InputError: not numbers, NaN or infinity (with its position), a single row, widths or
            numbers of seeds that differ, the same rows as both training sets, held-out rows that
            also occur in training (how many, and the first pair of indices), images whose axes
            differ in order or size, an ``image_shape`` of another number of entries, ``columns``
            that do not name every column once.

    Validity: training rows shared in part by the twins are allowed and counted
    (``shared_training_rows``): they raise convergence. Equal rows are found by a 64-bit digest, so
    a false alarm among a million rows has probability 1e-7. Constant columns are allowed and
    counted.

    >>> rng = np.random.default_rng(0)
    >>> a, b, train_a, train_b = rng.standard_normal((4, 8, 3))
    >>> Twins(a, b, train_a, train_b)
    Twins(seeds=8, d=3, n=8, train_b=8 rows, heldout=None)
    """

    samples_a: NDArray[Any] = _NEEDED
    samples_b: NDArray[Any] | None = None
    train_a: NDArray[Any] = _NEEDED
    train_b: NDArray[Any] | None = None
    heldout: NDArray[Any] | None = None
    origin: NDArray[np.float64] | None = None
    image_shape: tuple[int, ...] | None = None
    columns: Iterable[str | Column] | None = None

    def __post_init__(self) -> None:
        given = {name: getattr(self, name) for name in _NAMES}
        if isinstance(self.samples_a, Twins):
            raise InputError(
                "samples_a",
                "must be rows",
                self.samples_a,
                "pass these twins to the verb; they are Twins already",
            )
        for name in ("samples_a", "train_a"):
            if given[name] is None:
                raise InputError(name, "is needed", None, "pass rows, one row per sample")
        given, columns = with_columns({k: rows for k, rows in given.items() if rows is not None})
        object.__setattr__(self, "image_shape", _image_shape(given, self.image_shape))
        for name, rows in given.items():
            object.__setattr__(self, name, numeric_rows(name, rows))
        self._require_alike()
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
            self, "columns", _columns(columns if self.columns is None else self.columns, self.d)
        )
        self._require_separate()

    @property
    def column_names(self) -> tuple[str, ...] | None:
        """A name for each column; "kind: red" for a category of the table's column kind.

        >>> Twins([[1.0, 2.0]] * 2, None, [[3.0, 4.0]] * 2, columns=["age", "size"]).column_names
        ('age', 'size')
        """
        return None if self.columns is None else tuple(n for one in self.layout for n in one.names)

    @property
    def layout(self) -> tuple[Column, ...]:
        """What the columns are, in order; numbered from 1 where they have no names."""
        named = _columns(self.columns, self.d)
        return named or tuple(Column(f"column {k + 1}") for k in range(self.d))

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays that were given, by argument name."""
        found = {name: getattr(self, name) for name in _NAMES}
        return {name: rows for name, rows in found.items() if rows is not None}

    @property
    def n(self) -> int:
        """Number of rows that generator A was trained on."""
        return len(self.train_a)

    @property
    def d(self) -> int:
        """Number of columns."""
        return int(self.train_a.shape[1])

    @property
    def seeds(self) -> int:
        """Number of samples of each generator."""
        return len(self.samples_a)

    @cached_property
    def shared_training_rows(self) -> int:
        """Rows of ``train_b`` that also occur in ``train_a``."""
        if self.train_b is None:
            return 0
        return int(np.isin(self.row_digests["train_b"], self.row_digests["train_a"]).sum())

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
    def fingerprint(self) -> str:
        """SHA-256 over names, shapes, types and values of all arrays: says what was measured."""
        digest = hashlib.sha256()
        about = {} if self.origin is None else {"origin": self.origin[None, :]}
        for name, rows in (self.arrays | about).items():
            digest.update(f"{name} {rows.shape} {rows.dtype.str};".encode())
            for _, block in row_blocks(rows):
                digest.update(np.ascontiguousarray(block).data)
        return digest.hexdigest()

    def centred(self) -> Twins:
        """Return the same twins, measured about the mean of all real rows (training, held-out).

        Use it where the data have a mean of their own, as images do: cosines and convergence about
        zero would be those of the mean. Nothing is copied. Held-out rows count as much as training
        rows, so that the comparison between the two stays fair.
        """
        total, count = np.zeros(self.d), 0
        for name in ("train_a", "train_b", "heldout"):
            if name in self.arrays:
                for _, block in row_blocks(self.arrays[name], 1 << 18):
                    total += block.sum(axis=0, dtype=np.float64)
                    count += len(block)
        return replace(self, origin=total / count)

    def with_samples(self, samples_a: Any, samples_b: Any = None) -> Twins:
        """Return twins of other samples beside the same real rows, which are not checked again.

        Shapes: as in ``Twins``. What is known of the real rows (digests, constant columns, the
        origin) is kept, so that the cost is that of the samples alone.

        Raises:
            InputError: samples that ``Twins`` would refuse.

        >>> rng = np.random.default_rng(0)
        >>> twins = Twins(rng.standard_normal((5, 3)), None, rng.standard_normal((6, 3)))
        >>> twins.with_samples(np.ones((2, 3)), np.ones((2, 3)))
        Twins(seeds=2, d=3, n=6, train_b=None, heldout=None)
        """
        other = copy(self)
        given = {"samples_a": samples_a}
        if samples_b is not None:
            given["samples_b"] = samples_b
        given, columns = with_columns(given)
        if self.columns is not None and columns not in (None, self.columns):
            raise InputError(
                "samples_a",
                "must be a table of the same columns and categories as the real rows",
                [name for one in columns or () for name in one.names][:5],
                "pass arrays, or make new twins",
            )
        object.__setattr__(other, "image_shape", _image_shape(given, self.image_shape))
        object.__setattr__(other, "samples_b", None)
        for name, rows in given.items():
            object.__setattr__(other, name, numeric_rows(name, rows))
        other.__dict__.pop("fingerprint", None)
        other._require_alike()
        return other

    def encoded(self, encoder: Encoder, cache: str | os.PathLike[str] | None = None) -> Twins:
        """Return twins of features: every array through one encoder, 1,024 rows at a time.

        Shapes: the encoder is given (N, d), or (N, *image_shape) for images, and returns (N, k), an
        array or a tensor. ``origin`` is dropped: it belongs to the rows before.

        Args:
            encoder: a function that maps every row by itself.
            cache: a folder; features are kept there, by the content of the rows and the encoder's
                name, and taken from there if the encoder still gives the same on the first rows.

        Raises:
            InputError: the encoder raises, gives another number of rows, NaN or infinity, or does
                not map every row by itself (as with batch statistics or dropout).

        >>> rng = np.random.default_rng(0)
        >>> twins = Twins(rng.standard_normal((5, 8)), None, rng.standard_normal((6, 8)))
        >>> twins.encoded(lambda rows: rows[:, :3] ** 2)
        Twins(seeds=5, d=3, n=6, train_b=None, heldout=None)
        """
        features = {
            name: encoded_rows(name, rows, encoder, image_shape=self.image_shape, cache=cache)
            for name, rows in self.arrays.items()
        }
        return Twins(
            samples_a=features["samples_a"],
            samples_b=features.get("samples_b"),
            train_a=features["train_a"],
            train_b=features.get("train_b"),
            heldout=features.get("heldout"),
        )

    def __repr__(self) -> str:
        def rows(name: str) -> str:
            return f"{len(self.arrays[name])} rows" if name in self.arrays else "None"

        return (
            f"Twins(seeds={self.seeds}, d={self.d}, n={self.n}, "
            f"train_b={rows('train_b')}, heldout={rows('heldout')})"
        )

    @cached_property
    def row_digests(self) -> dict[str, NDArray[np.uint64]]:
        """A 64-bit digest of each real row, by argument name: equal rows have equal digests."""
        real = {k: v for k, v in self.arrays.items() if not k.startswith("samples")}
        common = np.result_type(*real.values())
        return {name: _row_digests(rows, common) for name, rows in real.items()}

    def _require_alike(self) -> None:
        for name, rows in self.arrays.items():
            if rows.shape[1] != self.d:
                raise InputError(
                    name,
                    f"must have as many columns as train_a, {self.d}",
                    rows.shape[1],
                    "use the same columns in all arrays",
                )
        if self.samples_b is not None and len(self.samples_b) != self.seeds:
            raise InputError(
                "samples_b",
                f"must have one row for each seed of samples_a, {self.seeds}",
                len(self.samples_b),
                "generate both from the same list of seeds, in the same order",
            )

    def _require_separate(self) -> None:
        digests = self.row_digests
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
            shared = np.flatnonzero(np.isin(digests["heldout"], digests[name]))
            if shared.size:
                first = int(np.flatnonzero(digests[name] == digests["heldout"][shared[0]])[0])
                raise InputError(
                    "heldout",
                    f"must not hold rows of {name}",
                    f"{shared.size} such rows; for example, heldout[{shared[0]}] = {name}[{first}]",
                    "remove them, or hold out other rows",
                )


def _image_shape(
    given: dict[str, NDArray[Any]], shape: tuple[int, ...] | None
) -> tuple[int, ...] | None:
    """Return the axes of one image, the same in all arrays that are images.

    Two layouts of the same images have as many columns, and would be compared pixel by wrong pixel.
    """
    if shape is not None:
        shape = _axes(shape)
    for name, rows in given.items():
        own = rows.shape[1:]
        if rows.ndim < 3:
            continue
        if shape is None:
            shape = own
        elif [size for size in own if size > 1] != [size for size in shape if size > 1]:
            raise InputError(
                name,
                f"must hold images of shape {shape}, like the other arrays",
                own,
                "bring all arrays into one layout, N x C x H x W or N x H x W",
            )
    return shape


def _axes(shape: Any) -> tuple[int, ...]:
    """Return the axes that were given, if they are two or more whole numbers above zero."""
    remedy = "pass (H, W), (C, H, W) or (H, W, C)"
    axes = whole_numbers("image_shape", shape, remedy)
    if len(axes) < 2:
        raise InputError("image_shape", "must have two or three axes", shape, remedy)
    return axes


def _row_digests(rows: NDArray[Any], common: np.dtype[Any]) -> NDArray[np.uint64]:
    """Return a digest of each row's values; arrays of different types agree where values do."""
    digests = np.empty(len(rows), dtype=np.uint64)
    for start, block in row_blocks(rows, 1 << 18):
        # Adding zero turns a negative zero into a positive one.
        values = np.ascontiguousarray(block.astype(common) + np.zeros((), dtype=common))
        raw = b"".join(hashlib.blake2b(row, digest_size=8).digest() for row in values)
        digests[start : start + len(block)] = np.frombuffer(raw, dtype=np.uint64)
    return digests


def _columns(given: Iterable[Any] | None, d: int) -> tuple[Column, ...] | None:
    """Return what the ``d`` columns are, each named once."""
    if given is None:
        return None
    if not isinstance(given, Iterable) or isinstance(given, str | bytes | AbstractSet):
        raise InputError(
            "columns", f"must name each of {d} columns once", given, "pass a list of names"
        )
    found = tuple(one if isinstance(one, Column) else Column(str(one)) for one in given)
    named = sum(one.width for one in found)
    if named != d or len({one.name for one in found}) != len(found):
        raise InputError(
            "columns",
            f"must name each of {d} columns once",
            f"{named} names" if named != d else [one.name for one in found],
            "pass one name for each column, all different",
        )
    return found
