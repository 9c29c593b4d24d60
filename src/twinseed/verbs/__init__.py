"""The verbs: each returns a readout."""

from twinseed.verbs.predict import predict

__all__ = ["predict"]
