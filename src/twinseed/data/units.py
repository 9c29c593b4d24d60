"""Units of rows: the rows of one person, one day, one batch belong together, and are one unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.data.labels import labels_of
from twinseed.errors import InputError

__all__ = ["units_of"]


def units_of(groups: Any, given: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.int64]]:
    """Return the number of each row's group, by name of the array; see ``Rows.units``.

    ``groups``: None, where each row is a unit; or a label for each row of each array.

    Raises:
        InputError: rows without a label; a group with training rows and held-out rows.
    """
    if groups is None:
        ends = np.cumsum([len(rows) for rows in given.values()])
        return {
            name: np.arange(end - len(rows), end)
            for end, (name, rows) in zip(ends, given.items(), strict=True)
        }
    sizes = {name: len(rows) for name, rows in given.items()}
    found = labels_of("groups", groups, sizes, given)
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
