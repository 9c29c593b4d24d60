"""Every option of every command arrives: at the function of the library, or in what is written.

The parameters come from the commands themselves. A parameter without an entry fails the test.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.cli.arriving import (
    CLUSTER,
    QUIET,
    SEED,
    SIZE,
    STORE,
    WORKERS,
    Arrives,
    Seen,
    classes_of_samples,
    first_of,
    item,
    opens_a_browser,
    rows,
    text,
    units_of_heldout,
)
from tests.cli.cli_calls import CALLS, EXTRAS, call, options_of, prepared

import twinseed as ts


class Stop(BaseException):
    """Raised by a recorder: the library need not work."""


POPULATION = {
    "spikes": Arrives("--spikes 3,1", text("population"), repr(ts.Spiked([3.0, 1.0])), SIZE),
    "strength": Arrives(
        "--strength 2,4", text("population"), repr([ts.Spiked([2.0]), ts.Spiked([4.0])]), SIZE
    ),
    "bulk": Arrives("--bulk 2", text("population"), repr(ts.Spiked([3.0], 2.0))),
    "power_law": Arrives("--power-law 1", text("population"), repr(ts.PowerLaw(1.0, 20)), SIZE),
    "atoms": Arrives("--atoms atoms.csv", text("population"), repr(ts.Atoms([1.0, 2.0])), SIZE),
    "ridge": Arrives("--ridge 0.5", text("filter"), repr(ts.Ridge(0.5))),
    "n": Arrives("--n 7", item("n"), 7.0, "--spikes 3 --d 6"),
    "d": Arrives("--d 9", item("d"), 9.0, "--spikes 3 --n 10"),
}
FILES = "--train-a a.npy --samples-a ga.npy"
TABLES = "--train-a people.csv --samples-a drawn.csv --heldout others.csv"
ROLES = {
    "train_a": Arrives("--train-a b.npy", rows("train_a"), first_of("b"), "--samples-a ga.npy"),
    "samples_a": Arrives(
        "--samples-a gb.npy", rows("samples_a"), first_of("gb"), "--train-a a.npy"
    ),
    "train_b": Arrives(
        "--train-b b.npy", rows("train_b"), first_of("b"), f"{FILES} --samples-b gb.npy"
    ),
    "samples_b": Arrives("--samples-b gb.npy", rows("samples_b"), first_of("gb")),
    "heldout": Arrives("--heldout h.npy", rows("heldout"), first_of("h")),
    "factors": Arrives("--factors 2", item("factors"), 2),
    "seed": SEED,
}
LOADED = "twinseed.readers.load_roles"
TOLD = "twinseed.readers.load_told"
INSPECTED = "twinseed.readers.inspection.load_roles"


def reading(name: str) -> Callable[[Seen], Any]:
    return lambda seen: getattr(seen["reading"], name)


READING = {
    "schema": Arrives("--schema a.toml", reading("missing"), ("-9",), at=LOADED),
    "keep": Arrives("--keep id", reading("keep"), ("id",), at=LOADED),
    "header": Arrives("--header no", reading("header"), False, at=LOADED),
    "separator": Arrives("--separator ;", reading("separator"), ";", at=LOADED),
    "encoding": Arrives("--encoding latin-1", reading("encoding"), "latin-1", at=LOADED),
    "convert": Arrives("--convert L", reading("convert"), "L", at=LOADED),
    "resize": Arrives("--resize 4", reading("resize"), 4, at=LOADED),
    "range": Arrives("--range -1,1", reading("range"), (-1.0, 1.0), at=LOADED),
    "layout": Arrives("--layout NHWC", reading("layout"), "NHWC", at=LOADED),
    "rows": Arrives("--rows time,member", reading("rows"), ("time", "member"), at=LOADED),
    "log_normalise": Arrives("--log-normalise", reading("log_normalise"), True, at=LOADED),
    "show_values": Arrives("--show-values", reading("show_values"), True, at=LOADED),
}
PUBLISHED = "twinseed.curves.published.published_pairs"
SAMPLES_FOR = "twinseed.planning.answer.Plan.samples_for"
RECIPE = "unet-small"


def recipe(name: str) -> Callable[[Seen], Any]:
    def found(seen: Seen) -> Any:
        whole = seen["plan"].recipe
        return getattr(whole, name, getattr(getattr(whole, "training", None), name, None))

    return found


def half_widths(seen: Seen) -> Any:
    windows = seen["plan"].windows if "plan" in seen else seen["windows"]
    return None if windows is None else windows.half_widths


def planned(name: str) -> Callable[[Seen], Any]:
    return lambda seen: getattr(seen["plan"], name)


ARRIVES: dict[str, dict[str, Arrives]] = {
    "predict": {
        **POPULATION,
        "gamma": Arrives("--gamma 2", item("gamma"), 2.0, "--spikes 3 --n 8"),
    },
    "simulate": {
        **POPULATION,
        "replicates": Arrives("--replicates 5", item("replicates"), 5),
        "engine": Arrives("--engine krylov", text("engine"), repr(ts.Krylov())),
        "workers": WORKERS,
        "cluster": CLUSTER,
        "store": STORE,
        "seed": SEED,
        "quiet": QUIET,
    },
    "export": {"store": Arrives("theory.nc", text("path"), repr(Path("theory.nc")), "")},
    "measure": {
        **ROLES,
        **READING,
        "centre": Arrives("--centre", lambda seen: seen["twins"].origin is not None, True),
        "encoder": Arrives(
            "--encoder cli_encoder:half", lambda seen: seen["twins"].train_a.shape, (60, 2)
        ),
        "cache": Arrives(
            "--cache kept",
            lambda seen: any(Path("kept").iterdir()),
            True,
            f"{FILES} --encoder cli_encoder:half",
        ),
        "workers": WORKERS,
    },
    "audit": {
        **ROLES,
        **READING,
        "encoder": Arrives(
            "--encoder cli_encoder:half",
            lambda seen: getattr(seen["encoder"], "__name__", ""),
            "half",
        ),
        "cache": Arrives(
            "--cache kept", text("cache"), repr(Path("kept")), f"{FILES} --encoder cli_encoder:half"
        ),
        "group": Arrives("--group who", units_of_heldout, [2, 2, 3], TABLES),
        "labels": Arrives(
            "--labels kind",
            classes_of_samples,
            ["x", "y"],
            f"{TABLES} --group who",
        ),
        "up_to": Arrives("--up-to affine", lambda seen: seen["twins"].up_to, "affine"),
        "visible": Arrives("--visible 0.3", item("visible"), 0.3),
        "given_units": Arrives("--given-units", item("column_units"), False),
        "pairs": Arrives("--pairs .", text("folder"), repr(Path()), "", PUBLISHED),
        "pattern": Arrives(
            "--pattern {side}_{n}.pt", item("pattern"), "{side}_{n}.pt", "--pairs .", PUBLISHED
        ),
        "machine": Arrives("--machine w.json", half_widths, (3,), "--pairs .", PUBLISHED),
        "border": Arrives(
            "--border all", item("border"), "all", "--pairs . --machine w.json", PUBLISHED
        ),
        "demo": Arrives(
            "--demo --factors 3", item("factors"), 3, "", "twinseed.denoise.demo.demo_curves"
        ),
        "workers": WORKERS,
        "cluster": CLUSTER,
        "quiet": QUIET,
    },
    "doctor": {},
    "explore": {
        "port": Arrives("--port 18765", item("port"), 18765, at="twinseed.explore.serving.bound"),
        "no_browser": Arrives("--no-browser", opens_a_browser, False, "--port 0"),
        **{name: replace(one, at=TOLD, base="--data a.npy") for name, one in READING.items()},
        "data": Arrives(
            "--data b.npy",
            lambda seen: seen["own"] and float(seen["own"].rows[0, 0]),
            first_of("b"),
            "--port 0",
        ),
        "export": Arrives(
            "--export out", text("folder"), repr(Path("out")), at="twinseed.explore.export.export"
        ),
    },
    "inspect": {
        **{name: replace(one, at=INSPECTED) for name, one in READING.items()},
        "file": Arrives("b.npy", item("path"), "b.npy", ""),
    },
    "plan": {
        **READING,
        "given_units": Arrives("--given-units", item("column_units"), False),
        "pilot": Arrives("strong.npy", lambda seen: seen["pilot"].shape, (80, 6), "--resamples 10"),
        "ridge": Arrives("--ridge 0.5", text("filter"), repr(ts.Ridge(0.5))),
        "resamples": Arrives("--resamples 11", item("resamples"), 11, "pilot.npy"),
        "splits": Arrives("--splits 2", item("splits"), 2),
        "ceiling": Arrives("--ceiling 0.75", item("ceiling"), 0.75),
        "workers": WORKERS,
        "cluster": CLUSTER,
        "seed": SEED,
        "quiet": QUIET,
        "convergence": Arrives("--convergence 0.7", item("convergence"), 0.7, at=SAMPLES_FOR),
        "recovery": Arrives(
            "--recovery 0.6", item("recovery"), 0.6, "strong.npy --resamples 10", SAMPLES_FOR
        ),
        "factor": Arrives(
            "--factor 2", item("factor"), 2, "strong.npy --resamples 10 --recovery 0.6", SAMPLES_FOR
        ),
        "n": Arrives("--n 50,60", item("n"), [50.0, 60.0], at="twinseed.planning.answer.Plan.told"),
    },
    "diagram": {
        "d": Arrives("--d 2000", item("d"), 2000.0, "--ridge 1"),
        "gamma": Arrives("--gamma 0.5,2", item("gamma"), [0.5, 2.0]),
        "strength": Arrives("--strength 0.5,2", item("strength"), [0.5, 2.0]),
        "ridge": Arrives("--ridge 0.2", item("ridge"), 0.2, "--d 1000"),
        "memorisation": Arrives("--memorisation 3", item("memorisation"), 3.0),
        "convergence": Arrives("--convergence 0.6", item("convergence"), 0.6),
        "cells": Arrives("--cells 90", item("cells"), 90, "--d 1000"),
        "replicates": Arrives("--replicates 3", item("replicates"), 3),
        "store": STORE,
        "workers": WORKERS,
        "cluster": CLUSTER,
        "seed": SEED,
        "quiet": QUIET,
    },
    "train": {
        **{name: replace(one, at=TOLD) for name, one in READING.items()},
        "data": Arrives(
            "b.npy", lambda seen: float(seen["data"][0, 0]), first_of("b"), "--sizes 4"
        ),
        "sizes": Arrives("--sizes 5,6", planned("sizes"), (5, 6), "a.npy"),
        "denoiser": Arrives("--denoiser conv", recipe("denoiser"), "conv", "a.npy --sizes 4"),
        "steps": Arrives("--steps 17", recipe("steps"), 17),
        "pairs": Arrives("--pairs 2", planned("pairs"), 2),
        "seeds": Arrives("--seeds 9", planned("seeds"), 9),
        "batch": Arrives("--batch 3", recipe("batch"), 3),
        "rate": Arrives("--rate 0.5", recipe("rate"), 0.5),
        "pairing": Arrives("--pairing same-rows", planned("pairing"), "same-rows"),
        "machine": Arrives("--machine w.json", half_widths, (3,)),
        "border": Arrives(
            "--border all", planned("border"), "all", "a.npy --sizes 4 --machine w.json"
        ),
        "factors": Arrives("--factors 2", planned("factors"), 2),
        "device": Arrives("--device meta", recipe("device"), "meta"),
        "mixed": Arrives("--mixed", recipe("mixed"), True),
        "seed": SEED,
        "workers": WORKERS,
        "cluster": CLUSTER,
        "output": Arrives("-o elsewhere", text("folder"), repr(Path("elsewhere"))),
        "quiet": QUIET,
    },
    "reproduce": {
        **{name: replace(one, at=TOLD, base="--data a.npy") for name, one in READING.items()},
        "folder": Arrives("elsewhere", text("folder"), repr(Path("elsewhere"))),
        "output": Arrives("-o elsewhere", text("folder"), repr(Path("elsewhere"))),
        "quick": Arrives("--quick", item("quick"), True),
        "data": Arrives("--data a.npy", item("data"), "a.npy"),
        "seed": SEED,
        "workers": WORKERS,
        "quiet": QUIET,
    },
    "compare": {
        "one": Arrives("other.nc theory.nc", lambda seen: float(seen["readout"]["n"]), 9.0, ""),
        "two": Arrives("theory.nc other.nc", lambda seen: float(seen["other"]["n"]), 9.0, ""),
    },
}
PRINTED = {
    "as_json",
    "quiet",
    "output",
    "write",
    "html",
    "suspects",
    "debug",
    "fail_beyond",
    "only",
}
"""Options that say what becomes of the result; ``debug`` is tested with the exit statuses."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from twinseed.readout import save

    made = prepared(tmp_path_factory.mktemp("options"))
    (made / "atoms.csv").write_text("1\n2\n")
    (made / "w.json").write_text('{"levels": [1.0], "half_widths": [3]}')
    (made / "a.toml").write_text('missing = ["-9"]\n')
    (made / "cli_encoder.py").write_text("def half(rows):\n    return rows[:, :2]\n")
    (made / "kept").mkdir()
    for name, content in {
        "people": "who,kind,age\nann,x,3\nbob,y,5\n",
        "others": "who,kind,age\ncid,x,4\ncid,y,6\ndan,y,7\n",
        "drawn": "kind,age\nx,2\ny,9\n",
    }.items():
        (made / f"{name}.csv").write_text(content)
    save(ts.predict(ts.Spiked([3.0]), n=9, d=6), made / "other.nc")
    strong = np.random.default_rng(5).standard_normal((80, 6)) * [9.0, 6.0, 1.0, 1.0, 1.0, 1.0]
    np.save(made / "strong.npy", strong)
    return made


