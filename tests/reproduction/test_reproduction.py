"""The main job: what a claim is, what is computed, and that it goes on where it was."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import twinseed as ts
from twinseed import readout
from twinseed.errors import InputError, StoreError
from twinseed.reproduction import Claim, Reproduction, job, reproduce
from twinseed.reproduction.claims import Measurement, combined, picked
from twinseed.reproduction.claims_factors import recovery_claims
from twinseed.reproduction.data import DataPlan
from twinseed.reproduction.ridges import Path as RidgePath
from twinseed.reproduction.ridges import best_ridge, distance, neutral_ridge, path_ridges
from twinseed.reproduction.settings import QUICK

TINY = replace(
    QUICK,
    d_small=40,
    d_large=60,
    small_replicates=2,
    large_replicates=4,
    d_limit=10_000,
    limit_replicates=8,
    power_law_replicates=4,
    path_d=40,
    path_replicates=4,
    seeds=32,
    splits=4,
    data_seeds=32,
)


@pytest.fixture(scope="module")
def linear(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Every simulated readout of the linear theory, tiny."""
    parts = {one.name: one.simulation.cells for one in job.experiments(TINY)}
    work = job.Job("reproduce", "test", (0,))
    store = tmp_path_factory.mktemp("linear") / "store.sqlite"
    results = job._swept(work, parts, store, 1, False)
    return {
        one.name: one.simulation.readout(results[one.name], (0,)) for one in job.experiments(TINY)
    }


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    """240 Gaussian rows of 6 columns, one direction stronger than the rest."""
    return np.random.default_rng(5).standard_normal((240, 6)) * [3.0, 1, 1, 1, 1, 0.5] + 2.0


@pytest.fixture(scope="module")
def own(rows: np.ndarray, _tiny: None, tmp_path_factory: pytest.TempPathFactory) -> Reproduction:
    """The job on these rows."""
    return reproduce(tmp_path_factory.mktemp("own"), data=rows, quick=True, workers=1, rng=3)


