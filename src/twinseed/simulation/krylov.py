"""The Krylov engine: draws whole matrices, and only multiplies by these matrices."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from twinseed.blocks import row_blocks
from twinseed.checks import positive, whole
from twinseed.data.twins import Twins
from twinseed.errors import InputError
from twinseed.filters import Filter
from twinseed.generators.krylov import KrylovGenerator, require_elementwise
from twinseed.orders.evidence import KnownModels
from twinseed.populations import Population
from twinseed.randomness import entropy_of
from twinseed.readout import Estimate
from twinseed.simulation._base import Engine
from twinseed.simulation.known import measured, require_rows_and_room

__all__ = ["Krylov"]

_GIB = 1 << 30
_BLOCKS = 96 << 20
"""Bytes of the blocks of rows in a product, and of the neighbour search."""


@dataclass(frozen=True)
class Krylov(Engine):
    """Draws by products with the data alone, at sizes where a decomposition takes too long.

    Equation: data and noise are those of ``Dense`` for the same seed. The samples ``x = f(S) z``
    come from Golub-Kahan steps for all seeds together (``generators.krylov.KrylovGenerator``), to
    the relative ``tolerance``, and are measured by the functions ``from_evidence`` of
    ``twinseed.orders``. Three numbers differ from ``Dense``:

    - the chance level needs ``tr f(S)^2``, here ``d sum |x|^2 / sum |z|^2`` over the seeds of each
      twin, unbiased up to O(1/(seeds d)); where ``f(0) = 0`` both are 0;
    - recovery uses each twin's leading directions, by ARPACK. For a population with a factor below
      its bulk recovery is "not measured", because this factor is not a leading direction;
    - distances to the truth need the spectrum and are "not measured".

    If the basis is full before the samples reach the tolerance, their status is "not converged".

    Args:
        seeds: samples per model in one draw, at least 2.
        tolerance: relative error of the samples, above zero.
        dtype: type of the drawn data, "float64" or "float32" (half the memory; rounding makes
            another draw). The tolerance holds for both.
        folder: where to keep the data, memory-mapped, during a draw; None keeps the data in memory.
        basis_gib: memory of the Krylov basis, in GiB.
        max_gib: draws that need more memory than this, in GiB per worker, are refused.

    Raises:
        InputError: an argument out of range; from ``require_room``, a draw that is too large or of
            a single row; from ``require_supported``, a filter that adapts to the whole sample
            spectrum or jumps.

    Validity: filters that are smooth on the spectrum need few steps. Without a ridge at n near d
    the number of steps approaches d, and ``Dense`` is faster.

    Source: Maillard and Goldt, arXiv 2605.21402; Golub and Kahan, SIAM J. Numer. Anal. 2 (1965)
    205.

    >>> import numpy as np, twinseed as ts
    >>> rng = np.random.default_rng(0)
    >>> found = Krylov(seeds=16).draw(ts.Spiked([3.0]), ts.Ridge(0.1), 60, 30, rng)
    >>> 0 < float(found["convergence"].value) < 1
    True

    See also: ``Dense``, ``Compressed``, ``simulate``.
    """

    seeds: int = 64
    tolerance: float = 1e-6
    dtype: str = "float64"
    folder: str | Path | None = None
    basis_gib: float = 1.0
    max_gib: float = 8.0

    revision = 2
    beside = frozenset({"folder", "max_gib"})

    def __post_init__(self) -> None:
        seeds = whole("seeds", self.seeds, "pass how many samples to draw per model", at_least=2)
        object.__setattr__(self, "seeds", seeds)
        relative = positive("tolerance", self.tolerance, "pass a relative error, such as 1e-6")
        object.__setattr__(self, "tolerance", relative)
        if not isinstance(self.dtype, str) or self.dtype not in ("float32", "float64"):
            raise InputError("dtype", "must be float32 or float64", self.dtype, 'pass "float64"')
        if self.folder is not None and not (
            isinstance(self.folder, str | Path) and Path(self.folder).is_dir()
        ):
            raise InputError(
                "folder", "must be a folder that exists", self.folder, "make the folder first"
            )
        for name, what in (("basis_gib", "the basis"), ("max_gib", "a worker")):
            size = positive(
                name, getattr(self, name), f"pass the memory of {what}", allow_infinite=True
            )
            object.__setattr__(self, name, size)

    def draw(
        self, population: Population, filter: Filter, n: int, d: int, rng: np.random.Generator
    ) -> dict[str, Estimate]:
        self.require_supported(population, filter)
        with self._storage() as folder:
            train_a, train_b, heldout = (
                self._drawn(population, n, d, rng, folder and folder / f"{name}.npy")
                for name in ("train_a", "train_b", "heldout")
            )
            noise = rng.standard_normal((self.seeds, d))
            entropy = entropy_of(rng)
            a, b = (
                KrylovGenerator(rows, filter, self.tolerance, self.basis_gib)
                for rows in (train_a, train_b)
            )
            made = [model.apply(noise) for model in (a, b)]
            twins = Twins(made[0].samples, made[1].samples, train_a, train_b, heldout)
            energy = sum(float(np.sum(one.samples**2)) for one in made) / 2
            shared = filter.at_zero**2 * float(np.sum(noise**2))
            mu, factors = population.eigenvalues(d), population.factors.size
            below = mu[:factors].min(initial=np.inf) < mu[factors:].max(initial=0.0)
            models = KnownModels(
                chance=shared / energy if energy > 0.0 else np.nan,
                directions=None
                if below
                else (a.principal_directions(factors), b.principal_directions(factors)),
                laws=(),
                eigenvalues=mu,
                wasserstein=False,
            )
            converged = max(one.error for one in made) <= self.tolerance
            return measured(population, twins, entropy, models, converged=converged)

    def peak_bytes(self, n: int, d: int) -> int:
        """Return about how many bytes a draw needs at its peak.

        These are three sets of rows, unless they are kept in a folder; the basis, at most one
        direction per seed for each of ``min(n + 1, d)`` steps; vectors of the recurrence, noise and
        samples; blocks of rows.

        Args:
            n: training rows of each model.
            d: columns of the data.
        """
        size = np.dtype(self.dtype).itemsize
        data = 0 if self.folder is not None else 3 * n * d * size
        basis = min(self.basis_gib * _GIB, 8.0 * self.seeds * d * min(n + 1, d))
        return int(data + basis + 8 * self.seeds * (8 * d + 4 * n) + min(40 * n * d, _BLOCKS))

    def require_room(self, n: int, d: int) -> None:
        require_rows_and_room(
            n,
            d,
            self.peak_bytes(n, d),
            self.max_gib,
            'keep the data in a folder or in float32: Krylov(folder=..., dtype="float32"); '
            "or Krylov(max_gib=...) if the machine has the memory",
        )

    def require_supported(self, population: Population, filter: Filter) -> None:
        require_elementwise(filter)

    @classmethod
    def examples(cls) -> list[Self]:
        return [cls(), cls(seeds=16, tolerance=1e-3, dtype="float32")]

    @contextmanager
    def _storage(self) -> Iterator[Path | None]:
        if self.folder is None:
            yield None
            return
        with tempfile.TemporaryDirectory(prefix="twinseed-", dir=self.folder) as made:
            yield Path(made)

    def _drawn(
        self, population: Population, n: int, d: int, rng: np.random.Generator, path: Path | None
    ) -> NDArray[Any]:
        """Draw rows block by block: the numbers of one call, without a second copy in memory."""
        rows: NDArray[Any]
        if path is None:
            rows = np.empty((n, d), dtype=self.dtype)
        else:
            rows = np.lib.format.open_memmap(path, "w+", dtype=np.dtype(self.dtype), shape=(n, d))
        for _, block in row_blocks(rows, 1 << 20):
            block[:] = population.sample(len(block), d, rng)
        return rows
