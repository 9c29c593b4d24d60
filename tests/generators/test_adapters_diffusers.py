"""Pipelines of ``diffusers`` as generators: a seed is all their noise, on every batch."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.generators.small_pipelines import SIDE, small_pipeline

from twinseed.errors import InputError
from twinseed.generators import PipelineGenerator

pytestmark = pytest.mark.extras


@pytest.mark.parametrize("stochastic", [False, True])
def test_a_seed_is_all_the_noise_of_an_image(stochastic: bool) -> None:
    generator = PipelineGenerator(small_pipeline(0, stochastic=stochastic), steps=3, batch=4)
    images = generator.from_seeds(range(6))
    assert images.shape == (6, SIDE, SIDE, 1)
    assert images.min() >= 0
    assert images.max() <= 1
    assert np.array_equal(images, generator.from_seeds(range(6)))
    assert np.allclose(images[5:], generator.from_seeds([5]), atol=1e-5), "in another batch"
    assert not np.allclose(images[0], images[1], atol=0.01)


def test_one_seed_is_one_call_of_the_pipeline() -> None:
    import torch

    pipeline = small_pipeline(0)
    alone = pipeline(
        generator=torch.Generator().manual_seed(7), num_inference_steps=3, output_type="np"
    )
    images = PipelineGenerator(pipeline, steps=3).from_seeds([6, 7])
    assert np.allclose(images[1], alone.images[0], atol=1e-5)


def test_a_pipeline_saved_and_loaded_makes_the_same_images(tmp_path: Path) -> None:
    from diffusers import DDIMPipeline

    made = small_pipeline(0)
    made.save_pretrained(tmp_path)
    loaded = DDIMPipeline.from_pretrained(tmp_path)
    loaded.set_progress_bar_config(disable=True)
    noise = np.random.default_rng(0).standard_normal((3, 1))
    ours, theirs = (PipelineGenerator(one, steps=2).sample(noise) for one in (made, loaded))
    assert np.array_equal(ours, theirs)


def test_noise_names_a_seed_by_its_bits() -> None:
    generator = PipelineGenerator(small_pipeline(0), steps=1)
    one, near, zero, minus = generator.sample([[1.0], [np.nextafter(1.0, 2)], [0.0], [-0.0]])
    assert not np.allclose(one, near, atol=0.01)
    assert np.array_equal(zero, minus)


def test_the_parts_of_the_pipeline_are_left_training_as_they_were() -> None:
    pipeline = small_pipeline(0)
    pipeline.unet.train()
    PipelineGenerator(pipeline, steps=1).from_seeds([0])
    assert pipeline.unet.training


def answering(images: Any) -> Any:
    def pipeline(*, batch_size: int, generator: Any, output_type: str, prompt: str = "") -> Any:
        return SimpleNamespace(images=images)

    return pipeline


def test_images_of_a_prompt_are_counted_by_prompt_and_options_pass() -> None:
    told = {}

    def pipeline(
        prompt: str, *, num_images_per_prompt: int, generator: Any, **options: Any
    ) -> SimpleNamespace:
        told.update(options, prompt=prompt, count=num_images_per_prompt, seeds=len(generator))
        return SimpleNamespace(images=np.zeros((num_images_per_prompt, 2, 2, 3)))

    PipelineGenerator(pipeline, steps=5, prompt="a cat", eta=0.0).from_seeds([1, 2])
    assert told == {
        "prompt": "a cat",
        "count": 2,
        "seeds": 2,
        "num_inference_steps": 5,
        "eta": 0.0,
        "output_type": "np",
    }


@pytest.mark.parametrize(
    ("images", "says"),
    [
        (None, r"pipeline must return 2 images .got SimpleNamespace with images of shape \(\)"),
        (np.zeros((1, 2, 2, 3)), "pipeline must return 2 images"),
        (np.zeros((2, 2, 2)), "pipeline must return 2 images"),
        (np.full((2, 2, 2, 1), np.nan), "pipeline must return finite numbers"),
    ],
)
def test_a_bad_pipeline_is_named(images: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        PipelineGenerator(answering(images)).from_seeds([1, 2])


@pytest.mark.parametrize("pipeline", [None, "folder", lambda generator: None, lambda batch_size: 0])
def test_what_is_no_pipeline_is_refused(pipeline: Any) -> None:
    with pytest.raises(InputError, match=r"pipeline must .*diffusers pipeline"):
        PipelineGenerator(pipeline)


@pytest.mark.parametrize("seeds", [[], [-1], [0.5], [1 << 63], ["1"], [True], 3, "12"])
def test_bad_seeds_are_refused(seeds: list[Any]) -> None:
    with pytest.raises(InputError, match="seeds"):
        PipelineGenerator(answering(None)).from_seeds(seeds)


def test_neighbouring_seeds_beyond_two_to_the_53_are_two_seeds() -> None:
    seen: list[int] = []

    def pipeline(generator: Any, batch_size: int, output_type: str) -> Any:
        seen.extend(one.initial_seed() for one in generator)
        return SimpleNamespace(images=np.zeros((batch_size, 2, 2, 1)))

    PipelineGenerator(pipeline).from_seeds([2**53, 2**53 + 1, 2**63 - 1])
    assert seen == [2**53, 2**53 + 1, 2**63 - 1]


def test_bad_sizes_are_refused() -> None:
    with pytest.raises(InputError, match="steps"):
        PipelineGenerator(answering(None), steps=0)
    with pytest.raises(InputError, match="batch"):
        PipelineGenerator(answering(None), batch=0)
