"""What another version of twinseed computed is read, never continued, and keeps its label."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

import twinseed as ts
from twinseed.errors import StoreError
from twinseed.sweep import Job, Store, described
from twinseed.sweep.store import _SEAL, _sealed

MIXED = (
    rf"was made by twinseed 0\.1\.0, and this is twinseed {ts.__version__.replace('.', '[.]')}: "
    "results of two versions are not mixed"
)


def made_by(version: str, store: Path) -> Path:
    """Change a store into the store that another version would have written."""
    about = described(store)
    about["version"] = version + about["version"].removeprefix(ts.__version__)
    with closing(sqlite3.connect(store)) as connection, connection:
        for name, value in {"version": about["version"], _SEAL: _sealed(about)}.items():
            connection.execute("UPDATE about SET value = ? WHERE name = ?", (value, name))
    return store


def test_draws_are_read_under_the_version_that_drew_and_not_continued(tmp_path: Path) -> None:
    words = {"n": [8, 16], "d": 6, "replicates": 2, "rng": 3, "store": tmp_path / "draws.sqlite"}
    drawn = ts.simulate(ts.Spiked([2.0]), **words)
    made_by("0.1.0", words["store"])
    with pytest.raises(StoreError, match=MIXED + r".*another path, to compute all results again"):
        ts.simulate(ts.Spiked([2.0]), **words)
    sweep = ts.load_sweep(words["store"])
    found = sweep.to_xarray()
    assert found.drop_vars("draws").equals(drawn)
    assert (found.attrs["twinseed"], drawn.attrs["twinseed"]) == ("0.1.0", ts.__version__)
    assert sweep.about["version"].startswith("0.1.0/")


def test_a_diagram_is_drawn_again(tmp_path: Path) -> None:
    words = {"d": 10**4, "gamma": (0.1, 10.0), "strength": (0.5, 5.0), "cells": 81, "rng": 0}
    ts.phase_diagram(**words, store=tmp_path / "s.db", progress=False)
    made_by("0.1.0", tmp_path / "s.db")
    with pytest.raises(StoreError, match=MIXED + ": draw the diagram again with another store"):
        ts.PhaseDiagram.from_store(tmp_path / "s.db")
    with pytest.raises(StoreError, match=MIXED):
        ts.phase_diagram(**words, store=tmp_path / "s.db", progress=False)


@pytest.mark.extras
def test_twins_are_trained_again(tmp_path: Path) -> None:
    from twinseed.denoise.recipes import NetworkRecipe
    from twinseed.denoise.training import Training
    from twinseed.denoise.twin_runs import TwinPlan, train_twins

    rows = np.random.default_rng(0).standard_normal((60, 4))
    plan = TwinPlan((8,), NetworkRecipe("mlp", Training(steps=2)), seeds=10)
    train_twins(rows, tmp_path / "runs", plan, workers=1, progress=False)
    made_by("0.1.0", tmp_path / "runs" / "store.sqlite")
    with pytest.raises(ts.InputError, match=MIXED + r".*another folder, to train all twins again"):
        train_twins(rows, tmp_path / "runs", plan, workers=1, progress=False)


def test_the_version_of_a_job_that_is_not_the_package_s_own_is_no_version_of_twinseed(
    tmp_path: Path,
) -> None:
    Store(tmp_path / "store.db", Job("own", "1", (0,))).close()
    with pytest.raises(StoreError, match=r"another job \(version 1 in the store, 2 in this call\)"):
        Store(tmp_path / "store.db", Job("own", "2", (0,)))
