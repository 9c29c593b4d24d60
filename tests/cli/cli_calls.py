"""A call of each command that is good input, and the function of the library that it ends in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from typer.main import get_command
from typer.testing import CliRunner

from twinseed.cli import app

__all__ = ["CALLS", "EXTRAS", "Call", "call", "call_in", "options_of", "prepared"]


@dataclass(frozen=True)
class Call:
    """``words`` after the command's name; ``home`` and ``name`` of the function it ends in."""

    words: str
    home: str
    name: str


CALLS = {
    "predict": Call("--spikes 3 --gamma 1", "twinseed", "predict"),
    "simulate": Call("--spikes 3 --n 8 --d 6 --replicates 2", "twinseed", "simulate"),
    "export": Call("draws.sqlite", "twinseed", "load_sweep"),
    "measure": Call("--train-a a.npy --samples-a ga.npy", "twinseed", "measure"),
    "audit": Call("--train-a a.npy --samples-a ga.npy", "twinseed", "audit"),
    "inspect": Call("a.npy", "twinseed.readers.inspection", "inspected"),
    "plan": Call("pilot.npy --resamples 10", "twinseed", "plan"),
    "diagram": Call("--d 1000 --ridge 1 --cells 81", "twinseed.phases", "phase_diagram"),
    "train": Call(
        "a.npy --sizes 4 --denoiser mlp --factors 4", "twinseed.denoise.twin_runs", "train_twins"
    ),
    "reproduce": Call("", "twinseed.reproduction", "reproduce"),
    "compare": Call("theory.nc theory.nc", "twinseed", "compare"),
    "doctor": Call("", "twinseed.doctor", "examined"),
    "explore": Call("--port 0", "twinseed.explore.serving", "serve"),
}
EXTRAS = {"train", "reproduce", "explore"}
"""Commands that look for an optional package before they do anything."""
SERVES = {"explore"}
"""Commands that serve a page until they are stopped, and have no result to print or to write."""


def prepared(folder: Path) -> Path:
    """Put the files that ``CALLS`` name into a folder; they are computed once."""
    for name, content in _files().items():
        (folder / name).write_bytes(content)
    return folder


@cache
def _files() -> dict[str, bytes]:
    import twinseed as ts
    from twinseed.readout import save

    with TemporaryDirectory() as made:
        folder = Path(made)
        draw = np.random.default_rng(0)
        rows = {"a": 60, "b": 60, "h": 60, "ga": 40, "gb": 40, "pilot": 40}
        for name, count in rows.items():
            np.save(folder / f"{name}.npy", draw.standard_normal((count, 5)))
        save(ts.predict(ts.Spiked([3.0]), n=8, d=6), folder / "theory.nc")
        ts.simulate(ts.Spiked([3.0]), n=8, d=6, replicates=2, rng=0, store=folder / "draws.sqlite")
        return {path.name: path.read_bytes() for path in folder.iterdir()}


def call(*words: object, **settings: Any) -> Any:
    """Run the command line in this process."""
    return CliRunner().invoke(app, [str(word) for word in words], prog_name="twinseed", **settings)


def call_in(folder: Path, patch: pytest.MonkeyPatch, command: str, *more: object) -> Any:
    """Run the call of ``CALLS`` in a folder, with further words."""
    patch.chdir(folder)
    return call(command, *CALLS[command].words.split(), *more)


def options_of(command: str) -> dict[str, list[str]]:
    """Return what may be typed for each parameter of a command, help apart."""
    found = get_command(app).commands[command]  # type: ignore[attr-defined]  # a group
    return {
        str(one.name): list(one.opts)
        if one.param_type_name == "option"
        else [str(one.metavar or str(one.name).upper())]
        for one in found.params
        if one.name != "help"
    }


@contextmanager
def replaced(command: str, function: Callable[..., Any]) -> Iterator[None]:
    """Put a function in place of the one that a command ends in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{CALLS[command].home}.{CALLS[command].name}", function)
        yield
