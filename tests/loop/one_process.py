"""One of several processes that measure together: python one_process.py RANK WORLD FOLDER."""

from __future__ import annotations

import json
import sys
import warnings
from datetime import timedelta
from pathlib import Path

import numpy as np
import torch
import torch.distributed

from twinseed.errors import TwinseedError
from twinseed.loop import TwinMetric

REAL = ("train_a", "train_b", "heldout")
OPTIONS = {"rng": 3, "factors": 2, "resamples": 5}


CASES = ("uneven", "one without samples", "two types")


def main(rank: int, world: int, folder: Path) -> None:
    """Join the group, measure this process's part of the samples, and write what was found."""
    given = dict(np.load(folder / "rows.npz"))
    torch.distributed.init_process_group(
        "gloo",
        init_method=f"file://{folder / 'meeting'}",
        rank=rank,
        world_size=world,
        timeout=timedelta(seconds=300),
    )
    found = {case: measured(given, rank, case) for case in CASES}
    (folder / f"{rank}.json").write_text(json.dumps(found))
    torch.distributed.destroy_process_group()


def measured(given: dict[str, np.ndarray], rank: int, case: str) -> dict[str, object]:
    """Return the numbers of all processes, computed twice, and the samples of this process."""
    metric = TwinMetric(**{name: given[name] for name in REAL}, **OPTIONS)
    edges = [0, 18, 18] if case == "one without samples" else [0, 7, 18]
    mine = slice(edges[rank], edges[rank + 1])
    a, b = (torch.from_numpy(given[name][mine]) for name in ("samples_a", "samples_b"))
    if case == "two types" and rank == 1:
        a, b = a.float(), b.float()
    for part in torch.arange(len(a)).split(5):
        if len(part):
            metric.update(a[part], b[part])
    found: dict[str, object] = {}
    try:
        for name in ("first", "again"):
            metric._computed = None  # computed again, from the states of all processes
            found[name] = {key: float(value) for key, value in metric.compute().items()}
        found["own samples"] = sum(len(one) for one in metric.samples_a)
    except TwinseedError as error:
        found = {"error": str(error)}
    return found


if __name__ == "__main__":
    warnings.simplefilter("ignore", UserWarning)  # torchmetrics warns of compute before update
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
