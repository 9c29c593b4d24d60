"""What a plan says of itself: sentences, table, dictionary, readout and page."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.support.pilots import ROWS, VARIED, D, pilot, planned

import twinseed as ts
from twinseed.planning import Plan
from twinseed.readout import VARIABLES
from twinseed.status import Status


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned(pilot(), resamples=20)


def test_what_it_cannot_tell(plan: Plan) -> None:
    first, *others = plan.limits()
    share = plan.population.detectable * D / plan.population.eigenvalues(D).sum()
    assert "2 factors stood out" in first
    assert f"{share:.3g} times" in first
    assert others == []


def test_it_warns_of_constant_columns_small_pilots_and_equal_factors() -> None:
    rows = ts.Spiked([30.0, 30.0]).sample(50, 60, np.random.default_rng(0))
    rows[:, 50:] = 1.0
    text = " ".join(planned(rows).limits())
    assert "10 columns are constant in the pilot" in text
    assert "fewer than 60 rows" in text
    assert "Factors 1 to 2 are equally strong" in text
    assert "heavy tails" not in text


def test_it_warns_of_heavy_tails() -> None:
    rng = np.random.default_rng(0)
    found = planned(pilot() / np.sqrt(rng.chisquare(4, (ROWS, 1)) / 4))
    assert found.unevenness > 1.2
    assert "heavy tails" in " ".join(found.limits())


def test_few_rows_that_dominate_one_direction_are_a_status() -> None:
    """One row of 80 is far out along one column of 60: the lengths of the rows stay even."""
    rows = np.random.default_rng(0).standard_normal((80, 60))
    plain = planned(rows)
    rows[3, 0] = 12.0
    found = planned(rows)
    assert plain.heaviest < 8.0 < found.heaviest
    assert found.unevenness < 1.2
    assert found.convergence([40, 400]).status.tolist() == [Status.UNEVEN] * 2
    assert plain.convergence(40).status == Status.OK
    assert found.samples_for(convergence=0.9).status == Status.UNEVEN
    assert f"its kurtosis is {found.heaviest:.0f}" in " ".join(found.limits())
    assert "kurtosis" not in " ".join(plain.limits())


def test_independent_columns_of_moderate_tails_are_no_cause_for_warning() -> None:
    found = planned(np.random.default_rng(0).standard_t(5, (ROWS, D)))
    assert found.unevenness == pytest.approx(1.0, abs=0.1)
    assert "heavy tails" not in " ".join(found.limits())


def test_a_readout_carries_the_bands(plan: Plan) -> None:
    readout = plan.readout([80, 800])
    assert readout.n.values.tolist() == [80, 800]
    np.testing.assert_allclose(readout.gamma, [0.8, 8.0])
    band = plan.convergence([80, 800])
    np.testing.assert_allclose(readout.convergence, band.value, rtol=1e-12)
    np.testing.assert_allclose(2 * 1.6449 * readout.convergence_se, band.high - band.low, rtol=1e-3)
    assert readout.convergence_status.values.tolist() == band.status.tolist()
    assert plan.readout(80).recovery_se.shape == (2,)
    np.testing.assert_allclose(readout.convergence_gap, 1.0 - band.value, rtol=1e-12)
    np.testing.assert_allclose(readout.convergence_gap_se, readout.convergence_se, rtol=1e-12)
    for name in set(VARIABLES) - {*VARIED, "convergence_gap"}:
        assert np.all(np.isnan(readout[f"{name}_se"])), name


def test_a_plan_is_a_table_and_a_dictionary(plan: Plan) -> None:
    text = str(plan)
    assert "x pilot" in text
    assert "recovery 2" in text
    assert "recovery 3" not in text
    assert "2,560" in text
    found = json.loads(json.dumps(plan.to_dict([100, 200]), allow_nan=False))
    assert found["n"] == [100, 200]
    assert found["curves"]["convergence"]["low"] == plan.convergence([100, 200]).low.tolist()
    assert found["limits"] == plan.limits()


def test_a_notebook_shows_the_table_and_the_sentences(plan: Plan) -> None:
    shown = plan._repr_html_()
    assert shown.startswith("<table><tr><th>n</th><th>x pilot</th><th>convergence</th>")
    assert shown.count("<tr>") == 7
    assert shown.count("<li>") == len(plan.method()) + len(plan.limits())


@pytest.mark.extras
def test_a_plan_writes_its_page_and_draws_its_targets(plan: Plan, tmp_path: Path) -> None:
    needed = plan.samples_for(convergence=0.9)
    plan.to_html(tmp_path / "plan.html", [80, 160], needed)
    page = (tmp_path / "plan.html").read_text()
    assert "convergence 0.9" in page
    assert "Dotted horizontal line: a target" in page
    marked, plain = (plan.plot([80, 1600], *some) for some in ((needed,), ()))
    assert len(marked.axes[0].lines) > len(plain.axes[0].lines)


def test_a_trained_network_is_a_guess_below_its_ceiling(plan: Plan) -> None:
    network = planned(pilot(), resamples=20, ceiling=0.8)
    mine, theirs = network.convergence([40, 400]), plan.convergence([40, 400])
    for part in ("value", "low", "high"):
        np.testing.assert_allclose(getattr(mine, part), 0.8 * getattr(theirs, part), rtol=1e-12)
    assert mine.status.tolist() == [Status.GUESS] * 2
    needed = network.samples_for(convergence=0.72)
    assert needed.value == plan.samples_for(convergence=0.9).value
    assert (needed.target, needed.status) == (0.72, Status.GUESS)
    assert np.isnan(network.samples_for(convergence=0.8).value)
    assert network.samples_for(recovery=0.8) == plan.samples_for(recovery=0.8)
    assert "This is a guess" in " ".join(network.method())
    assert network.told().startswith("Plan for a trained network, from 80 rows")
    assert network.readout(80).convergence_status == Status.GUESS
