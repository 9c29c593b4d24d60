"""A cell: one independent piece of work, known by what it computes and by nothing else.

Its random stream and its key in a store follow from the root entropy and its description, never
from its place in a list. So the answer is the same, bit for bit, for any number of workers, in any
order, in any batches, and after any interruption; and a grid that grows later reuses what is there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twinseed.errors import InputError
from twinseed.randomness import stream

__all__ = ["Cell", "Job", "Result"]

Result = Mapping[str, Any]
"""What the work of a cell returns: names to numbers, strings, and lists of these."""


@dataclass(frozen=True)
class Cell:
    """One piece of work and its description.

    ``work`` takes a numpy generator and returns a ``Result``. It must survive pickling to be sent
    to another process: a function of a module, a ``functools.partial`` of one, or a method of a
    frozen data class. ``description`` says all that the result depends on, ready for JSON, but for
    the code that does the work: ``identity`` names that. It goes into the key, and the store keeps
    it; the random stream does not depend on it.

    Cells of one ``group`` cost about the same. Where they can be done at once, they all have the
    same ``together``: it takes the generators of several cells and returns their results in that
    order, with the bits that ``work`` gives one by one.

    >>> cell = Cell(work=dict, description={"n": 10, "replicate": 0})
    >>> cell.name
    '{"n":10,"replicate":0}'
    """

    work: Callable[[np.random.Generator], Result]
    description: Mapping[str, Any]
    group: str | None = None
    together: Callable[[Sequence[np.random.Generator]], Sequence[Result]] | None = None
    identity: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if self.together is not None and self.group is None:
            raise InputError(
                "together",
                "needs a group",
                self.together,
                "pass as group a name that all equal cells share",
            )

    @property
    def name(self) -> str:
        """The description in its canonical spelling."""
        return _canonical(self.description)

    @property
    def kept(self) -> str:
        """The description and the identity, as a store keeps them."""
        if not self.identity:
            return self.name
        return _canonical({**self.description, "identity": self.identity})


@dataclass(frozen=True)
class Job:
    """What the cells of a sweep have in common: the kind of work, its version, the root entropy.

    ``version`` changes whenever the same description would give another result, so that a store
    never mixes the two. ``shared`` has what else must be the same in all that a store keeps, ready
    for JSON: the cells of another population, say, would be another sweep, not a larger one.
    """

    kind: str
    version: str
    entropy: tuple[int, ...]
    shared: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def key(self, cell: Cell) -> str:
        """Return the key of a cell's result in a store."""
        whole = _canonical([self.kind, self.version, list(self.entropy), json.loads(cell.kept)])
        return hashlib.sha256(whole.encode()).hexdigest()

    def random(self, cell: Cell) -> np.random.Generator:
        """Return the random stream of a cell, at its beginning."""
        return stream(self.entropy, cell.name)

    def about(self) -> dict[str, str]:
        """Return what a store of this job says about itself."""
        return {
            "kind": self.kind,
            "version": self.version,
            "seed": " ".join(map(str, self.entropy)),
            **{name: _canonical(value) for name, value in self.shared.items()},
        }


def _canonical(value: Any) -> str:
    """Return the one spelling of a JSON-able value that names and keys are made from."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
