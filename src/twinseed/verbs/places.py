"""Where a verb works: in threads of this process, or on a Dask cluster."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from twinseed.lanes import Place, chosen, placed
from twinseed.sweep.cluster import connected
from twinseed.verbs.sharding import joined, listed, pieces_of, search_on

__all__ = ["working"]


@contextmanager
def working(
    workers: int | None, cluster: str | None, arrays: Mapping[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    """Choose the place of all work inside, and yield the arrays with their shards joined.

    On a cluster, an array may come in shards: a list of files or of arrays, or a Dask array, as for
    ``measure_shards``. The shards are joined in temporary files, which are mapped into memory.

    Raises:
        InputError: a bad number of workers, a bad shard, no scheduler at this address.
        MissingExtraError: distributed is not installed.
    """
    count = chosen(workers)
    given = dict(arrays or {})
    if cluster is None:
        with placed(Place(count)):
            yield given
        return
    with connected(cluster) as client, tempfile.TemporaryDirectory() as folder:
        for role, rows in given.items():
            if _in_shards(rows):
                pieces = pieces_of(role, listed(role, rows), client)
                given[role] = joined(role, pieces, Path(folder))
        with placed(Place(count, cluster, partial(search_on, client))):
            yield given


def _in_shards(rows: Any) -> bool:
    """Say whether rows are files, a Dask array, or a list of files, of arrays or of Dask arrays."""
    if isinstance(rows, list | tuple):
        return bool(rows) and all(_in_shards(one) or _has_axes(one) for one in rows)
    return isinstance(rows, str | os.PathLike) or hasattr(rows, "to_delayed")


def _has_axes(one: Any) -> bool:
    return len(getattr(one, "shape", ())) > 1
