"""``.mtx``: a sparse matrix of the Matrix Market format, alone or in a folder of 10x."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.readers._cells import kept_genes
from twinseed.readers._packed import dense
from twinseed.readers.source import Source

__all__ = ["is_mtx_folder", "read_mtx"]

_LINES = 1 << 20
"""Characters of comments before the sizes of a matrix."""
_FEATURES = ("features.tsv", "genes.tsv")


def is_mtx_folder(path: Path) -> bool:
    """Say whether a folder holds a matrix as 10x writes it, and names of its rows and columns."""
    return _inside(path, "matrix.mtx") is not None


def read_mtx(source: Source) -> NDArray[Any]:
    """Return a sparse matrix, written out; of a folder of 10x with cells as rows.

    A folder of 10x holds genes by cells; the files barcodes and features say which is which.
    """
    folder = source.path.is_dir()
    path = _inside(source.path, "matrix.mtx") if folder else source.path
    if path is None:
        raise source.bad("holds no file matrix.mtx", "name a folder as 10x writes it")
    lines, across, entries = _sizes(source, path)
    source.require_room((lines, across), 4)
    source.require_room((max(1, entries), 3), 8)
    matrix = _matrix(source, path, (lines, across))
    if not folder:
        return _written(source, matrix)
    barcodes = _column_of(source, "barcodes.tsv")
    features = next((f for name in _FEATURES if (f := _column_of(source, name))), None)
    if barcodes is None or features is None:
        raise source.bad(
            "holds a matrix without the files barcodes.tsv and features.tsv (or genes.tsv)",
            "copy all three files into the folder; or name the file matrix.mtx itself",
        )
    turned = (len(features), len(barcodes)) == matrix.shape
    if not turned and (len(barcodes), len(features)) != matrix.shape:
        raise source.bad(
            f"holds a matrix of {lines:,} x {across:,}, {len(barcodes):,} barcodes and "
            f"{len(features):,} features",
            "copy the three files of one matrix into the folder",
        )
    if turned:
        source.notes.append("cells are read as rows, and genes as columns")
        matrix = matrix.T
    genes = kept_genes(source, [row[2] if len(row) > 2 else "" for row in features], matrix)
    source.names.append(
        ("genes", tuple(row[0] for row, kept in zip(features, genes, strict=True) if kept))
    )
    return _written(source, matrix.tocsr()[:, genes] if not genes.all() else matrix)


def _inside(folder: Path, name: str) -> Path | None:
    """Return a file of a folder, packed or not."""
    return next((p for p in (folder / name, folder / f"{name}.gz") if p.is_file()), None)


def _opened(path: Path) -> Any:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def _sizes(source: Source, path: Path) -> tuple[int, int, int]:
    """Return the rows, columns and entries that the head of a matrix announces."""
    with _opened(path) as file:
        head = file.readline(_LINES).split()
        if len(head) != 5 or head[:2] != [b"%%MatrixMarket", b"matrix"]:
            raise source.bad("must begin with %%MatrixMarket matrix", "write the file again")
        if head[3] not in (b"real", b"integer", b"pattern", b"double"):
            raise source.bad(f"holds {head[3].decode('ascii', 'replace')} numbers", "save reals")
        line = file.readline(_LINES)
        while line.startswith(b"%") or (line and not line.strip()):
            line = file.readline(_LINES)
    sizes = [int(word) for word in line.split()]
    array = head[2] == b"array"
    if len(sizes) != (2 if array else 3) or min(sizes) < 0:
        raise source.damaged("sizes that are none")
    return sizes[0], sizes[1], sizes[0] * sizes[1] if array else sizes[2]


def _matrix(source: Source, path: Path, shape: tuple[int, int]) -> Any:
    from scipy import sparse
    from scipy.io import mmread

    try:
        found = sparse.coo_matrix(mmread(str(path)))
    except (OverflowError, zlib.error, EOFError) as error:
        raise source.damaged(error) from error
    if found.shape != shape:
        raise source.damaged("another shape than announced")
    source.require_numbers(found.dtype)
    values = found.data
    wide = values.dtype.itemsize == 8 and values.dtype.kind in "iu" and len(values) > 0
    if wide and values.min() >= -(1 << 31) and values.max() < 1 << 31:
        found.data = values.astype(np.int32)  # half the memory
    return found


def _written(source: Source, matrix: Any) -> NDArray[Any]:
    rows = matrix.tocsr()
    return dense(
        source,
        {"data": rows.data, "indices": rows.indices, "indptr": rows.indptr},
        np.array(rows.shape),
        by_rows=True,
    )


def _column_of(source: Source, name: str) -> list[list[str]] | None:
    """Return the cells of each line of a file beside the matrix."""
    path = _inside(source.path, name)
    if path is None:
        return None
    with _opened(path) as file:
        content = file.read(source.limit // 64 + 1)
    if len(content) > source.limit // 64:
        raise source.bad(f"has too long a file {path.name}", "write the file again")
    return [line.split("\t") for line in content.decode("utf-8").splitlines() if line.strip()]
