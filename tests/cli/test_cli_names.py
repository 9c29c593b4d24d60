"""Errors name the option that was typed, for every option of every command."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import numpy as np
import pytest
from tests.cli.cli_calls import CALLS, EXTRAS, call, options_of, prepared
from typer.main import get_command

import twinseed as ts
from twinseed.cli import app

FILES = "--train-a a.npy --samples-a ga.npy"
ROLES = {
    "train_a": "--train-a hole.npy --samples-a ga.npy",
    "samples_a": "--train-a a.npy --samples-a hole.npy",
    "train_b": f"{FILES} --samples-b gb.npy --train-b hole.npy",
    "samples_b": f"{FILES} --samples-b short.npy",
    "heldout": f"{FILES} --heldout narrow.npy",
    "encoder": f"{FILES} --encoder no_module:nothing",
    "cache": f"{FILES} --encoder json:dumps --cache nowhere",
    "factors": f"{FILES} --factors 0",
    "seed": f"{FILES} --seed -1",
    "output": f"{FILES} -o nowhere/a.nc",
}
READING = {
    "schema": "--schema nowhere.toml",
    "keep": "--keep id",
    "header": "--header maybe",
    "separator": "--separator x",
    "encoding": "--encoding none",
    "convert": "--convert CMYK",
    "resize": "--resize 0",
    "range": "--range 1",
    "layout": "--layout CHW",
    "rows": "--rows time",
}


def _beside(words: str) -> dict[str, str]:
    """Return the bad options of reading behind the files of a command."""
    return {name: f"{words} {bad}" for name, bad in READING.items()}


POPULATION = {
    "spikes": "--spikes -2 --n 8 --d 6",
    "strength": "--strength 1,1 --n 8 --d 6",
    "bulk": "--spikes 3 --bulk 0 --n 8 --d 6",
    "power_law": "--power-law -1 --n 8 --d 6",
    "atoms": "--atoms negative.csv --n 8 --d 6",
    "ridge": "--spikes 3 --n 8 --d 6 --ridge -1",
    "n": "--spikes 3 --n 0.5 --d 6",
    "d": "--spikes 3 --n 8 --d -6",
    "output": "--spikes 3 --n 8 --d 6 -o out.doc",
}
SMALL = "--spikes 3 --n 8 --d 6"
BAD: dict[str, dict[str, str]] = {
    "predict": {**POPULATION, "gamma": "--spikes 3 --gamma -1"},
    "simulate": {
        **POPULATION,
        "replicates": f"{SMALL} --replicates 1",
        "engine": f"{SMALL} --engine none",
        "workers": f"{SMALL} --workers 0",
        "cluster": f"{SMALL} --cluster nonsense",
        "store": f"{SMALL} --store nowhere/draws.sqlite",
        "seed": f"{SMALL} --seed -1",
    },
    "export": {"store": "nowhere.sqlite", "output": "draws.sqlite -o out.doc"},
    "measure": {
        **ROLES,
        **_beside(FILES),
        "factors": f"{FILES} --factors -1",
        "workers": f"{FILES} --workers 0",
    },
    "audit": {
        **ROLES,
        **_beside(FILES),
        "group": f"{FILES} --group person",
        "labels": f"{FILES} --labels kind",
        "up_to": f"{FILES} --up-to flip",
        "visible": f"{FILES} --visible 2",
        "pairs": "--pairs nowhere",
        "pattern": "--pairs . --pattern nonsense",
        "machine": "--pairs . --machine nowhere.json",
        "border": "--pairs . --border all",
        "html": f"{FILES} --html a.doc",
        "suspects": f"{FILES} --suspects a.doc",
        "workers": f"{FILES} --workers 0",
        "cluster": f"{FILES} --cluster nonsense",
    },
    "inspect": {
        **_beside("a.npy"),
        "file": "nowhere.npy",
        "write": "a.npy --write a.doc",
    },
    "plan": {
        **_beside("pilot.npy"),
        "pilot": "nowhere.npy",
        "convergence": "pilot.npy --convergence 2",
        "recovery": "pilot.npy --recovery 0",
        "factor": "pilot.npy --recovery 0.5 --factor 0",
        "n": "pilot.npy --n 1.5",
        "ridge": "pilot.npy --ridge -1",
        "resamples": "pilot.npy --resamples 1",
        "splits": "pilot.npy --splits -1",
        "ceiling": "pilot.npy --ceiling 2",
        "seed": "pilot.npy --seed -1",
        "workers": "pilot.npy --workers 0",
        "cluster": "pilot.npy --cluster nonsense",
        "html": "pilot.npy --html a.doc",
        "output": "pilot.npy -o a.doc",
    },
    "diagram": {
        "d": "--d 10",
        "gamma": "--gamma 3,1",
        "strength": "--strength 1",
        "ridge": "--ridge -1",
        "memorisation": "--memorisation -1",
        "convergence": "--convergence -1",
        "cells": "--cells 1",
        "replicates": "--replicates 0",
        "store": "--store :memory:",
        "workers": "--workers 0",
        "cluster": "--cluster nonsense",
        "seed": "--seed -1",
        "output": "-o a.doc",
    },
    "train": {
        **_beside("a.npy --sizes 4 --factors 4 --denoiser mlp"),
        "data": "nowhere.npy",
        "sizes": "a.npy --sizes 4,x",
        "denoiser": "a.npy --sizes 4 --factors 4 --denoiser none",
        "steps": "a.npy --sizes 4 --factors 4 --denoiser mlp --steps 0",
        "pairs": "a.npy --sizes 4 --factors 4 --denoiser mlp --pairs 0",
        "seeds": "a.npy --sizes 4 --factors 4 --denoiser mlp --seeds 0",
        "batch": "a.npy --sizes 4 --factors 4 --denoiser mlp --batch 0",
        "rate": "a.npy --sizes 4 --factors 4 --denoiser mlp --rate -1",
        "pairing": "a.npy --sizes 4 --factors 4 --denoiser mlp --pairing none",
        "machine": "a.npy --sizes 4 --factors 4 --denoiser mlp --machine nowhere.json",
        "border": "a.npy --sizes 4 --factors 4 --denoiser mlp --border all",
        "factors": "a.npy --sizes 4 --factors 0 --denoiser mlp",
        "device": "a.npy --sizes 4 --factors 4 --denoiser mlp --device none",
        "seed": "a.npy --sizes 4 --factors 4 --denoiser mlp --seed -1",
        "workers": "a.npy --sizes 4 --factors 4 --denoiser mlp --workers 0",
        "cluster": "a.npy --sizes 4 --factors 4 --denoiser mlp --cluster nonsense",
        "output": "a.npy --sizes 4 --factors 4 --denoiser mlp -o a.nc",
    },
    "reproduce": {
        **_beside("--data a.npy"),
        "folder": "a.npy",
        "output": "-o a.npy",
        "data": "--data nowhere.npy",
        "seed": "--seed -1",
        "workers": "--workers 0",
    },
    "compare": {
        "one": "nowhere.nc theory.nc",
        "two": "theory.nc nowhere.nc",
        "fail_beyond": "theory.nc theory.nc --fail-beyond -1",
        "only": "theory.nc theory.nc --only truth",
        "output": "theory.nc theory.nc -o a.doc",
    },
    "doctor": {},
    "explore": {
        "port": "--port -1",
        **_beside("--data a.npy"),
        "data": "--data nowhere.npy",
        "export": "--export nowhere/page",
    },
}
FLAGS = {
    "as_json",
    "quiet",
    "debug",
    "centre",
    "demo",
    "mixed",
    "quick",
    "show_values",
    "given_units",
    "log_normalise",
    "no_browser",
}
"""Options without a value: nothing about them can be wrong."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = prepared(tmp_path_factory.mktemp("names"))
    rows = np.load(made / "ga.npy")
    hole = rows.copy()
    hole[1, 2] = np.nan
    np.save(made / "hole.npy", hole)
    np.save(made / "short.npy", rows[:-1])
    np.save(made / "narrow.npy", rows[:, :-1])
    (made / "negative.csv").write_text("1\n-2\n")
    return made


