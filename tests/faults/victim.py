"""Runs a command of twinseed in a process that a test kills; imports happen once, before."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib.backends.backend_agg  # noqa: F401  # what commands import late
import scipy.stats  # noqa: F401
import torch  # noqa: F401
import xarray  # noqa: F401

for name in (
    *("auditing", "denoise.twin_runs", "phases.page", "planning.plan", "planning.figures"),
    *("reproduction.page", "simulation", "sweep", "verbs.simulate", "verbs.measure", "cli"),
):
    importlib.import_module(f"twinseed.{name}")


def command(folder: Path, words: Sequence[str]) -> None:
    """Run a command in a folder, without output; the process ends with its exit status."""
    from twinseed.cli import app

    os.chdir(folder)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    sys.path.insert(0, "")
    app(list(words))
