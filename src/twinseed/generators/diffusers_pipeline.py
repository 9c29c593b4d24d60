"""A generator of images: a ``diffusers`` pipeline, with seeds that twins share."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.checks import whole, whole_numbers
from twinseed.errors import InputError
from twinseed.generators._base import checked_noise
from twinseed.generators.torch_module import evaluating, is_module

__all__ = ["PipelineGenerator"]

_COUNTS = ("batch_size", "num_images_per_prompt")
_SEEDS = 1 << 63


class PipelineGenerator:
    """A ``diffusers`` pipeline of images, each image from its own ``torch.Generator``.

    Equation: image i is ``pipeline(generator=torch.Generator().manual_seed(seed_i))``. All noise of
    image i comes from seed i: the first noise, and the noise that a stochastic scheduler adds. So
    twins that are given the same seeds share all their noise. In an audit a row of noise is one
    number, and the bits of this number are hashed into the seed.
    Range: images from 0 to 1. Shapes: ``sample`` takes (seeds, 1); both methods return
    (seeds, H, W, C), the layout of the pipeline's own arrays.

    Args:
        pipeline: a pipeline that takes ``generator`` as a list and ``batch_size`` (unconditional)
            or ``num_images_per_prompt`` (pass ``prompt`` among the options).
        steps: number of steps of the scheduler, ``num_inference_steps``; by default the pipeline
            decides.
        batch: number of images per call of the pipeline.
        options: all other arguments of the pipeline.

    Raises:
        InputError: an object that is no such pipeline; a pipeline that returns no images, another
            number of images, or numbers that are not finite.

    Validity: the generators run on the CPU, so a seed gives the same noise on every device.
    Two batches of one pipeline may differ by rounding.
    Memory: one batch on the device, all images on the host.

    >>> from types import SimpleNamespace
    >>> import torch
    >>> def pipeline(*, batch_size, generator, output_type):
    ...     images = [torch.rand(2, 2, 1, generator=one).numpy() for one in generator]
    ...     return SimpleNamespace(images=np.stack(images))
    >>> generator = PipelineGenerator(pipeline)
    >>> images = generator.from_seeds([7, 8, 7])
    >>> images.shape, bool((images[0] == images[2]).all()), bool((images[0] == images[1]).all())
    ((3, 2, 2, 1), True, False)

    See also: ``TorchGenerator``, ``DenoiserFlow``, ``audit``.
    """

    noise_shape = (1,)
    """A row of noise stands for a seed."""

    def __init__(
        self, pipeline: Any, *, steps: int | None = None, batch: int = 16, **options: Any
    ) -> None:
        self._pipeline = pipeline
        self._count = _count_of(pipeline)
        self._batch = whole("batch", batch, "pass how many images to make per call")
        if steps is not None:
            number = whole("steps", steps, "pass the number of the scheduler's steps")
            options = {"num_inference_steps": number, **options}
        self._options = options

    def sample(self, noise: ArrayLike) -> NDArray[Any]:
        """Return the image of each row of noise.

        Args:
            noise: one number per image, (seeds, 1).
        """
        z = checked_noise(noise, 1) + 0.0  # a negative zero becomes a zero
        digests = (hashlib.blake2b(row.tobytes(), digest_size=8).digest() for row in z)
        return self.from_seeds(int.from_bytes(digest, "little") % _SEEDS for digest in digests)

    def from_seeds(self, seeds: Iterable[int]) -> NDArray[Any]:
        """Return the image of each seed.

        Args:
            seeds: whole numbers from 0 to 2^63 - 1.
        """
        remedy = "pass whole numbers below 2^63"
        numbers = whole_numbers("seeds", seeds, remedy, at_least=0, at_most=_SEEDS - 1)
        if not numbers:
            raise InputError("seeds", "must not be empty", numbers, remedy)
        parts = getattr(self._pipeline, "components", {}).values()
        with evaluating(*(part for part in parts if is_module(part))):
            batches = [
                self._images(numbers[start : start + self._batch])
                for start in range(0, len(numbers), self._batch)
            ]
        return np.concatenate(batches)

    def _images(self, seeds: Sequence[int]) -> NDArray[Any]:
        import torch

        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        count = {self._count: len(seeds)}
        made = self._pipeline(generator=generators, output_type="np", **count, **self._options)
        images = np.asarray(getattr(made, "images", None))
        if images.ndim != 4 or len(images) != len(seeds):
            raise InputError(
                "pipeline",
                f"must return {len(seeds)} images",
                f"{type(made).__name__} with images of shape {images.shape}",
                "pass a pipeline that makes images, and one prompt",
            )
        if not np.isfinite(images).all():
            raise InputError(
                "pipeline", "must return finite numbers", "NaN or infinity", "check its weights"
            )
        return images


def _count_of(pipeline: Any) -> str:
    """Return the name of the pipeline's argument for the number of images."""
    remedy = "pass a diffusers pipeline, such as DDIMPipeline.from_pretrained(folder)"
    if not callable(pipeline):
        raise InputError("pipeline", "must be a pipeline", pipeline, remedy)
    taken = inspect.signature(pipeline).parameters
    count = next((name for name in _COUNTS if name in taken), None)
    if count is None or "generator" not in taken:
        raise InputError(
            "pipeline",
            f"must take the arguments generator, and {' or '.join(_COUNTS)}",
            f"takes {', '.join(taken)}",
            remedy,
        )
    return count
