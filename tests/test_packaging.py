"""The package as an installed thing: its metadata, its locked versions, what importing it costs."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import twinseed

HEAVY = {"jinja2", "matplotlib", "pandas", "rich", "scipy", "sklearn", "torch", "typer", "xarray"}


VERSIONS = os.environ.get("TWINSEED_VERSIONS", "constraints.txt")
"""The file that the versions of this environment come from; `make test-core` names another."""


def constraints(root: Path, file: str = VERSIONS) -> dict[str, str]:
    lines = (root / file).read_text().split()
    return {canonicalize_name(name): version for name, version in (x.split("==") for x in lines)}


def closure(name: str, extra: str = "") -> Iterator[str]:
    """Yield every distribution that installing ``name`` brings here."""
    seen: set[tuple[str, str]] = set()
    todo = [(name, extra)]
    while todo:
        one, with_extra = todo.pop()
        if (one, with_extra) in seen:
            continue
        seen.add((one, with_extra))
        yield one
        for text in importlib.metadata.requires(one) or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": with_extra}):
                child = canonicalize_name(requirement.name)
                todo.append((child, ""))
                todo.extend((child, more) for more in requirement.extras)


def modules_after(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter holds after a statement."""
    return {name.partition(".")[0] for name in loaded_after(statement)}


def loaded_after(statement: str) -> set[str]:
    """Return all modules that a fresh interpreter holds after a statement."""
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_the_version_is_that_of_the_metadata(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    citation = (root / "CITATION.cff").read_text()
    assert twinseed.__version__ == importlib.metadata.version("twinseed") == project["version"]
    assert f"\nversion: {twinseed.__version__}\n" in citation
    (released,) = re.findall(r'^date-released: "(.*)"$', citation, re.M)
    log = (root / "CHANGELOG.md").read_text()
    first = re.findall(r"^## \[([\d.]+)\] - (.*)$", log, re.M)[0]
    assert first == (twinseed.__version__, released)


def test_dependencies_have_floors_and_no_caps(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    listed = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    assert [text for text in listed if not re.fullmatch(r"[\w-]+>=[\d.]+", text)] == []


def test_every_core_dependency_is_locked_at_the_version_installed(root: Path) -> None:
    locked = constraints(root)
    brought = set(closure("twinseed")) - {"twinseed"}
    installed = {name: importlib.metadata.version(name) for name in brought}
    assert {name: locked.get(name) for name in brought} == installed


def test_the_oldest_core_is_tested_at_exactly_its_floors(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    oldest = constraints(root, "packaging/floors.txt")
    for text in project["dependencies"]:
        name, floor = text.split(">=")
        assert Version(oldest[canonicalize_name(name)]) == Version(floor), text


@pytest.mark.extras
@pytest.mark.parametrize("extra", ["figures", "data", "denoise", "dev"])
def test_every_extra_is_locked_at_the_version_installed(root: Path, extra: str) -> None:
    locked = constraints(root)
    brought = set(closure("twinseed", extra)) - {"twinseed"}
    installed = {name: importlib.metadata.version(name).partition("+")[0] for name in brought}
    assert {name: locked.get(name) for name in brought} == installed


@pytest.mark.parametrize("file", ["constraints.txt", "packaging/floors.txt"])
def test_constraints_are_names_and_versions_alone(root: Path, file: str) -> None:
    lines = (root / file).read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.!]+", line)] == []


def test_importing_twinseed_imports_nothing_heavy() -> None:
    assert modules_after("import twinseed") & (HEAVY | {"numpy"}) == set()


def test_the_theory_needs_numpy_and_scipy_alone() -> None:
    brought = modules_after("import twinseed, twinseed.coupling; twinseed.Ridge; twinseed.Spiked")
    assert brought & HEAVY <= {"scipy"}


def test_naming_a_verb_does_not_load_labels_or_pictures() -> None:
    names = ("predict", "simulate", "measure", "audit", "compare", "Twins", "Dense")
    brought = modules_after(f"import twinseed; [getattr(twinseed, name) for name in {names}]")
    assert brought & HEAVY <= {"scipy"}


def test_naming_a_verb_loads_what_reads_no_file_and_computes_nothing() -> None:
    """The parts of scipy come with the first call: each takes as long as all of the verbs."""
    names = "Ridge, Spiked, predict, simulate, measure, audit"
    brought = loaded_after(f"from twinseed import {names}")
    assert {"scipy", "twinseed.readers.table"} <= brought
    late = {f"scipy.{part}" for part in ("fft", "linalg", "optimize", "sparse", "special", "stats")}
    assert brought & (late | {"twinseed.readers.formats"}) == set()


def test_a_first_answer_waits_for_no_import_that_it_does_not_need(tmp_path: Path) -> None:
    """An audit of tables prints its answer without data frames, distributions or engines."""
    header = "a,b,c,d,e"
    for seed, name in enumerate(("train_a", "samples_a", "heldout")):
        table = np.random.default_rng(seed).standard_normal((40, 5))
        np.savetxt(tmp_path / f"{name}.csv", table, delimiter=",", header=header, comments="")
    files = [f"--{name}-a={tmp_path}/{name}_a.csv" for name in ("train", "samples")]
    arguments = ["twinseed", "audit", *files, f"--heldout={tmp_path}/heldout.csv"]
    brought = loaded_after(
        "import contextlib, io, os, sys\n"
        "os.environ.pop('COLUMNS', None)\n"  # into a pipe, where no table is too wide
        "from twinseed.__main__ import main\n"
        f"sys.argv = {arguments}\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "    main()"
    )
    assert "twinseed.auditing.terminal" in brought  # it came to its answer
    late = {"xarray", "pandas", "dask", "matplotlib", "jinja2", "scipy.stats", "sklearn", "torch"}
    late |= {"scipy.optimize", "scipy.fft", "rich.table", "twinseed.simulation"}
    late |= {"pydantic", "asyncio", "ssl", "twinseed.cli.plan", "twinseed.cli.train"}
    late -= loaded_after("import typer")  # an old one loads tables of rich by itself
    assert brought & late == set()


def test_help_of_the_command_line_does_not_load_numerics() -> None:
    brought = modules_after("from twinseed.cli import app")
    assert brought & {"numpy", "scipy", "xarray", "matplotlib", "pandas", "torch"} == set()


def test_the_package_says_that_it_is_typed() -> None:
    assert (Path(twinseed.__file__).parent / "py.typed").is_file()


@pytest.mark.extras
def test_the_wheel_holds_all_that_is_read_at_run_time(root: Path) -> None:
    from hatchling.builders.wheel import WheelBuilder

    held = {Path(one.distribution_path) for one in WheelBuilder(str(root)).recurse_included_files()}
    source = root / "src"
    files = [path for path in (source / "twinseed").rglob("*.*") if path.suffix != ".pyc"]
    assert {path.relative_to(source) for path in files} <= held
    demo = Path("twinseed/denoise/demo")
    assert {demo / "fashion.npz", demo / "LICENSE.txt"} <= held
    assert sum(path.suffix == ".safetensors" and path.parent == demo for path in held) == 4


def test_every_public_name_can_be_had() -> None:
    for name in twinseed.__all__:
        assert getattr(twinseed, name) is not None
    assert sorted(dir(twinseed)) == sorted(twinseed.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        twinseed.nonsense  # noqa: B018  # the access is the test
