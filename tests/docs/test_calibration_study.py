"""The calibration study: its parts on drawn rows, and its page, which says what its results say."""

from __future__ import annotations

import copy
import csv
from pathlib import Path

import numpy as np
import pytest
from docs.studies import calibration as study
from docs.studies import calibration_audits as audits
from docs.studies import calibration_page as pages
from docs.studies import calibration_power as power
from docs.studies import calibration_rivals as rivals
from docs.studies.pages import renewed
from scipy.special import ndtri
from scipy.stats import mannwhitneyu

import twinseed as ts
from twinseed.auditing.pool import Pool, attribute, searched
from twinseed.auditing.relabelling import Attribution, relabelled

DRAWN = "drawn rows"
TINY = study.Settings(
    alarm_data=(DRAWN,),
    audits=2,
    n=40,
    linear_sizes={DRAWN: (40,)},
    linear_audits=1,
    power=(study.Draws(power.GAUSSIAN, 40, 2, 3), study.Draws(DRAWN, 40, 2, 1, scaled=False)),
)


def _not_again(*arguments: object) -> None:
    raise AssertionError("this is kept already")


@pytest.fixture(scope="module")
def told() -> dict[str, pages.Rows]:
    return pages.read()


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((150, 6)) * np.arange(6.0, 0.0, -1.0)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch, rows: np.ndarray) -> None:
    for module in (audits, power):
        monkeypatch.setattr(module, "rows_of", lambda name: rows)


def test_the_page_shows_the_committed_results(told: dict[str, pages.Rows]) -> None:
    page = pages.PAGE.read_text(encoding="utf-8")
    assert renewed(page, pages.tables(told)) == page, "run python -m docs.studies.calibration_page"


def test_other_results_make_another_page(told: dict[str, pages.Rows]) -> None:
    other = copy.deepcopy(told)
    for rows, key in (("alarms", "p below .05"), ("linear", "memorisation_ratio: observed")):
        other[rows][0][key] = "0.5"  # type: ignore[index]  # a dictionary once it is read
    page = pages.PAGE.read_text(encoding="utf-8")
    changed = renewed(page, pages.tables(other))
    lines = zip(page.splitlines(), changed.splitlines(), strict=True)
    assert sum(old != new for old, new in lines) == 2


def test_the_results_support_the_page(told: dict[str, pages.Rows]) -> None:
    for row in told["power"]:
        gain = min(float(row[name]) for name in pages.COMPARED if row[name]) / float(row["audit"])
        assert gain > (4.0 if row["data"] in ("MNIST", "fashion images") else 1.7)
    outside = [
        1 - float(value)
        for row in told["linear"]
        for key, value in row.items()
        if key.endswith("within 3")
    ]
    assert round(12 * sum(outside)) == 1
    for row in told["alarms"]:
        hits, audits = round(float(row["p below .05"]) * int(row["audits"])), int(row["audits"])
        assert 0.04 < hits / audits < 0.06
        held = {key: float(value) for key, value in row.items() if key.endswith("held")}
        narrow = [key for key, value in held.items() if value < 0.93]
        assert narrow == (
            ["memorisation_share_euclidean: held"] if row["data"] == "blood cells" else []
        )


@pytest.mark.extras
def test_the_figure_has_a_panel_for_each_setting(told: dict[str, pages.Rows]) -> None:
    drawn = pages.figure(told["power"])
    assert len(drawn.axes) == len({(row["data"], row["n"]) for row in told["power"]})


def test_the_copying_test_is_that_of_the_whole_audit(rows: np.ndarray) -> None:
    roles = audits.Roles.draw(rows, 40, np.random.default_rng(1))
    _, _, found = audits.copying_of(roles, (7,))
    whole = ts.audit(
        train_a=roles.train, samples_a=roles.fresh, heldout=roles.heldout, rng=7
    ).copying
    for name in ("p_value", "p_value_linear", "copied_fraction_interval", "smallest_visible"):
        assert getattr(found, name) == getattr(whole, name)


