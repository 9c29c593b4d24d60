"""Runs a command of twinseed in a process that a test kills; imports happen once, before."""

from __future__ import annotations

import importlib
import itertools
import os
import resource
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

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


_FITS = 1024
"""Bytes after which the write of a file kills a process that ``_killed_in_a_write`` prepared."""


def command(folder: Path, words: Sequence[str], opened: int | None = None) -> None:
    """Run a command in a folder, without output; the process ends with its exit status.

    With ``opened`` the process is killed in its first long write after it opened so many files.
    """
    from twinseed.cli import app

    sys.modules["__main__"] = ModuleType("__main__")  # workers import this one: not pytest
    os.chdir(folder)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    sys.path.insert(0, "")
    if opened is not None:
        _killed_in_a_write(opened)
    app(list(words))


def _killed_in_a_write(opened: int) -> None:
    """From the ``opened``-th file on, no write beyond some bytes is survived: SIGXFSZ ends it."""
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores the signal
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    number = itertools.count(1)

    def heard(event: str, told: tuple[Any, ...]) -> None:
        if event != "open" or not isinstance(told[2], int):
            return
        if told[2] & (os.O_WRONLY | os.O_RDWR) and next(number) == opened:
            resource.setrlimit(resource.RLIMIT_FSIZE, (_FITS, most))

    sys.addaudithook(heard)
