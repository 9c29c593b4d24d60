"""Training as an iterator: it yields metrics, and the caller decides when to stop or to save."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch

from twinseed.checks import non_negative, positive, whole
from twinseed.denoise.averaging import averaged_weights, under, update_average
from twinseed.denoise.denoiser import Denoiser
from twinseed.denoise.noise import NoiseLevels
from twinseed.errors import InputError, TwinseedError

__all__ = ["CURVE", "Metrics", "Training", "TrainingState", "averaged_weights", "train"]

CURVE = 50
"""Steps between two points of a loss curve."""


@dataclass(frozen=True)
class Training:
    """How a denoiser is trained: Adam on random batches, with a running average of the weights.

    Args:
        steps: number of batches, at least 1.
        batch: rows per batch, at least 1.
        rate: learning rate of Adam, above 0.
        warm_up: number of steps in which the learning rate rises to ``rate``.
        average: share of the old average that each step keeps: from 0 (the last weights) to below 1
            (a mean over about ``1/(1 - average)`` steps).
        levels: the range of noise levels.
        device: the name of a torch device, such as "cpu" or "cuda:0".
        mixed: True computes in bfloat16.

    Raises:
        InputError: an argument out of range, or a name of a device that torch does not know.

    >>> Training(steps=100).batch
    128
    """

    steps: int
    batch: int = 128
    rate: float = 1e-3
    warm_up: int = 100
    average: float = 0.999
    levels: NoiseLevels = field(default_factory=NoiseLevels)
    device: str = "cpu"
    mixed: bool = False

    def __post_init__(self) -> None:
        # numbers are converted: 1 and 1.0 are the same training, with the same key
        for name, remedy, least in (
            ("steps", "pass how many batches to train on", 1),
            ("batch", "pass the rows of a batch", 1),
            ("warm_up", "pass the steps until the full rate", 0),
        ):
            object.__setattr__(self, name, whole(name, getattr(self, name), remedy, at_least=least))
        rate = positive("rate", self.rate, "pass the learning rate of Adam, such as 0.001")
        average = non_negative("average", self.average, "pass 0 to use the last weights")
        if average >= 1.0:
            raise InputError(
                "average", "must be below 1", self.average, "pass a usual value, such as 0.999"
            )
        object.__setattr__(self, "rate", rate)
        object.__setattr__(self, "average", average)
        try:
            object.__setattr__(self, "device", str(torch.device(self.device)))
        except (RuntimeError, TypeError) as error:
            raise InputError(
                "device", "must be one that torch knows", self.device, "pass cpu, cuda or mps"
            ) from error

    def require_device(self) -> None:
        """Try a small computation on the device.

        Raises:
            InputError: there is no such device, or with ``mixed`` it cannot compute in bfloat16.
        """
        try:
            one = torch.ones(2, 2, device=self.device)
            with torch.autocast(one.device.type, dtype=torch.bfloat16, enabled=self.mixed):
                float((one @ one).sum())
        except Exception as error:  # the class of torch's error depends on the device and the build
            raise InputError(
                "device",
                f"cannot compute{' in bfloat16' if self.mixed else ''} on this machine",
                self.device,
                f"pass {' or '.join(_devices())}{', or leave mixed out' if self.mixed else ''}",
            ) from error

    def description(self) -> Mapping[str, Any]:
        """Return the fields on which the result depends, ready for JSON: all except ``steps``."""
        fields = asdict(self)
        del fields["steps"]
        return fields


@dataclass(frozen=True)
class Metrics:
    """The progress of a training.

    Args:
        step: number of steps done.
        loss: mean loss of the steps since the last report.
    """

    step: int
    loss: float


class TrainingState:
    """The state of a training: weights, their average, the optimiser, the step, the losses.

    The random draws of step t follow from the seed and t alone. So a state that was saved and
    loaded continues exactly like a training that never stopped (on a CPU with one thread).

    Args:
        denoiser: the denoiser to train.
        training: steps, batches and rates.
    """

    def __init__(self, denoiser: Denoiser, training: Training) -> None:
        self.denoiser = denoiser.to(training.device)
        self.average = {
            name: value.detach().clone() for name, value in self.denoiser.state_dict().items()
        }
        # all tensors in one call, with the same bits as one call per tensor
        self.optimiser = torch.optim.Adam(
            self.denoiser.parameters(), lr=training.rate, foreach=True
        )
        self.step = 0
        self._points: list[tuple[int, float]] = []
        self._recent: list[float] = []

    @property
    def losses(self) -> list[tuple[int, float]]:
        """The loss curve from the first step: (step, mean loss of the steps since the last point).

        There is a point at each multiple of ``CURVE``, and one for the steps after the last.
        """
        rest = [(self.step, _mean(self._recent))] if self._recent else []
        return [*self._points, *rest]

    def count(self, loss: float) -> None:
        """Count one step of the optimiser.

        Args:
            loss: the loss of the step.
        """
        self.step += 1
        self._recent.append(loss)
        if self.step % CURVE == 0:
            self._points.append((self.step, _mean(self._recent)))
            self._recent.clear()

    def averaged(self) -> Denoiser:
        """Return the denoiser with the averaged weights, in evaluation mode.

        This replaces the weights of the state. Call it at the end of training, or save the state
        with ``tensors`` first.
        """
        self.denoiser.load_state_dict(self.average)
        return self.denoiser.eval()

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return the whole state as named tensors."""
        found = {f"weights/{k}": v for k, v in self.denoiser.state_dict().items()}
        found |= {f"average/{k}": v for k, v in self.average.items()}
        found["step"] = torch.tensor(self.step)
        found["losses/points"] = torch.tensor(self._points, dtype=torch.float64).reshape(-1, 2)
        found["losses/recent"] = torch.tensor(self._recent, dtype=torch.float64)
        for name, parameter in self.denoiser.named_parameters():
            for key, value in self.optimiser.state.get(parameter, {}).items():
                found[f"optimiser/{name}/{key}"] = torch.as_tensor(value)
        return found

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Set the state to a state that ``tensors`` returned.

        Args:
            tensors: tensors by name.
        """
        device = next(self.denoiser.parameters()).device
        self.denoiser.load_state_dict(under("weights", tensors))
        for name, value in averaged_weights(tensors).items():
            self.average[name].copy_(value)
        self.step = int(tensors["step"])
        points: list[list[float]] = tensors["losses/points"].tolist()
        self._points = [(int(step), loss) for step, loss in points]
        self._recent = tensors["losses/recent"].tolist()
        for name, parameter in self.denoiser.named_parameters():
            kept = under(f"optimiser/{name}", tensors)
            if kept:
                self.optimiser.state[parameter] = {
                    k: v.clone() if k == "step" else v.to(device).clone() for k, v in kept.items()
                }


class NotFiniteError(TwinseedError):
    """The loss became infinite or not a number."""


def train(
    state: TrainingState,
    rows: torch.Tensor,
    training: Training,
    *,
    seed: int,
    report_every: int = 50,
) -> Iterator[Metrics]:
    """Train until ``training.steps``, yielding metrics every ``report_every`` steps and at the end.

    Equation: minimises ``E (1 + 1/sigma^2) |D(x + sigma z, sigma) - x|^2`` over random rows x,
    noise z and levels. Shapes: ``rows`` (n, *shape), of unit mean square. A batch has no row twice
    where there are between one and eight batches of rows; otherwise rows are drawn independently.

    Raises:
        InputError: rows of another shape than the denoiser's.
        NotFiniteError: the loss is infinite or NaN; the state is the state of the step before.

    >>> from twinseed.denoise.networks import Perceptron
    >>> from twinseed.denoise.denoiser import Preconditioned
    >>> plan = Training(steps=4, batch=2)
    >>> state = TrainingState(Preconditioned(Perceptron((3,), width=4, seed=0)), plan)
    >>> [one.step for one in train(state, torch.randn(5, 3), plan, seed=0, report_every=2)]
    [2, 4]
    """
    denoiser = state.denoiser
    if tuple(rows.shape[1:]) != denoiser.shape or len(rows) == 0:
        raise InputError(
            "rows", f"must have shape (n, {denoiser.shape})", tuple(rows.shape), "reshape the rows"
        )
    device = torch.device(training.device)
    layout = torch.channels_last if rows.ndim == 4 else torch.contiguous_format
    rows = rows.to(device=device, memory_format=layout)
    denoiser.to(memory_format=layout).train()  # type: ignore[call-overload]  # torch's stubs know one overload
    named = denoiser.state_dict()  # these tensors change in place during training
    weights, averaged = list(named.values()), [state.average[name] for name in named]
    losses: list[float] = []
    while state.step < training.steps:
        draw = torch.Generator().manual_seed(_seed_of(seed, state.step))
        chosen = _batch(len(rows), training.batch, draw)
        x = rows[chosen.to(device)]
        sigma = training.levels.draw(len(x), draw).to(device)
        noise = torch.randn(x.shape, generator=draw).to(device=device, memory_format=layout)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=training.mixed):
            loss = denoiser.loss(x, sigma, noise)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise NotFiniteError(
                f"the loss at step {state.step} is {value}: lower the learning rate "
                f"({training.rate:g}), or look for rows with very large values"
            )
        state.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it without annotations
        for group in state.optimiser.param_groups:
            group["lr"] = training.rate * min(1.0, (state.step + 1) / max(training.warm_up, 1))
        state.optimiser.step()
        update_average(averaged, weights, state.step, training.average)
        state.count(value)
        losses.append(value)
        if state.step % report_every == 0 or state.step == training.steps:
            yield Metrics(state.step, _mean(losses))
            losses.clear()


def _devices() -> list[str]:
    """Return the names of the devices of this machine, as torch names them."""
    found = ["cpu"]
    if torch.cuda.is_available():
        found.append("cuda")
    if torch.backends.mps.is_available():
        found.append("mps")
    return found


def _mean(losses: Sequence[float]) -> float:
    return math.fsum(losses) / len(losses)


def _seed_of(seed: int, step: int) -> int:
    return int(np.random.SeedSequence([seed, step]).generate_state(1, np.uint64)[0] >> 1)


def _batch(count: int, size: int, draw: torch.Generator) -> torch.Tensor:
    if count < size:
        return torch.randint(count, (size,), generator=draw)
    # with thousands of rows a permutation of all rows would take longer than the step
    if count < 8 * size:
        return torch.randperm(count, generator=draw)[:size]
    return torch.randint(count, (size,), generator=draw)
