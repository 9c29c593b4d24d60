"""One search of all real rows for each set of samples: measures, controls and tests share it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from twinseed.auditing.copying import Copying, examine
from twinseed.auditing.named import AMONG_REAL, NamedCopy, named_copies
from twinseed.auditing.nearest_in_pool import (
    COSINE,
    DISTANCE,
    NearestInPool,
    attribute,
    gaps_of,
)
from twinseed.auditing.pool import Pool
from twinseed.auditing.relabelling import Attribution
from twinseed.auditing.roles import Tested, roles_of
from twinseed.auditing.spaces import (
    Space,
    Versions,
    each_search,
    searched,
    searched_in_all,
    spaces_of,
)
from twinseed.data.twins import Twins
from twinseed.neighbours import Nearest
from twinseed.orders.memorisation import GROUPS, Closeness, rows_compared
from twinseed.progress import Progress
from twinseed.randomness import stream

__all__ = ["Searches"]

_REAL = (500, 2000)  # real rows that are compared with the other real rows: fewest and most
_WORK = 2e10  # products of entries for these comparisons

Found = tuple[tuple[Nearest, ...], ...]


@dataclass(frozen=True, eq=False)
class Searches:
    """The nearest rows, in every role, of each tested generator's samples and of its linear model.

    ``generators`` and ``linear`` have one entry for each of ``tested``, with one answer a role;
    ``closest`` has the closest row of each sample in every view, ``real`` the closest other real
    row of some real rows, in the same views.
    """

    twins: Twins
    pool: Pool
    tested: tuple[Tested, ...]
    generators: Found
    linear: Found
    closest: tuple[Mapping[str, NearestInPool], ...]
    real: Mapping[str, NearestInPool]
    named: tuple[NamedCopy, ...]

    @classmethod
    def of(
        cls,
        twins: Twins,
        linear: Twins,
        units: Mapping[str, NDArray[np.int64]],
        entropy: tuple[int, ...],
        progress: Progress,
    ) -> Searches:
        """Search in every space; ``units`` are those of ``mirrored.with_mirrors``."""
        roles, tested = roles_of(twins)
        versions = twins.rows.versions
        draw = stream(entropy, "audit: pool")
        pool = Pool.draw(roles, draw, units, rows_compared(twins))
        spaces = list(spaces_of(pool, twins.d, twins.image_shape, twins.layout))
        generators: list[tuple[Nearest, ...]] = []
        closest: list[Mapping[str, NearestInPool]] = []
        named: list[NamedCopy] = []
        for name, one in zip("ab", tested, strict=False):
            samples = twins.arrays[one.name]
            found, near = searched_in_all(
                samples, pool, spaces, twins.origin, versions, draw, progress.advance
            )
            generators.append(found)
            closest.append(near)
            named += named_copies(samples, near[DISTANCE], pool, twins.layout, name, draw)
        beside = {name: linear.arrays.get(name, linear.samples_a) for name in twins.arrays}
        honest = [
            partial(searched, beside[one.name], pool, twins.origin, versions)
            for one in (tested if twins.heldout is not None else [])
        ]
        real, alike = _real(spaces, pool, twins, draw, versions)
        named = [] if alike else named
        progress.advance()
        linears = tuple(each_search(honest, pool, versions, progress.advance))
        kept = tuple(generators), linears, tuple(closest), real, tuple(named)
        return cls(twins, pool, tuple(tested), *kept)

    def closeness(self) -> tuple[list[Closeness] | None, list[Closeness] | None]:
        """Return what ``memorisation.closeness`` would search for, of as many samples.

        That of the generators, then that of the linear model; None where the roles are not its
        sides, where there are too few rows for its groups, or where rows have versions.
        """
        pool = self.pool
        whole = self.twins.heldout is not None and not self.twins.rows.shared_training_rows
        groups = pool.folds[0]
        filled = all(
            np.unique(groups[cell[place < pool.equal]]).size == GROUPS
            for cell, place in zip(pool.cell, pool.place, strict=True)
        )
        if not whole or not filled:
            return None, None
        return self._closeness(self.generators), self._closeness(self.linear)

    def _closeness(self, searches: Found) -> list[Closeness]:
        seeds = slice(0, self.twins.seeds)
        sides = [0] if self.twins.train_b is None else range(len(searches))
        return [
            Closeness(
                self._grouped(searches[side][side].part(seeds), 2),
                self._grouped(searches[side][-1].part(seeds), 1),
                GROUPS,
            )
            for side in sides
        ]

    def _grouped(self, found: Nearest, times: int) -> Nearest:
        """Fold the labels into the groups of the jackknife; ``times`` 2 keeps the rows left out."""
        pool = self.pool
        label = np.arange(found.distance.shape[1])
        group = pool.folds[0][label % pool.cells] + GROUPS * (label >= pool.cells)
        parts = []
        for g in range(times * GROUPS):
            here = np.flatnonzero(group == g)
            part = Nearest(*(x[:, here] for x in vars(found).values()))
            every = np.arange(len(part.distance))
            near, far = part.cosine.argmax(axis=1), part.distance.argmin(axis=1)
            parts.append(
                (
                    part.cosine[every, near],
                    part.cosine_row[every, near],
                    part.distance[every, far],
                    part.distance_row[every, far],
                )
            )
        return Nearest(*(np.stack(x, axis=1) for x in zip(*parts, strict=True)))

    def examined(self, rng: np.random.Generator) -> Copying:
        """Test for copying, with all that was found."""
        generators = [
            Attribution(tuple(one.own), near, len(self.twins.arrays[one.name]))
            for one, near in zip(self.tested, self.closest, strict=True)
        ]
        linear = []
        for one, found in zip(self.tested, self.linear, strict=False):
            near = {view: attribute(gaps_of(found, view), self.pool) for view in (DISTANCE, COSINE)}
            linear.append(Attribution(tuple(one.own), near, len(found[0].distance)))
        both = (self.generators, self.linear)
        return examine(generators, linear, both, self.tested, self.pool, self.real, self.named, rng)


def _real(
    spaces: list[Space],
    pool: Pool,
    twins: Twins,
    draw: np.random.Generator,
    versions: Versions | None,
) -> tuple[dict[str, NearestInPool], bool]:
    """Return the closest other real row of some real rows, whatever their roles.

    The second answer says whether real rows match each other as rarely as named copies would.
    """
    count = int(np.clip(_WORK / (pool.size * twins.d), *_REAL))
    chosen = np.sort(draw.permutation(pool.size)[:count])
    role = pool.role_of[chosen]
    row = chosen - pool.starts[role]
    rows = np.concatenate(
        [np.asarray(part.rows[row[role == k]]) for k, part in enumerate(pool.roles)]
    )
    cell = np.concatenate([pool.cell[k][row[role == k]] for k in range(len(pool.roles))])
    _, real = searched_in_all(rows, pool, spaces, twins.origin, versions, draw, without=cell)
    near = real[DISTANCE]
    alike = named_copies(rows, near, pool, twins.layout, "", draw, below=AMONG_REAL, itself=chosen)
    return real, bool(alike)
