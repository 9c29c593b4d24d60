"""Laws of the networks and of the denoisers made from them."""

from __future__ import annotations

import pytest
import torch

from twinseed.denoise import Convolutional, Network, Perceptron, Preconditioned, UNet, networks
from twinseed.denoise.denoiser import Blind
from twinseed.errors import InputError

pytestmark = pytest.mark.extras

KINDS = [kind for kind in map(networks.__dict__.get, networks.__all__) if kind is not Network]
EVERY = [one for kind in KINDS for one in kind.examples()]
WITHOUT_BIAS = [one for one in EVERY if isinstance(one, Convolutional | UNet)]


def named(one: Network) -> str:
    return f"{type(one).__name__}-{'x'.join(map(str, one.shape))}"


def rows(one: Network, count: int = 3) -> torch.Tensor:
    return torch.randn(count, *one.shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("network", EVERY, ids=named)
def test_a_network_keeps_the_shape_and_treats_rows_apart(network: Network) -> None:
    network.eval()
    y = rows(network)
    levels = getattr(network, "levels", (0.5,))
    level = torch.full((3,), float(torch.tensor(levels[0]).log()) / 4)
    together = network(y, level)
    assert together.shape == y.shape
    alone = torch.cat([network(y[i : i + 1], level[i : i + 1]) for i in range(3)])
    assert torch.allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize("network", WITHOUT_BIAS, ids=named)
def test_without_biases_twice_the_image_gives_twice_the_answer(network: Network) -> None:
    network.eval()
    y, level = rows(network), torch.zeros(3)
    assert torch.allclose(network(3.0 * y, level), 3.0 * network(y, level), rtol=1e-4, atol=1e-5)
    assert network(y, level).abs().max() > 0


def test_a_perceptron_has_biases_and_sees_the_level() -> None:
    network = Perceptron.examples()[0]
    y = rows(network)
    assert not torch.allclose(network(3.0 * y, torch.zeros(3)), 3.0 * network(y, torch.zeros(3)))
    assert not torch.allclose(network(y, torch.zeros(3)), network(y, torch.ones(3)))


@pytest.mark.parametrize("kind", [Convolutional, UNet])
def test_the_seed_alone_makes_the_weights(kind: type[Convolutional] | type[UNet]) -> None:
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    one, same, other = (kind((1, 8, 8), width=4, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), same.parameters(), strict=True))
    different = zip(one.parameters(), other.parameters(), strict=True)
    assert not any(torch.equal(a, b) for a, b in different)


def test_a_unet_refuses_images_that_it_cannot_halve() -> None:
    with pytest.raises(InputError, match="divisible by 4"):
        UNet((1, 14, 14), seed=0)


def test_scale_norm_divides_by_the_deviation_and_never_shifts() -> None:
    network = UNet((1, 8, 8), width=4, norm=True, seed=0).train()
    y, level = rows(network, 16), torch.zeros(16)
    for _ in range(200):
        network(y, level)
    trained = network(y, level)
    network.eval()
    assert torch.allclose(network(y, level), trained, rtol=2e-2, atol=2e-3)
    assert torch.equal(network(torch.zeros_like(y), level), torch.zeros_like(y))


@pytest.mark.parametrize("sigma", [1e-3, 1.0, 1e3])
def test_preconditioning_keeps_what_the_level_says(sigma: float) -> None:
    """At small noise the denoiser returns its input, at large noise an answer of unit size."""
    denoiser = Preconditioned(Perceptron((6,), width=8, seed=0))
    y = sigma * torch.randn(50, 6, generator=torch.Generator().manual_seed(0))
    clean = denoiser(y, torch.full((50,), sigma))
    if sigma < 1:
        assert torch.allclose(clean, y, atol=5 * sigma)
    else:
        assert clean.abs().max() < 10.0


def test_a_blind_denoiser_does_not_see_the_level_and_is_homogeneous() -> None:
    denoiser = Blind(UNet((1, 8, 8), width=4, seed=0)).eval()
    y = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    small, large = (denoiser(y, torch.full((2,), sigma)) for sigma in (0.1, 10.0))
    assert torch.equal(small, large)
    assert torch.allclose(denoiser(2 * y, torch.ones(2)), 2 * small, rtol=1e-4, atol=1e-5)
