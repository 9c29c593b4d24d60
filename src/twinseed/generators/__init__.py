"""Generators: the linear model, the two controls, and samples from files."""

from twinseed.generators._base import Generator
from twinseed.generators.files import load_rows
from twinseed.generators.fresh import Fresh
from twinseed.generators.krylov import KrylovGenerator
from twinseed.generators.linear import LinearGenerator
from twinseed.generators.memoriser import Memoriser

__all__ = ["Fresh", "Generator", "KrylovGenerator", "LinearGenerator", "Memoriser", "load_rows"]
