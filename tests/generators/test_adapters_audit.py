"""Audits of live generators: of flows, modules and pipelines, from noise that they share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.generators.small_pipelines import small_pipeline

import twinseed as ts
from twinseed.generators import LinearGenerator, Memoriser

D = 8
RNG = np.random.default_rng(0)
TRAIN_A, TRAIN_B, HELDOUT = (RNG.standard_normal((60, D)) * np.linspace(3, 1, D) for _ in range(3))


def linear_flow(train: np.ndarray) -> ts.DenoiserFlow:
    second = train.T @ train / len(train)

    def denoiser(y: np.ndarray, sigma: float) -> np.ndarray:
        return y @ np.linalg.solve(second + sigma**2 * np.eye(D), second)

    return ts.DenoiserFlow(denoiser, (D,), 0.01, 50.0, ts.Heun(8))


def audited(*generators: Any, **options: Any) -> ts.auditing.Audit:
    real = {"train_a": TRAIN_A, "train_b": TRAIN_B, "heldout": HELDOUT}
    return ts.audit(**real, generators=generators, seeds=80, rng=0, **options)


def test_generators_are_audited_like_their_samples() -> None:
    flows = linear_flow(TRAIN_A), linear_flow(TRAIN_B)
    found = audited(*flows)
    functions = audited(*(flow.sample for flow in flows))
    assert found.readout.attrs["seeds"] == 80
    assert found.to_dict() == functions.to_dict()
    assert found.outcome["convergence"] == "converged"


def test_a_memoriser_is_caught_alive() -> None:
    found = audited(Memoriser(TRAIN_A), LinearGenerator.fit(TRAIN_B, ts.Ridge(0)))
    assert found.outcome["copying"] == "copying"


@pytest.mark.parametrize(
    ("change", "argument", "says"),
    [
        ({"seeds": 1}, "seeds", "at least 2"),
        ({"generators": (3,)}, "generators[0]", "function"),
        ({"generators": (np.sin, "name")}, "generators[1]", "function"),
    ],
)
def test_bad_arguments_are_named(change: dict[str, Any], argument: str, says: str) -> None:
    given = {"generators": (np.sin, np.sin), "seeds": 80, **change}
    with pytest.raises(ts.InputError, match=says) as raised:
        ts.audit(train_a=TRAIN_A, train_b=TRAIN_B, heldout=HELDOUT, rng=0, **given)
    assert raised.value.argument == argument


@pytest.mark.extras
def test_what_is_not_wrapped_is_told_how() -> None:
    import torch

    for given in (torch.nn.Linear(D, D), small_pipeline(0)):
        with pytest.raises(ts.InputError, match=r"generators\[1\] must take arrays.*ts\.Pipeline"):
            audited(np.sin, given)


@pytest.mark.extras
def test_twins_take_the_same_noise() -> None:
    import torch

    narrow, wide = (ts.TorchGenerator(torch.nn.Linear(k, D), (k,)) for k in (3, 4))
    with pytest.raises(ts.InputError, match=r"generators must take the same noise .got 3 and 4"):
        audited(narrow, wide)


@pytest.mark.extras
def test_a_module_that_draws_its_own_noise_is_named() -> None:
    import torch

    class Drawing(torch.nn.Module):
        def forward(self, z: torch.Tensor) -> torch.Tensor:
            return torch.cat([z + torch.randn_like(z)] * 4, 1)

    module = torch.nn.Linear(2, D)
    found = audited(ts.TorchGenerator(module, (2,)), ts.TorchGenerator(Drawing(), (2,)))
    named = [one for one in found.fitness.findings if one.name == "not deterministic"]
    assert [one.numbers["generator"] for one in named] == ["samples_b"]


@pytest.mark.extras
def test_two_pipelines_get_a_verdict() -> None:
    pipelines = [ts.PipelineGenerator(small_pipeline(k), steps=2, batch=40) for k in (0, 1)]
    images = ts.PipelineGenerator(small_pipeline(2), steps=2, batch=40).from_seeds(range(120))
    train_a, train_b, heldout = images.reshape(3, 40, 8, 8, 1)
    found = ts.audit(
        train_a=train_a, train_b=train_b, heldout=heldout, generators=pipelines, seeds=40, rng=0
    )
    assert set(found.verdict) == {"copying", "convergence", "recovery"}
    assert all(found.verdict.values())
    same = ts.audit(
        train_a=train_a,
        train_b=train_b,
        heldout=heldout,
        generators=[pipelines[0], pipelines[0]],
        seeds=40,
        rng=0,
    )
    assert float(same.readout.convergence) == pytest.approx(1.0)
    assert float(found.readout.convergence) < 1.0
    assert not [one for one in same.fitness.findings if one.name == "not deterministic"]
