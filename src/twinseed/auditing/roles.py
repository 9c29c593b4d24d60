"""Which real rows each generator saw: the roles that rows play, and what can be tested so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Indices
from twinseed.data.twins import Twins

__all__ = ["Role", "Tested", "roles_of"]


@dataclass(frozen=True, eq=False)
class Role:
    """Real rows that play one role, and where they come from."""

    rows: NDArray[Any]
    name: str
    """The argument that holds these rows."""
    index: Indices
    """Position of each row in this argument."""


@dataclass(frozen=True)
class Tested:
    """A generator's samples, by argument name, and its own rows.

    ``own`` maps each role that it was trained on to the positions of the role's rows in its
    training set.
    """

    name: str
    own: Mapping[int, Indices]


def roles_of(twins: Twins) -> tuple[list[Role], list[Tested]]:
    """Return the rows of each role, and the generators that can be tested with them.

    With two training sets each is held out for the other generator. Rows of ``train_b`` that also
    occur in ``train_a`` are a role of its own, trained on by both; a second generator without
    ``train_b`` saw A's rows. Every role has rows; nothing is copied unless rows are shared. Without
    held-out rows every role is a training role of some generator.
    """
    every = {name: np.arange(len(rows)) for name, rows in twins.rows.arrays.items()}
    roles = [Role(rows, name, every[name]) for name, rows in twins.rows.arrays.items()]
    if twins.train_b is None:
        names = ["samples_a"] if twins.samples_b is None else ["samples_a", "samples_b"]
        return roles, [Tested(name, {0: every["train_a"]}) for name in names]
    if not twins.rows.shared_training_rows:
        own = [Tested("samples_a", {0: every["train_a"]})]
        own += [Tested("samples_b", {1: every["train_b"]})] if twins.samples_b is not None else []
        return roles, own
    digest_a, digest_b = (twins.rows.digests[name] for name in ("train_a", "train_b"))
    both = np.isin(digest_b, digest_a)
    by_digest = np.argsort(digest_a, kind="stable")
    twice = by_digest[np.searchsorted(digest_a, digest_b[both], sorter=by_digest)]
    only_a = np.flatnonzero(~np.isin(digest_a, digest_b))
    only_b, of_both = np.flatnonzero(~both), np.flatnonzero(both)
    parts: list[Role] = []
    own_a: dict[int, Indices] = {}
    own_b: dict[int, Indices] = {}
    for name, chosen, in_a, in_b in (
        ("train_a", only_a, only_a, None),
        ("train_b", only_b, None, only_b),
        ("train_b", of_both, twice, of_both),
    ):
        if chosen.size:
            own_a |= {} if in_a is None else {len(parts): in_a}
            own_b |= {} if in_b is None else {len(parts): in_b}
            parts.append(Role(twins.arrays[name][chosen], name, chosen))
    parts += [one for one in roles if one.name == "heldout"]
    tested = [Tested("samples_a", own_a), Tested("samples_b", own_b)]
    return parts, tested if twins.samples_b is not None else tested[:1]
