"""A plan says what theory says at the estimate, how sure it is, and what it cannot tell."""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.linalg
from numpy.typing import NDArray
from typer.testing import CliRunner

import twinseed as ts
from twinseed.cli import app
from twinseed.coupling import solve
from twinseed.orders import convergence
from twinseed.orders.convergence.theory import next_order
from twinseed.planning import Plan
from twinseed.readout import VARIABLES
from twinseed.status import Status

TRUTH = ts.Spiked([20.0, 6.0])
ROWS, D = 80, 100
VARIED = ("convergence", "recovery", "memorisation_ratio", "memorisation_share")


def pilot(n: int = ROWS, d: int = D, seed: int = 0) -> NDArray[np.float64]:
    return TRUTH.sample(n, d, np.random.default_rng(seed))


def planned(rows: NDArray[np.float64], **further: Any) -> Plan:
    """Plan quickly; without calibration unless splits are asked for."""
    return ts.plan(rows, **{"resamples": 10, "splits": 0, "progress": False, **further})


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned(pilot(), resamples=20)


def test_a_plan_is_the_theory_of_the_estimate_at_one_row_less(plan: Plan) -> None:
    n = [40, 160]
    theory = ts.predict(ts.estimate_population(pilot()), n=np.array(n) - 1)
    for name in ("memorisation_ratio", "memorisation_share"):
        np.testing.assert_allclose(plan.bands(n)[name].value, theory[name], rtol=1e-12)
    # a finite sample takes q/(4 n) from the limit
    q = theory.convergence * (1.0 - 1.0 / (4.0 * (np.array(n) - 1.0)))
    np.testing.assert_allclose(plan.convergence(n).value, q, rtol=1e-12)
    np.testing.assert_allclose(plan.recovery(n).value, theory.recovery, rtol=0.02)


@pytest.mark.parametrize(
    ("population", "n", "off"),
    [(ts.Spiked([]), 20, 0.05), (ts.PowerLaw(1.0, 60), 120, 0.06), (ts.PowerLaw(3.0, 60), 60, 0.1)],
)
def test_a_finite_sample_adds_to_the_gap_what_the_limit_leaves_out(
    population: ts.Population, n: int, off: float
) -> None:
    """Linear models of 200 pairs of sets of rows, against the limit and its next order."""
    d = population.dimension or 20
    load = np.full((1, 1, 1), float(n))
    coupling = solve(population, [ts.Ridge(0.0)], load, np.full_like(load, d), load / d)
    told = float(convergence.from_coupling(coupling)["convergence_gap"].value.item())
    rng, root = np.random.default_rng(0), np.sqrt(population.eigenvalues(d))
    rows = (rng.standard_normal((2 * n, d)) * root for _ in range(200))
    true = np.mean([gap(one[:n], one[n:], mean=False) for one in rows])
    added = float(next_order(coupling).item())
    assert told == pytest.approx(true, rel=off)
    assert abs(told - true) < 0.5 * abs(told - added - true)


def test_the_truth_lies_within_the_bands(plan: Plan) -> None:
    n = [40, 160, 2560]
    truth = ts.predict(TRUTH, n=np.array(n) - 1, d=D)
    for name in VARIED:
        band, known = plan.bands(n)[name], truth[name].values
        assert np.all(band.low <= band.value), name
        assert np.all(band.value <= band.high), name
        assert np.all(band.low <= known), name
        assert np.all(known <= band.high), name


def test_a_larger_pilot_narrows_the_bands(plan: Plan) -> None:
    larger = planned(pilot(8 * ROWS), resamples=20)
    for name in VARIED:
        few, many = plan.bands(160)[name], larger.bands(160)[name]
        assert np.all(many.high - many.low < 0.7 * (few.high - few.low)), name


def test_shapes_follow_n(plan: Plan) -> None:
    assert plan.convergence(100).value.shape == ()
    assert plan.convergence([100]).low.shape == (1,)
    assert plan.recovery([100, 200]).high.shape == (2, 2)
    assert plan.recovery(100).status.shape == (2,)


