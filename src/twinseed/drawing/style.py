"""The style of every figure: sizes, colours and the frame of a panel.

The colours are from Okabe and Ito: colour-blind readers can distinguish them, on paper too. Each
colour has a different line style and marker, so that nothing depends on colour alone. There is no
global state: figures are made without pyplot, and the style applies only while a figure is drawn or
written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias, TypeVar

from twinseed.errors import needs

if TYPE_CHECKING:
    import matplotlib.figure
    from matplotlib.axes import Axes

__all__ = [
    "GREY",
    "INK",
    "LOOKS",
    "SMALL",
    "Figure",
    "Look",
    "Panel",
    "frames",
    "styled",
    "styling",
]

Figure: TypeAlias = "matplotlib.figure.Figure"

INK = "#1f1f1f"
GREY = "#6b6b6b"
SMALL = 9.0
"""The smallest text of a figure, in points: 12 pixels where the figure is shown at its size."""

_STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9.5,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": "#ececec",
    "grid.linewidth": 0.7,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.minor.size": 2.0,
    "legend.frameon": False,
    "legend.fontsize": SMALL,
    "legend.handlelength": 1.9,
    "legend.columnspacing": 1.2,
    "legend.borderaxespad": 0.0,
    "legend.borderpad": 0.0,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.6,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "text.color": INK,
    "svg.fonttype": "none",
    "image.interpolation": "nearest",
    "figure.dpi": 100.0,
    "savefig.dpi": 200.0,
}

_ABOVE, _BELOW, _RIGHT, _KEY = 0.45, 0.5, 0.18, 0.19
"""Inches above a panel for the title, below for the labels of x, at its right, per legend line."""
_WIDE, _NARROW = 11.25, 3.75
"""Inches of a figure on a page, and on a phone."""


@dataclass(frozen=True)
class Look:
    """How one category of a panel is drawn: colour, line style and marker."""

    colour: str
    line: Any
    marker: str


LOOKS: Sequence[Look] = (
    Look("#0072B2", "-", "o"),
    Look("#D55E00", (0, (5, 1.6)), "s"),
    Look("#009E73", (0, (3, 1.2, 1, 1.2)), "^"),
    Look("#AA4499", (0, (1.2, 1.2)), "D"),
    Look("#B8860B", (0, (7, 1.4, 1, 1.4, 1, 1.4)), "v"),
    Look("#56B4E9", (0, (2.4, 1)), "P"),
)
"""One look per category, in order; the seventh category has the look of the first."""


@dataclass(frozen=True)
class Panel:
    """Axes, and the corner below the axes where the legend begins, so that it covers no data."""

    axes: Axes
    figure: Figure
    corner: tuple[float, float]

    def title(self, text: str, ends: str) -> None:
        """Write the title, and a second line with the meaning of the ends of the range."""
        self.axes.set_title(text, pad=18.0)
        self.axes.annotate(
            ends,
            (0.0, 1.0),
            xytext=(0.0, 5.0),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=SMALL,
            color=GREY,
            ha="left",
            va="bottom",
        )

    def legend(self, handles: Sequence[Any], columns: int = 2) -> None:
        """Write the legend below the axes."""
        self.figure.legend(
            handles=handles, loc="upper left", bbox_to_anchor=self.corner, ncols=columns
        )


@contextmanager
def styling(**further: Any) -> Iterator[None]:
    """Use this style within the block, without the settings of the user."""
    with needs("matplotlib", "figures", "drawing a figure"):
        from matplotlib import style
    with style.context(["default", {**_STYLE, **further}]):
        yield


P = ParamSpec("P")
R = TypeVar("R")


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Return a drawing function that runs within ``styling``."""

    @wraps(draw)
    def within(*args: P.args, **kwargs: P.kwargs) -> R:
        with styling():
            return draw(*args, **kwargs)

    return within


def frames(
    count: int,
    *,
    stacked: bool = False,
    width: float | None = None,
    height: float | None = None,
    left: float = 0.48,
    keys: int = 1,
) -> tuple[Figure, list[Panel]]:
    """Return an empty figure with ``count`` panels in a row, or one below the other.

    Sizes are inches of one panel: ``left`` is the space for the labels of y; ``height`` does not
    include the legend, which has ``keys`` lines. Without ``width`` panels in a row fill the width
    of a page together, and stacked panels the width of a phone. Positions are fixed: a layout
    engine would measure all text again each time that a figure is written, which takes longer than
    drawing the figure.
    """
    from matplotlib.figure import Figure

    columns, rows = (1, count) if stacked else (count, 1)
    width = width or (_NARROW if stacked else max(_WIDE / columns, _NARROW))
    height = height or (2.7 if width < 1.2 * _NARROW else 3.1)
    total = height + 0.1 + _KEY * keys
    size = (width * columns, total * rows)
    figure = Figure(figsize=size)
    panels: list[Panel] = []
    for place in range(count):
        row, column = (place, 0) if stacked else (0, place)
        x = column * width + left
        below = size[1] - row * total - height
        inner = (width - left - _RIGHT, height - _BELOW - _ABOVE)
        axes = figure.add_axes(
            (x / size[0], (below + _BELOW) / size[1], inner[0] / size[0], inner[1] / size[1])
        )
        panels.append(Panel(axes, figure, (x / size[0], below / size[1])))
    return figure, panels
