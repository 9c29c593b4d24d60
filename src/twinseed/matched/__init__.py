"""The linear model fitted to the same rows: its samples and its predictions."""

from twinseed.matched.model import matched_model, matched_twins
from twinseed.matched.prediction import (
    PILOT,
    WIDEST,
    Matched,
    degrees_of_freedom,
    matched,
    predicted_curve,
)

__all__ = [
    "PILOT",
    "WIDEST",
    "Matched",
    "degrees_of_freedom",
    "matched",
    "matched_model",
    "matched_twins",
    "predicted_curve",
]