def test_beyond_the_pilot_it_is_extrapolated_and_says_how_far(plan: Plan) -> None:
    band = plan.convergence([ROWS // 2, ROWS, 4 * ROWS])
    assert band.status.tolist() == [Status.OK, Status.OK, Status.EXTRAPOLATED]
    assert band.reach.tolist() == [0.5, 1.0, 4.0]


def test_a_warning_of_the_theory_stays_where_nothing_corrects_it(plan: Plan) -> None:
    assert plan.memorisation_ratio(ROWS // 2).status == Status.LEADING_ORDER
    assert plan.recovery(2).status[1] == Status.BELOW_FLOOR


@pytest.mark.parametrize("target", [0.5, 0.9, 0.99])
def test_samples_for_inverts_convergence(plan: Plan, target: float) -> None:
    needed = plan.samples_for(convergence=target)
    before, at = plan.convergence([needed.value - 1, needed.value]).value
    assert before < target <= at
    assert needed.low < needed.value < needed.high
    low, high = plan.convergence(needed.low), plan.convergence(needed.high)
    assert low.high == pytest.approx(target, abs=0.01)
    assert high.low == pytest.approx(target, abs=0.01)
    assert needed.reach == needed.value / ROWS


def test_samples_for_inverts_recovery(plan: Plan) -> None:
    needed = plan.samples_for(recovery=0.8, factor=2)
    before, at = plan.recovery([needed.value - 1, needed.value]).value[:, 1]
    assert before < 0.8 <= at
    low, high = plan.recovery(needed.low), plan.recovery(needed.high)
    assert low.high[1] == pytest.approx(0.8, abs=0.01)
    assert high.low[1] == pytest.approx(0.8, abs=0.01)
    assert (needed.name, needed.factor) == ("recovery", 2)
    assert needed.words == "recovery 0.8 of factor 2"


def test_a_target_below_chance_needs_the_least() -> None:
    ridge = planned(pilot(), filter=ts.Ridge(50.0))
    needed = ridge.samples_for(convergence=0.2)
    assert (needed.low, needed.value, needed.high) == (2.0, 2.0, 2.0)


@pytest.mark.parametrize("target", [0.0, 1.0, 1.5, -0.1, float("nan")])
@pytest.mark.parametrize("name", ["convergence", "recovery"])
def test_targets_out_of_range_are_refused(plan: Plan, name: str, target: float) -> None:
    with pytest.raises(ts.InputError, match=f"^{name}"):
        plan.samples_for(**{name: target})


def test_one_target_at_a_time(plan: Plan) -> None:
    for targets in ({}, {"convergence": 0.5, "recovery": 0.5}):
        with pytest.raises(ts.InputError, match="one at a time"):
            plan.samples_for(**targets)


def test_a_factor_that_is_not_separated_is_refused_with_their_number(plan: Plan) -> None:
    with pytest.raises(ts.InputError, match="at most 2, the number of factors that stand out"):
        plan.samples_for(recovery=0.8, factor=3)


@pytest.mark.parametrize("n", [1, 0, 2.5, [10, 10], [], "many"])
def test_rows_that_cannot_be_are_refused(plan: Plan, n: Any) -> None:
    with pytest.raises(ts.InputError, match=r"^n(\[| must)"):
        plan.convergence(n)


@pytest.mark.parametrize(
    ("rows", "further", "message"),
    [
        (np.ones((7, 3)), {}, "pilot must have at least 8 rows"),
        (np.full((9, 3), np.inf), {}, r"pilot\[0, 0\] must be finite"),
        (np.ones((9, 3)), {}, "pilot must vary"),
        (pilot(20), {"resamples": 9}, "resamples must be"),
        (pilot(20), {"filter": "ridge"}, "filter must be a filter"),
        (pilot(20), {"rng": -1}, "rng must be"),
        (pilot(20), {"rng": 10**5000}, "rng must be below"),
        (pilot(20), {"splits": 1}, "splits must be 0, or 2 or more"),
        (pilot(20), {"splits": -1}, "splits must be"),
        (pilot(20), {"ceiling": 0.0}, "ceiling must be"),
        (pilot(20), {"ceiling": 1.01}, "ceiling must be at most 1"),
    ],
)
def test_bad_input_is_named(rows: Any, further: dict[str, Any], message: str) -> None:
    with pytest.raises(ts.InputError, match=message):
        ts.plan(rows, **further)


def test_the_seed_moves_the_bands_alone() -> None:
    one, same, other = (planned(pilot(40), rng=seed).convergence(300) for seed in (1, 1, 2))
    assert (one.low, one.high) == (same.low, same.high) != (other.low, other.high)
    assert one.value == other.value


def test_progress_counts_resamples_and_splits() -> None:
    steps: list[int] = []
    planned(pilot(30), resamples=11, splits=3, progress=steps.append)
    assert sum(steps) == 14


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


@pytest.mark.extras
def test_sixty_digits_foretell_eight_hundred() -> None:
    """Linear twins on disjoint halves of the digits, simulated: .9566, .9841 and .9919."""
    from sklearn.datasets import load_digits

    images = load_digits().data
    images = images[:, np.ptp(images, axis=0) > 0]
    images = images[np.random.default_rng(0).permutation(len(images))[:60]]
    found = planned(images).convergence([150, 400, 800])
    assert np.abs(found.value - [0.9566, 0.9841, 0.9919]).max() < 0.02


def call(*words: object) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words], prog_name="twinseed")


def test_the_python_of_the_page_prints_what_the_page_says(root: Path) -> None:
    blocks = re.findall(
        r"^```(?:python|text)\n(.*?)^```$", (root / "docs/planning.md").read_text(), re.M | re.S
    )
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(blocks[0], "planning.md", "exec"), {"__name__": "planning"})
    assert printed.getvalue() == blocks[1]


