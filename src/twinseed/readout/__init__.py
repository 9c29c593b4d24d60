"""The readout: the data set of results, statuses and errors of each verb.

A readout is an ``xarray.Dataset`` that always has every variable of ``VARIABLES``, each with a
standard error (``_se``), a bias (``_bias``) and a status (``_status``). The standard error says how
much a value varies by chance; its attribute ``resampled`` names what varies and what is held fixed.
The bias says what the formula of a prediction may be off by, relative to the value. A value is NaN
exactly where its status says that no number exists. xarray is imported on first use, because its
import takes a second.
"""

from twinseed.readout.schema import (
    SCHEMA,
    Estimate,
    Readout,
    Readouts,
    check,
    gathered,
    make,
)
from twinseed.readout.stored import load, save
from twinseed.readout.variables import VARIABLES, Variable

__all__ = [
    "SCHEMA",
    "VARIABLES",
    "Estimate",
    "Readout",
    "Readouts",
    "Variable",
    "check",
    "gathered",
    "load",
    "make",
    "save",
]
