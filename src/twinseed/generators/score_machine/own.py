"""Posterior means over the training images, each pixel compared at its own position."""

from __future__ import annotations

import numpy as np

from twinseed.generators.score_machine.posterior import Numbers, RunningMean

__all__ = ["own_means"]


def own_means(y: Numbers, rows: Numbers, sigma: float, reach: int, block: int) -> Numbers:
    """Return the mean of the rows at each pixel of each image, (N, channels, height, width).

    Sums over windows are products with a matrix of 0 and 1 for each axis. Windows that are clipped
    to the same pixels have the same weights, which are computed once.
    """
    n, (channels, height, width) = len(rows), y.shape[1:]
    down, along = _intervals(height, reach), _intervals(width, reach)
    half_down, ones_along = -0.5 * _matrix(down, y), _matrix(along, y)
    x = np.ascontiguousarray(rows.transpose(1, 2, 3, 0))  # (channels, height, width, n)
    groups = [(lines, columns) for _, lines in down for _, columns in along]
    values = [_counted(x, lines, columns) for lines, columns in groups]
    together = max(1, min(n, block // (height * width)))
    step = max(1, block // (height * width * together))
    found = np.empty_like(y)
    for start in range(0, len(y), step):
        query = np.ascontiguousarray(y[start : start + step].transpose(1, 2, 3, 0))
        count = query.shape[-1]
        mean = RunningMean(sigma, y.dtype)
        for first in range(0, n, together):
            part = slice(first, first + together)
            squares = _squares(query, x[..., part])
            scores = half_down @ squares.reshape(height, -1)
            scores = np.matmul(ones_along, scores.reshape(len(down), width, -1))
            mean.add(scores.reshape(len(groups), count, -1), [one[part] for one in values])
        for (lines, columns), one in zip(groups, mean.means(), strict=True):
            shape = (count, channels, lines.stop - lines.start, columns.stop - columns.start)
            found[start : start + count, :, lines, columns] = one.reshape(shape)
    return found


def _squares(query: Numbers, x: Numbers) -> Numbers:
    """Return the squared differences, summed over channels, (height, width, images, rows)."""
    total = query[0, ..., :, None] - x[0, ..., None, :]
    np.square(total, out=total)
    for one, other in zip(query[1:], x[1:], strict=True):
        apart = one[..., :, None] - other[..., None, :]
        total += np.square(apart, out=apart)
    return total


def _intervals(side: int, reach: int) -> list[tuple[slice, slice]]:
    """Return the different windows along one axis, and the positions of each."""
    found: dict[tuple[int, int], list[int]] = {}
    for place in range(side):
        window = max(0, place - reach), min(side, place + reach + 1)
        found.setdefault(window, []).append(place)
    return [(slice(*window), slice(at[0], at[-1] + 1)) for window, at in found.items()]


def _matrix(intervals: list[tuple[slice, slice]], like: Numbers) -> Numbers:
    found = np.zeros((len(intervals), intervals[-1][1].stop), like.dtype)
    for row, (window, _) in zip(found, intervals, strict=True):
        row[window] = 1.0
    return found


def _counted(x: Numbers, lines: slice, columns: slice) -> Numbers:
    """Return the pixels of each row at some positions, with a last column of ones."""
    some = x[:, lines, columns].reshape(-1, x.shape[-1]).T
    return np.concatenate([some, np.ones_like(some[:, :1])], axis=1)
