"""Shards of rows: how they are divided into tasks for a cluster, and the work of a task."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed import readers
from twinseed._version import __version__
from twinseed.arrays import Array, plain, real_numbers
from twinseed.blocks import row_blocks
from twinseed.errors import InputError, TwinseedError
from twinseed.neighbours import Nearest, nearest
from twinseed.progress import ShowProgress, track
from twinseed.readers import as_arrays
from twinseed.sweep.cluster import as_worker

__all__ = ["Piece", "joined", "listed", "pieces_of", "search", "search_on"]

ENTRIES = 1 << 22
"""Most entries of samples, and of rows, per task."""

_REMEDY = "pass files or arrays"


@dataclass(frozen=True)
class Piece:
    """Consecutive rows: a handle to send to a task, and a function that loads the rows here."""

    handle: Any
    """A path, or a future of an array."""
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fetch: Callable[[], NDArray[Any]]

    def cuts(self) -> Iterator[slice]:
        """Yield the rows of each task."""
        step = max(1, ENTRIES // max(1, int(np.prod(self.shape[1:]))))
        for start in range(0, self.shape[0], step):
            yield slice(start, min(start + step, self.shape[0]))


def listed(role: str, given: Any) -> list[Any]:
    """Return the shards of a role: paths, arrays, Dask arrays."""
    shards = list(given) if isinstance(given, list | tuple) else [given]
    if not shards:
        raise InputError(role, "must have a shard", given, _REMEDY)
    return shards


def pieces_of(role: str, shards: Sequence[Any], client: Any) -> list[Piece]:
    """Return pieces for the cluster: one per path, arrays in blocks, Dask arrays by chunk."""
    found: list[Piece] = []
    for shard in shards:
        if isinstance(shard, str | os.PathLike):
            found.append(_of_file(role, os.path.abspath(os.fspath(shard))))
        elif hasattr(shard, "to_delayed"):
            found += _of_dask(role, shard, client)
        else:
            given = as_arrays({role: shard})[role]
            found += _of_array(real_numbers(role, given), client)
    if not any(math.prod(piece.shape) for piece in found):
        shapes = [piece.shape for piece in found]
        raise InputError(role, "must have at least 2 rows and one column", shapes, _REMEDY)
    for piece in found:
        if len(piece.shape) < 2 or piece.shape[1:] != found[0].shape[1:]:
            raise InputError(
                role,
                f"must have shards of rows of one shape, {found[0].shape[1:]}",
                piece.shape[1:],
                "save all shards in one layout",
            )
    return found


def joined(role: str, pieces: Sequence[Piece], folder: Path) -> NDArray[Any]:
    """Return the rows of all pieces: a single piece itself, several as a copy in a mapped file."""
    if len(pieces) == 1:
        return pieces[0].fetch()
    shape = (sum(piece.shape[0] for piece in pieces), *pieces[0].shape[1:])
    dtype = np.result_type(*(piece.dtype for piece in pieces))
    place = folder / f"{role}.npy"
    rows = np.lib.format.open_memmap(place, "w+", dtype=dtype, shape=shape)
    start = 0
    for piece in pieces:
        rows[start : start + piece.shape[0]] = piece.fetch()
        start += piece.shape[0]
    rows.flush()
    return readers.load_rows(place)


def search(
    client: Any,
    samples: Sequence[Piece],
    rows: Sequence[Piece],
    labels: NDArray[np.int64],
    origin: Array | None,
    memory: int,
) -> list[Any]:
    """Ask the cluster for the nearest rows in each group; the label -1 leaves a row out.

    Returns futures of ``Nearest``, in the order of the samples. Rows that are left out are not
    counted in the numbers of rows.
    """
    parts = []
    first = before = 0
    for piece in rows:
        for cut in piece.cuts():
            here = labels[first + cut.start : first + cut.stop].astype(np.int16)
            if (here >= 0).any():
                parts.append((piece.handle, cut, here, before))
            before += int(np.sum(here >= 0))
        first += piece.shape[0]
    common = (int(labels.max()) + 1, origin, memory, __version__)
    return [
        client.submit(
            Nearest.least,
            [
                client.submit(_nearest_in, piece.handle, cut, *part, *common, pure=False)
                for part in parts
            ],
            pure=False,
        )
        for piece in samples
        for cut in piece.cuts()
    ]


def search_on(
    client: Any,
    queries: NDArray[Any],
    rows: NDArray[Any],
    labels: NDArray[np.int64],
    ranks: NDArray[np.int64],
    origin: Array | None,
    memory: int,
    progress: ShowProgress,
) -> Nearest:
    """Return what ``nearest`` does, with the work done on the cluster.

    The rows are sent in the order of ``ranks``, because of equally near rows the cluster returns
    the first.
    """
    order = np.argsort(ranks, kind="stable")
    sorted_already = bool(np.all(order == np.arange(len(order))))
    sent = [_of_array(one, client) for one in (queries, rows if sorted_already else rows[order])]
    with track(len(queries) * len(rows), "nearest rows", progress) as shown:
        asked = search(client, sent[0], sent[1], labels[order], origin, memory)
        parts: list[Nearest] = client.gather(asked)
        shown.advance(len(queries) * len(rows))
    found = Nearest.joined(parts)
    return Nearest(found.cosine, order[found.cosine_row], found.distance, order[found.distance_row])


def _of_file(role: str, path: str) -> Piece:
    def fetch() -> NDArray[Any]:
        try:
            return readers.load_rows(path)
        except InputError as error:
            raise InputError(role, error.problem, error.value, error.remedy) from error

    rows = fetch()
    return Piece(path, rows.shape, rows.dtype, fetch)


def _of_array(array: NDArray[Any], client: Any) -> list[Piece]:
    if array.ndim < 2 or array.size == 0:
        return [Piece(None, array.shape, array.dtype, lambda: array)]
    width = int(np.prod(array.shape[1:]))
    flat = array.reshape(len(array), width)
    blocks = [np.asarray(block) for _, block in row_blocks(flat, ENTRIES)]
    futures = client.scatter(blocks, hash=False)
    return [
        Piece(
            future,
            (len(block), *array.shape[1:]),
            array.dtype,
            partial(_as, block, array.shape[1:]),
        )
        for future, block in zip(futures, blocks, strict=True)
    ]


def _of_dask(role: str, array: Any, client: Any) -> list[Piece]:
    whole = array.rechunk(dict.fromkeys(range(1, array.ndim), -1))
    futures = client.compute(list(whole.to_delayed().ravel()))
    told = client.gather([client.submit(_told, one, __version__, pure=False) for one in futures])
    return [
        Piece(future, shape, dtype, partial(_fetched, role, future))
        for future, (shape, dtype) in zip(futures, told, strict=True)
    ]


def _as(block: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    return block.reshape(len(block), *shape)


def _fetched(role: str, future: Any) -> NDArray[Any]:
    return plain(role, future.result())


def _told(chunk: NDArray[Any], version: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    as_worker(version)
    return chunk.shape, chunk.dtype


def _nearest_in(
    samples: Any,
    some: slice,
    rows: Any,
    cut: slice,
    labels: NDArray[np.int16],
    before: int,
    groups: int,
    origin: Array | None,
    memory: int,
    version: str,
) -> Nearest:
    """Search one part of the rows for one part of the samples; on a worker.

    ``before`` rows come before this part. A group without rows in this part is infinitely far.
    """
    as_worker(version)
    queries, searched = _rows(samples)[some], _rows(rows)[cut]
    kept = labels >= 0
    present, within = np.unique(labels[kept], return_inverse=True)
    answer = nearest(
        queries,
        searched if kept.all() else searched[kept],
        groups=within,
        origin=origin,
        memory=memory,
    )
    return answer.placed(present, groups, before)


def _rows(handle: Any) -> NDArray[Any]:
    """Return the rows of a piece, flat; on a worker."""
    if isinstance(handle, str):
        try:
            handle = readers.load_rows(handle)
        except InputError as error:
            raise TwinseedError(
                f"a worker of the cluster cannot read {handle} ({error}): put the shards in a "
                "folder that every worker reaches under the same path"
            ) from error
    rows = plain("rows", handle)
    return rows.reshape(len(rows), -1)
