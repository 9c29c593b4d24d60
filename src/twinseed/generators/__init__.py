"""Generators: linear models, two controls, and wrappers of trained networks."""

from twinseed.generators._base import Generator
from twinseed.generators.diffusers_pipeline import PipelineGenerator
from twinseed.generators.flow import DenoiserFlow
from twinseed.generators.fresh import Fresh
from twinseed.generators.krylov import KrylovGenerator
from twinseed.generators.linear import LinearGenerator
from twinseed.generators.memoriser import Memoriser
from twinseed.generators.torch_module import TorchGenerator

__all__ = [
    "DenoiserFlow",
    "Fresh",
    "Generator",
    "KrylovGenerator",
    "LinearGenerator",
    "Memoriser",
    "PipelineGenerator",
    "TorchGenerator",
]