@pytest.fixture(autouse=True, scope="module")
def _tiny() -> Iterator[None]:
    """Make the quick job tiny."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(job, "QUICK", TINY)
        yield


def _claim(predicted: float, **changes: Any) -> Claim:
    values = {"measured": 0.5, "low": 0.45, "high": 0.55, "allowance": 0.01, **changes}
    return Claim("q", "q is a half", predicted, reason="", source="simulation", **values)


def test_a_claim_agrees_within_allowance_and_three_standard_errors() -> None:
    three = 3 * 0.05 / 1.959963984540054
    assert _claim(0.5).agrees
    assert _claim(0.5 + 0.01 + 0.999 * three).agrees
    assert not _claim(0.5 + 0.01 + 1.001 * three).agrees
    assert not _claim(0.5 - 0.01 - 1.001 * three).agrees
    assert not _claim(0.512, low=0.5, high=0.5).agrees, "without noise only the allowance is left"


def test_a_bound_fails_on_one_side_alone() -> None:
    assert _claim(0.3, bound="at least").agrees
    assert not _claim(0.3, bound="at most").agrees
    assert _claim(0.7, bound="at most").by == "interval"
    assert not _claim(0.7, bound="at least").agrees


def test_by_what_a_claim_agrees() -> None:
    three = 3 * 0.05 / 1.959963984540054
    for predicted, by in (
        (0.549, "interval"),
        (0.551, "three standard errors"),
        (0.499 + three, "three standard errors"),
        (0.501 + three, "allowance"),
        (0.511 + three, ""),
    ):
        assert _claim(predicted).by == by


def test_a_claim_without_a_finite_number_does_not_agree() -> None:
    assert not _claim(float("nan")).agrees
    assert not _claim(0.5, measured=float("nan")).agrees
    assert not _claim(0.5, high=float("nan")).agrees


def test_a_claim_is_a_row_of_a_table() -> None:
    row = json.loads(json.dumps(_claim(0.5).to_dict()))
    assert row["agrees"] is True
    assert set(row) == {
        *("name", "sentence", "predicted", "measured", "low", "high"),
        *("allowance", "reason", "source", "bound", "agrees", "by"),
    }


def test_the_interval_is_student_s_and_sums_add_variances() -> None:
    few = Measurement(1.0, 0.1, 3).claim("", "", 1.0, (0.0, ""))
    assert few.high - 1.0 == pytest.approx(4.303 * 0.1, rel=1e-3)
    many = Measurement(1.0, 0.1, 10_000).claim("", "", 1.0, (0.0, ""))
    assert many.high - 1.0 == pytest.approx(1.96 * 0.1, rel=1e-3)
    both = combined([(3.0, Measurement(1.0, 0.1, 8)), (-4.0, Measurement(0.5, 0.1, 5))])
    assert both == Measurement(1.0, pytest.approx(0.5), 5)


def test_ridges_are_those_of_the_theory_and_read_off_without_bias() -> None:
    for gamma, best, neutral in ((2.0, 0.274, 0.631), (5.0, 0.131, 0.275), (10.0, 0.070, 0.143)):
        assert best_ridge(gamma) == pytest.approx(best, abs=5e-4)
        assert neutral_ridge(gamma) == pytest.approx(neutral, abs=5e-4)
        band = np.array(path_ridges(gamma))[1:9]
        exact = np.array([distance(gamma, ridge) for ridge in band])
        path = RidgePath(band, exact, np.full(8, 1e-9), distance(gamma, 0.0), 1e-9, 9)
        assert path.best().value == pytest.approx(best_ridge(gamma), rel=2e-3)
        assert path.neutral().value == pytest.approx(neutral_ridge(gamma), rel=2e-3)


def test_errors_of_the_best_ridge_are_those_of_repeated_draws() -> None:
    rng, gamma, se = np.random.default_rng(1), 5.0, 2e-4
    band = np.array(path_ridges(gamma))[1:9]
    exact = np.array([distance(gamma, ridge) for ridge in band])
    found = []
    for _ in range(100):
        noisy = exact + se * rng.standard_normal(8)
        plain = distance(gamma, 0.0) + se * rng.standard_normal()
        found.append(RidgePath(band, noisy, np.full(8, se), plain, se, 9))
    for which in ("best", "neutral"):
        numbers = [getattr(path, which)() for path in found]
        spread = np.std([number.value for number in numbers])
        assert np.median([number.se for number in numbers]) == pytest.approx(spread, rel=0.25)


def test_own_data_gives_its_readouts_and_claims(own: Reproduction) -> None:
    assert set(own.readouts) == {
        *("data_measured", "data_predicted", "data_gaussian"),
        *("control_memoriser", "control_fresh"),
    }
    for one in own.readouts.values():
        readout.check(one)
    assert {claim.source for claim in own.claims} == {"own data", "control"}
    assert own.agrees, [claim.name for claim in own.claims if not claim.agrees]
    assert own.pictures == {}
    json.dumps(own.settings)
    measured, predicted = own.readouts["data_measured"], own.readouts["data_predicted"]
    np.testing.assert_array_equal(measured.n, predicted.n)
    np.testing.assert_array_equal(measured.gamma, predicted.gamma)


def test_the_controls_say_both_yes_and_no(own: Reproduction) -> None:
    copies, fresh = own.readouts["control_memoriser"], own.readouts["control_fresh"]
    assert float(copies.memorisation_share[0]) == 1.0
    assert abs(float(fresh.memorisation_share[0]) - 0.5) < 4 * float(fresh.memorisation_share_se[0])


def test_the_prediction_holds_the_estimated_mean(own: Reproduction, rows: np.ndarray) -> None:
    """Without the two means' part, 1/n of the energy, the prediction would be off by five bars."""
    n = int(own.readouts["data_measured"].n[-1])
    spectrum = np.linalg.eigvalsh(np.cov(rows.T, bias=True))
    plain = ts.predict(ts.Atoms(spectrum), n=n - 1, d=6)
    corrected = picked(own.readouts["data_predicted"], "convergence_gap", n=n).value
    assert corrected == pytest.approx(float(plain.convergence_gap) + 1 / n, rel=0.02)
    measured = picked(own.readouts["data_measured"], "convergence_gap", n=n)
    assert abs(measured.value - corrected) < abs(measured.value - float(plain.convergence_gap))


