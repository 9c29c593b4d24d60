"""Figures: readouts in, a matplotlib figure out. They compute nothing and hold no global state.

matplotlib is imported when the first figure is drawn (`pip install 'twinseed[figures]'`).
"""

from twinseed.figures.data import controls, picture_strip, real_data
from twinseed.figures.export import as_png, as_svg, save
from twinseed.figures.load import agreement_along_a_factor, agreement_is_blind, load_curves
from twinseed.figures.spectra import power_law, ridge_path

__all__ = [
    "agreement_along_a_factor",
    "agreement_is_blind",
    "as_png",
    "as_svg",
    "controls",
    "load_curves",
    "picture_strip",
    "power_law",
    "real_data",
    "ridge_path",
    "save",
]
