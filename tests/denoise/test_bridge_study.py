"""The experiment of the bridge: a small one is run, and the kept one says what the page says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from docs.studies.denoisers.bridge import PLAN, VARIABLES, study, trained
from docs.studies.denoisers.bridge_figure import figure
from docs.studies.denoisers.run import RESULTS

import twinseed as ts
from twinseed.generators import LinearGenerator

pytestmark = pytest.mark.extras

SMALL = replace(
    PLAN, d=30, sizes=(20, 90), stopped_sizes=(45,), times=(0.3,), pairs=8, simulated=8, curve=2
)


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return study(SMALL)


def test_pairs_reach_the_simulation_of_the_filter_at_their_size(found: dict[str, Any]) -> None:
    places = [(point["n"], point["time"]) for point in found["points"]]
    assert places == [(20, None), (90, None), (45, 0.3)]
    for point in found["points"]:
        for name in VARIABLES:
            assert abs(point[name]["z_simulated"]) < 4.0, (point["n"], point["time"], name)


def test_early_stopping_is_told_from_its_end_and_from_the_ridge(found: dict[str, Any]) -> None:
    end, early = found["points"][1], found["points"][2]
    q = early["convergence"]
    assert abs(q["mean"] - q["ridge"]) > 5 * q["se"]
    assert end["time"] is None
    assert "ridge" not in end["convergence"]


def test_each_stop_is_the_filter_of_its_time() -> None:
    rng = np.random.default_rng(0)
    rows = ts.Spiked([4.0]).sample(40, 20, rng)
    noise = rng.standard_normal((8, 20))
    for time, model in zip(PLAN.times, trained(rows, PLAN, PLAN.times), strict=True):
        expected = LinearGenerator.fit(rows, PLAN.filter(time)).sample(noise)
        apart = np.linalg.norm(model.sample(noise) - expected) / np.linalg.norm(expected)
        assert apart < 0.005, time  # steps of descent and of the sampler, not flows


def test_a_store_is_read_where_it_is_complete(tmp_path: Path) -> None:
    small = replace(SMALL, d=10, sizes=(5,), stopped_sizes=(), pairs=2, simulated=2)
    first = study(small, store=tmp_path / "kept.sqlite")
    again = study(small, store=tmp_path / "kept.sqlite")
    assert again["points"] == first["points"]


def test_the_kept_numbers_are_of_the_plan_as_it_is() -> None:
    kept = json.loads((RESULTS / "bridge.json").read_text(encoding="utf-8"))
    for name, value in json.loads(json.dumps(vars(PLAN))).items():
        assert kept["plan"][name] == value
    for point in kept["points"]:
        for name in VARIABLES:
            one = point[name]
            assert one["z"] == pytest.approx((one["mean"] - one["predicted"]) / one["se"])


def test_the_figure_has_a_point_for_each_mean(found: dict[str, Any]) -> None:
    axes = figure(found).axes
    assert len(axes) == 2
    assert [len(one.containers) for one in axes] == [3, 3]
    first = axes[0].containers[0].lines[0].get_xydata()
    assert first[:, 1].tolist() == [p["convergence"]["mean"] for p in found["points"][:2]]
