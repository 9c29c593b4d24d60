"""Live generators: what holds for all of them, and the flow of a denoiser against the theory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.examples import DIMENSION, GENERATORS, TRAIN

import twinseed as ts
from twinseed.generators import (
    DenoiserFlow,
    Generator,
    LinearGenerator,
)

D = DIMENSION


def white(y: np.ndarray, sigma: float) -> np.ndarray:
    return y / (1.0 + sigma**2)


def noise_for(generator: Any, seeds: int) -> np.ndarray:
    width = int(np.prod(getattr(generator, "noise_shape", (D,))))
    return np.random.default_rng(1).standard_normal((seeds, width))


@pytest.mark.parametrize("make", GENERATORS)
def test_the_same_noise_gives_the_same_samples(make: Callable[[], Generator]) -> None:
    generator = make()
    noise = noise_for(generator, 12)
    samples = generator.sample(noise)
    assert len(samples) == 12
    assert np.array_equal(samples, generator.sample(noise)), "for the same noise"
    assert np.array_equal(samples, make().sample(noise)), "made again"
    assert np.array_equal(samples, generator.sample(noise.tolist())), "as lists"
    assert not np.allclose(samples[0], samples[1], atol=1e-4), "other noise"


@pytest.mark.parametrize("make", GENERATORS)
def test_a_sample_depends_on_its_own_row_alone(make: Callable[[], Generator]) -> None:
    generator = make()
    noise = noise_for(generator, 12)
    samples = generator.sample(noise)
    assert np.allclose(generator.sample(noise[::-1]), samples[::-1], atol=1e-5)
    assert np.allclose(generator.sample(noise[3:4]), samples[3:4], atol=1e-5)


@pytest.mark.parametrize("make", GENERATORS)
@pytest.mark.parametrize("bad", [np.nan, "wide"])
def test_bad_noise_is_refused(make: Callable[[], Generator], bad: float | str) -> None:
    generator = make()
    noise = noise_for(generator, 3)
    wrong = np.hstack([noise, noise]) if bad == "wide" else np.where(noise == noise[0], bad, noise)
    with pytest.raises(ts.InputError, match="noise"):
        generator.sample(wrong)


@pytest.mark.parametrize("sampler", [ts.Euler(7), ts.Heun(7)])
def test_the_flow_of_the_linear_denoiser_is_the_linear_model(sampler: ts.Euler | ts.Heun) -> None:
    second = TRAIN.T @ TRAIN / len(TRAIN)

    def linear(y: np.ndarray, sigma: float) -> np.ndarray:
        return y @ np.linalg.solve(second + sigma**2 * np.eye(D), second)

    flow = DenoiserFlow(linear, (D,), 0.1, 20.0, sampler)
    model = LinearGenerator.fit(TRAIN, ts.ProbabilityFlow(0.1, 20.0, sampler=sampler))
    noise = np.random.default_rng(2).standard_normal((50, D))
    assert np.allclose(flow.sample(noise), model.sample(noise), rtol=0, atol=1e-12)


def test_the_denoiser_sees_rows_of_its_shape_and_one_level_at_a_time() -> None:
    seen = []

    def denoiser(y: np.ndarray, sigma: float) -> np.ndarray:
        seen.append((y.shape, sigma))
        return white(y, sigma)

    DenoiserFlow(denoiser, (1, 2, 2), 0.5, 2.0, ts.Euler(2), block=2).sample(np.ones((3, 4)))
    assert [shape for shape, _ in seen] == [(2, 1, 2, 2)] * 2 + [(1, 1, 2, 2)] * 2
    assert [level for _, level in seen] == pytest.approx([2.0, 1.0] * 2)


@pytest.mark.parametrize(
    ("denoiser", "says"),
    [
        (lambda y, sigma: y[:, :1], r"denoiser must return rows of shape \(3, 4\)"),
        (lambda y, sigma: y[:1], r"denoiser must return rows of shape \(3, 4\)"),
        (lambda y, sigma: np.where(sigma < 1, np.nan, y), r"finite.*sigma = 0\.707"),
    ],
)
def test_a_bad_denoiser_is_named(denoiser: Callable[..., np.ndarray], says: str) -> None:
    with pytest.raises(ts.InputError, match=says):
        DenoiserFlow(denoiser, (4,), 0.5, 1.0, ts.Euler(2)).sample(np.ones((3, 4)))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (((0,), 0.1, 1.0), "shape"),
        (((4,), 0.0, 1.0), "sigma_min"),
        (((4,), 2.0, 1.0), "sigma_max"),
        (((4,), 0.1, 1.0, 32), "sampler must be a sampler"),
    ],
)
def test_bad_arguments_of_a_flow_are_refused(arguments: tuple[Any, ...], says: str) -> None:
    with pytest.raises(ts.InputError, match=says):
        DenoiserFlow(white, *arguments)


def test_a_step_of_heun_changes_none_of_the_arrays_that_it_was_given() -> None:
    rng = np.random.default_rng(0)
    x, first, second = rng.standard_normal((3, 4, 5))
    clean = iter([first, second])
    seen, kept = [], [one.copy() for one in (x, first, second)]

    def denoise(rows: Any, sigma: float) -> Any:
        seen.append((rows, rows.copy(), sigma))
        return next(clean)

    found = ts.Heun(1).advance(x, denoise, 3.0, 2.0)
    slope = (x - first) / 3.0
    guess = x - slope
    np.testing.assert_allclose(found, x - (slope + (guess - second) / 2.0) / 2.0, rtol=1e-14)
    for one, before in zip((x, first, second), kept, strict=True):
        np.testing.assert_array_equal(one, before)
    for rows, before, _ in seen:
        np.testing.assert_array_equal(rows, before)
    assert [sigma for *_, sigma in seen] == [3.0, 2.0]
