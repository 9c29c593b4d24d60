"""``predict``, ``simulate`` and ``measure``: each returns a readout."""

from twinseed.verbs.measure import measure
from twinseed.verbs.predict import predict, predicted
from twinseed.verbs.simulate import simulate
from twinseed.verbs.sweeps.load import Sweep, load_sweep

__all__ = ["Sweep", "load_sweep", "measure", "predict", "predicted", "simulate"]