def recorded(command: str, words: str, at: str | None = None) -> Seen:
    """Return the arguments that the library is called with; none if it is not called."""
    home, name = (CALLS[command].home, CALLS[command].name) if at is None else at.rsplit(".", 1)
    owner: Any = (
        import_module(home)
        if at is None or "Plan" not in home
        else import_module(home.rsplit(".", 1)[0]).Plan
    )
    signature = inspect.signature(getattr(owner, name))
    seen: Seen = {}

    def record(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        seen.update(bound.arguments | bound.kwargs)
        raise Stop

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, record)
        try:
            done = call(command, *words.split())
        except Stop:
            return seen
    raise AssertionError(f"{name} was not called: {done.output}")


@cache
def without_options(command: str) -> Seen:
    """Return what the plain call of a command arrives as; it is the same for each option."""
    return recorded(command, CALLS[command].words)


def test_every_parameter_has_an_entry() -> None:
    for command in CALLS:
        known = set(ARRIVES[command]) | (PRINTED & set(options_of(command)))
        assert known == set(options_of(command)), command


@pytest.mark.parametrize(
    ("command", "parameter"),
    [
        pytest.param(
            command,
            parameter,
            marks=[pytest.mark.extras] if command in EXTRAS or parameter == "demo" else [],
        )
        for command, options in ARRIVES.items()
        for parameter in options
    ],
)
def test_an_option_arrives(
    command: str, parameter: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    one = ARRIVES[command][parameter]
    base = CALLS[command].words if one.base is None else one.base
    positional = not one.words.startswith("-")
    words = f"{one.words} {base}" if positional else f"{base} {one.words}"
    typed = options_of(command)[parameter]
    assert positional or one.words.split()[0] in typed, "the entry is of another option"
    found = one.get(recorded(command, words, one.at))
    assert found == one.want
    if one.at is None and parameter != "cache":
        plain = one.get(without_options(command))
        assert plain != one.want, "the value is the one that it has without the option"


def test_groups_and_labels_lie_beside_the_rows_of_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(0)
    for name, kind in {"train": 1, "held": 2, "made": 1}.items():
        rows = draw.standard_normal((4, 3))
        np.savez(f"{name}.npz", rows=rows, who=np.array([7, 7, 8, 9]) + 10 * kind, kind=[kind] * 4)
    words = (
        "--train-a train.npz#rows --heldout held.npz#rows --samples-a made.npz#rows "
        "--group who --labels kind"
    )
    seen = recorded("audit", words)
    assert seen["twins"].units["heldout"].tolist() == [3, 3, 4, 5]
    assert seen["twins"].classes.of(["heldout", "samples_a"]) == {
        "heldout": ["2"] * 4,
        "samples_a": ["1"] * 4,
    }
