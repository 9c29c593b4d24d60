"""Rows of objects that hold them in their own way: batches, data sets of torch, AnnData."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import plain
from twinseed.errors import InputError

__all__ = ["rows_of"]


def rows_of(role: str, given: Any) -> Any:
    """Return the rows of an object, or the object itself where it is an array already.

    Taken are: a list of batches (arrays with as many axes as images, or of unequal lengths); a
    ``DataLoader`` and a ``Dataset`` of torch, and a ``Dataset`` of Hugging Face, whose items are
    rows, tuples with the row first, or dictionaries with one entry that is a row; the matrix ``X``
    of an ``AnnData``.

    Raises:
        InputError: items of unequal shapes, a dictionary with several rows.

    >>> rows_of("train_a", [np.zeros((2, 3)), np.ones((1, 3))])
    array([[0., 0., 0.],
           [0., 0., 0.],
           [1., 1., 1.]])
    """
    if isinstance(given, list | tuple):
        return _joined(role, given) if _are_batches(given) else given
    if hasattr(given, "obs") and hasattr(given, "var") and hasattr(given, "X"):
        return given.X
    if hasattr(given, "dataset") and hasattr(given, "batch_size"):
        return _joined(role, [_row(role, batch) for batch in given])
    if hasattr(given, "__iter__") and not hasattr(given, "__len__") and not _is_array(given):
        raise InputError(
            role,
            "must have a length: how many rows come out of it is not known",
            type(given).__name__,
            "pass a list, such as list(itertools.islice(data, 1000))",
        )
    if _is_dataset(given):
        return _stacked(role, (_row(role, given[k]) for k in range(len(given))))
    return given


def require_names_alike(roles: Mapping[str, Any]) -> None:
    """Refuse tables of cells (AnnData) whose genes differ, or come in another order.

    Raises:
        InputError: two of them with other names of genes, or in another order.
    """
    named = {
        role: list(map(str, given.var_names))
        for role, given in roles.items()
        if hasattr(given, "var_names") and hasattr(given, "obs")
    }
    for role, names in named.items():
        lead, first = next(iter(named.items()))
        if names == first:
            continue
        if sorted(names) == sorted(first):
            raise InputError(
                role,
                f"has the genes of {lead} in another order",
                names[:3],
                "bring the genes into one order, as in b[:, a.var_names]",
            )
        other = sorted(set(names) ^ set(first))
        raise InputError(
            role,
            f"must have the genes of {lead}; {len(other)} genes are in one of the two alone",
            other[:3],
            "keep the genes that both have",
        )


def _are_batches(given: Any) -> bool:
    """Say whether a list holds batches of rows, and not the rows themselves."""
    shapes = [one.shape for one in given if hasattr(one, "shape")]
    if not shapes or len(shapes) < len(given):
        return False
    axes = {len(shape) for shape in shapes}
    if len(axes) != 1 or min(axes) < 2:
        return False
    return axes == {4} or len({shape[0] for shape in shapes}) > 1


def _is_array(given: Any) -> bool:
    names = ("__array__", "shape", "dtype", "columns", "dims", "todense", "detach")
    return any(hasattr(given, name) for name in names)


def _is_dataset(given: Any) -> bool:
    known = isinstance(given, dict | str | bytes) or _is_array(given)
    return not known and hasattr(given, "__getitem__") and hasattr(given, "__len__")


def _row(role: str, item: Any) -> NDArray[Any]:
    """Return the row of an item: the item itself, its first part, or the only entry that is one."""
    if isinstance(item, dict):
        rows = {k: v for k, v in item.items() if hasattr(v, "getbands") or _axes(v) > 0}
        most = max(map(_axes, rows.values()), default=0)
        if len(rows) > 1 and most > 1:  # a batch: its labels have one axis
            rows = {k: v for k, v in rows.items() if _axes(v) == most}
        if len(rows) != 1:
            raise InputError(
                role,
                "must have items with one entry that is a row",
                f"entries {', '.join(map(str, item))}",
                "pass a data set of the rows alone, such as [item['image'] for item in data]",
            )
        item = next(iter(rows.values()))
    elif isinstance(item, list | tuple) and item and _axes(item[0]) + hasattr(item[0], "size") > 0:
        item = item[0]
    if hasattr(item, "getbands"):  # a picture of pillow
        pixels = np.asarray(item)
        return np.moveaxis(pixels, -1, 0) if pixels.ndim == 3 else pixels
    return plain(role, item)


def _axes(value: Any) -> int:
    return len(getattr(value, "shape", ()))


def _joined(role: str, batches: Iterable[Any]) -> NDArray[Any]:
    found = [plain(role, one) for one in batches]
    _require_alike(role, [one.shape[1:] for one in found])
    return np.concatenate(found)


def _stacked(role: str, rows: Iterator[NDArray[Any]]) -> NDArray[Any]:
    found = list(rows)
    _require_alike(role, [one.shape for one in found])
    return np.stack(found)


def _require_alike(role: str, shapes: list[tuple[int, ...]]) -> None:
    if len(set(shapes)) != 1:
        shown = " and ".join(map(str, sorted(set(shapes))[:2])) or "none"
        raise InputError(role, "must hold rows of one shape", shown, "bring them to one shape")
