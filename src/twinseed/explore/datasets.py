"""The data sets that a page can train linear twins on: shipped images, digits, a user's rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from twinseed.errors import InputError

if TYPE_CHECKING:
    from twinseed.arrays import Array
    from twinseed.generators import LinearGenerator
    from twinseed.populations import Population
    from twinseed.reproduction.dataset import CleanRows

__all__ = ["NETWORK_SIZES", "SHIPPED", "DataSet", "Datasets", "OwnRows", "has_networks"]

SHIPPED: Mapping[str, Mapping[str, Any]] = {
    "fashion": {
        "label": "Clothes (Fashion-MNIST, 14 x 14)",
        "d": 196,
        "rows": 1000,
        "image": [14, 14],
    },
    "digits": {"label": "Digits (8 x 8)", "d": 61, "rows": 719, "image": [8, 8]},
}
"""What is said of the data sets of the package before they are read; a test compares."""
NETWORK_SIZES = (20, 1000)
"""Training rows of the trained networks; a test compares."""
_HELDOUT = 400
"""Held-out rows at the most; of few rows, one fifth."""
_CEILING = 500
"""Real rows behind the ceiling of recovery: as many as the meters have samples."""
_KEPT = 200
"""Decompositions that one data set keeps."""
_WIDEST = 3000
"""With more columns one decomposition would take too long for a slider."""


@dataclass(eq=False)
class DataSet:
    """Rows for twin A, for twin B, and held-out rows; what is decomposed is kept.

    ``picture`` is the shape of a row as an image, or empty; ``low`` is black and ``high`` white.
    ``lines`` are the lines of Python that make ``a``, ``b`` and ``heldout``.
    """

    name: str
    label: str
    a: Array
    b: Array
    heldout: Array
    picture: tuple[int, ...]
    lines: tuple[str, ...]
    restored: Callable[[Array], Array]
    network: bool = False

    def __post_init__(self) -> None:
        self._kept: dict[tuple[str, int, int], LinearGenerator] = {}
        self._ceiling: list[float] = []
        self._lock = Lock()

    @property
    def d(self) -> int:
        """Columns of each row."""
        return int(self.a.shape[1])

    @property
    def most(self) -> int:
        """Training rows that each twin can have."""
        return min(len(self.a), len(self.b))

    @cached_property
    def rows(self) -> Array:
        """All rows."""
        import numpy as np

        return np.concatenate([self.a, self.b, self.heldout])

    @cached_property
    def population(self) -> Population:
        """The population, estimated from all rows."""
        from twinseed.populations import estimate_population

        return estimate_population(self.rows)

    @cached_property
    def ends(self) -> tuple[float, float]:
        """The least and the largest value of all rows."""
        return float(self.rows.min()), float(self.rows.max())

    def ceiling(self, factors: int) -> list[float]:
        """Return the recovery that as many real rows reach as there are samples in the meters."""
        import twinseed as ts

        with self._lock:
            if not self._ceiling:
                real = self.b[:_CEILING]
                twins = ts.Twins(real, None, self.a).centred()
                found = ts.measure(twins, rng=0, reference=self.rows, resamples=0)
                self._ceiling = found.recovery.values.tolist()
        return self._ceiling[:factors]

    def training(self, side: str, n: int, swap: int = 0) -> Array:
        """Return n rows of a twin: the first, or after a swap the first of another order."""
        from twinseed.randomness import stream

        rows = self.a if side == "a" else self.b
        if not swap:
            return rows[:n]
        return rows[stream((swap,), "explore: swap").permutation(len(rows))[:n]]

    def model(self, side: str, n: int, swap: int = 0) -> LinearGenerator:
        """Return the linear model of a twin's rows, which is decomposed once."""
        from twinseed.matched import matched_model

        key = side, n, swap
        with self._lock:
            found = self._kept.get(key)
        if found is None:
            found = matched_model(self.training(side, n, swap))
            with self._lock:
                while len(self._kept) >= _KEPT:
                    self._kept.pop(next(iter(self._kept)))
                self._kept[key] = found
        return found


@dataclass(frozen=True, eq=False)
class OwnRows:
    """A user's rows; ``name`` is that of their file, and ``lines`` of Python make ``rows``."""

    name: str
    rows: Array
    lines: tuple[str, ...]