def test_every_option_has_a_bad_value() -> None:
    for command in CALLS:
        assert set(BAD[command]) == set(options_of(command)) - FLAGS, command


@pytest.mark.parametrize(
    ("command", "parameter"),
    [
        pytest.param(
            command,
            parameter,
            marks=[pytest.mark.extras]
            if command in EXTRAS or parameter in ("cluster", "cache", "encoder")
            else [],
        )
        for command, bad in BAD.items()
        for parameter in bad
    ],
)
def test_an_error_names_what_was_typed(
    command: str, parameter: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    before = sorted(folder.rglob("*"))
    done = call(command, *BAD[command][parameter].split())
    typed = options_of(command)[parameter]
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    last = done.stderr.splitlines()[-1]
    named = last.removeprefix("twinseed: ").removeprefix("Error: Invalid value for ").strip("'")
    assert any(named.startswith(one) for one in typed), (typed, last)
    assert "Traceback" not in done.stderr
    if parameter != "cluster":  # whether a scheduler answers is asked when there is work for it
        assert sorted(folder.rglob("*")) == before, "something was made before the error was found"


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(command, marks=[pytest.mark.extras] if command in EXTRAS else [])
        for command in sorted(CALLS)
    ],
)
def test_a_default_is_that_of_the_library(command: str) -> None:
    called = CALLS[command]
    function = getattr(importlib.import_module(called.home), called.name)
    known = dict(inspect.signature(function).parameters)
    if command in ("predict", "simulate"):
        known |= inspect.signature(ts.Spiked).parameters
    for one in get_command(app).commands[command].params:  # type: ignore[attr-defined]  # a group
        if one.name in known and one.default is not None and one.name != "engine":
            assert known[one.name].default in (one.default, inspect.Parameter.empty), one.name
