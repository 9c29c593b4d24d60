"""Torch modules as generators: left as they were, batches that mix are named."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from twinseed.errors import InputError
from twinseed.filters import Heun
from twinseed.generators import DenoiserFlow, TorchGenerator
from twinseed.generators.torch_module import is_module

pytestmark = pytest.mark.extras

NOISE = np.random.default_rng(0).standard_normal((7, 6))


def module_of(function: Any) -> Any:
    import torch

    class Made(torch.nn.Module):
        def forward(self, *given: torch.Tensor) -> Any:
            return function(*given)

    return Made()


def test_the_module_is_left_training_as_it_was() -> None:
    import torch

    frozen = torch.nn.BatchNorm1d(6).eval()
    module = torch.nn.Sequential(torch.nn.Linear(6, 6), frozen, torch.nn.Dropout()).train()
    frozen.eval()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    TorchGenerator(module, (6,)).sample(NOISE)
    assert [part.training for part in module.modules()] == [True, True, False, True]
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())
    assert torch.is_grad_enabled()


def test_it_is_left_as_it_was_after_an_error_too() -> None:
    module = module_of(lambda z: z[:1]).train()
    with pytest.raises(InputError, match="module must return one row for each of 7"):
        TorchGenerator(module, (6,)).sample(NOISE)
    assert module.training


def test_samples_keep_the_shape_and_the_precision_of_the_module() -> None:
    import torch

    images = torch.nn.Unflatten(1, (1, 2, 3))
    made = TorchGenerator(images, (6,)).sample(NOISE)
    assert (made.shape, made.dtype) == ((7, 1, 2, 3), np.float32)
    wide = torch.nn.Linear(6, 2, dtype=torch.float64)
    assert TorchGenerator(wide, (6,)).sample(NOISE).dtype == np.float64
    half = torch.nn.Linear(6, 2, dtype=torch.bfloat16)
    assert TorchGenerator(half, (6,)).sample(NOISE).dtype == np.float32


def test_the_noise_reaches_the_module_in_its_shape() -> None:
    seen = []
    module = module_of(lambda z: seen.append(z.shape) or z.flatten(1))
    made = TorchGenerator(module, (3, 1, 2), batch=5, device="cpu").sample(NOISE)
    assert np.allclose(made, NOISE)
    assert seen == [(5, 3, 1, 2), (4, 3, 1, 2), (2, 3, 1, 2)]


def test_no_gradient_is_kept_but_a_module_may_take_its_own() -> None:
    import torch

    def score(z: torch.Tensor) -> torch.Tensor:
        with torch.enable_grad():
            z = z.detach().requires_grad_()
            return torch.autograd.grad((z**3).sum() / 3, z)[0]

    assert np.allclose(TorchGenerator(module_of(score), (6,)).sample(NOISE), NOISE**2)


def test_the_noise_is_not_the_modules_to_change() -> None:
    import torch

    module = module_of(lambda z: z.mul_(2.0))
    module.weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    noise = NOISE.copy()
    noise.flags.writeable = False
    assert np.array_equal(TorchGenerator(module, (6,)).sample(noise), 2.0 * NOISE)
    assert np.array_equal(noise, NOISE)


def test_rows_that_depend_on_their_batch_are_named() -> None:
    mixing = module_of(lambda z: z - z.mean(0))
    with pytest.raises(InputError, match="module must turn each row of noise into a sample"):
        TorchGenerator(mixing, (6,)).sample(NOISE)
    assert len(TorchGenerator(mixing, (6,), batch=1).sample(NOISE)) == 7


def test_a_module_that_draws_noise_is_left_to_the_audit_to_name() -> None:
    import torch

    drawing = module_of(lambda z: z + torch.randn_like(z))
    assert TorchGenerator(drawing, (6,)).sample(NOISE).shape == (7, 6)


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda z: (z, z), "module must return a tensor .got tuple"),
        (lambda z: z.sum(1), "module must return one row for each of 7"),
        (lambda z: z / 0.0, "module must return finite numbers"),
    ],
)
def test_a_bad_module_is_named(function: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        TorchGenerator(module_of(function), (6,)).sample(NOISE)


def test_bad_arguments_are_refused() -> None:
    module = module_of(lambda z: z)
    with pytest.raises(InputError, match=r"module must be a torch\.nn\.Module"):
        TorchGenerator(np.tanh, (6,))  # type: ignore[arg-type]  # the mistake under test
    with pytest.raises(InputError, match="noise_shape must be a sequence of whole numbers"):
        TorchGenerator(module, 6)  # type: ignore[arg-type]  # the mistake under test
    with pytest.raises(InputError, match="batch"):
        TorchGenerator(module, (6,), batch=0)


def test_the_flow_of_a_module_is_that_of_the_same_function() -> None:
    import torch

    def clean(y: Any, sigma: Any) -> Any:
        return y / (1.0 + sigma**2)

    def of_tensors(y: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        assert sigma.shape == (len(y),)
        return clean(y, sigma[:, None])

    module = module_of(of_tensors).train()
    module.weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    by_module = DenoiserFlow(module, (6,), 0.1, 5.0).sample(NOISE)
    assert np.allclose(by_module, DenoiserFlow(clean, (6,), 0.1, 5.0).sample(NOISE), atol=1e-12)
    assert module.training


def test_a_flow_prepares_its_module_once_for_all_levels_and_blocks() -> None:
    """Preparing it for every level took a tenth of the time of a small network."""
    import torch

    module = module_of(lambda y, sigma: y / (1.0 + sigma[:, None] ** 2)).train()
    module.weight = torch.nn.Parameter(torch.zeros(1))
    switched, change = [], module.train
    module.train = lambda mode=True: switched.append(mode) or change(mode)
    flow = DenoiserFlow(module, (6,), 0.1, 5.0, Heun(4), block=3)
    flow.sample(NOISE)
    assert switched == [False]
    assert module.training
    flow.denoise(NOISE, 1.0)
    assert switched == [False, False]
    assert module.training


def test_a_column_without_any_number_is_named_and_not_left_out() -> None:
    import torch

    gap = module_of(lambda y, *_: y * torch.tensor([1.0, float("nan"), 1.0, 1.0, 1.0, 1.0]))
    with pytest.raises(InputError, match="denoiser must return finite numbers"):
        DenoiserFlow(gap, (6,), 0.1, 5.0).sample(NOISE)
    with pytest.raises(InputError, match="module must return finite numbers"):
        TorchGenerator(gap, (6,)).sample(NOISE)


def test_torch_is_not_loaded_to_find_that_something_is_no_module() -> None:
    assert is_module(module_of(lambda z: z))
    code = (
        "import sys; from twinseed.generators import DenoiserFlow;"
        "from twinseed.generators.torch_module import is_module;"
        "assert not is_module(len); DenoiserFlow(len, (2,), .1, 1.);"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
