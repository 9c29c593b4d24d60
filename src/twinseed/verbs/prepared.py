"""Real rows that are prepared once, and the measurement of any samples beside these rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from twinseed.checks import numeric_rows
from twinseed.data.closeness import by_generator
from twinseed.data.rows import Rows
from twinseed.data.shapes import require_width
from twinseed.data.sides import GROUPS, sides
from twinseed.data.twins import Twins
from twinseed.errors import InputError
from twinseed.lanes import Place, chosen, placed
from twinseed.neighbours import Nearest, nearest
from twinseed.orders.reference import reference_of
from twinseed.randomness import RandomSource, entropy_of
from twinseed.readers import as_arrays
from twinseed.readout import Readout
from twinseed.verbs.measure import checked_resamples, measured

__all__ = ["PreparedRows", "Samples", "both_or_neither"]

Samples = Mapping[str, NDArray[Any]]
"""Samples by their role: ``samples_a`` and, of a second generator, ``samples_b``."""


class PreparedRows:
    """Real rows, with everything that is computed from the rows alone.

    It has three steps. ``batch`` checks samples, ``search`` finds their nearest real rows, and
    ``readout`` measures. The nearest rows of several batches can be joined, in any process, before
    the last step.

    >>> rng = np.random.default_rng(0)
    >>> train, heldout, samples = rng.standard_normal((3, 100, 8))
    >>> rows = PreparedRows(train, heldout=heldout, rng=0)
    >>> batch = rows.batch(samples)
    >>> readout = rows.readout(batch, rows.search(batch))
    >>> readout.equals(PreparedRows(train, heldout=heldout, rng=0).measured(samples))
    True
    """

    def __init__(
        self,
        train_a: Any = None,
        train_b: Any = None,
        heldout: Any = None,
        *,
        right: str = "PreparedRows(train_a, rng=0)",
        rng: RandomSource | None = None,
        factors: int = 5,
        resamples: int = 200,
        centred: bool = False,
        memory: int = 256 << 20,
        workers: int | None = 1,
    ) -> None:
        self._place = Place(chosen(workers))
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
        with placed(self._place):
            reference_of(self._real, self._entropy, factors=factors, resamples=self._resamples)
        self._searches, self._groups = sides(
            self._real,
            self._entropy,
            groups=GROUPS if self._resamples else 1,
            both=train_b is not None,
        )
        self._rows = [side.kept(self._real.arrays[side.rows]) for side in self._searches]

    @property
    def d(self) -> int:
        """Number of columns."""
        return self._real.d

    @property
    def searches(self) -> int:
        """Number of the answers of ``search``."""
        return len(self._searches)

    @property
    def groups(self) -> list[int]:
        """Number of groups of rows of each search: the columns of its ``Nearest``."""
        return [int(labels.max()) + 1 for _, labels in self._rows]

    def batch(self, samples_a: Any, samples_b: Any = None) -> dict[str, NDArray[Any]]:
        """Return a copy of a batch of samples, checked.

        Raises:
            InputError: samples that are not finite numbers in the columns of the rows, or other
                numbers of rows for the two generators.
        """
        given = {"samples_a": samples_a}
        if samples_b is not None:
            given["samples_b"] = samples_b
        found = {
            name: np.array(self._checked(name, rows)) for name, rows in as_arrays(given).items()
        }
        if self._real.train_b is not None and samples_b is None:
            raise both_or_neither("missing")
        if samples_b is not None and len(found["samples_a"]) != len(found["samples_b"]):
            raise InputError(
                "samples_b",
                f"must have one row for each seed of samples_a, {len(found['samples_a'])}",
                len(found["samples_b"]),
                "generate both from the same seeds",
            )
        return found

    def search(self, samples: Samples) -> list[Nearest]:
        """Return the nearest rows of samples, one answer per search."""
        with placed(self._place):
            return [
                nearest(
                    samples[side.samples],
                    rows,
                    groups=labels,
                    origin=self._real.origin,
                    memory=self._memory,
                )
                for side, (rows, labels) in zip(self._searches, self._rows, strict=True)
            ]

    def readout(self, samples: Samples, found: Sequence[Nearest]) -> Readout:
        """Return the readout of samples and of their nearest rows."""
        if len(samples["samples_a"]) < 2:
            seeds = len(samples["samples_a"])
            raise InputError("samples_a", "must have at least 2 rows", seeds, "call update first")
        with placed(self._place):
            return measured(
                Twins.of(self._real, **samples),
                by_generator(self._searches, found, self._groups),
                rng=self._entropy,
                factors=self._factors,
                resamples=self._resamples,
            )

    def measured(self, samples_a: Any, samples_b: Any = None) -> Readout:
        """Return the readout of samples: all three steps."""
        samples = self.batch(samples_a, samples_b)
        return self.readout(samples, self.search(samples))

    def _checked(self, name: str, rows: NDArray[Any]) -> NDArray[Any]:
        checked = numeric_rows(name, rows, at_least=1)
        require_width(name, checked, self.d)
        return checked


def both_or_neither(got: str) -> InputError:
    """Return the error for a second generator that comes with some batches only."""
    return InputError(
        "samples_b",
        "must be passed with every batch or with no batch",
        got,
        "pass samples_a and samples_b in every call; train_b needs both",
    )
