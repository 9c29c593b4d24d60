"""The verbs: each returns a readout."""

from twinseed.verbs.measure import measure
from twinseed.verbs.predict import predict

__all__ = ["measure", "predict"]
