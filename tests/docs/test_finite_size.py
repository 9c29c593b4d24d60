"""The finite-size study: its fits find what was planted, its numbers come out again, its page."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from docs.studies import finite_size as study
from docs.studies import finite_size_page as pages
from docs.studies.finite_size_fits import Draws, fits, fluctuation_constant
from docs.studies.pages import renewed

SMALL = study.Settings(sizes=(10**2, 10**4), windows=(-1.5, 0.0, 1.5), replicates=(64, 64))
MIDDLE = study.Settings(sizes=(10**5, 10**6), windows=(-3.0, 0.0, 3.0), replicates=(64, 64))


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return json.loads(study.RESULTS.read_text())


def planted(exponent: float, width: float, seed: int = 0) -> dict[tuple[int, float], Draws]:
    """Return draws that collapse with these exponents, and q that fluctuates as d^-0.4."""
    rng = np.random.default_rng(seed)
    found = {}
    for d in (10**4, 10**5, 10**6, 10**7):
        for window in (-2.0, -1.0, 0.0, 1.0, 2.0):
            x = window * d ** (width - 1.0 / 3.0)
            mean = d**-exponent * np.exp(0.6 * x - 0.05 * x**2)
            recovery = mean * (1.0 + 0.3 * rng.standard_normal(400))
            q = 0.9 + 0.05 * d**-0.4 * rng.standard_normal(400)
            found[d, window] = Draws(recovery, q)
    return found


def test_fits_find_what_was_planted() -> None:
    found = fits(4.0, planted(0.4, 0.25), resamples=40)
    for name, true in [
        ("threshold exponent", 0.4),
        ("collapse from 1e+04 height", 0.4),
        ("collapse from 1e+04 width", 0.25),
        ("fluctuation exponent", 0.4),
    ]:
        one = found[name]
        width = one["high"] - one["low"]
        assert abs(one["value"] - true) < 0.75 * width < 0.04, name
        assert one["chi2_per_freedom"] < 2.5
    assert found["constant value"]["chi2_per_freedom"] > 10.0, "d^-0.4 is not d^-1/2"


def test_fluctuation_follows_from_the_matrices() -> None:
    d, gamma, rng = 600, 4.0, np.random.default_rng(0)
    roots = []
    for _ in range(2):
        rows = rng.standard_normal((int(gamma * d), d))
        values, vectors = np.linalg.eigh(rows.T @ rows / len(rows))
        roots.append(vectors * np.sqrt(values) @ vectors.T)
    a, b = roots
    both, energy = (a @ b + b @ a) / 2.0, (a @ a + b @ b) / 2.0
    q = np.trace(both) / np.trace(energy)
    variance = 2.0 * np.sum((both - q * energy) ** 2) / np.trace(energy) ** 2
    assert np.sqrt(d * variance) == pytest.approx(fluctuation_constant(gamma), rel=0.02)


def assert_again(settings: study.Settings, told: dict[str, Any]) -> None:
    """Draw a part of the study with another seed; compare with what is committed."""
    kept = {(row["d"], row["window"]): row for row in told["table"]}
    for row in study.table(settings, study.study(settings, seed=5)):
        other = kept[row["d"], row["window"]]
        for name in ("recovery", "convergence"):
            errors = [one[f"{name}_sd"] / one["replicates"] ** 0.5 for one in (row, other)]
            assert abs(row[name] - other[name]) < 4.0 * np.hypot(*errors), row
            # the standard deviations themselves, of samples that are not Gaussian
            ratio = row[f"{name}_sd"] / other[f"{name}_sd"]
            assert abs(np.log(ratio)) < 0.6, row


def test_a_small_part_of_the_study_comes_out_again(told: dict[str, Any]) -> None:
    assert_again(SMALL, told)


@pytest.mark.nightly
def test_a_larger_part_of_the_study_comes_out_again(told: dict[str, Any]) -> None:
    assert_again(MIDDLE, told)


def test_a_resumed_study_is_the_same(tmp_path: Path) -> None:
    tiny = study.Settings(sizes=(100,), windows=(0.0,), replicates=(64,))
    first = study.study(tiny, store=tmp_path / "s.db")
    second = study.study(tiny, store=tmp_path / "s.db")
    whole = study.study(tiny)
    for found in (second, whole):
        np.testing.assert_array_equal(found[100, 0.0].recovery, first[100, 0.0].recovery)


def test_the_committed_fits_say_what_the_page_says(told: dict[str, Any]) -> None:
    assert told["settings"] == json.loads(study._text(study.Settings()))
    inside = {
        name for name, one in told["fits"].items() if one["low"] < one["expected"] < one["high"]
    }
    assert set(told["fits"]) - inside == {"collapse from 1e+04 width"}
    assert told["fits"]["fluctuation exponent"]["value"] == pytest.approx(0.5, abs=0.005)


def test_the_page_shows_the_committed_results(told: dict[str, Any]) -> None:
    page = pages.PAGE.read_text()
    assert renewed(page, pages.tables(told)) == page, "run python -m docs.studies.finite_size_page"
    other = copy.deepcopy(told)
    other["fits"]["collapse from 1e+05 width"]["value"] += 0.1
    assert renewed(page, pages.tables(other)) != page
    with pytest.raises(ValueError, match="<!-- fits -->"):
        renewed("a page", pages.tables(told))


@pytest.mark.extras
def test_the_figure_has_its_three_panels(told: dict[str, Any]) -> None:
    titles = [axes.get_title(loc="left") for axes in pages.figure(told).axes]
    assert titles == [
        "More columns: a sharper onset",
        "Rescaled, all sizes are one curve",
        "More columns: less chance",
    ]
