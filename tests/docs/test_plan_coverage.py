"""The coverage study of plans: its parts run at a tiny size, and its page says its results."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from docs.studies import plans, plans_page
from docs.studies.pages import renewed


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return json.loads(plans.RESULTS.read_text())


def test_the_page_shows_the_committed_results(told: dict[str, Any]) -> None:
    page = plans_page.PAGE.read_text()
    assert renewed(page, plans_page.tables(told)) == page, "run python -m docs.studies.plans_page"


def test_other_results_make_another_page(told: dict[str, Any]) -> None:
    other = copy.deepcopy(told)
    for one in other["results"]:
        if one["source"] == "identity":
            for row in one["convergence"]:
                row[4] = 2.0
    page = plans_page.PAGE.read_text()
    changed = renewed(page, plans_page.tables(other))
    lines = zip(page.splitlines(), changed.splitlines(), strict=True)
    assert sum(old != new for old, new in lines) == 6, (
        "all Gaussian rows, three sizes, one source, even"
    )


def test_a_band_holds_the_truth_give_or_take_its_error() -> None:
    assert plans_page.held("convergence", [10, 0.5, 0.6, 0.7, 0.71, 0.02])
    assert not plans_page.held("convergence", [10, 0.5, 0.6, 0.7, 0.71, 0.005])
    assert not plans_page.held("convergence", [10, 0.5, 0.6, 0.7, 0.49, 0.005])
    assert plans_page.held("samples_for", [10, 5, 8, None, 400, 0.0])
    assert plans_page.held("recovery", [10, 0.5, 0.6, 0.7, 0.9, 0.0, True]) is None


def test_one_pilot_is_planned_and_held_against_the_truth(tmp_path: Path) -> None:
    source = plans.Source("power law", True, plans.ts.PowerLaw(1.2, 100))
    square = np.round(np.eye(16) * 0.5, 5).tolist()
    known = {"gap": 0.1, "gap_se": 0.01, "overlaps": square, "ratio": 1.1, "ratio_se": 0.01}
    found = plans.planned(source, 24, np.random.default_rng(0), lambda n: known, splits=2)
    assert [row[0] for row in found["convergence"]] == [12, 24, 96, 384]
    assert [row[4] for row in found["convergence"]] == [0.9] * 4
    assert found["memorisation_share"] == []
    assert [row[0] for row in found["samples_for"]] == [96, 384]
    assert found["samples_for"][0][4:] == [96.0, pytest.approx(9.6)]
    assert all(row[4] == pytest.approx(0.5) for row in found["recovery"])


def test_the_truth_of_gaussian_rows_is_that_of_theory() -> None:
    source = plans.Source("identity", True, plans.ts.Spiked([]))
    found = plans.truth(source, 60, np.random.default_rng(0), pairs=3)
    theory = plans.ts.predict(plans.ts.Spiked([]), n=59, d=100)
    assert found["gap"] == pytest.approx(float(theory.convergence_gap), rel=0.03)
    assert found["share"] == pytest.approx(float(theory.memorisation_share), abs=0.02)
    assert found["ratio"] == pytest.approx(float(theory.memorisation_ratio), rel=0.03)