def test_planted_copies_are_copies(rows: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    roles = audits.Roles.draw(rows, 40, rng)
    which = np.array([3, 3, 8])
    assert np.array_equal(roles.copies(which, 0.0, rng), roles.train[which])
    many = roles.copies(np.zeros(4000, dtype=np.int64), 0.2, rng) - roles.train[0]
    scale = np.sqrt(np.mean((roles.train - roles.train.mean(axis=0)) ** 2))
    np.testing.assert_allclose(many.std(axis=0), 0.2 * scale, rtol=0.05)


@pytest.mark.usefixtures("drawn")
def test_an_honest_audit_tells_which_end_of_an_interval_misses() -> None:
    every = audits.Planted(1.0, 0.0)
    found = audits.honest_audit(DRAWN, 40, [every], np.random.default_rng(0))
    assert found["0 copied: below"] is False
    assert found[f"{every.name}: above"] is False
    assert audits._ends("x", (0.2, 0.4), 0.1) == {"x: above": True, "x: below": False}


def test_the_largest_look_is_that_of_the_test(rows: np.ndarray) -> None:
    rng = np.random.default_rng(2)
    roles = audits.Roles.draw(rows, 50, rng)
    pool = Pool.draw([roles.train, roles.heldout], rng)
    for copied in (0, 5, 20):
        samples = np.concatenate([roles.train[:copied], roles.fresh[copied:]])
        one = Attribution((0,), attribute(searched(samples, pool), pool))
        simulated = relabelled([one], pool, rng).z[0].max()
        assert power.largest_look(one, pool) == pytest.approx(simulated, rel=0.08, abs=0.1)


def test_smallest_is_the_fraction_from_which_on_enough_draws_are_seen() -> None:
    tried = power.counts(40)
    assert tried == [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 17, 20]
    values = np.tile(np.array(tried, dtype=float), (10, 1))
    assert power.smallest(values, np.full(10, 6.5), 40) == 7 / 40
    values[0] = 0.0
    assert power.smallest(values, np.full(10, 6.5), 40) == 7 / 40
    values[1, 7] = 0.0
    assert power.smallest(values, np.full(10, 6.5), 40) == 10 / 40
    values[1] = 0.0
    assert power.smallest(values, np.full(10, 6.5), 40) == np.inf


def test_range_scaled_distances_are_those_of_a_plain_loop() -> None:
    rng = np.random.default_rng(0)
    queries, rows = rng.integers(0, 9, (6, 5)) * 1.0, rng.integers(0, 4, (300, 5)) * 1.0
    rows[:, 2] = 3.0
    spread = np.ptp(rows, axis=0)
    expected = []
    for query in queries:
        apart = [
            [
                min(abs(x - y) / s, 1.0) if s else float(x != y)
                for x, y, s in zip(query, row, spread, strict=True)
            ]
            for row in rows
        ]
        expected.append(min(np.mean(one) for one in apart))
    np.testing.assert_allclose(rivals.range_scaled(queries, rows), expected, rtol=1e-6)


def test_statistics_by_hand() -> None:
    nothing = np.empty(0)
    found = rivals.Distances(
        train=np.array([1.0, 1.0, 3.0, 2.0]),
        heldout=np.array([2.0, 1.0, 1.0, 2.1]),
        row=np.array([0, 0, 1, 1]),
        cell=np.zeros(4, dtype=np.int64),
        scaled_train=np.array([1.0, 2.0, 2.0, 1.0]),
        scaled_heldout=np.array([2.0, 2.0, 1.0, 1.5]),
    )
    real = rivals.Real(np.array([1.0, 2.5]), np.zeros((1, 1)), nothing, nothing)
    assert rivals.dcr_overfitting(found, real) == 0.5
    assert rivals.dcr_share(found, real) == 0.625
    assert rivals.authenticity(found, real) == 0.75
    assert rivals.sign_scan(found, real) == pytest.approx(1 / np.sqrt(3))
    ratios = np.log([2.0, 1.0, 1 / 3, 1.05])
    assert rivals.mean_log(found, real) == pytest.approx(ratios.mean())


def test_data_copying_is_the_mann_whitney_statistic_in_one_cell() -> None:
    rng = np.random.default_rng(0)
    near, far = rng.random(50), rng.random(70) + 0.2
    empty = np.empty(0)
    whole = np.zeros(50, dtype=np.int64)
    found = rivals.Distances(near, near, whole, whole, empty, empty)
    real = rivals.Real(empty, np.zeros((1, 1)), np.zeros(70, dtype=np.int64), far)
    test = mannwhitneyu(far, near, alternative="greater", use_continuity=False, method="asymptotic")
    assert rivals.data_copying(found, real) == pytest.approx(-ndtri(test.pvalue))


def test_cells_are_made_of_training_rows(rows: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    train = np.concatenate([rows[:100], rows[:100] + 1000.0])
    real = rivals.Real.of(train, train[[0, 150]] + 0.1, np.ones(2), rng)
    assert len(real.centres) == 2
    assert real.cell[0] != real.cell[1]
    apart = np.linalg.norm(train[:, None] - train, axis=2) + np.diag(np.full(200, np.inf))
    np.testing.assert_allclose(real.radius, apart.min(axis=1), rtol=1e-6)


def test_every_statistic_grows_copy_by_copy() -> None:
    found = power.draw(power.GAUSSIAN, 60, True, True, np.random.default_rng(0))
    for name, before in found["none"].items():
        for noise in power.NOISES:
            values = found[f"noise {noise:g}"][name]
            assert len(values) == len(power.counts(60))
            assert values[-1] > max(before, values[0]) - 1e-9
    shares = [found["none"]["DCR share"], *found["noise 0"]["DCR share"]]
    steps = np.diff([0, *power.counts(60)])
    assert np.all(np.abs(np.diff(shares)) <= steps / 60 + 1e-6), "a copy replaces one sample"
    assert found["audit: 5 %"] < found["audit: 1 %"]
    assert 0 < found["visible"] < 1


@pytest.mark.usefixtures("drawn")
def test_parts_are_written_and_go_on_from_what_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(study, "Settings", lambda: TINY)
    monkeypatch.setattr(study, "path_of", lambda part: tmp_path / f"{part}.csv")
    arguments = ["alarms", "power", "linear", "--keep", str(tmp_path / "kept")]
    assert study.main(arguments) == 0
    first = {part: (tmp_path / f"{part}.csv").read_text() for part in study.PARTS}
    for module, name in ((study, "honest_audit"), (study, "linear_audit"), (study, "draw")):
        monkeypatch.setattr(module, name, _not_again)
    assert study.main(arguments) == 0
    assert {part: (tmp_path / f"{part}.csv").read_text() for part in study.PARTS} == first
    table = list(csv.DictReader(first["power"].splitlines()))
    assert [(row["data"], row["n"]) for row in table[::4]] == [
        (power.GAUSSIAN, "40"),
        (DRAWN, "40"),
    ]
    assert {(row["draws"], row["nulls"]) for row in table} == {("2", "5"), ("2", "3")}
    assert {bool(row["DCR overfitting"]) for row in table[4:]} == {False}
    assert "alarms" in capsys.readouterr().err
