"""Pictures of several models side by side: one row per seed, one block of columns per n."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twinseed.arrays import Array
from twinseed.drawing.panels import number
from twinseed.drawing.style import INK, SMALL, Figure, styled

__all__ = ["picture_strip"]


@styled
def picture_strip(pictures: Array, sizes: Sequence[float], *, stacked: bool = False) -> Figure:
    """Draw the samples of twins from the same seeds, for each number n of training rows.

    ``pictures`` has the shape (sizes, seeds, 3, height, width): model A, model B, and the training
    image nearest to the sample of A; or (sizes, seeds, 2, height, width) without training images.
    One row is one seed; one block of columns is one n.
    """
    from matplotlib.figure import Figure

    blocks, seeds, across_each, high, wide = pictures.shape
    columns = min(2, blocks) if stacked else blocks
    rows = -(-blocks // columns)
    tile = 0.5 if stacked else 0.42
    across, down = across_each * tile, seeds * tile * high / wide
    size = (columns * (across + _BETWEEN) + _BETWEEN, rows * (down + _HEADING))
    figure = Figure(figsize=size)
    low, top = float(pictures[:, :, -1].min()), float(pictures[:, :, -1].max())
    for block in range(blocks):
        row, column = divmod(block, columns)
        x = _BETWEEN + column * (across + _BETWEEN)
        y = size[1] - row * (down + _HEADING) - _HEADING + 0.1 - down
        bounds = (x / size[0], y / size[1], across / size[0], down / size[1])
        axes = figure.add_axes(bounds)
        axes.set_axis_off()
        sheet = _sheet(pictures[block])
        axes.imshow(sheet, cmap="gray_r", vmin=low, vmax=top, interpolation="none", aspect="auto")
        axes.set_title(f"n = {number(float(sizes[block]))}", loc="center", pad=14.0)
        for place, name in enumerate(("A", "B", "nearest")[:across_each]):
            axes.annotate(
                name,
                (place * (wide + _GAP) + (wide - 1) / 2, -0.5),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                fontsize=SMALL,
                color=INK,
                annotation_clip=False,
            )
    return figure


_BETWEEN, _HEADING = 0.25, 0.6
"""Inches between blocks of pictures, and above each block."""


_GAP = 1
"""Pixels between two pictures."""


def _sheet(block: Array) -> Array:
    """Return seeds x 3 pictures as one picture; the gaps are NaN, which is not drawn."""
    seeds, across, high, wide = block.shape
    sheet = np.full((seeds * (high + _GAP) - _GAP, across * (wide + _GAP) - _GAP), np.nan)
    for seed in range(seeds):
        for column in range(across):
            y, x = seed * (high + _GAP), column * (wide + _GAP)
            sheet[y : y + high, x : x + wide] = block[seed, column]
    return sheet
