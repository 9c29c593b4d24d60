"""The commands that tests kill: small, with all that they keep and write."""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
from tests.faults.victim import command

__all__ = ["COUNTS", "KILLS", "RUNS", "outputs", "prepare", "started"]

KILLS = int(os.environ.get("TWINSEED_KILLS", "20"))
"""How often each command is killed; fewer for a quick look."""

_ROWS = "--train-a a.npy --samples-a ga.npy --heldout h.npy"
RUNS = {
    "simulate, one process": "simulate --spikes 3 --n 20,40 --d 20 --replicates 24 --seed 1 "
    "--workers 1 --store draws.sqlite -o out.nc",
    "simulate, two processes": "simulate --spikes 3 --n 20,40 --d 20 --replicates 24 --seed 1 "
    "--workers 2 --store draws.sqlite -o out.nc",
    "reproduce": "reproduce out --quick --data a.npy --workers 1",
    "train": "train a.npy --sizes 6,12 --denoiser mlp --steps 60 --seeds 20 --batch 8 "
    "--factors 4 --workers 1 -o out",
    "diagram": "diagram --d 1000 --ridge 1 --cells 81 --replicates 2 --workers 1 "
    "--store draws.sqlite -o out.nc",
    "plan": "plan pilot.npy --resamples 10 --workers 1 -o out.nc",
    "audit with a cache": f"audit {_ROWS} --encoder slow_encoder:half --cache kept -o out.nc "
    "--html out.html --workers 1",
}
"""The commands by their names in docs/faults.md."""
_ENCODER = """
import time

def half(rows):
    time.sleep(0.05)
    return rows[:, :3]
"""
COUNTS = "running"
"""The folder in which trainings count their steps."""
_FINAL = ("*.nc", "*.npy", "*.json", "*.csv", "*.html")


def prepare(folder: Path) -> Path:
    """Put what the commands read into a new folder."""
    folder.mkdir()
    draw = np.random.default_rng(0)
    for name, count in {"a": 60, "h": 60, "ga": 40, "pilot": 60}.items():
        np.save(folder / f"{name}.npy", draw.standard_normal((count, 5)))
    (folder / "slow_encoder.py").write_text(_ENCODER, "utf-8")
    (folder / "kept").mkdir()
    return folder


def started(folder: Path, words: str, opened: int | None = None) -> BaseProcess:
    """Start a command, see ``victim.command``, in a process that has imported the package."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.victim"])
    process = context.Process(target=command, args=(folder, words.split(), opened))
    process.start()
    return process


def outputs(folder: Path) -> dict[str, bytes]:
    """Return the results that a command left: complete files, under their last names.

    Not the steps that trainings count while they run: the same command deletes what a kill left.
    """
    found = (path for pattern in _FINAL for path in folder.rglob(pattern))
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(found)
        if not path.name.startswith(".") and path.parent.name != COUNTS
    }
