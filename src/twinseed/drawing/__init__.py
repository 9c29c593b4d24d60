"""Parts that all figures share: styles, panels, data series and image files.

matplotlib is imported when the first figure is drawn (`pip install 'twinseed[figures]'`).
"""

from typing import TYPE_CHECKING

from twinseed.drawing.export import as_png, as_svg, save

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Figure

__all__ = ["as_png", "as_svg", "save"]
