"""The verbs: each returns a readout."""

from twinseed.verbs._plan import Plan
from twinseed.verbs.measure import measure
from twinseed.verbs.plan import plan
from twinseed.verbs.predict import predict
from twinseed.verbs.simulate import simulate

__all__ = ["Plan", "measure", "plan", "predict", "simulate"]
