"""A generator made of a torch module, with noise that twins share."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.arrays import Array, plain
from twinseed.checks import whole, whole_numbers
from twinseed.errors import InputError
from twinseed.generators._base import checked_noise

if TYPE_CHECKING:
    import torch
    from torch import nn
    from typing_extensions import TypeIs

__all__ = ["OnArrays", "TorchGenerator", "evaluating", "is_module", "on_arrays"]

_PROBE = 4  # rows that are also drawn alone
_ROUNDING = 1e-3  # of the largest entry


class TorchGenerator:
    """A torch module that turns a batch of noise into a batch of samples.

    Equation: row i of the samples is ``module(z)`` of row i of the noise alone, in evaluation mode
    and without gradients. Afterwards every part of the module is in its former mode again.
    Range: the noise is standard normal, in the precision of the module.
    Shapes: ``sample`` takes (seeds, prod(noise_shape)) and returns what the module returns,
    (seeds, ...).

    Args:
        module: a ``torch.nn.Module``; a sampler of several steps is a module whose ``forward``
            runs them.
        noise_shape: the shape of one row of noise as the module takes it, such as ``(64, 1, 1)``.
        device: the device to which the module is moved. By default the module stays on its device.
        batch: number of rows per call of the module.

    Raises:
        InputError: an object that is no module; a module that does not return one row of finite
            numbers for each row of noise, or whose rows depend on other rows of the batch (the
            first four are also drawn alone, and may differ by 0.1 % of the largest entry).

    Validity: a module that draws its own noise gives other samples in each call; an audit reports
    this.
    Memory: one batch on the device, all samples on the host.

    >>> import torch
    >>> generator = TorchGenerator(torch.nn.Flatten(), (1, 2))
    >>> generator.sample([[1.0, -1.0]])
    array([[ 1., -1.]], dtype=float32)

    See also: ``DenoiserFlow``, ``PipelineGenerator``, ``audit``.
    """

    def __init__(
        self,
        module: nn.Module,
        noise_shape: tuple[int, ...],
        *,
        device: str | torch.device | None = None,
        batch: int = 256,
    ) -> None:
        if not is_module(module):
            raise InputError(
                "module", "must be a torch.nn.Module", module, "pass the module itself"
            )
        self._module = module if device is None else module.to(device)
        self._batch = whole("batch", batch, "pass how many rows to draw per call")
        remedy = "pass the shape of one row of noise, such as (64,)"
        self.noise_shape = whole_numbers("noise_shape", noise_shape, remedy)

    def sample(self, noise: ArrayLike) -> NDArray[Any]:
        """Return the sample of each row of noise.

        Args:
            noise: standard normal numbers, (seeds, prod(noise_shape)).
        """
        z = checked_noise(noise, math.prod(self.noise_shape)).reshape(-1, *self.noise_shape)
        with evaluating(self._module):
            probe = z[: min(_PROBE, self._batch)]
            first, alone = self._draw(z[: self._batch]), self._draw(probe)
            if not _agree(first[: len(alone)], alone) and _agree(alone, self._draw(probe)):
                raise InputError(
                    "module",
                    "must turn each row of noise into a sample without the other rows",
                    f"the first {len(alone)} samples differ between a batch of {len(alone)} rows "
                    f"and a batch of {len(first)} rows",
                    "remove layers that mix the rows of a batch, or pass batch=1",
                )
            rest = range(self._batch, len(z), self._batch)
            return np.concatenate([first, *(self._draw(z[s : s + self._batch]) for s in rest)])

    def _draw(self, z: Array) -> NDArray[Any]:
        made = self._module(_tensor_like(_weight_of(self._module), z))
        samples = _array("module", made)
        if samples.ndim < 2 or len(samples) != len(z):
            raise InputError(
                "module",
                f"must return one row for each of {len(z)} rows of noise",
                f"shape {samples.shape}",
                "check noise_shape and what forward returns",
            )
        if not np.isfinite(samples).all():
            raise InputError(
                "module", "must return finite numbers", "NaN or infinity", "check its training"
            )
        return samples


def is_module(given: object) -> TypeIs[nn.Module]:
    """Tell whether an object is a ``torch.nn.Module``; False where torch is not loaded."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(given, torch.nn.Module)


class OnArrays:
    """``D(rows, sigma)`` on arrays, of a module of tensors (N, *shape) and levels (N,).

    The module runs in evaluation mode, without gradients and in its own precision.
    """

    def __init__(self, module: nn.Module) -> None:
        self._module = module

    def __call__(self, rows: Array, sigma: float) -> NDArray[Any]:
        with self.held() as clean:
            return clean(rows, sigma)

    @contextmanager
    def held(self) -> Iterator[Callable[[Array, float], NDArray[Any]]]:
        """Prepare the module once for many calls of the function that is handed over."""
        with evaluating(self._module):
            like = _weight_of(self._module)

            def clean(rows: Array, sigma: float) -> NDArray[Any]:
                y = _tensor_like(like, rows)
                return _array("denoiser", self._module(y, y.new_full((len(y),), sigma)))

            yield clean


def on_arrays(module: nn.Module, device: str | torch.device | None = None) -> OnArrays:
    """Return the denoiser on arrays; its module is moved to ``device`` if one is passed."""
    return OnArrays(module if device is None else module.to(device))


@contextmanager
def evaluating(*modules: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; afterwards every part is in its former mode again."""
    import torch

    modes = [(part, part.training) for module in modules for part in module.modules()]
    try:
        with torch.no_grad():
            for module in modules:
                module.eval()
            yield
    finally:
        for part, training in modes:
            part.training = training


def _weight_of(module: nn.Module) -> torch.Tensor:
    """Return the first parameter of a module, for its device and its precision."""
    import torch

    weights = chain(module.parameters(), module.buffers())
    return next((one for one in weights if one.is_floating_point()), torch.empty(0))


def _tensor_like(like: torch.Tensor, rows: Array) -> torch.Tensor:
    """Return a copy of rows on the device and in the precision of another tensor."""
    import torch

    # torch takes no negative strides, as in noise[::-1]
    if like.dtype == torch.float32 and like.device.type == "cpu":
        with np.errstate(over="ignore"):  # as torch does, but in half the time
            tensor = torch.from_numpy(np.array(rows, dtype=np.float32, order="C"))
    else:
        tensor = torch.tensor(np.ascontiguousarray(rows), device=like.device, dtype=like.dtype)
    if tensor.ndim == 4:
        tensor = tensor.contiguous(memory_format=torch.channels_last)
    return tensor


def _array(argument: str, made: Any) -> NDArray[Any]:
    import torch

    if not isinstance(made, torch.Tensor):
        raise InputError(
            argument,
            "must return a tensor",
            type(made).__name__,
            "wrap the module in another module that returns a tensor",
        )
    return plain(argument, made)


def _agree(one: NDArray[Any], other: NDArray[Any]) -> bool:
    return bool(np.allclose(one, other, rtol=0, atol=_ROUNDING * np.abs(other).max(initial=0.0)))
