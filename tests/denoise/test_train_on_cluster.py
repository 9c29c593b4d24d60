"""Twins trained on the workers of a Dask scheduler have the bits of those trained here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.sweep.small_cluster import small_cluster

import twinseed as ts
from twinseed.denoise.recipes import NetworkRecipe
from twinseed.denoise.training import Training
from twinseed.denoise.twin_runs import TwinPlan, train_twins

pytestmark = pytest.mark.extras


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[str]:
    with small_cluster(tmp_path_factory.mktemp("cluster"), root) as found:
        yield found


def test_the_same_bits_as_here(tmp_path: Path, address: str) -> None:
    rows = ts.Spiked([30.0]).sample(90, 12, np.random.default_rng(0)).astype(np.float32)
    plan = TwinPlan((8, 30), NetworkRecipe("mlp", Training(steps=40, batch=16)), seeds=40)
    counted: list[int] = []
    there = train_twins(rows, tmp_path / "there", plan, cluster=address, progress=counted.append)
    here = train_twins(rows, tmp_path / "here", plan, workers=1, progress=False)
    for name in ("measured", "linear"):
        assert getattr(there, name).identical(getattr(here, name)), name
    assert there.losses == here.losses
    for twin in plan.twins:
        found, expected = (one.file("samples", *twin).read_bytes() for one in (there, here))
        assert found == expected
    assert sum(counted) == len(plan.twins) * plan.recipe.steps
