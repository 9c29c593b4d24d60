"""The verb ``measure_shards``: ``measure`` of rows in shards, on a Dask cluster."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any, cast

from twinseed.checks import refuse_positional
from twinseed.data.closeness import by_generator
from twinseed.data.sides import GROUPS, sides
from twinseed.data.twins import Twins
from twinseed.errors import InputError
from twinseed.neighbours import Nearest
from twinseed.randomness import RandomSource, entropy_of
from twinseed.readout import Readout
from twinseed.sweep.cluster import connected
from twinseed.verbs.measure import checked_resamples, measured
from twinseed.verbs.sharding import joined, listed, pieces_of, search

__all__ = ["measure_shards"]


def measure_shards(
    *positional: Any,
    cluster: str | None = None,
    samples_a: Any = None,
    samples_b: Any = None,
    train_a: Any = None,
    train_b: Any = None,
    heldout: Any = None,
    rng: RandomSource | None = None,
    factors: int = 5,
    resamples: int = 200,
    centred: bool = False,
    scratch: str | os.PathLike[str] | None = None,
    memory: int = 256 << 20,
) -> Readout:
    """``measure`` of rows in shards: a Dask cluster searches the nearest rows.

    Equation: as ``measure``. Each shard of samples is compared with each shard of rows in one task;
    the nearest row of all tasks is kept, of equally near rows the first. The numbers are equal to
    ``measure`` on the shards one after the other, to the last bit.
    Range: see ``measure``. Shapes: the shards of a role, one after the other, are the rows of
    ``Twins``. Row i of all of ``samples_a`` and row i of all of ``samples_b`` come from seed i; the
    shards of both may differ in size.

    Args:
        cluster: the address of a Dask scheduler, such as "tcp://127.0.0.1:8786".
        samples_a: samples of generator A: a file or an array, a list of files or of arrays, or a
            Dask array. All workers must be able to read a file under the same path; ``.npy`` is
            memory-mapped, other formats are read whole.
        samples_b: samples of generator B, in one of the same forms.
        train_a: rows that generator A was trained on.
        train_b: rows that generator B was trained on.
        heldout: rows that neither generator saw.
        rng: as in ``measure``; ``factors`` and ``resamples`` too.
        factors: how many leading directions recovery compares.
        resamples: number of bootstrap draws; 0 leaves error bars out.
        centred: True measures about the mean of all real rows.
        scratch: the folder for a temporary copy of each role with several shards; by default the
            temporary folder of the system.
        memory: bytes of a search on a worker, in addition to its rows and samples, of which a task
            gets at most 32 MiB each.

    Returns:
        The readout of ``measure``.

    Raises:
        InputError: a bad argument or shard, named by its role, before any search; no scheduler at
            that address.
        MissingExtraError: distributed is not installed.
        TwinseedError: workers of another version of twinseed, or that cannot read a file.

    Validity: the cluster does the work that grows with samples times rows. This process does the
    checks, the directions and the bootstrap in blocks; they grow with samples or with rows.
    Source: Maillard and Goldt, arXiv 2605.21402 (the order parameters).

    >>> measure_shards(cluster="tcp://127.0.0.1:1", train_a=[], samples_a="samples.npy", rng=0)
    Traceback (most recent call last):
    twinseed.errors.InputError: train_a must have a shard (got []): pass files or arrays

    See also: ``measure``, ``Accumulator``, ``Twins``.
    """
    right = "ts.measure_shards(cluster=..., samples_a=..., train_a=..., heldout=..., rng=0)"
    refuse_positional(positional, "measure_shards", right)
    needed = {"cluster": cluster, "samples_a": samples_a, "train_a": train_a, "rng": rng}
    for name, value in needed.items():
        if value is None:
            raise InputError(name, "is needed", None, f"call {right}")
    entropy = entropy_of(cast(RandomSource, rng))
    draws = checked_resamples(resamples)
    given = {
        "samples_a": samples_a,
        "samples_b": samples_b,
        "train_a": train_a,
        "train_b": train_b,
        "heldout": heldout,
    }
    shards = {role: listed(role, rows) for role, rows in given.items() if rows is not None}
    with (
        connected(cast(str, cluster)) as client,
        tempfile.TemporaryDirectory(dir=scratch) as folder,
    ):
        pieces = {role: pieces_of(role, rows, client) for role, rows in shards.items()}
        rows = {role: joined(role, found, Path(folder)) for role, found in pieces.items()}
        twins = Twins(
            rows["samples_a"],
            rows.get("samples_b"),
            rows["train_a"],
            rows.get("train_b"),
            rows.get("heldout"),
        )
        if centred:
            twins = twins.centred()
        searches, groups = sides(
            twins.rows, entropy, groups=GROUPS if draws else 1, both=twins.samples_b is not None
        )
        asked = [
            search(client, pieces[one.samples], pieces[one.rows], one.labels, twins.origin, memory)
            for one in searches
        ]
        found = [Nearest.joined(client.gather(futures)) for futures in asked]
        near = by_generator(searches, found, groups)
        return measured(twins, near, rng=entropy, factors=factors, resamples=draws)
