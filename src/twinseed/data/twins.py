"""Twins: what two generators made from the same seeds, with the rows that they were trained on."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.checks import numeric_rows
from twinseed.data.features import Encoder, encoded_rows
from twinseed.data.fingerprint import fingerprint
from twinseed.data.labels import Labels, classes_of, columns_apart, row_of
from twinseed.data.rows import Rows
from twinseed.data.shapes import image_shape_of, require_width
from twinseed.data.versions import UpTo
from twinseed.errors import InputError
from twinseed.readers import Column, with_columns
from twinseed.tables import html_table

__all__ = ["Twins"]

_SAMPLES = ("samples_a", "samples_b")
_NAMES = (*_SAMPLES, "train_a", "train_b", "heldout")
_OF_ROWS = (
    *(*_NAMES[2:], "origin", "image_shape", "columns", "groups", "up_to", "n", "d"),
    *("column_names", "layout", "units", "shared_training_rows", "constant_columns"),
)
_NEEDED: Any = None  # what is left out is told by name, as every bad argument is


@dataclass(frozen=True, eq=False, repr=False)
class Twins:
    """Samples of two generators and their data; row i of both samples is seed i.

    Shapes: rows are samples, and all arrays have d columns. Arrays, memory-mapped arrays, CPU
    tensors and data frames of numbers are accepted; nothing is copied. Images (N x C x H x W, N x H
    x W) are flattened. With one generator only, leave ``samples_b`` and ``train_b`` out. ``rows``
    is what is known of the real rows alone; see ``Rows``.

    Args:
        samples_a: samples of generator A, shape (N, d).
        samples_b: samples of generator B from the same seeds, shape (N, d).
        train_a: rows that generator A was trained on, shape (n, d).
        train_b: rows that generator B was trained on, shape (n', d); leave out if both generators
            were trained on ``train_a``.
        heldout: rows of the same source that neither generator saw, shape (h, d).
        origin: point about which everything is measured, shape (d,); zero by default. ``centred()``
            takes the mean of the real rows.
        image_shape: axes of an image, (H, W), (C, H, W) or (H, W, C), for pictures and encoders;
            None where rows are not images.
        columns: names of the columns, see ``column_names``.
        groups: which real rows belong together, such as the visits of one person: the name of each
            real array with one label for each of its rows, or the name of a column of all tables,
            which is then left out of what is compared. See ``Rows.units``.
        labels: the class of each row, for generators that are given a class: the same form, for
            samples and real rows. Samples of B without labels have those of A. See ``classes``.
        up_to: what does not distinguish two rows, such as "flip" for mirror images; see
            ``Rows.versions`` and ``normalised``.

    Raises:
        InputError: not numbers, NaN or infinity (with its position), a single row, widths or
            numbers of seeds that differ, the same rows as both training sets, held-out rows that
            are training rows (half of them or more, where training rows rarely repeat; the first
            pair of indices), images whose axes differ in order or size, an ``image_shape`` of
            another number of entries, ``columns`` that do not name every column once, ``groups`` or
            ``labels`` without one label for each row, a group with training rows and held-out rows,
            ``up_to`` that these rows do not have.

    Validity: training rows shared in part by the twins are allowed and counted
    (``shared_training_rows``): they raise convergence. Equal rows are found by a 64-bit digest, so
    a false alarm among a million rows has probability 1e-7. Constant columns are allowed and
    counted.

    >>> rng = np.random.default_rng(0)
    >>> a, b, train_a, train_b = rng.standard_normal((4, 8, 3))
    >>> Twins(a, b, train_a, train_b)
    Twins(seeds=8, d=3, n=8, train_b=8 rows, heldout=None)

    See also: ``measure``, ``audit``, ``Twins.centred``, ``Twins.encoded``.
    """

    samples_a: NDArray[Any] = _NEEDED
    samples_b: NDArray[Any] | None = None
    train_a: NDArray[Any] = _NEEDED
    train_b: NDArray[Any] | None = None
    heldout: NDArray[Any] | None = None
    origin: Array | None = None
    image_shape: tuple[int, ...] | None = None
    columns: Iterable[str | Column] | None = None
    groups: str | Mapping[str, Any] | None = None
    labels: str | Mapping[str, Any] | None = None
    up_to: UpTo | None = None
    rows: Rows = field(init=False)
    """The real rows, with what is known of these rows."""
    n: int = field(init=False)
    """Number of rows that generator A was trained on."""
    d: int = field(init=False)
    """Number of columns."""
    seeds: int = field(init=False)
    """Number of samples of each generator."""
    column_names: tuple[str, ...] | None = field(init=False)
    """A name for each column; "kind: red" for a category of the table's column kind."""
    layout: tuple[Column, ...] = field(init=False)
    """What the columns are, in order; numbered from 1 where they have no names."""
    units: dict[str, NDArray[np.int64]] = field(init=False)
    """The number of each real row's group, by argument name; see ``Rows.units``."""
    row_digests: dict[str, NDArray[np.uint64]] = field(init=False)
    """A 64-bit digest of each real row, by argument name: equal rows have equal digests."""
    shared_training_rows: int = field(init=False)
    """Rows of ``train_b`` that also occur in ``train_a``."""
    constant_columns: int = field(init=False)
    """Columns that never vary over the training rows of both twins."""
    arrays: dict[str, NDArray[Any]] = field(init=False)
    """The arrays that were given, by argument name."""
    classes: Labels | None = field(init=False)
    """The class of each sample and of each real row; None where no ``labels`` were given."""

    def __post_init__(self) -> None:
        if isinstance(self.samples_a, Twins):
            raise InputError(
                "samples_a",
                "must be rows",
                self.samples_a,
                "pass these twins to the verb; they are Twins already",
            )
        for name in ("samples_a", "train_a"):
            if getattr(self, name) is None:
                raise InputError(name, "is needed", None, "pass rows, one row per sample")
        every = {name: getattr(self, name) for name in _NAMES}
        given = tables = {name: rows for name, rows in every.items() if rows is not None}
        given, groups, labels = columns_apart(given, self.groups, self.labels, _NAMES[2:])
        given, columns = with_columns(given)
        rows = Rows(
            given["train_a"],
            given.get("train_b"),
            given.get("heldout"),
            origin=self.origin,
            image_shape=image_shape_of(given, self.image_shape),
            columns=columns if self.columns is None else self.columns,
            groups=groups,
            up_to=self.up_to,
        )
        made = Twins.of(rows, given["samples_a"], given.get("samples_b"))
        if labels is not None:
            object.__setattr__(made, "classes", classes_of(labels, made.arrays))
        kept = {} if columns is None else tables
        vars(self).update(vars(made) | {"labels": labels, "_tables": kept})

    @classmethod
    def of(cls, rows: Rows, samples_a: Any, samples_b: Any = None) -> Twins:
        """Return twins of samples beside real rows, which are not checked again.

        Shapes: as in ``Twins``. The cost is that of the samples alone.

        Raises:
            InputError: samples that ``Twins`` would refuse.
        """
        given = {"samples_a": samples_a}
        if samples_b is not None:
            given["samples_b"] = samples_b
        given, columns = with_columns(given)
        if rows.columns is not None and columns not in (None, rows.columns):
            raise InputError(
                "samples_a",
                "must be a table of the same columns and categories as the real rows",
                [name for one in columns or () for name in one.names][:5],
                "pass arrays, or make new twins",
            )
        twins = cls.__new__(cls)
        twins._hold(rows, **{name: numeric_rows(name, part) for name, part in given.items()})
        object.__setattr__(twins, "image_shape", image_shape_of(given, rows.image_shape))
        return twins

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over names, shapes, types and values of all arrays: says what was measured."""
        beside = {} if self.groups is None else {f"groups of {k}": v for k, v in self.units.items()}
        if self.classes is not None:
            beside |= {f"labels of {k}": v for k, v in self.classes.numbers.items()}
        versions = None if self.rows.versions is None else self.rows.versions.told
        return fingerprint(self.arrays, self.origin, beside, versions)

    def as_given(self, role: str, row: int) -> dict[str, Any]:
        """Return one row of an array as it was handed in: columns of groups too, words as words.

        Of arrays, and of samples that a generator drew, the columns have numbers or categories.

        >>> rows = [[3.0, 1.0], [4.0, 2.0]]
        >>> Twins(rows, None, [[5.0, 6.0]] * 2, columns=["age", "size"]).as_given("samples_a", 1)
        {'age': 4.0, 'size': 2.0}
        """
        table = vars(self).get("_tables", {}).get(role)
        if table is not None and (found := row_of(table, row)):
            return found
        values, ends = self.arrays[role][row], np.cumsum([one.width for one in self.layout])
        return {
            one.name: one.shown(values[end - one.width : end])
            for one, end in zip(self.layout, ends.tolist(), strict=True)
        }

    def centred(self) -> Twins:
        """Return the same twins, measured about the mean of all real rows (training, held-out).

        Use it where the data have a mean of their own, as images do: cosines and convergence about
        zero would be those of the mean. Nothing is copied. Held-out rows count as much as training
        rows, so that the comparison between the two stays fair.
        """
        other = copy(self)
        other._hold(self.rows.centred(), self.samples_a, self.samples_b)
        other.__dict__.pop("fingerprint", None)
        return other

    def with_samples(self, samples_a: Any, samples_b: Any = None) -> Twins:
        """Return twins of other samples beside the same real rows, which are not checked again.

        Shapes: as in ``Twins``. What is known of the real rows (``rows``) is kept, so that the cost
        is that of the samples alone.

        Raises:
            InputError: samples that ``Twins`` would refuse.

        >>> rng = np.random.default_rng(0)
        >>> twins = Twins(rng.standard_normal((5, 3)), None, rng.standard_normal((6, 3)))
        >>> twins.with_samples(np.ones((2, 3)), np.ones((2, 3)))
        Twins(seeds=2, d=3, n=6, train_b=None, heldout=None)
        """
        return Twins.of(self.rows, samples_a, samples_b)

    def encoded(self, encoder: Encoder, cache: str | os.PathLike[str] | None = None) -> Twins:
        """Return twins of features: every array through one encoder, 1,024 rows per call.

        Groups and labels stay. Versions of rows (``up_to``) do not: features have no mirror image.

        Shapes: the encoder is given (N, d), or (N, *image_shape) for images, and returns (N, k), an
        array or a tensor. ``origin`` is dropped: it belongs to the rows before.

        Args:
            encoder: a function that maps every row by itself.
            cache: a folder; features are kept there, by the content of the rows and the encoder's
                name, and taken from there if the encoder still gives the same on the first rows.

        Raises:
            InputError: the encoder raises, gives another number of rows, NaN or infinity, or does
                not map every row by itself (as with batch statistics or dropout); twins with
                versions of rows.

        >>> rng = np.random.default_rng(0)
        >>> twins = Twins(rng.standard_normal((5, 8)), None, rng.standard_normal((6, 8)))
        >>> twins.encoded(lambda rows: rows[:, :3] ** 2)
        Twins(seeds=5, d=3, n=6, train_b=None, heldout=None)
        """
        if self.rows.versions is not None:
            raise InputError(
                "up_to",
                "does not go with an encoder: features have no versions",
                self.rows.versions.told,
                "leave up_to out, and let the encoder give a row and its versions equal features",
            )
        features: dict[str, Any] = {
            name: encoded_rows(name, rows, encoder, image_shape=self.image_shape, cache=cache)
            for name, rows in self.arrays.items()
        }
        return Twins(**features, **self._known())

    def normalised(self) -> Twins:
        """Return the twins whose rows have lost what ``up_to`` names: brightness, or contrast too.

        Equation: "brightness" subtracts from each row the mean of its entries; "affine" divides by
        their standard deviation as well. Samples and real rows are treated alike. Without these
        words the twins themselves are returned. ``origin`` is dropped: it belongs to the rows
        before.

        Raises:
            InputError: a table, whose columns have units of their own.

        >>> bright = np.array([[1.0, 3.0], [2.0, 7.0]])
        >>> Twins(bright + 5, None, bright, up_to="brightness").normalised().samples_a
        array([[-1. ,  1. ],
               [-2.5,  2.5]])
        """
        change = self.rows.normaliser
        if change is None:
            return self
        if self.columns is not None:
            raise InputError(
                "up_to",
                "must not take the brightness of a table, whose columns have units of their own",
                self.up_to,
                "leave brightness and affine out, or pass the rows as an array",
            )
        made: dict[str, Any] = {name: change(part) for name, part in self.arrays.items()}
        return Twins(**made, image_shape=self.image_shape, up_to=self.up_to, **self._known())

    def _known(self) -> dict[str, Any]:
        """Return what was said of the rows beside their values, as arguments of new twins."""
        classes = self.classes
        return {
            "groups": None if self.groups is None else self.units,
            "labels": None if classes is None else classes.of(classes.numbers),
        }

    def _repr_html_(self) -> str:
        """Return the arrays as a table, as a notebook shows them."""
        rows = [(role, f"{len(part):,}", str(part.dtype)) for role, part in self.arrays.items()]
        shape = "" if self.image_shape is None else f", images of {self.image_shape}"
        return html_table(
            ("role", "rows", "numbers"), rows, title=f"Twins: {self.d:,} columns{shape}"
        )

    def __repr__(self) -> str:
        return f"Twins(seeds={self.seeds}, d={self.d}, n={self.n}, {self.rows.told})"

    def _hold(
        self, rows: Rows, samples_a: NDArray[Any], samples_b: NDArray[Any] | None = None
    ) -> None:
        """Keep rows and samples that fit together; what the rows know has their names here too."""
        samples = {"samples_a": samples_a, "samples_b": samples_b}
        given = {name: part for name, part in samples.items() if part is not None}
        for name, part in given.items():
            require_width(name, part, rows.d)
        if samples_b is not None and len(samples_b) != len(samples_a):
            raise InputError(
                "samples_b",
                f"must have one row for each seed of samples_a, {len(samples_a)}",
                len(samples_b),
                "generate both from the same list of seeds, in the same order",
            )
        vars(self).update(
            {name: getattr(rows, name) for name in _OF_ROWS} | samples,
            rows=rows,
            row_digests=rows.digests,
            seeds=len(samples_a),
            classes=vars(self).get("classes"),
            arrays=given | rows.arrays,
        )