def test_the_command_is_the_library(tmp_path: Path) -> None:
    np.save(tmp_path / "pilot.npy", pilot())
    words = ["plan", tmp_path / "pilot.npy", "--resamples", 10, "--seed", 3, "--n", "100,200"]
    words += ["--splits", 2]
    shown = call(*words, "--convergence", 0.9, "--recovery", 0.8, "--factor", 2, "--json", "-q")
    assert shown.exit_code == 0, shown.output
    found = json.loads(shown.stdout)
    library = planned(pilot(), rng=3, splits=2)
    assert found["curves"] == library.to_dict([100, 200])["curves"]
    needed = library.samples_for(recovery=0.8, factor=2)
    assert found["samples_for"]["recovery"]["value"] == needed.value
    table = call(*words, "--convergence", 0.9)
    assert f"convergence 0.9: {library.samples_for(convergence=0.9)}" in table.stdout
    assert library.told([100, 200]) in table.stdout


def test_a_calibrated_plan_has_the_same_bits_for_the_same_seed() -> None:
    one, same, other = (planned(pilot(40, 30), splits=3, rng=seed) for seed in (1, 1, 2))
    for name in VARIED:
        first, again = (plan.bands([20, 160])[name] for plan in (one, same))
        for part in ("value", "low", "high"):
            assert np.array_equal(getattr(first, part), getattr(again, part)), name
    assert one.calibrated.factor != other.calibrated.factor


