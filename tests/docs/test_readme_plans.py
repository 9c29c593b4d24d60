"""The plans that the README shows are those of the command, on the same pilots."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.cli.cli_calls import call
from tests.docs.test_documents import ROOT, fences

pytestmark = [pytest.mark.nightly, pytest.mark.extras]


def digits() -> NDArray[np.float64]:
    from sklearn.datasets import load_digits

    return load_digits().data


def cells() -> NDArray[np.float64]:
    from twinseed.readers import load

    folder = Path(find_spec("scanpy").submodule_search_locations[0])
    return np.array(load(folder / "datasets" / "10x_pbmc68k_reduced.h5ad"))


@pytest.mark.parametrize(("rows", "count"), [(digits, 60), (cells, 100)])
def test_the_plans_of_the_readme(
    rows: Callable[[], NDArray[np.float64]],
    count: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    every = rows()
    np.random.default_rng(0).shuffle(every)
    np.save(tmp_path / "pilot.npy", every[:count])
    name = rows.__name__
    text = next(body for _, body in fences(ROOT / "README.md") if body.startswith("digits  n"))
    shown = re.search(rf"^{name}.*?^(convergence .*?)$", text, re.M | re.S)
    assert shown
    goal = re.match(r"convergence ([\d.]+)", shown[1])
    assert goal
    monkeypatch.setenv("COLUMNS", "200")
    found = call("plan", str(tmp_path / "pilot.npy"), "--convergence", goal[1])
    said = [re.split(r" {2,}", line.strip()) for line in found.stdout.splitlines()]
    assert [shown[1]] in said
    lines = [re.split(r" {2,}", line.strip()) for line in shown[0].splitlines()[1:-1]]
    lines = [[part for cell in line for part in re.split(r" (?=\d+$)", cell)] for line in lines]
    assert len(lines) == 3
    for line in lines:
        row = next(one for one in said if one[0] == line[0])
        assert set(line) <= set(row)
