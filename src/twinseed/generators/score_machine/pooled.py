"""Posterior means over all positions of the training images whose windows are alike."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.generators.score_machine.posterior import Numbers, RunningMean

__all__ = ["pooled_means"]

_ROUNDING = 1e-3  # the largest error of log(weight)
_QUERIES = 1 << 10  # windows of noisy images per product


def pooled_means(
    y: Numbers, rows: Numbers, sigma: float, reach: int, block: int, *, padded: bool
) -> Numbers:
    """Return the mean of the pixels at the centres of windows, (N, channels, height, width).

    Without ``padded`` a window is compared with the windows that are clipped at the border in the
    same way; with ``padded``, windows have zeros beyond the border, and all are compared.
    """
    margin = reach if padded else 0
    around = ((0, 0), (0, 0), (margin, margin), (margin, margin))
    y, rows = np.pad(y, around), np.pad(rows, around)
    found = np.empty_like(y)
    down, along = (_alike(side, reach, margin) for side in y.shape[2:])
    for lines in down:
        for columns in along:
            at = _Places(lines, columns, reach)
            found[:, :, lines, columns] = _means(y, rows, sigma, block, at)
    inside = [slice(margin, side - margin) for side in y.shape[2:]]
    return np.ascontiguousarray(found[:, :, inside[0], inside[1]])


def _alike(side: int, reach: int, margin: int) -> list[slice]:
    """Return the positions along one axis whose windows are clipped in the same way."""
    if margin:
        return [slice(margin, side - margin)]
    inner = [slice(reach, side - reach)] if side > 2 * reach else []
    edge = [i for i in range(side) if i < reach or i >= side - reach]
    return [*inner, *(slice(i, i + 1) for i in edge)]


class _Places:
    """Positions of one image whose windows have one shape."""

    def __init__(self, lines: slice, columns: slice, reach: int) -> None:
        self._positions = (lines, columns)
        self._reach = reach

    def centres(self, images: Numbers) -> Numbers:
        """Return the pixels at the positions, (N, channels, lines, columns)."""
        lines, columns = self._positions
        return images[:, :, lines, columns]

    def windows(self, images: Numbers) -> Numbers:
        """Return the window of each position, (N * positions, entries)."""
        cut, sizes = [], []
        for positions, side in zip(self._positions, images.shape[2:], strict=True):
            first = max(0, positions.start - self._reach)
            last = min(side, positions.stop + self._reach)
            cut.append(slice(first, last))
            sizes.append(last - first - (positions.stop - positions.start) + 1)
        some = images[:, :, cut[0], cut[1]]
        seen = np.lib.stride_tricks.sliding_window_view(some, sizes, axis=(2, 3))
        seen = seen.transpose(0, 2, 3, 1, 4, 5)
        return seen.reshape(-1, some.shape[1] * sizes[0] * sizes[1])


def _means(y: Numbers, rows: Numbers, sigma: float, block: int, at: _Places) -> Numbers:
    channels = y.shape[1]
    shape = at.centres(y[:1]).shape[2:]
    positions = shape[0] * shape[1]
    step = max(1, _QUERIES // positions)
    parts = [slice(start, start + step) for start in range(0, len(y), step)]
    means = [RunningMean(sigma, y.dtype) for _ in parts]
    entries = at.windows(rows[:1]).size
    together = max(1, 4 * block // entries)
    for first in range(0, len(rows), together):
        some = rows[first : first + together]
        centres = at.centres(some).transpose(0, 2, 3, 1).reshape(-1, channels)
        candidates, chosen, times = _different(at.windows(some))
        counts = times[:, None].astype(y.dtype)
        values = np.concatenate([centres[chosen] * counts, counts], axis=1)
        for part, mean in zip(parts, means, strict=True):
            queries = at.windows(y[part])
            size = max(1, block // len(queries))
            for start in range(0, len(candidates), size):
                here = slice(start, start + size)
                scores = _scores(queries, candidates[here], sigma)
                mean.add(scores[None], [values[here]])
    found = np.concatenate([mean.means()[0] for mean in means])
    return found.reshape(len(y), *shape, channels).transpose(0, 3, 1, 2)


def _scores(queries: Numbers, candidates: Numbers, sigma: float) -> Numbers:
    """Return ``-|y - x|^2/2 + |y|^2/2`` of all pairs, in double precision where sigma needs it."""
    squares = np.einsum("ij,ij->i", candidates, candidates, dtype=np.float64)
    size = float(np.linalg.norm(queries, axis=1).max()) * float(squares.max()) ** 0.5
    if size * float(np.finfo(queries.dtype).eps) > _ROUNDING * sigma * sigma:
        queries, candidates = queries.astype(np.float64), candidates.astype(np.float64)
    scores: Numbers = queries @ candidates.T
    scores -= (squares / 2).astype(scores.dtype)
    return scores


def _different(windows: Numbers) -> tuple[Numbers, NDArray[np.int64], NDArray[np.int64]]:
    """Return the different windows, the number of each one, and how often it is found."""
    packed = np.ascontiguousarray(windows)
    whole: NDArray[Any] = packed.view(np.dtype((np.void, packed.itemsize * packed.shape[1])))
    _, first, times = np.unique(whole.ravel(), return_index=True, return_counts=True)
    return packed[first], first, times
