"""The two measures of closeness: a score from products, a bound on its error, the exact value."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.blocks import row_blocks
from twinseed.neighbours._blocks import Block, Frame

__all__ = ["Cosine", "Distance", "Metric"]


class Distance:
    """``q.r - |r|^2/2``: largest where the distance is least."""

    def __init__(self, frame: Frame, length: Array) -> None:
        self.roundoff = frame.roundoff
        self.length = length

    def score(
        self, g: NDArray[Any], block: Block, part: slice, who: Any, out: NDArray[Any] | None = None
    ) -> NDArray[Any]:
        scores: NDArray[Any] = np.subtract(g, block.half[part, None], out=out)
        return scores

    def bound(self, length: Any, pull: Any, who: Any) -> Any:
        return self.roundoff * (self.length[who] + length) * length

    def exact(self, q: Array, r: Array) -> Array:
        q -= r
        return np.asarray(-np.sqrt(np.einsum("ij,ij->i", q, q)))


class Cosine:
    """``|(q - o).(r - o)| / |r - o|``: largest where the |cosine| is largest."""

    def __init__(self, frame: Frame, placed: NDArray[Any], length: Array) -> None:
        self.roundoff = frame.roundoff
        self.origin = frame.origin
        self.reach = frame.reach
        self.length = length
        self.shift: NDArray[Any] | None = None
        if not frame.at_origin:
            parts = [part @ frame.offset for _, part in row_blocks(placed, 1 << 17)]
            self.shift = np.concatenate(parts, dtype=frame.dtype)

    def score(
        self, g: NDArray[Any], block: Block, part: slice, who: Any, out: NDArray[Any] | None = None
    ) -> NDArray[Any]:
        scores: NDArray[Any]
        if self.shift is None:
            scores = np.multiply(g, block.inverse[part, None], out=out)
        else:
            scores = np.add(g, block.lift[part, None], out=out)
            scores += self.shift[who]
            scores *= block.inverse[part, None]
        np.abs(scores, out=scores)
        return scores

    def bound(self, length: Any, pull: Any, who: Any) -> Any:
        return self.roundoff * (self.length[who] + self.reach) * pull

    def exact(self, q: Array, r: Array) -> Array:
        q -= self.origin
        r -= self.origin
        size = np.sqrt(np.einsum("ij,ij->i", q, q) * np.einsum("ij,ij->i", r, r))
        product = np.abs(np.einsum("ij,ij->i", q, r))
        cosine = np.divide(product, size, out=np.zeros_like(size), where=size > 0)
        return np.asarray(np.minimum(cosine, 1.0))


Metric = Distance | Cosine