class Datasets:
    """The data sets by name: ``fashion``, ``digits``, the user's own file, and uploads by token."""

    def __init__(self, own: OwnRows | None = None, uploads: Any = None) -> None:
        self._own = own
        self._uploads = uploads
        self._found: dict[str, DataSet] = {}
        self._reading: dict[str, Lock] = {}
        self._lock = Lock()

    def names(self) -> list[str]:
        """Return the names of the data sets that this installation has, the user's own first."""
        own = ["own"] if self._own is not None else []
        return [*own, "fashion", *(["digits"] if find_spec("sklearn") is not None else [])]

    def get(self, name: str, argument: str = "data") -> DataSet:
        """Return a data set, which is read when it is first asked for."""
        with self._lock:
            reading = self._reading.setdefault(name, Lock())
        with reading:
            if name not in self._found:
                self._found[name] = self._read(name, argument)
            return self._found[name]

    def about(self) -> list[dict[str, Any]]:
        """Return what is known of each data set before it is read."""
        found = []
        for name in self.names():
            if name in SHIPPED:
                about = dict(SHIPPED[name])
            else:
                one = self.get(name)
                about = {"label": one.label, "d": one.d, "rows": one.most}
                about["image"] = list(one.picture)
            network = name == "fashion" and has_networks()
            sizes = list(NETWORK_SIZES) if network else []
            found.append({"name": name, **about, "network": network, "network_n": sizes})
        return found

    def population(self, argument: str, name: str) -> tuple[Population, Sequence[str]]:
        """Return the population of a data set, and its Python."""
        found = self.get(name, argument)
        lines = [
            *found.lines,
            "population = ts.estimate_population(np.concatenate([a, b, heldout]))",
        ]
        return found.population, lines

    def _read(self, name: str, argument: str) -> DataSet:
        if name == "fashion":
            return _fashion()
        if name == "digits":
            return _split(name, None, ("rows = None",), str(SHIPPED[name]["label"]))
        if name == "own" and self._own is not None:
            label = f"Your data ({self._own.name})"
            return _split(name, self._own.rows, self._own.lines, label)
        if self._uploads is None or not name:
            raise InputError(
                argument,
                "must be a data set or an upload that exists",
                name,
                f"pass {', '.join(self.names())}, or upload a file",
            )
        found = self._uploads.get(name, argument)
        return _split(name, found.rows(), (f"rows = {found.name!r}",), found.name)


def has_networks() -> bool:
    """Say whether the libraries of the trained networks are installed."""
    return find_spec("torch") is not None and find_spec("safetensors") is not None


def _fashion() -> DataSet:
    import numpy as np

    import twinseed

    path = Path(twinseed.__file__).parent / "denoise" / "demo" / "fashion.npz"
    with np.load(path, allow_pickle=False) as kept:
        parts = {side: kept[side].reshape(len(kept[side]), -1) for side in ("a", "b", "heldout")}
        picture = kept["a"].shape[1:]
    rows = {side: one.astype(np.float64) for side, one in parts.items()}
    lines = (
        "import twinseed, pathlib",
        'path = pathlib.Path(twinseed.__file__).parent / "denoise" / "demo" / "fashion.npz"',
        "images = np.load(path)",
        "a, b, heldout = (images[side].reshape(-1, 196).astype(float) "
        'for side in ("a", "b", "heldout"))',
    )
    return DataSet(
        "fashion",
        str(SHIPPED["fashion"]["label"]),
        rows["a"],
        rows["b"],
        rows["heldout"],
        picture,
        lines,
        lambda samples: samples.reshape(len(samples), *picture),
        has_networks(),
    )


def _split(name: str, source: Any, source_lines: tuple[str, ...], label: str) -> DataSet:
    """Divide rows into those of A, of B and held-out rows; the lines are the source in Python."""
    from twinseed.reproduction.dataset import prepared

    rows: CleanRows = prepared(source, (0,))
    if rows.d > _WIDEST:
        raise InputError(
            "data",
            f"must have at most {_WIDEST:,} columns that vary",
            rows.d,
            "pass fewer columns, as with smaller images",
        )
    held = min(_HELDOUT, rows.count // 5)
    n = (rows.count - held) // 2
    lines = (
        "from twinseed.reproduction.dataset import prepared",
        *source_lines,
        "rows = prepared(rows, (0,)).values",
        f"a, b, heldout = rows[:{n}], rows[{n}:{2 * n}], rows[{2 * n}:]",
    )
    values = rows.values
    return DataSet(
        name,
        label,
        values[:n],
        values[n : 2 * n],
        values[2 * n :],
        rows.picture,
        lines,
        rows.restored if rows.picture else lambda samples: samples,
    )
