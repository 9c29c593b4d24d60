"""The verbs: each returns a readout."""

from twinseed.verbs.measure import measure
from twinseed.verbs.predict import predict
from twinseed.verbs.simulate import simulate

__all__ = ["measure", "predict", "simulate"]
