"""Generators: the linear model and the two controls."""

from twinseed.generators._base import Generator
from twinseed.generators.fresh import Fresh
from twinseed.generators.krylov import KrylovGenerator
from twinseed.generators.linear import LinearGenerator
from twinseed.generators.memoriser import Memoriser

__all__ = ["Fresh", "Generator", "KrylovGenerator", "LinearGenerator", "Memoriser"]
