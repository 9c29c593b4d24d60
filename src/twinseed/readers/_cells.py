"""Cells by genes in ``.h5``: the matrices, names and columns of AnnData, 10x and loom."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.readers._packed import dense
from twinseed.readers.source import Source
from twinseed.readers.table import MISSING, Categories, Table

__all__ = [
    "COLUMNS",
    "gene_names",
    "is_column",
    "is_sparse",
    "item_of",
    "kept_genes",
    "of_column",
    "require_own",
    "sparse",
]

COLUMNS = ("obs", "col_attrs")
"""Groups of an .h5ad and of a .loom whose members hold one value per cell."""

_SPARSE = {"data", "indices", "indptr"}
_CATEGORIES, _NULLABLE = {"categories", "codes"}, {"values", "mask"}
_NAMES = ("row_attrs/Accession", "row_attrs/gene_ids", "row_attrs/Gene", "row_attrs/var_names")


def item_of(file: Any, place: str) -> Any:
    """Return a group or dataset of a file; None where there is none, and behind a link.

    A link may lead into another file, which is not followed.
    """
    item = file
    for part in place.strip("/").split("/"):
        held = item.get(part, getlink=True) if hasattr(item, "keys") else None
        if type(held).__name__ != "HardLink":
            return None
        item = item[part]
    return item


def is_sparse(group: Any) -> bool:
    """Say whether a group is a sparse matrix."""
    return set(group) >= _SPARSE and _holds(group, _SPARSE)


def _holds(group: Any, names: set[str]) -> bool:
    """Say whether a group has datasets of these names in its own file."""
    return all(hasattr(item_of(group, name), "dtype") for name in names)


def is_column(group: Any) -> bool:
    """Say whether a group is a column of AnnData: words as codes, or values with gaps."""
    return set(group) in (_CATEGORIES, _NULLABLE) and _holds(group, {*group})


def of_column(source: Source, group: Any) -> Table:
    """Return a column of AnnData as a table; code -1, and a value under the mask, are missing."""
    for part in group.values():
        require_own(source, part)
        source.require_room((max(1, len(part)),), 8)
    name = group.name.rpartition("/")[2]
    if set(group) == _NULLABLE:
        words, gaps = texts(group["values"]), np.asarray(group["mask"][:], dtype=bool)
        if len(gaps) != len(words):
            raise source.damaged("a column whose mask has another length")
        found = (MISSING if gap else word for word, gap in zip(words, gaps.tolist(), strict=True))
        return Table((name,), (Categories.of(found),))
    codes = group["codes"]
    words = [*texts(group["categories"]), MISSING]
    numbers = codes[:].astype(np.int64)
    if len(numbers) == 0 or numbers.min() < -1 or numbers.max() >= len(words) - 1:
        raise source.damaged("codes without a category")
    return Table((name,), (Categories(numbers % len(words), tuple(words)),))


def texts(dataset: Any) -> list[str]:
    """Return the values of a dataset as words."""
    if dataset.dtype.kind in "OS":
        return list(map(str, dataset.asstr()[:].tolist()))
    values = dataset[:].tolist()
    return [
        one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in values
    ]


def gene_names(file: Any, name: str, width: int) -> tuple[str, ...] | None:
    """Return the names of the columns of a matrix, where the file has them.

    ``name`` is the place of the matrix: its genes are in ``var`` or ``raw/var`` of AnnData, in
    ``row_attrs`` of a loom, in ``features`` (or ``genes``) beside a matrix of 10x.
    """
    places = [f"{name}/features/id", f"{name}/genes", *_NAMES]
    group = item_of(file, "raw/var" if name.startswith("raw/") else "var")
    if hasattr(group, "keys") and not name.startswith("obsm"):
        index = group.attrs.get("_index", "_index")
        places.insert(0, f"{group.name}/{index}")
    for place in places:
        found = item_of(file, place)
        if getattr(found, "shape", None) != (width,) or found.external or found.is_virtual:
            continue
        return tuple(texts(found))
    return None


def kept_genes(source: Source, kinds: list[str], matrix: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which columns of a 10x matrix are genes; others, such as antibodies, are left out."""
    genes = np.array([kind == "Gene Expression" for kind in kinds])
    if len(genes) != matrix.shape[1] or genes.all() or not genes.any():
        return np.ones(matrix.shape[1], dtype=bool)
    others = ", ".join(sorted({kind for kind in kinds if kind != "Gene Expression"}))
    source.notes.append(
        f"{int((~genes).sum()):,} columns that are no genes ({others}) are left out"
    )
    return genes


def sparse(source: Source, group: Any) -> NDArray[Any]:
    """Return a sparse matrix written out, cells as rows."""
    said = group.attrs.get("encoding-type", group.attrs.get("h5sparse_format", ""))
    kind = said.decode() if isinstance(said, bytes) else str(said)
    parts = {name: group[name] for name in _SPARSE}
    for part in parts.values():
        require_own(source, part)
    if "shape" in group.attrs or "h5sparse_shape" in group.attrs:
        shape = group.attrs.get("shape", group.attrs.get("h5sparse_shape"))
        return dense(source, parts, shape, by_rows=not kind.startswith("csc"))
    if "shape" not in group:
        raise source.bad("holds a sparse matrix without its shape", "save it again, or densely")
    source.notes.append("cells are read as rows, and genes as columns")
    return dense(source, parts, group["shape"][:][::-1], by_rows=True)


def require_own(source: Source, dataset: Any) -> None:
    """Refuse a dataset whose numbers are in other files, which are not followed."""
    if dataset.external or dataset.is_virtual:
        raise source.bad("keeps its numbers in other files", "copy them into one file")
