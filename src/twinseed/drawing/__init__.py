"""Parts that all figures share: styles, panels, data series and image files.

matplotlib is imported when the first figure is drawn (`pip install 'twinseed[figures]'`).
"""

from twinseed.drawing.export import as_png, as_svg, save
from twinseed.drawing.style import Figure

__all__ = ["Figure", "as_png", "as_svg", "save"]
