"""Engines: each draws training sets for both twins and measures samples."""

from twinseed.simulation._base import Engine
from twinseed.simulation.compressed.engine import Compressed
from twinseed.simulation.dense import Dense
from twinseed.simulation.krylov import Krylov

__all__ = ["Compressed", "Dense", "Engine", "Krylov"]
