"""Finds the nearest rows exactly, by cosine and by Euclidean distance.

float32 matrix products are fast, and useless exactly where memorisation lives: the distance of a
near copy is lost in their rounding error. So the products only exclude rows, by a rigorous error
bound, and the few rows that they cannot exclude are compared in float64 on the original values.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.checks import numeric_rows
from twinseed.errors import InputError
from twinseed.neighbours._blocks import Blocks, BlockSizes, Frame
from twinseed.neighbours._search import search
from twinseed.neighbours.groups import Nearest, folded
from twinseed.progress import ShowProgress, track

__all__ = ["Nearest", "folded", "nearest"]


def nearest(
    queries: ArrayLike,
    rows: ArrayLike,
    *,
    groups: int | NDArray[np.int64] = 1,
    ties: NDArray[np.int64] | None = None,
    origin: ArrayLike | None = None,
    memory: int = 256 << 20,
    top: int = 8,
    progress: ShowProgress = False,
) -> Nearest:
    """Return, for each query, the row of largest |cosine| and the row of least distance.

    Equation: ``max_j |(q - o).(r_j - o)| / (|q - o| |r_j - o|)`` and ``min_j |q - r_j|`` over the
    rows ``r_j`` of each group; ``o`` is the ``origin`` (zero when left out). Range: cosine from 0
    (orthogonal) to 1 (parallel); distance from 0 (a copy) upwards.

    Shapes: queries (N, d); rows (M, d); the answer (N, G). ``groups`` is the number of groups
    (row j is in group j modulo G) or one label from 0 to G - 1 for each row. ``ties`` (M,) ranks
    the rows: of equally near rows the one of least rank is returned, the lower row by default.

    Raises:
        InputError: not numbers, not finite, widths that differ, a group without rows.

    Validity: the products run in the arrays' own precision (float32 stays float32), on values
    centred by the rows' mean, so that a large mean costs no digits. With unit roundoff u and
    ``g = (d + 16) u / (1 - (d + 16) u)``, every computed ``q.r - |r|^2/2`` is within
    ``g (|q| + |r|) |r|`` of its true value, and every computed cosine (times |q|) within
    ``g (|q| + |m|)(|r| + |m|)/|r - o|``, ``m`` the mean less the origin: the classical bound
    ``g sum_j |q_j r_j|`` for an inner product summed in any order, with Cauchy-Schwarz, and 16
    more roundings for the centring and the shifts. A row is dropped only if its score plus its
    bound lies below another's score less its bound, so the true nearest row is always kept. What
    is kept is compared in float64 on the original values.
    Where that excludes too few of some 256 rows (a mean far larger than the spread, many equal
    rows), products in float64 choose among them; only of rows that even these cannot tell apart
    are no more than ``top`` compared.

    ``progress`` counts pairs of a query and a row.

    Memory: at most about ``memory`` bytes (8 MiB or more) beyond the answer and the arguments,
    which may be memory-mapped: rows are read in blocks, once where they fit into a quarter of
    it, else twice for each batch of queries.

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
            "match the widths",
        )
    labels = _labels(groups, len(r))
    count = int(labels.max()) + 1
    ranks = np.arange(len(r)) if ties is None else np.asarray(ties)
    if ranks.shape != (len(r),):
        raise InputError(
            "ties", "must hold one rank per row", ranks.shape, "pass one rank for each row"
        )
    frame = Frame.around(q, r, origin)
    plan = BlockSizes.within(memory, len(r), r.shape[1], frame.dtype.itemsize, count, top)
    blocks = Blocks(r, labels, frame, plan).kept()
    best = Nearest.empty(len(q), count)
    with track(len(q) * len(r), "nearest rows", progress) as shown:
        for start in range(0, len(q), plan.batch):
            part = slice(start, min(start + plan.batch, len(q)))

            def report(share: float, part: slice = part) -> None:
                done = part.start + share * (part.stop - part.start)
                shown.advance(int(done * len(r)) - shown.done)

            search(q[part], r, blocks, ranks, frame, plan, best.part(part), report)
    return best


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
