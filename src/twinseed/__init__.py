"""Memorisation, convergence and recovery of twin generative models.

Two generative models are trained on different halves of the data and sampled from the same seeds.
Do they agree, do they copy, and did they learn the main factors of the data? Names are imported
when first used, so that ``import twinseed`` is fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from twinseed._version import __version__

if TYPE_CHECKING:
    from twinseed.auditing import audit as audit
    from twinseed.comparison import compare as compare
    from twinseed.data.twins import Twins as Twins
    from twinseed.deprecated import SpectralModel as SpectralModel
    from twinseed.errors import InputError as InputError
    from twinseed.errors import TwinseedError as TwinseedError
    from twinseed.filters import EarlyStopping as EarlyStopping
    from twinseed.filters import Euler as Euler
    from twinseed.filters import Filter as Filter
    from twinseed.filters import Heun as Heun
    from twinseed.filters import ProbabilityFlow as ProbabilityFlow
    from twinseed.filters import Ridge as Ridge
    from twinseed.filters import Shrinkage as Shrinkage
    from twinseed.filters import Truncation as Truncation
    from twinseed.generators.diffusers_pipeline import PipelineGenerator as PipelineGenerator
    from twinseed.generators.flow import DenoiserFlow as DenoiserFlow
    from twinseed.generators.torch_module import TorchGenerator as TorchGenerator
    from twinseed.metrics import to_metrics as to_metrics
    from twinseed.phases import PhaseDiagram as PhaseDiagram
    from twinseed.phases import phase_diagram as phase_diagram
    from twinseed.planning.plan import plan as plan
    from twinseed.populations import Atoms as Atoms
    from twinseed.populations import PowerLaw as PowerLaw
    from twinseed.populations import Spiked as Spiked
    from twinseed.populations import estimate_population as estimate_population
    from twinseed.simulation import Compressed as Compressed
    from twinseed.simulation import Dense as Dense
    from twinseed.simulation import Krylov as Krylov
    from twinseed.status import Status as Status
    from twinseed.verbs.accumulator import Accumulator as Accumulator
    from twinseed.verbs.measure import measure as measure
    from twinseed.verbs.predict import predict as predict
    from twinseed.verbs.shards import measure_shards as measure_shards
    from twinseed.verbs.simulate import simulate as simulate
    from twinseed.verbs.sweeps.load import load_sweep as load_sweep

# The module of a verb, never its package: test runners replace the function in a package by the
# module of the same name.
_HOME = {
    "Accumulator": "verbs.accumulator",
    "Atoms": "populations",
    "Compressed": "simulation",
    "DenoiserFlow": "generators.flow",
    "Dense": "simulation",
    "EarlyStopping": "filters",
    "Euler": "filters",
    "Filter": "filters",
    "Heun": "filters",
    "InputError": "errors",
    "Krylov": "simulation",
    "PhaseDiagram": "phases",
    "PipelineGenerator": "generators.diffusers_pipeline",
    "PowerLaw": "populations",
    "ProbabilityFlow": "filters",
    "Ridge": "filters",
    "Shrinkage": "filters",
    "SpectralModel": "deprecated",
    "Spiked": "populations",
    "Status": "status",
    "TorchGenerator": "generators.torch_module",
    "Truncation": "filters",
    "Twins": "data.twins",
    "TwinseedError": "errors",
    "audit": "auditing",
    "compare": "comparison",
    "estimate_population": "populations",
    "load_sweep": "verbs.sweeps.load",
    "measure": "verbs.measure",
    "measure_shards": "verbs.shards",
    "phase_diagram": "phases",
    "plan": "planning.plan",
    "predict": "verbs.predict",
    "simulate": "verbs.simulate",
    "to_metrics": "metrics",
}

__all__ = [*sorted(_HOME), "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'twinseed' has no attribute {name!r}")
    value = getattr(import_module(f"twinseed.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
