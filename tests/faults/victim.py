"""Runs a command of twinseed in a process that a test kills; imports happen once, before."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import matplotlib.backends.backend_agg
import matplotlib.figure  # noqa: F401  # what commands import late
import scipy.stats  # noqa: F401
import torch._dynamo  # noqa: F401  # which each optimiser loads
from typer.testing import CliRunner

for name in (
    *("auditing", "denoise.twin_runs", "phases.page", "planning.plan", "planning.figures"),
    *("reproduction.page", "simulation", "sweep", "verbs.simulate", "verbs.measure", "cli"),
):
    importlib.import_module(f"twinseed.{name}")
with TemporaryDirectory() as folder:  # xarray loads dask and distributed when it writes first
    words = ["predict", "--spikes", "3", "--n", "8", "--d", "6", "-o", f"{folder}/out.nc"]
    done = CliRunner().invoke(sys.modules["twinseed.cli"].app, words)
    assert done.exit_code == 0, done.output


def command(folder: Path, words: Sequence[str]) -> None:
    """Run a command in a folder, without output; the process ends with its exit status."""
    from twinseed.cli import app

    sys.modules["__main__"] = ModuleType("__main__")  # workers import this one: not pytest
    os.chdir(folder)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    sys.path.insert(0, "")
    app(list(words))