def test_rows_of_two_scales_are_planned_with_more_disagreement() -> None:
    """A tenth of the rows at four times the scale: theory alone says too little disagreement."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((8000, 20)) * np.sqrt(np.arange(20.0, 0.0, -1.0))
    rows *= np.where(rng.random((8000, 1)) < 0.1, 4.0, 1.0)
    plain, corrected = (planned(rows[:200], splits=splits) for splits in (0, 10))
    truth = np.mean([gap(rows[k : k + 400], rows[k + 400 : k + 800]) for k in range(0, 8000, 800)])
    missed, held = (1.0 - one.convergence(400).value for one in (plain, corrected))
    assert missed < 0.75 * truth
    assert held == pytest.approx(truth, rel=0.25)
    band = corrected.convergence(400)
    assert band.low < 1.0 - truth < band.high
    factor = corrected.calibrated.factor
    assert factor > 1.3
    told = " ".join(corrected.method())
    assert f"Calibrated by c = {factor:.2f}" in told
    assert "from 10 random splits of the pilot into halves of 100 rows" in told
    assert "Why c is above 1: the rows are uneven" in told
    assert "not calibrated" in " ".join(plain.method())


def gap(a: NDArray[np.float64], b: NDArray[np.float64], mean: bool = True) -> float:
    """``1 - q`` of two linear models, by the roots of their covariances."""
    one, other = (
        scipy.linalg.sqrtm(np.cov(rows, rowvar=False) if mean else rows.T @ rows / len(rows)).real
        for rows in (a, b)
    )
    return 1.0 - 2.0 * np.vdot(one, other) / (np.vdot(one, one) + np.vdot(other, other))


def test_gaussian_rows_need_no_calibration() -> None:
    rows = np.random.default_rng(1).standard_normal((200, 60))
    found = planned(rows, splits=10)
    assert found.calibrated.factor == pytest.approx(1.0, abs=0.05)
    assert not any(one.startswith("Why c") for one in found.method())


def test_a_leading_order_is_simulated() -> None:
    """Over a power law at n = 50 the formula of the share says .65; simulated pairs say .88."""
    rows = ts.PowerLaw(1.0, 100).sample(100, 100, np.random.default_rng(2))
    plain, corrected = (planned(rows, splits=splits) for splits in (0, 10))
    assert plain.memorisation_share(50).value < 0.8
    assert plain.memorisation_share(50).status == Status.LEADING_ORDER
    assert corrected.memorisation_share(50).value == pytest.approx(0.878, abs=0.02)
    assert corrected.memorisation_ratio(50).value == pytest.approx(1.196, abs=0.04)
    assert corrected.memorisation_share(50).status == Status.OK
    assert corrected.calibrated.simulated == (50, 100, 200, 400, 800)
    assert "simulated, with Gaussian rows" in " ".join(corrected.method())


def test_factors_that_cannot_be_told_apart_have_one_recovery() -> None:
    rows = ts.Spiked([30.0, 29.0, 6.0]).sample(100, 60, np.random.default_rng(3))
    found = planned(rows, splits=4)
    assert found.groups[:2] == (slice(0, 2), slice(2, 3))
    band = found.recovery([50, 200])
    assert np.array_equal(band.value[:, 0], band.value[:, 1])
    assert np.all(band.value[:, 0] > 0.8)
    header, first, *_ = found.table([50])
    assert header[5:7] == ("recovery 1-2", "recovery 3")
    assert first[5] == band.of(0).cells()[0]


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


def test_a_target_above_the_ceiling_is_named_by_the_command(tmp_path: Path) -> None:
    np.save(tmp_path / "pilot.npy", pilot())
    words = ["--resamples", 10, "--splits", 0, "--ceiling", 0.8, "--convergence", 0.9]
    done = call("plan", tmp_path / "pilot.npy", *words)
    assert done.exit_code == 3
    assert "convergence 0.9: is not reached, as the ceiling is 0.8" in done.stdout


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


@pytest.mark.extras
def test_the_page_stands_alone(tmp_path: Path) -> None:
    np.save(tmp_path / "pilot.npy", pilot(30, 40))
    page = tmp_path / "plan.html"
    words = ["--resamples", 10, "--splits", 2, "--convergence", 0.9, "--html", page, "--quiet"]
    done = call("plan", tmp_path / "pilot.npy", *words)
    assert (done.exit_code, done.stdout) == (0, ""), done.output
    text = page.read_text()
    assert text.count("<svg") == 2
    assert "fewer than 60 rows" in text
    assert "convergence 0.9" in text
    assert "src=" not in text
    assert 'href="http' not in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["missing.npy"], "PILOT must be a file"),
        (["seven.npy"], "PILOT must have at least 8 rows"),
        (["pilot.npy", "--convergence", "1"], "--convergence must be one number above 0"),
        (["pilot.npy", "--recovery", "0.8", "--factor", "0"], "--factor must be a whole number"),
        (["pilot.npy", "--recovery", "1.5"], "--recovery must be one number above 0"),
        (["pilot.npy", "--resamples", "3"], "--resamples must be"),
        (["pilot.npy", "--n", "1"], "--n must be"),
        (["pilot.npy", "--html", "nowhere/plan.html"], "--html lies in a folder"),
    ],
)
def test_errors_of_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("pilot.npy", pilot(20, 30))
    np.save("seven.npy", pilot(7, 30))
    done = call("plan", *words, *([] if "--resamples" in words else ["--resamples", "10"]))
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
