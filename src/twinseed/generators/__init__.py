"""Generators: the linear model, the two controls, and the flow of any denoiser."""

from twinseed.generators._base import Generator
from twinseed.generators.flow import DenoiserFlow
from twinseed.generators.fresh import Fresh
from twinseed.generators.krylov import KrylovGenerator
from twinseed.generators.linear import LinearGenerator
from twinseed.generators.memoriser import Memoriser

__all__ = ["DenoiserFlow", "Fresh", "Generator", "KrylovGenerator", "LinearGenerator", "Memoriser"]
