"""One search of all real rows for each set of samples: measures, controls and tests share it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twinseed.auditing.copying import Copying, examine
from twinseed.auditing.covariance_null import Covariance
from twinseed.auditing.pool import Pool, attribute, searched
from twinseed.auditing.relabelling import Attribution
from twinseed.auditing.roles import Tested, roles_of
from twinseed.data.twins import Twins
from twinseed.neighbours import Nearest
from twinseed.orders.memorisation import GROUPS, Closeness, rows_compared
from twinseed.progress import Progress
from twinseed.randomness import stream

__all__ = ["Searches"]

Found = tuple[tuple[Nearest, ...], ...]


@dataclass(frozen=True, eq=False)
class Searches:
    """The nearest rows, in every role, of each tested generator's samples and of its linear model.

    ``generators`` and ``linear`` have one entry for each of ``tested``, with one answer a role.
    """

    twins: Twins
    pool: Pool
    tested: tuple[Tested, ...]
    generators: Found
    linear: Found

    @classmethod
    def of(
        cls, twins: Twins, linear: Twins, entropy: tuple[int, ...], progress: Progress | None = None
    ) -> Searches | None:
        """Search; None without held-out rows."""
        if twins.heldout is None:
            return None
        rows, tested = roles_of(twins)
        draw = stream(entropy, "audit: pool")
        pool = Pool.draw(rows, draw, twins.origin, rows_compared(twins))
        beside = {name: linear.arrays.get(name, linear.samples_a) for name in twins.arrays}
        return cls(
            twins,
            pool,
            tuple(tested),
            tuple(searched(twins.arrays[one.name], pool, progress) for one in tested),
            tuple(searched(beside[one.name], pool, progress) for one in tested),
        )

    def closeness(self) -> tuple[list[Closeness] | None, list[Closeness] | None]:
        """Return what ``memorisation.closeness`` would search for, of as many samples.

        That of the generators, then that of the linear model; None where the roles are not its
        sides, or where there are too few rows for its groups.
        """
        if self.twins.rows.shared_training_rows or self.pool.equal < GROUPS:
            return None, None
        return self._closeness(self.generators), self._closeness(self.linear)

    def _closeness(self, searches: Found) -> list[Closeness]:
        seeds, groups = slice(0, self.twins.seeds), self.pool.groups
        sides = [0] if self.twins.train_b is None else range(len(searches))
        return [
            Closeness(
                searches[side][side].part(seeds),
                searches[side][-1].part(seeds, slice(groups)),
                groups,
            )
            for side in sides
        ]

    def examined(self, rng: np.random.Generator, covariance: Covariance | None) -> Copying:
        """Test for copying, with all that was found."""
        generators, linear = (
            [
                Attribution(tuple(one.own), attribute(search, self.pool))
                for one, search in zip(self.tested, found, strict=True)
            ]
            for found in (self.generators, self.linear)
        )
        both = (self.generators, self.linear)
        return examine(generators, linear, both, self.tested, self.pool, rng, covariance)
