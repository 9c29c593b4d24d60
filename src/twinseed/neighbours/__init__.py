"""Finds the nearest rows exactly, by cosine and by Euclidean distance.

float32 matrix products are fast, but their rounding errors are larger than the distance of a near
copy. So the products only exclude rows, by a rigorous error bound. The few rows that the products
cannot exclude are compared in float64 on the original values.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.checks import numeric_rows
from twinseed.errors import InputError
from twinseed.lanes import Place, here, in_threads
from twinseed.neighbours._blocks import Blocks, BlockSizes, Frame
from twinseed.neighbours._search import search
from twinseed.neighbours.groups import Nearest, folded
from twinseed.progress import Progress, ShowProgress, track

__all__ = ["Nearest", "folded", "nearest", "searches_at_once"]

_SHARED = 1 << 28
"""Products of entries (N M d) from which a search is divided; less is done before others begin."""
_FEWEST = 200
"""Queries that a thread searches together at least."""
_MEMORY = 256 << 20
"""Bytes of a search, by default."""


def nearest(
    queries: ArrayLike,
    rows: ArrayLike,
    *,
    groups: int | NDArray[np.int64] = 1,
    ties: NDArray[np.int64] | None = None,
    origin: ArrayLike | None = None,
    memory: int = _MEMORY,
    top: int = 8,
    cosines: bool = True,
    progress: ShowProgress = False,
) -> Nearest:
    """Return, for each query, the row of largest |cosine| and the row of least distance.

    Equation: ``max_j |(q - o).(r_j - o)| / (|q - o| |r_j - o|)`` and ``min_j |q - r_j|`` over the
    rows ``r_j`` of each group; ``o`` is the ``origin`` (zero when left out). Range: cosine from 0
    (orthogonal) to 1 (parallel); distance from 0 (a copy) upwards.

    Args:
        queries: (N, d).
        rows: (M, d).
        groups: the number G of groups (row j is in group j modulo G), or one label from 0 to G - 1
            for each row; the answer has the shape (N, G).
        ties: rank of each row, (M,): of equally near rows the row of least rank is returned; by
            default the row of the least number.
        origin: the point about which cosines are measured, (d,); zero by default.
        memory: bytes beyond the answer and the arguments, 8 MiB or more. Arguments may be
            memory-mapped: rows are read in blocks, once if they fit into a quarter of the memory,
            else twice for each batch of queries.
        top: how many rows per query are compared that not even float64 products distinguish.
        cosines: False finds the least distances alone, in less time; every cosine is then NaN, and
            its row 0.
        progress: counts pairs of a query and a row.

    A large search is divided among the threads, or sent to the cluster, of ``lanes.here()``. The
    memory is for all threads together, also where each thread does a search (``searches_at_once``).

    Raises:
        InputError: not numbers, not finite, widths that differ, a group without rows.

    Validity: the products have the precision of the arrays (float32 stays float32), on values
    centred by the rows' mean, so that a large mean loses no digits. With unit roundoff u and
    ``g = (d + 16) u / (1 - (d + 16) u)``, every computed ``q.r - |r|^2/2`` is within
    ``g (|q| + |r|) |r|`` of its true value, and every computed cosine (times |q|) within
    ``g (|q| + |m|)(|r| + |m|)/|r - o|``, ``m`` the mean less the origin: the classical bound
    ``g sum_j |q_j r_j|`` for an inner product summed in any order, with Cauchy-Schwarz, and 16
    more roundings for the centring and the shifts. An origin near the mean is itself the centre, so
    that no shift is needed; |m| is then what rounding it leaves, over g. A row is excluded only if
    its score plus its bound lies below the score less the bound of another row, so the true nearest
    row is never excluded. Where too few of 256 rows are excluded (a mean far larger than the
    standard deviation, many equal rows), products in float64 choose among them; of rows that
    float64 products do not distinguish at most ``top`` are compared.

    Source: N. Higham, Accuracy and Stability of Numerical Algorithms (2002), equation (3.5).

    >>> found = nearest([[2.0, 0.1], [0.0, -3.0]], [[1.0, 0.0], [0.0, 1.0]])
    >>> found.cosine_row.ravel(), found.distance_row.ravel()
    (array([0, 1]), array([0, 0]))
    """
    q = numeric_rows("queries", queries, at_least=1, any_size=True)
    r = numeric_rows("rows", rows, at_least=1, any_size=True)
    if q.shape[1] != r.shape[1]:
        raise InputError(
            "queries",
            f"must have as many columns as the rows, {r.shape[1]}",
            q.shape[1],
            "pass queries and rows of the same columns",
        )
    labels = _labels(groups, len(r))
    count = int(labels.max()) + 1
    ranks = np.arange(len(r)) if ties is None else np.asarray(ties)
    if ranks.shape != (len(r),):
        raise InputError(
            "ties", "must hold one rank per row", ranks.shape, "pass one rank for each row"
        )
    place = here() if q.size * len(r) >= _SHARED else Place()
    memory //= here().sharing
    if place.search is not None:
        there: Nearest = place.search(q, r, labels, ranks, origin, memory, progress)
        if not cosines:
            there.cosine[:], there.cosine_row[:] = np.nan, 0
        return there
    frame = Frame.around(q, r, origin)
    workers = min(place.workers, -(-len(q) // _FEWEST))
    size = frame.dtype.itemsize
    plan = BlockSizes.within(memory, len(r), r.shape[1], size, count, top, len(q), workers)
    blocks = Blocks(r, labels, frame, plan).kept()
    best = Nearest.empty(len(q), count)
    if not cosines:
        best.cosine[:] = np.nan
    with track(len(q) * len(r), "nearest rows", progress) as shown:
        if workers > 1:
            _in_parts(q, r, blocks, ranks, frame, plan, best, cosines, workers, shown)
            return best
        for start in range(0, len(q), plan.batch):
            part = slice(start, min(start + plan.batch, len(q)))

            def report(share: float, part: slice = part) -> None:
                done = part.start + share * (part.stop - part.start)
                shown.advance(int(done * len(r)) - shown.done)

            search(q[part], r, blocks, ranks, frame, plan, best.part(part), cosines, report)
    return best


def searches_at_once(entries: int) -> int:
    """Return how many searches can share the memory of one, of rows of so many entries.

    Each then holds its rows in one block, as it would alone. So it finds the same to the last bit.
    Range: 0 if the rows do not fit in one block.

    Args:
        entries: rows times columns.

    >>> searches_at_once(4000 * 100), searches_at_once(60_000 * 784)
    (6, 0)
    """
    return _MEMORY // 4 // max(1, 24 * entries)


def _in_parts(
    q: NDArray[Any],
    r: NDArray[Any],
    blocks: Blocks,
    ranks: NDArray[np.int64],
    frame: Frame,
    plan: BlockSizes,
    best: Nearest,
    cosines: bool,
    workers: int,
    shown: Progress,
) -> None:
    """Fill ``best``, each thread for some queries, in few parts: each part passes all rows."""
    step = min(max(-(-len(q) // workers), _FEWEST), plan.batch)
    parts = [slice(start, min(start + step, len(q))) for start in range(0, len(q), step)]

    def part_of(part: slice) -> None:
        own = best.part(part)
        search(q[part], r, blocks, ranks, frame, plan, own, cosines, lambda share: None)

    def report(part: slice) -> None:
        shown.advance((part.stop - part.start) * len(r))

    in_threads(part_of, parts, workers, report)


def _labels(groups: int | NDArray[np.int64], rows: int) -> NDArray[np.int64]:
    remedy = "pass a number of groups, or a label from 0 for each row"
    if np.ndim(groups) == 0:
        if not 1 <= int(groups) <= rows:
            raise InputError("groups", f"must be from 1 to the {rows} rows", groups, remedy)
        return np.arange(rows) % int(groups)
    labels = np.asarray(groups)
    if labels.shape != (rows,) or not np.issubdtype(labels.dtype, np.integer):
        raise InputError("groups", "must hold one whole number per row", labels.shape, remedy)
    if labels.min() < 0 or np.any(np.bincount(labels) == 0):
        raise InputError("groups", "must use every label from 0", int(labels.min()), remedy)
    return labels.astype(np.int64, copy=False)
