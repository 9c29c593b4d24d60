"""Which real rows each generator saw: the roles that rows play, and what can be tested so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.data.twins import Twins

__all__ = ["Tested", "roles_of"]


@dataclass(frozen=True)
class Tested:
    """A generator's samples, by argument name, and its own rows.

    ``own`` maps each role that it was trained on to the positions of the role's rows in its
    training set.
    """

    name: str
    own: Mapping[int, NDArray[np.int64]]


def roles_of(twins: Twins) -> tuple[list[NDArray[Any]], list[Tested]]:
    """Return the rows of each role, and the generators that can be tested with them.

    With two training sets each is held out for the other generator. Rows of ``train_b`` that also
    occur in ``train_a`` are a role of its own, trained on by both; a second generator without
    ``train_b`` saw A's rows. Every role has rows; nothing is copied unless rows are shared.
    """
    a, heldout = twins.train_a, twins.arrays["heldout"]
    every = np.arange(len(a))
    if twins.samples_b is None:
        return [a, heldout], [Tested("samples_a", {0: every})]
    if twins.train_b is None:
        return [a, heldout], [Tested(name, {0: every}) for name in ("samples_a", "samples_b")]
    b = twins.train_b
    if not twins.rows.shared_training_rows:
        own = np.arange(len(b))
        return [a, b, heldout], [Tested("samples_a", {0: every}), Tested("samples_b", {1: own})]
    digest_a, digest_b = (twins.rows.digests[name] for name in ("train_a", "train_b"))
    both = np.isin(digest_b, digest_a)
    by_digest = np.argsort(digest_a, kind="stable")
    twice = by_digest[np.searchsorted(digest_a, digest_b[both], sorter=by_digest)]
    only_a = np.flatnonzero(~np.isin(digest_a, digest_b))
    only_b, of_both = np.flatnonzero(~both), np.flatnonzero(both)
    rows: list[NDArray[Any]] = []
    own_a: dict[int, NDArray[np.int64]] = {}
    own_b: dict[int, NDArray[np.int64]] = {}
    for part, chosen, in_a, in_b in (
        (a, only_a, only_a, None),
        (b, only_b, None, only_b),
        (b, of_both, twice, of_both),
    ):
        if chosen.size:
            own_a |= {} if in_a is None else {len(rows): in_a}
            own_b |= {} if in_b is None else {len(rows): in_b}
            rows.append(part[chosen])
    return [*rows, heldout], [Tested("samples_a", own_a), Tested("samples_b", own_b)]
