"""The recipe for Slurm in docs/cluster.md runs, with a small object in place of dask-jobqueue."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import twinseed as ts


class SLURMCluster:
    """The part of ``dask_jobqueue.SLURMCluster`` that the recipe uses."""

    scheduler_address = "tcp://10.0.0.1:8786"

    def __init__(
        self,
        n_workers: int = 0,
        *,
        queue: str | None = None,
        account: str | None = None,
        cores: int | None = None,
        processes: int | None = None,
        memory: str | None = None,
        walltime: str | None = None,
    ) -> None:
        assert cores == processes, "one thread per worker"
        self.jobs = 0

    def __enter__(self) -> SLURMCluster:
        return self

    def __exit__(self, *error: Any) -> None:
        self.closed = True

    def scale(self, n: int | None = None, jobs: int = 0) -> None:
        self.jobs = jobs


class Answer:
    """In place of an audit."""

    def to_html(self, path: str) -> None:
        assert path.endswith(".html")


def test_the_recipe_for_slurm(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (root / "docs" / "cluster.md").read_text(encoding="utf-8")
    part = page.partition("\n## On Slurm\n")[2]
    (code,) = re.findall(r"^```py\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)
    asked: list[dict[str, Any]] = []

    def audit(**given: Any) -> Answer:
        asked.append(given)
        return Answer()

    stand_in = ModuleType("dask_jobqueue")
    vars(stand_in)["SLURMCluster"] = SLURMCluster
    monkeypatch.setitem(sys.modules, "dask_jobqueue", stand_in)
    monkeypatch.setattr(ts, "audit", audit)
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(code, "recipe", "exec"), names)
    (given,) = asked
    assert given["cluster"] == SLURMCluster.scheduler_address
    assert given["train_a"].endswith(".npy")
    assert names["cluster"].jobs == 4
