"""Engines that draw both twins at a finite size, and measure them as data is measured."""

from twinseed.simulation._base import Engine
from twinseed.simulation.compressed.engine import Compressed
from twinseed.simulation.dense import Dense
from twinseed.simulation.krylov import Krylov

__all__ = ["Compressed", "Dense", "Engine", "Krylov"]