def test_a_memoriser_in_the_place_of_fresh_rows_is_a_disagreement(
    rows: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = DataPlan.build.__func__

    def planted(cls: type[DataPlan], *arguments: object) -> DataPlan:
        plan = build(cls, *arguments)
        copies = plan.splits["control_memoriser"]
        return replace(plan, splits={**plan.splits, "control_fresh": copies})

    monkeypatch.setattr(DataPlan, "build", classmethod(planted))
    found = reproduce(tmp_path, data=rows, quick=True, workers=1)
    assert not found.agrees
    failed = [claim.name for claim in found.claims if not claim.agrees]
    assert failed == ["control: fresh rows pass", "control: fresh rows are no closer"], failed


def test_it_goes_on_where_it_was(rows: np.ndarray, tmp_path: Path) -> None:
    def counted(counts: list[int], stop_at: int | None = None) -> Callable[[int], None]:
        def advance(steps: int) -> None:
            counts.append(steps)
            if stop_at is not None and sum(counts) >= stop_at:
                raise KeyboardInterrupt

        return advance

    whole: list[int] = []
    first = reproduce(tmp_path / "a", data=rows, quick=True, workers=1, progress=counted(whole))
    assert whole == [1] * sum(first.settings["draws"].values())
    with pytest.raises(KeyboardInterrupt):
        reproduce(tmp_path / "b", data=rows, quick=True, workers=1, progress=counted([], 7))
    rest: list[int] = []
    second = reproduce(tmp_path / "b", data=rows, quick=True, workers=1, progress=counted(rest))
    assert rest == [7, *[1] * (len(whole) - 7)], "seven draws were there, the others were made"
    again: list[int] = []
    third = reproduce(tmp_path / "b", data=rows, quick=True, workers=1, progress=counted(again))
    assert again == [len(whole)], "everything was there"
    for other in (second, third):
        for name, one in first.readouts.items():
            assert one.equals(other.readouts[name]), name
        assert other.claims == first.claims


def test_other_rows_are_other_draws_and_another_seed_is_refused(
    rows: np.ndarray, tmp_path: Path
) -> None:
    for data in (rows[:30], rows[:29]):
        counts: list[int] = []
        reproduce(tmp_path, data=data, quick=True, workers=1, progress=counts.append)
        assert max(counts) == 1, "nothing of it was in the store"
    with pytest.raises(StoreError, match="seed 0 in the store, 1 in this call"):
        reproduce(tmp_path, data=rows[:30], quick=True, workers=1, rng=1)


def test_the_linear_theory_agrees_at_a_tiny_size(linear: dict[str, Any]) -> None:
    claims = job._linear_claims(TINY, job.experiments(TINY), linear)
    assert len(claims) > 35
    assert len({claim.name for claim in claims}) == len(claims)
    failed = [claim for claim in claims if not claim.agrees]
    assert not failed, [(claim.name, claim.predicted, claim.measured) for claim in failed]
    assert all(np.isfinite(claim.measured) for claim in claims)
    for one in linear.values():
        readout.check(one)


def test_a_wrong_formula_is_a_disagreement(linear: dict[str, Any]) -> None:
    by_name = {one.name: one for one in job.experiments(TINY)}
    right = by_name["blind_simulated_0.7"]
    assert all(claim.agrees for claim in recovery_claims({0.7: right}, linear))
    wrong = replace(right, population=ts.Spiked([3.0]))
    failed = {c.name for c in recovery_claims({0.7: wrong}, linear) if not c.agrees}
    assert "above threshold, strength 0.7" in failed


def test_a_simulation_that_is_off_is_a_disagreement(linear: dict[str, Any]) -> None:
    shifted = {}
    for name, one in linear.items():
        shifted[name] = one.copy()
        for variable in ("memorisation", "memorisation_ratio", "convergence", "wasserstein"):
            shifted[name][variable] = 0.8 * one[variable]
    claims = job._linear_claims(TINY, job.experiments(TINY), shifted)
    failed = [claim.name for claim in claims if not claim.agrees]
    assert len(failed) > 8
    assert "q(1)" in failed
    assert "convergence is blind to a factor of strength 1.5" in failed


def test_a_folder_that_cannot_be_written_is_found_out_before_any_work(tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("not a folder")
    with pytest.raises(InputError, match="folder cannot be written"):
        reproduce(occupied, data=np.eye(9))
    assert list(tmp_path.iterdir()) == [occupied]
    if os.geteuid() != 0:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o500)
        with pytest.raises(InputError, match="folder cannot be written"):
            reproduce(closed, data=np.eye(9))


def test_bad_data_is_found_out_before_any_work(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    good = rng.standard_normal((20, 3))
    hole = good.copy()
    hole[3, 1] = np.nan
    for bad, words in (
        (hole, r"data\[3, 1\] must be finite"),
        (good[:5], "at least 8 rows"),
        (np.tile(good[:4], (5, 1)), "at least 8 different rows"),
        (np.column_stack([good[:, 0], np.ones(20)]), "at least 2 columns that vary"),
        (np.array([["a", "b"]] * 9, dtype=object), "must hold real numbers"),
        (tmp_path / "absent.npy", "must be a file that exists"),
    ):
        with pytest.raises(InputError, match=words):
            reproduce(tmp_path / "out", data=bad, quick=True, workers=1)
    with pytest.raises(InputError, match="workers"):
        reproduce(tmp_path / "out", data=good, quick=True, workers=0)
    assert not (tmp_path / "out").exists()


def test_a_store_of_another_version_is_refused(
    rows: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reproduce(tmp_path, data=rows[:20], quick=True, workers=1)
    monkeypatch.setattr(job, "_REVISION", 99)
    with pytest.raises(StoreError, match="belongs to another job"):
        reproduce(tmp_path, data=rows[:20], quick=True, workers=1)
