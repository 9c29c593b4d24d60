"""The accumulator: every order parameter of samples that come in batches, as during training."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.checks import refuse_positional
from twinseed.metrics import to_metrics
from twinseed.neighbours import Nearest
from twinseed.randomness import RandomSource
from twinseed.readout import Readout
from twinseed.verbs.prepared import PreparedRows, both_or_neither

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
        workers: threads that search nearest rows, and find the directions without each group of
            rows; by default as many as processors that this process may use. Beside a training
            process on the same processors pass 1. The numbers are the same, to the last bit, for
            any number.

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
        workers: int | None = None,
    ) -> None:
        right = "ts.Accumulator(train_a=..., train_b=..., heldout=..., rng=0)"
        refuse_positional(positional, "Accumulator", right)
        self._prepared = PreparedRows(
            train_a,
            train_b,
            heldout,
            right=right,
            rng=rng,
            factors=factors,
            resamples=resamples,
            centred=centred,
            memory=memory,
            workers=workers,
        )
        self.reset()

    def reset(self) -> None:
        """Remove all samples."""
        self._samples: dict[str, list[NDArray[Any]]] = {}
        self._found: list[list[Nearest]] = []
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
        batch = self._prepared.batch(samples_a, samples_b)
        if self._samples and self._samples.keys() != batch.keys():
            raise both_or_neither("with this one" if "samples_b" in batch else "missing")
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
        self._search()
        empty = {"samples_a": [np.empty((0, self._prepared.d))]}
        batches = self._samples or empty
        return self._prepared.readout(
            {name: np.concatenate(parts) for name, parts in batches.items()},
            [Nearest.joined(parts) for parts in zip(*self._found, strict=True)],
        )

    def to_metrics(self, prefix: str = "") -> dict[str, float]:
        """Return ``compute()`` as a flat dictionary of floats, for loggers; see ``to_metrics``.

        Args:
            prefix: text before each name, such as "twins/".

        Raises:
            InputError: fewer than two samples.
        """
        return to_metrics(self.compute(), prefix)

    def _search(self) -> None:
        """Search the nearest rows of all samples that were not searched yet."""
        if not self._waiting:
            return
        new = {name: np.concatenate(b[self._searched :]) for name, b in self._samples.items()}
        self._found.append(self._prepared.search(new))
        self._searched, self._waiting = len(self._samples["samples_a"]), 0
