"""A cell: one independent piece of work, identified by the description of what it computes.

The random stream of a cell and its key in a store follow from the root entropy and the description,
never from its place in a list. So the answer is the same, bit for bit, for any number of workers,
in any order, in any batches, and after any interruption; a larger grid reuses stored results.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twinseed._version import __version__
from twinseed.errors import InputError
from twinseed.randomness import stream

__all__ = ["Cell", "Job", "Result", "differences"]

Result = Mapping[str, Any]
"""The result of a cell: names with numbers, strings, and lists of numbers or strings."""


@dataclass(frozen=True)
class Cell:
    """One piece of work and its description.

    Args:
        work: takes a numpy generator and returns a ``Result``. To be sent to another process, it is
            a function of a module, a ``functools.partial`` of one, or a method of a frozen data
            class.
        description: everything on which the result depends except the code, ready for JSON.
        group: cells of one group cost about the same.
        together: computes several cells of the group: takes their generators and returns their
            results in the same order, with the same bits as ``work``. The same for the whole group.
        identity: names the code that does the work; part of the key, not of the random stream.
        counted: whether progress counts the cell.

    >>> cell = Cell(work=dict, description={"n": 10, "replicate": 0})
    >>> cell.name
    '{"n":10,"replicate":0}'
    """

    work: Callable[[np.random.Generator], Result]
    description: Mapping[str, Any]
    group: str | None = None
    together: Callable[[Sequence[np.random.Generator]], Sequence[Result]] | None = None
    identity: Mapping[str, str] = field(default_factory=dict, hash=False)
    counted: bool = True

    def __post_init__(self) -> None:
        if self.together is not None and self.group is None:
            raise InputError(
                "together",
                "needs a group",
                self.together,
                "pass as group a name that is the same for all cells of equal cost",
            )

    @property
    def name(self) -> str:
        """The description as canonical JSON."""
        return _canonical(self.description)

    @property
    def kept(self) -> str:
        """The description and the identity as canonical JSON, as a store keeps them."""
        if not self.identity:
            return self.name
        return _canonical({**self.description, "identity": self.identity})


@dataclass(frozen=True)
class Job:
    """What all cells of a sweep have in common.

    Args:
        kind: name of the kind of work.
        version: changes whenever the same description would give another result; a store keeps
            results of one version only.
        entropy: the root entropy, from which every random stream follows.
        shared: everything else that must be the same for all results of a store, ready for JSON,
            such as the kind of population.
    """

    kind: str
    version: str
    entropy: tuple[int, ...]
    shared: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def key(self, cell: Cell) -> str:
        """Return the key of a cell's result in a store.

        Args:
            cell: a cell of this job.
        """
        whole = _canonical([self.kind, self.version, list(self.entropy), json.loads(cell.kept)])
        return hashlib.sha256(whole.encode()).hexdigest()

    def random(self, cell: Cell) -> np.random.Generator:
        """Return the random stream of a cell, at its beginning.

        Args:
            cell: a cell of this job.
        """
        return stream(self.entropy, cell.name)

    def other_version(self, kept: Mapping[str, str]) -> str | None:
        """Return what to say of results of another version of twinseed; None for this version.

        Args:
            kept: the facts about the job of these results, as ``about``.
        """
        theirs = kept.get("version", "").partition("/")[0]
        if self.version.partition("/")[0] != __version__ or theirs in ("", __version__):
            return None
        return (
            f"was made by twinseed {theirs}, and this is twinseed {__version__}: results of two "
            "versions are not mixed"
        )

    def about(self) -> dict[str, str]:
        """Return the facts about this job that its store keeps, by name."""
        return {
            "kind": self.kind,
            "version": self.version,
            "seed": " ".join(map(str, self.entropy)),
            **{name: _canonical(value) for name, value in self.shared.items()},
        }


def differences(ours: Mapping[str, str], theirs: Mapping[str, str], but: str) -> list[str]:
    """Return what to say of each fact in which a call and its store differ, except one fact.

    Args:
        ours: the facts about the job of this call, as ``Job.about``.
        theirs: the facts in the store.
        but: the fact that may differ.
    """
    return [
        f"{name} {theirs.get(name, 'none')} in the store, {ours.get(name, 'none')} in this call"
        for name in {**ours, **theirs}
        if name != but and theirs.get(name) != ours.get(name)
    ]


def _canonical(value: Any) -> str:
    """Return a value as canonical JSON, from which names and keys are made."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
