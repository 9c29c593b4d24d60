"""Several variables of one file, side by side as the columns of one array."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.readers.source import Mapped, Source

__all__ = ["joined", "side_by_side"]


def joined(source: Source, names: Sequence[str], read: Callable[[str], Any]) -> NDArray[Any]:
    """Return the variables of a file as one array (rows, columns), in the order given.

    ``read`` reads one variable, which is then copied: the readers use one place on the disk for
    every variable. Each is flattened behind its rows. A sentence says which variables were joined.
    """
    parts: dict[str, NDArray[Any]] = {}
    for name in names:
        held = read(name)
        parts[name] = np.array(held.opened(source) if isinstance(held, Mapped) else held)
        source.require_room((sum(part.size for part in parts.values()),), 8)
    lengths = {name: len(part) for name, part in parts.items()}
    if len(set(lengths.values())) > 1:
        raise source.damaged("variables of other lengths along one dimension")
    source.notes.append(side_by_side(parts))
    source.names.clear()
    return np.concatenate([part.reshape(len(part), -1) for part in parts.values()], axis=1)


def side_by_side(parts: Mapping[str, NDArray[Any]]) -> str:
    """Return the sentence that says which variables are joined.

    >>> side_by_side({"t2m": np.ones((5, 3)), "wind": np.ones((5, 2, 2))})
    'the variables t2m (3 columns), wind (4 columns) are joined; each keeps its unit'
    """
    widths = (f"{name} ({part[0].size:,} columns)" for name, part in parts.items())
    return f"the variables {', '.join(widths)} are joined; each keeps its unit"
