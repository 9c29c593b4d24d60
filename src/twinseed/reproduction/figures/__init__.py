"""The figures of the main job: each function draws readouts, and computes no number."""

from twinseed.reproduction.figures.data import controls, real_data
from twinseed.reproduction.figures.load import (
    agreement_along_a_factor,
    agreement_is_blind,
    load_curves,
)
from twinseed.reproduction.figures.spectra import power_law, ridge_path

__all__ = [
    "agreement_along_a_factor",
    "agreement_is_blind",
    "controls",
    "load_curves",
    "power_law",
    "real_data",
    "ridge_path",
]
