"""``TwinMetric``: the accumulator as a metric of torchmetrics, for training on several devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from twinseed.errors import InputError, TwinseedError, needs
from twinseed.metrics import to_metrics
from twinseed.neighbours import Nearest
from twinseed.randomness import RandomSource
from twinseed.readout import Readout
from twinseed.verbs.prepared import PreparedRows, both_or_neither

with needs("torchmetrics", "metrics", "TwinMetric"):
    import torch
    from torch import Tensor
    from torchmetrics import Metric
    from torchmetrics.utilities.distributed import gather_all_tensors

__all__ = ["TwinMetric"]

_ROLES = ("samples_a", "samples_b")
_PARTS = ("cosine", "cosine_row", "distance", "distance_row")
_DTYPES = (torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.uint8, torch.int64)
"""Types of samples that processes can exchange, by their code."""


class TwinMetric(Metric):
    """Every order parameter of samples that come in batches, as a metric of torchmetrics.

    Equation: ``compute()`` is ``Accumulator.to_metrics()`` of the samples of all processes: first
    all samples of process 0, then of process 1, and so on. The numbers are those of one process
    that was given the samples in this order, to the last bit.
    Range: see ``measure``. Shapes: as ``Accumulator``. The states of the metric are the samples and
    their nearest real rows, and they are joined along the samples ("cat"). So every process
    searches the nearest rows of its own samples, and a process without samples is allowed.

    Args:
        train_a: rows that generator A is trained on, (n, d), the same in every process.
        train_b: rows that generator B is trained on, if a generator B has other rows.
        heldout: rows that neither generator sees; without these rows memorisation is not
            calibrated.
        rng: a seed, the same in every process.
        factors: how many leading directions recovery compares.
        resamples: bootstrap draws; 0, the default, leaves the standard errors out.
        centred: True measures about the mean of the real rows, as for images.
        memory: largest number of bytes of a neighbour search.
        prefix: text before each name, such as "twins/".
        options: options of ``torchmetrics.Metric``, such as ``process_group``.

    Raises:
        MissingExtraError: torchmetrics is not installed (when the class is imported).
        InputError: real rows that ``Twins`` would refuse, or a bad argument, before any work.

    Validity: search, directions and bootstrap run on the processor, whatever the device of the
    samples. ``higher_is_better`` is None, because the metric has many numbers: memorisation should
    not exceed the level of held-out rows, convergence and recovery should be high.
    Source: Maillard and Goldt, arXiv 2605.21402 (the order parameters).

    >>> import torch
    >>> from twinseed.loop import TwinMetric
    >>> rows = torch.randn(3, 60, 4, generator=torch.Generator().manual_seed(0))
    >>> metric = TwinMetric(train_a=rows[0], heldout=rows[1], rng=0, prefix="twins/")
    >>> metric.update(rows[0, :30])
    >>> metric.update(rows[0, 30:])
    >>> metric.compute()["twins/memorisation"]
    tensor(1., dtype=torch.float64)

    See also: ``Accumulator``, ``measure``.
    """

    is_differentiable = False
    higher_is_better = None
    full_state_update = True  # the value of a batch needs a search of its own

    def __init__(
        self,
        *,
        train_a: Any = None,
        train_b: Any = None,
        heldout: Any = None,
        rng: RandomSource | None = None,
        factors: int = 5,
        resamples: int = 0,
        centred: bool = False,
        memory: int = 256 << 20,
        prefix: str = "",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if not isinstance(prefix, str):
            raise InputError("prefix", "must be text", prefix, 'pass text such as "twins/", or ""')
        self._prefix = prefix
        self._prepared = PreparedRows(
            train_a,
            train_b,
            heldout,
            right="TwinMetric(train_a=..., train_b=..., heldout=..., rng=0)",
            rng=rng,
            factors=factors,
            resamples=resamples,
            centred=centred,
            memory=memory,
        )
        for name in (*_ROLES, *self._names()):
            self.add_state(name, default=[], dist_reduce_fx="cat")

    def update(self, samples_a: Any, samples_b: Any = None) -> None:
        """Add a batch of samples of this process: tensors on any device, or arrays.

        Args:
            samples_a: samples of generator A, (B, d) or images, B from 1.
            samples_b: samples of generator B from the same seeds, row by row.

        Raises:
            InputError: as ``Accumulator.update``.
        """
        batch = self._prepared.batch(samples_a, samples_b)
        before = {name for name in _ROLES if self._held(name)}
        if before and before != batch.keys():
            raise both_or_neither("with this one" if "samples_b" in batch else "missing")
        for name, rows in batch.items():
            getattr(self, name).append(torch.from_numpy(rows).to(self.device))

    def compute(self) -> dict[str, Tensor]:
        """Return the numbers of all samples since the last ``reset``, by name.

        Returns:
            Tensors without axes, on the device of the metric; see ``to_metrics``.

        Raises:
            InputError: fewer than two samples.
        """
        found = to_metrics(self.readout(), self._prefix)
        wide = torch.float32 if self.device.type == "mps" else torch.float64
        return {
            name: torch.tensor(value, dtype=wide, device=self.device)
            for name, value in found.items()
        }

    def readout(self) -> Readout:
        """Return the readout, with statuses, of the samples that this process holds.

        Raises:
            InputError: fewer than two samples.
        """
        self._search()
        samples = {name: _joined(self._held(name)) for name in _ROLES if self._held(name)}
        found = [
            Nearest(*(_joined(self._held(f"nearest_{k}_{part}")) for part in _PARTS))
            for k in range(self._prepared.searches if samples else 0)
        ]
        empty = {"samples_a": np.empty((0, self._prepared.d))}
        return self._prepared.readout(samples or empty, found)

    def sync(
        self,
        dist_sync_fn: Callable[..., Any] | None = None,
        process_group: Any = None,
        should_sync: bool = True,
        distributed_available: Callable[..., Any] | None = None,
    ) -> None:
        """Join the states of all processes, see ``torchmetrics.Metric.sync``.

        Args:
            dist_sync_fn: gathers one tensor of each process.
            process_group: the processes; all by default.
            should_sync: False leaves the states of each process.
            distributed_available: whether there are several processes.

        Raises:
            TwinseedError: processes with samples of different types, or samples of a second
                generator in some processes only.
        """
        there = distributed_available or self.distributed_available_fn
        if should_sync and not self._is_synced and there is not None and there():
            self._search()
            gather = dist_sync_fn or gather_all_tensors
            self._agree(lambda one: gather(one, group=process_group or self.process_group))
        super().sync(dist_sync_fn, process_group, should_sync, distributed_available)

    def _names(self) -> list[str]:
        return [f"nearest_{k}_{part}" for k in range(self._prepared.searches) for part in _PARTS]

    def _held(self, name: str) -> list[Tensor]:
        """Return a state as a list of tensors; after ``sync`` it is one tensor."""
        state = getattr(self, name)
        return [state] if isinstance(state, Tensor) else state

    def _search(self) -> None:
        """Search the nearest rows of all samples that were not searched yet."""
        done = sum(len(one) for one in self._held("nearest_0_cosine"))
        held = {name: self._held(name) for name in _ROLES if self._held(name)}
        if done == sum(len(one) for one in self._held("samples_a")):
            return
        new = {name: _joined(parts)[done:] for name, parts in held.items()}
        for k, one in enumerate(self._prepared.search(new)):
            for part in _PARTS:
                found = torch.from_numpy(getattr(one, part)).to(self.device)
                getattr(self, f"nearest_{k}_{part}").append(found)

    def _agree(self, gather: Callable[[Tensor], list[Tensor]]) -> None:
        """Give the states of a process without samples the types of the other processes.

        Every process sees the same codes, so every process raises the same error.
        """
        codes = [_code(self._held(name)) for name in _ROLES]
        every = torch.stack(gather(torch.tensor(codes, device=self.device))).tolist()
        for place, name in enumerate(_ROLES):
            seen = {one[place] for one in every if one[0] >= 0}
            if len(seen) > 1:
                raise TwinseedError(
                    f"the processes hold {name} of different types, or some processes hold none: "
                    "pass samples_a and samples_b of one type in every process"
                )
            if codes[0] < 0 and seen and max(seen) >= 0:
                kind = _DTYPES[seen.pop()]
                shape = (0, self._prepared.d)
                getattr(self, name).append(torch.empty(shape, dtype=kind, device=self.device))
        if codes[0] < 0:
            for k, groups in enumerate(self._prepared.groups):
                for part in _PARTS:
                    kind = torch.int64 if part.endswith("row") else torch.float64
                    empty = torch.empty((0, groups), dtype=kind, device=self.device)
                    getattr(self, f"nearest_{k}_{part}").append(empty)


def _code(held: list[Tensor]) -> int:
    """Return the code of the type of samples; -1 without samples."""
    if not held:
        return -1
    kind = held[0].dtype
    if kind not in _DTYPES:
        raise InputError(
            "samples_a", "must have a type that processes can exchange", kind, "pass float32"
        )
    return _DTYPES.index(kind)


def _joined(parts: list[Tensor]) -> np.ndarray[Any, np.dtype[Any]]:
    found: np.ndarray[Any, np.dtype[Any]] = torch.cat(parts).cpu().numpy()
    return found
