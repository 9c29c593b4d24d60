"""A cell: one independent piece of work, known by what it computes and by nothing else.

Its random stream and its key in a store follow from the root entropy and its description, never
from its place in a list. So the answer is the same, bit for bit, for any number of workers, in any
order, and after any interruption; and a grid that grows later reuses what is there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinseed.randomness import stream

__all__ = ["Cell", "Job", "Result"]

Result = Mapping[str, Any]
"""What the work of a cell returns: names to numbers, strings, and lists of these."""


@dataclass(frozen=True)
class Cell:
    """One piece of work and its description.

    ``work`` takes a numpy generator and returns a ``Result``. It must survive pickling to be sent
    to another process: a function of a module, a ``functools.partial`` of one, or a method of a
    frozen data class. ``description`` says all that the result depends on, ready for JSON.

    >>> cell = Cell(work=dict, description={"n": 10, "replicate": 0})
    >>> cell.name
    '{"n":10,"replicate":0}'
    """

    work: Callable[[np.random.Generator], Result]
    description: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The description in its canonical spelling."""
        return _canonical(self.description)

    def perform(self, entropy: tuple[int, ...]) -> str:
        """Do the work with the cell's own random stream; return the result as JSON.

        JSON writes a float64 as its shortest exact decimal, so that reading it gives the same bits.
        """
        return json.dumps(self.work(stream(entropy, self.name)))


@dataclass(frozen=True)
class Job:
    """What the cells of a sweep have in common: the kind of work, its version, the root entropy.

    ``version`` changes whenever the same description would give another result, so that a store
    never mixes the two.
    """

    kind: str
    version: str
    entropy: tuple[int, ...]

    def key(self, cell: Cell) -> str:
        """Return the key of a cell's result in a store."""
        whole = _canonical([self.kind, self.version, list(self.entropy), cell.description])
        return hashlib.sha256(whole.encode()).hexdigest()


def _canonical(value: Any) -> str:
    """Return the one spelling of a JSON-able value that names and keys are made from."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
