"""The accumulator: every order parameter of samples that come in batches, as during training."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from twinseed.checks import numeric_rows, refuse_positional
from twinseed.data.closeness import by_generator
from twinseed.data.rows import GROUPS, Rows
from twinseed.data.twins import Twins
from twinseed.errors import InputError
from twinseed.neighbours import Nearest, nearest
from twinseed.orders.reference import reference_of
from twinseed.randomness import RandomSource, entropy_of
from twinseed.readers import as_arrays
from twinseed.readout import Readout
from twinseed.verbs.measure import checked_resamples, measured

__all__ = ["Accumulator"]

_TOGETHER = 1024  # samples searched for together: one sample takes about as long as many


class Accumulator:
    """``measure``, with samples that come in batches and real rows that are prepared once.

    Equation: ``compute()`` is ``measure`` of all batches since the last ``reset()``, one after the
    other: the same estimators, error bars and seeds, hence the same numbers for any batches.
    Range: see ``measure``.

    Args:
        train_a: rows that generator A is trained on, (n, d).
        train_b: rows that generator B is trained on, (n', d), if a generator B has other rows.
        heldout: rows that neither generator sees, (h, d); without these rows memorisation is not
            calibrated.
        rng: a seed or a generator, as for ``measure``; read once, so that epochs can be compared.
        factors: how many leading directions recovery compares.
        resamples: bootstrap draws; 0 leaves error bars out.
        centred: True measures about the mean of the real rows, as for images.
        memory: largest number of bytes of a neighbour search.

    Raises:
        InputError: real rows that ``Twins`` would refuse, or a bad argument, before any work.

    Cost: ``update`` searches the nearest rows of 1,024 samples together, and ``compute`` those of
    the remaining samples: for B samples one product of B x n x d, and of B x h x d with held-out
    rows (for each generator whose rows are known). ``compute`` also finds the directions of the
    samples, N d min(N, d), draws the bootstrap, N times ``resamples``, and makes a checksum of all
    rows. Memory: a copy of the samples since the last ``reset``, and about 640 bytes per sample.
    Source: Maillard and Goldt, arXiv 2605.21402 (the order parameters).

    >>> import twinseed as ts
    >>> rng = np.random.default_rng(0)
    >>> train, heldout, samples = rng.standard_normal((3, 100, 8))
    >>> seen = ts.Accumulator(train_a=train, heldout=heldout, rng=0)
    >>> for batch in np.split(samples, 4):
    ...     seen.update(batch)
    >>> whole = ts.measure(ts.Twins(samples, None, train, heldout=heldout), rng=0)
    >>> seen.compute().equals(whole)
    True

    See also: ``measure``, ``measure_shards``, ``Twins``.
    """

    def __init__(
        self,
        *positional: Any,
        train_a: Any = None,
        train_b: Any = None,
        heldout: Any = None,
        rng: RandomSource | None = None,
        factors: int = 5,
        resamples: int = 200,
        centred: bool = False,
        memory: int = 256 << 20,
    ) -> None:
        right = "ts.Accumulator(train_a=..., train_b=..., heldout=..., rng=0)"
        refuse_positional(positional, "Accumulator", right)
        for name, given in (("train_a", train_a), ("rng", rng)):
            if given is None:
                raise InputError(name, "is needed", None, f"call {right}")
        self._entropy = entropy_of(cast(RandomSource, rng))
        self._resamples = checked_resamples(resamples)
        self._memory = memory
        rows = Rows(train_a, train_b, heldout)
        self._real = rows.centred() if centred else rows
        self._factors = factors
        # computed now and kept with the rows, so that no training step waits for it
        reference_of(self._real, self._entropy, factors=factors, resamples=self._resamples)
        self._searches, self._groups = self._real.sides(
            self._entropy, groups=GROUPS if self._resamples else 1, both=train_b is not None
        )
        self._rows = [side.kept(self._real.arrays[side.rows]) for side in self._searches]
        self.reset()

    def reset(self) -> None:
        """Remove all samples."""
        self._samples: dict[str, list[NDArray[Any]]] = {}
        self._found: list[list[Nearest]] = [[] for _ in self._searches]
        self._searched = 0  # batches
        self._waiting = 0  # samples

    @property
    def seeds(self) -> int:
        """Samples of each generator since the last ``reset``."""
        return sum(len(batch) for batch in self._samples.get("samples_a", []))

    def update(self, samples_a: Any, samples_b: Any = None) -> None:
        """Add a batch of samples: arrays, or tensors on any device, which are copied.

        Args:
            samples_a: samples of generator A, (B, d) or images, B from 1.
            samples_b: samples of generator B from the same seeds, row by row.

        Raises:
            InputError: samples that are not finite numbers in the data's columns, other numbers of
                rows, or a second generator that comes with some batches only.
        """
        given = {"samples_a": samples_a}
        if samples_b is not None:
            given["samples_b"] = samples_b
        batch = {
            name: np.array(self._checked(name, rows)) for name, rows in as_arrays(given).items()
        }
        if (self._samples and self._samples.keys() != batch.keys()) or self._missing(batch):
            raise InputError(
                "samples_b",
                "must be passed with every batch or with no batch",
                "with this one" if "samples_b" in batch else "missing",
                "pass samples_a and samples_b in every call; train_b needs both",
            )
        if samples_b is not None and len(batch["samples_a"]) != len(batch["samples_b"]):
            raise InputError(
                "samples_b",
                f"must have one row for each seed of samples_a, {len(batch['samples_a'])}",
                len(batch["samples_b"]),
                "generate both from the same seeds",
            )
        for name, rows in batch.items():
            self._samples.setdefault(name, []).append(rows)
        self._waiting += len(batch["samples_a"])
        if self._waiting >= _TOGETHER:
            self._search()

    def compute(self) -> Readout:
        """Return the readout of all samples since the last ``reset``; the samples are kept.

        Raises:
            InputError: fewer than two samples.
        """
        if self.seeds < 2:
            raise InputError(
                "samples_a", "must have at least 2 rows", self.seeds, "call update first"
            )
        self._search()
        whole = {name: np.concatenate(batches) for name, batches in self._samples.items()}
        found = [Nearest.joined(batches) for batches in self._found]
        return measured(
            Twins.of(self._real, **whole),
            by_generator(self._searches, found, self._groups),
            rng=self._entropy,
            factors=self._factors,
            resamples=self._resamples,
        )

    def _search(self) -> None:
        """Search the nearest rows of all samples that were not searched yet."""
        if not self._waiting:
            return
        new = {name: np.concatenate(b[self._searched :]) for name, b in self._samples.items()}
        found = [
            nearest(
                new[side.samples],
                rows,
                groups=labels,
                origin=self._real.origin,
                memory=self._memory,
            )
            for side, (rows, labels) in zip(self._searches, self._rows, strict=True)
        ]
        for kept, one in zip(self._found, found, strict=True):
            kept.append(one)
        self._searched, self._waiting = len(self._samples["samples_a"]), 0

    def _missing(self, batch: dict[str, NDArray[Any]]) -> bool:
        return self._real.train_b is not None and "samples_b" not in batch

    def _checked(self, name: str, rows: NDArray[Any]) -> NDArray[Any]:
        checked = numeric_rows(name, rows, at_least=1)
        if checked.shape[1] != self._real.d:
            raise InputError(
                name,
                f"must have as many columns as train_a, {self._real.d}",
                checked.shape[1],
                "use the same columns in all arrays",
            )
        return checked
