"""A random caller of everything in ``twinseed.__all__``: an answer or an error of twinseed."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from tests.random_caller.tally import LONGER, called
from tests.random_caller.values import ODD, ODD_ROWS, rows

import twinseed as ts

NUMBERS = st.sampled_from([0.0, 0.1, 1.0, 3.0, 12.0])
LOW, HIGH = st.sampled_from([0.1, 0.3]), st.sampled_from([3.0, 12.0])
COUNTS = st.integers(1, 12)
SIZES = st.one_of(st.integers(8, 20), st.lists(st.integers(8, 20), min_size=1, max_size=2))
SAMPLERS = st.sampled_from([None, ts.Euler(3), ts.Heun(2)])
POPULATIONS = st.sampled_from(
    [
        ts.Spiked([3.0]),
        ts.Spiked([]),
        ts.Spiked([4.0, 4.0], bulk=0.5),
        ts.PowerLaw(1.0, 16, leading=2),
        ts.Atoms([1.0, 5.0], [0.75, 0.25]),
        ts.Atoms([0.0, 1.0]),
        [ts.Spiked([1.0]), ts.Spiked([2.0])],
        [ts.PowerLaw(1.0, 16), ts.PowerLaw(2.0, 16)],
    ]
)
FILTERS = st.sampled_from(
    [
        ts.Ridge(0.0),
        ts.Ridge(1e12),
        ts.Truncation(rank=3),
        ts.Truncation(threshold=1.0),
        ts.Shrinkage(),
        ts.ProbabilityFlow(0.1, 3.0, ts.Heun(3)),
        ts.EarlyStopping(1.0, 0.1, 10.0),
        [ts.Ridge(0.1), ts.Ridge(0.2)],
        [ts.Ridge(0.1), ts.Shrinkage()],
    ]
)
LOADS = st.sampled_from([None, 0.3, 1.0, 4.0, [0.5, 2.0]])
SEEDS = st.sampled_from([0, 7, [1, 2], 2**60])
RANGES = st.sampled_from([(0.5, 2.0), (0.1, 10.0), [1, 3]])


@st.composite
def arguments(draw: st.DrawFn, **good: st.SearchStrategy[Any]) -> dict[str, Any]:
    """Return keyword arguments of which none, one or two are odd."""
    number = draw(st.sampled_from([0, 0, 1, 1, 2]))
    odd = draw(st.permutations(list(good)))[:number]
    wrong = {name: ODD_ROWS if name in ROLES else ODD for name in odd}
    return {name: draw(wrong.get(name, one)) for name, one in good.items()}


def _simulated(given: dict[str, Any]) -> Any:
    return ts.simulate(**given, progress=False)


def _measured(given: dict[str, Any]) -> Any:
    options = {name: given.pop(name) for name in ("rng", "factors", "reference", "resamples")}
    return ts.measure(ts.Twins(**given), **options)


def _accumulated(given: dict[str, Any]) -> Any:
    samples = {name: given.pop(name) for name in ("samples_a", "samples_b")}
    meter = ts.Accumulator(**given)
    meter.update(**samples)
    return meter.compute()


def _modelled(given: dict[str, Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        model = ts.SpectralModel(**given)
    return model.gamma, model.aspect_ratio, model.effective_dimension


def _planned(given: dict[str, Any]) -> Any:
    at, target = given.pop("at"), given.pop("target")
    plan = ts.plan(**given)
    return plan.readout(at), plan.told(), plan.samples_for(convergence=target), plan._repr_html_()


def _flow(given: dict[str, Any]) -> Any:
    noise = given.pop("noise")
    return ts.DenoiserFlow(lambda x, sigma: x / (1.0 + sigma**2), **given).sample(noise)


ROLES = {"train_a", "train_b", "samples_a", "samples_b", "heldout", "reference", "pilot", "rows"}
MAYBE_ROWS = st.one_of(st.none(), rows())
DATA = {"train_a": rows(), "samples_a": rows()} | dict.fromkeys(
    ("train_b", "samples_b", "heldout"), MAYBE_ROWS
)
READOUTS = st.sampled_from(
    [
        ts.predict(ts.Spiked([3.0]), n=20, d=10),
        ts.predict(ts.Spiked([3.0]), n=[10, 20], d=10),
        ts.predict(ts.Spiked([3.0]), gamma=[1.0, 2.0], d=10),
        ts.predict(ts.PowerLaw(1.0, 10), [ts.Ridge(0.1), ts.Shrinkage()], n=20),
        ts.measure(
            ts.Twins(*np.random.default_rng(0).standard_normal((4, 20, 10))), rng=0, factors=2
        ),
    ]
)

CALLS: dict[str, tuple[Any, Callable[[dict[str, Any]], Any], int]] = {
    "Spiked": (
        arguments(strengths=st.lists(NUMBERS, max_size=3), bulk=NUMBERS),
        lambda given: repr(ts.Spiked(**given).spectrum(20)),
        60,
    ),
    "PowerLaw": (
        arguments(exponent=NUMBERS, d=st.integers(2, 30), leading=COUNTS),
        lambda given: repr(ts.PowerLaw(**given).factors),
        60,
    ),
    "Atoms": (
        arguments(
            values=st.lists(NUMBERS, min_size=1, max_size=4), weights=st.none(), leading=st.just(0)
        ),
        lambda given: ts.Atoms(**given).eigenvalues(20),
        60,
    ),
    "Ridge": (arguments(strength=NUMBERS), lambda given: ts.Ridge(**given)(np.ones(3)), 50),
    "Truncation": (
        arguments(rank=st.one_of(st.none(), COUNTS), threshold=st.none()),
        lambda given: repr(ts.Truncation(**given)),
        50,
    ),
    "ProbabilityFlow": (
        arguments(sigma_min=LOW, sigma_max=HIGH, sampler=SAMPLERS),
        lambda given: ts.ProbabilityFlow(**given)(np.ones(3)),
        60,
    ),
    "EarlyStopping": (
        arguments(time=NUMBERS, sigma_min=LOW, sigma_max=HIGH),
        lambda given: ts.EarlyStopping(**given)(np.ones(3)),
        60,
    ),
    "Euler": (arguments(steps=COUNTS), lambda given: ts.Euler(**given).steps, 40),
    "Heun": (arguments(steps=COUNTS), lambda given: ts.Heun(**given).steps, 40),
    "Dense": (
        arguments(seeds=st.integers(2, 9), wasserstein_limit=COUNTS, max_gib=NUMBERS),
        lambda given: repr(ts.Dense(**given)),
        40,
    ),
    "Compressed": (
        arguments(seeds=COUNTS, tolerance=NUMBERS, max_steps=COUNTS, n_b=COUNTS),
        lambda given: repr(ts.Compressed(**given)),
        40,
    ),
    "Krylov": (
        arguments(
            seeds=COUNTS,
            tolerance=NUMBERS,
            dtype=st.sampled_from(["float32", "float64"]),
            folder=st.none(),
            basis_gib=NUMBERS,
            max_gib=NUMBERS,
        ),
        lambda given: repr(ts.Krylov(**given)),
        40,
    ),
    "SpectralModel": (
        arguments(population=POPULATIONS, filter=FILTERS, n=COUNTS, d=st.just(16)),
        _modelled,
        50,
    ),
    "predict": (
        arguments(population=POPULATIONS, filter=FILTERS, n=SIZES, d=st.just(16), gamma=st.none()),
        lambda given: ts.predict(**given),
        60,
    ),
    "predict in the limit": (
        arguments(population=POPULATIONS, filter=FILTERS, gamma=LOADS),
        lambda given: ts.predict(**given),
        30,
    ),
    "simulate": (
        arguments(
            population=POPULATIONS,
            filter=FILTERS,
            n=SIZES,
            d=st.sampled_from([16, None]),
            replicates=st.just(2),
            rng=SEEDS,
            engine=st.sampled_from([None, ts.Dense(seeds=4), ts.Compressed(), ts.Krylov(seeds=4)]),
            store=st.none(),
        ),
        _simulated,
        30,
    ),
    "Twins": (
        arguments(
            **DATA,
            origin=st.none(),
            image_shape=st.sampled_from([None, (2, 2), (-1, -4), (4,)]),
            rng=SEEDS,
            factors=st.integers(0, 4),
            reference=MAYBE_ROWS,
            resamples=st.sampled_from([0, 2, 10]),
        ),
        _measured,
        80,
    ),
    "Accumulator": (
        arguments(**DATA, rng=SEEDS, factors=st.integers(0, 4), resamples=st.sampled_from([0, 9])),
        _accumulated,
        40,
    ),
    "audit": (
        arguments(
            **DATA,
            rng=SEEDS,
            factors=st.integers(1, 4),
            groups=st.none(),
            labels=st.none(),
            up_to=st.sampled_from([None, "affine", lambda row: row[None, ::-1]]),
            visible=st.sampled_from([0.1, 1.0]),
        ),
        lambda given: str(ts.audit(**given)),
        14,
    ),
    "plan": (
        arguments(
            pilot=rows(),
            filter=FILTERS,
            rng=SEEDS,
            resamples=st.just(10),
            splits=st.sampled_from([0, 2]),
            ceiling=st.sampled_from([None, 0.9]),
            column_units=st.booleans(),
            at=SIZES,
            target=st.sampled_from([0.5, 0.9]),
        ),
        _planned,
        10,
    ),
    "estimate_population": (
        arguments(rows=rows()),
        lambda given: ts.estimate_population(given["rows"]).spectrum(4),
        30,
    ),
    "compare": (
        arguments(readout=READOUTS, other=READOUTS),
        lambda given: ts.compare(**given),
        50,
    ),
    "to_metrics": (
        arguments(readout=READOUTS, prefix=st.sampled_from(["", "twins/"])),
        lambda given: ts.to_metrics(**given),
        40,
    ),
    "load_sweep": (
        arguments(path=st.sampled_from([Path("missing"), ".", "a\0b", "/dev/null"])),
        lambda given: ts.load_sweep(**given).to_xarray(),
        30,
    ),
    "phase_diagram": (
        arguments(
            d=st.just(100),
            gamma=RANGES,
            strength=RANGES,
            ridge=st.sampled_from([0.0, 0.1]),
            memorisation=st.just(2.0),
            convergence=st.just(0.5),
            cells=st.just(1),  # refused: a diagram that is drawn takes seconds
            replicates=st.just(2),
            rng=SEEDS,
        ),
        lambda given: ts.phase_diagram(**given, progress=False),
        40,
    ),
    "PhaseDiagram": (
        arguments(path=st.sampled_from([Path("missing"), "."])),
        lambda given: ts.PhaseDiagram.from_store(**given),
        20,
    ),
    "DenoiserFlow": (
        arguments(
            shape=st.sampled_from([(2, 2), (4,)]),
            sigma_min=st.just(0.1),
            sigma_max=st.just(3.0),
            sampler=SAMPLERS,
            block=COUNTS,
            noise=rows(),
        ),
        _flow,
        50,
    ),
}

ALREADY = {"Shrinkage", "Status", "InputError", "TwinseedError", "Filter", "measure", "__version__"}
"""Called by others here, or not called at all."""
ELSEWHERE = {"TorchGenerator", "PipelineGenerator", "measure_shards"}
"""They need optional packages: a module of torch, a pipeline, a cluster."""


def test_everything_public_is_called() -> None:
    assert set(ts.__all__) - ALREADY - ELSEWHERE <= set(CALLS)


def _call(name: str, folder: Path, patch: pytest.MonkeyPatch, longer: int) -> None:
    patch.chdir(folder)
    strategy, call, examples = CALLS[name]
    tally = called(name, strategy, call, examples * longer)
    tally.close()
    assert tally.counts["refusals"] > 0
    assert tally.counts["answers"] > 0 or name in ("PhaseDiagram", "load_sweep", "phase_diagram")


@pytest.mark.parametrize("name", CALLS)
def test_random_calls(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _call(name, tmp_path, monkeypatch, 1)


@pytest.mark.nightly
@pytest.mark.parametrize("name", CALLS)
def test_many_random_calls(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _call(name, tmp_path, monkeypatch, LONGER)
