"""Engines that draw both twins at a finite size. A new one is one file here, and its line below."""

from twinseed.simulation._base import Engine
from twinseed.simulation.dense import Dense

__all__ = ["Dense", "Engine"]
