"""The picture strip: samples of twins from the same seeds, for several n."""

from __future__ import annotations

import numpy as np

from twinseed.arrays import Array
from twinseed.matched import matched_model
from twinseed.neighbours import nearest
from twinseed.randomness import stream
from twinseed.reproduction.dataset import CleanRows

__all__ = ["strip"]


def strip(
    rows: CleanRows, sizes: tuple[int, ...], entropy: tuple[int, ...], seeds: int = 4
) -> dict[str, Array]:
    """Return pictures of the twins' samples, and the training pictures nearest to A's.

    Shapes: ``strip`` (sizes, seeds, 3, height, width): model A, model B, the row of A's training
    set nearest to A's sample by Euclidean distance; ``sizes`` (sizes,). The seeds are the same at
    every size, and a larger training set contains the smaller sets. Empty if rows are not pictures.
    """
    if len(rows.picture) != 2:
        return {}
    noise = stream(entropy, "seeds of the pictures").standard_normal((seeds, rows.d))
    middle = rows.count // 2
    sheets = []
    for n in sizes:
        train = (rows.values[:n], rows.values[middle : middle + n])
        a, b = (matched_model(half).sample(noise) for half in train)
        closest = train[0][nearest(a, train[0]).distance_row[:, 0]]
        sheets.append(np.stack([rows.restored(part) for part in (a, b, closest)], axis=1))
    return {"strip": np.stack(sheets), "sizes": np.asarray(sizes, dtype=np.float64)}
