"""What every figure is made of: its look, its strokes, its files. It knows no result.

matplotlib is imported when the first figure is drawn (`pip install 'twinseed[figures]'`).
"""

from twinseed.drawing.export import as_png, as_svg, save

__all__ = ["as_png", "as_svg", "save"]
