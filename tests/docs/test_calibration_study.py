"""The calibration study: its parts on drawn rows, and its page, which says what its results say."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from docs.studies import calibration as study
from docs.studies import calibration_audits as audits
from docs.studies import calibration_data as data
from docs.studies import calibration_page as pages
from docs.studies import calibration_power as power
from docs.studies import calibration_rivals as rivals
from docs.studies.calibration_data import SETS, Roles, Rows, Source
from docs.studies.pages import renewed
from scipy.special import ndtri
from scipy.stats import mannwhitneyu

import twinseed as ts
from twinseed.auditing.nearest_in_pool import COSINE, DISTANCE, attribute, gaps_of
from twinseed.auditing.pool import Pool
from twinseed.auditing.relabelling import Attribution, relabelled
from twinseed.auditing.roles import Role
from twinseed.auditing.spaces import searched
from twinseed.readers import Column

COLUMNS = (*(Column(f"x{k}") for k in range(5)), Column("word", ("a", "b", "c")))


def table_of(count: int, seed: int = 0) -> Rows:
    rng = np.random.default_rng(seed)
    numbers = rng.standard_normal((count, 5)) * np.array([1.0, 3.0, 10.0, 1.0, 0.1])
    numbers[:, 1] = np.round(numbers[:, 1])
    words = np.sqrt(0.5) * np.eye(3)[rng.integers(0, 3, count)]
    return Rows(np.concatenate([numbers, words], axis=1), COLUMNS)


def images_of(count: int) -> Rows:
    rng = np.random.default_rng(1)
    values = rng.standard_normal((count, 3)) @ rng.standard_normal((3, 16))
    return Rows(values + 0.3 * rng.standard_normal((count, 16)), image_shape=(4, 4))


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return study.read()


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    made = {"drawn table": table_of(420), "drawn images": images_of(420)}
    for name, rows in made.items():
        kind = "images" if rows.image_shape else "raw units"
        monkeypatch.setitem(data.SETS, name, Source(kind, False, lambda rows=rows: rows))
    yield
    data.rows_of.cache_clear()


def test_the_page_shows_the_committed_results(told: dict[str, Any]) -> None:
    page = pages.PAGE.read_text(encoding="utf-8")
    assert renewed(page, pages.tables(told)) == page, "run python -m docs.studies.calibration_page"


def test_other_results_make_another_page(told: dict[str, Any]) -> None:
    other = copy.deepcopy(told)
    other["perfect"][0]["p below .05"] += 1
    other["seeds"][0]["copies"] = 77
    page = pages.PAGE.read_text(encoding="utf-8")
    changed = renewed(page, pages.tables(other))
    lines = zip(page.splitlines(), changed.splitlines(), strict=True)
    # The data set and all, the split and all, what was found of all, and a line of the seeds.
    assert sum(old != new for old, new in lines) == 6


def test_the_results_support_the_page(told: dict[str, Any]) -> None:
    copying, overfitting, judge = "copying", "overfitting", "cannot judge these data"
    accused = {
        row["data"]
        for row in told["perfect"]
        if row["outcomes"].get(copying) or row["outcomes"].get(judge)
    }
    assert accused == {"orange juice"}
    honest = [row for row in told["models"] if row["model"] in audits.HONEST]
    copiers = {
        (row["data"], row["model"])
        for row in honest
        if row["outcomes"].get(copying, 0) > row["tiny"].get(copying, 0)
    }
    assert copiers == {("blood cells", "PCA + KDE of residuals")}
    assert sum(row["outcomes"].get(overfitting, 0) for row in honest) > 50
    for data_name, _, _ in pages.behind(told["uneven"]):
        assert data_name.endswith("380 + 20")
    assert {(name, copies) for name, copies, _ in pages.behind(told["power"])} <= {
        ("fashion images", "80 % of the columns"),
        ("digits", "80 % of the columns"),
        ("orange juice", "noise .2"),
    }
    for row in told["power"]:
        if "intervals" in row and (row["data"], row["copies"]) != ("orange juice", "noise .1"):
            assert row["above"] + row["below"] < 0.05 * row["intervals"]
        if row["copies"] == "half of the columns" and SETS[row["data"]].kind == "images":
            assert row["audit"] is row["DCR share"] is None


def test_shares_have_exact_intervals() -> None:
    assert pages.share(0, 20) == "0.0 % [0.0, 16.8]"
    assert pages.share(10, 200) == "5.0 % [2.4, 9.0]"
    assert pages.share(0, 0) == "-"


def test_the_audit_is_behind_only_where_it_needs_more() -> None:
    row = {"data": "x", "copies": "exact", "audit": 0.2, "DCR share": None, "AuthPct": 0.1}
    assert pages.behind([row]) == [("x", "exact", "AuthPct")]
    assert pages.behind([row | {"audit": None}]) == [("x", "exact", "AuthPct")]
    assert pages.behind([row | {"audit": 0.1}]) == []


@pytest.mark.parametrize("made", ["fresh", "copies", "held out", "closer"])
@pytest.mark.parametrize("kind", ["table", "images"])
def test_an_audit_of_the_study_says_what_a_whole_audit_says(made: str, kind: str) -> None:
    rows = table_of(220) if kind == "table" else images_of(220)
    roles = Roles.draw(rows, 80, 60, 60, np.random.default_rng(2))
    samples = roles.fresh.copy()
    if made == "copies":
        samples[:30] = rows.legal(roles.train[:30] * 1.001)
    elif made == "held out":
        samples[:30] = roles.heldout[:30]
    elif made == "closer":
        samples = (roles.train[:60] + rows.values[-60:]) / 2
    given = audits.twins_of(rows, roles, samples)
    found = audits.audited(given, (7,))
    whole = ts.audit(twins=given, rng=7)
    assert found["outcome"] == whole.outcome["copying"]
    assert found["p"] == whole.copying.p_value
    assert (found["low"], found["high"]) == whole.copying.copied_fraction_interval
    assert found["visible"] == whole.copying.smallest_visible
    assert whole.controls is not None
    assert found["fresh"] == whole.controls.fresh


def test_samples_of_a_table_are_rows_of_a_table() -> None:
    rows = table_of(50)
    np.testing.assert_array_equal(rows.legal(rows.values), rows.values)
    made = rows.legal(rows.values[:4] + 0.3)
    np.testing.assert_array_equal(made[:, 5:], rows.values[:4, 5:])
    np.testing.assert_array_equal(made[:, 1], rows.values[:4, 1])
    np.testing.assert_array_equal(made[:, 0], rows.values[:4, 0] + 0.3)


def test_roles_share_no_row() -> None:
    roles = Roles.draw(images_of(30), 10, 10, 10, np.random.default_rng(0))
    every = np.concatenate([roles.train, roles.heldout, roles.fresh])
    assert len(np.unique(every, axis=0)) == 30
    with pytest.raises(ValueError, match="31 rows are needed, 30 are there"):
        Roles.draw(images_of(30), 10, 10, 11, np.random.default_rng(0))


@pytest.mark.parametrize(("share", "kept"), [(1.0, 5), (0.8, 5), (0.5, 3)])
def test_part_of_the_columns_is_copied(share: float, kept: int) -> None:
    rows = table_of(200)
    roles = Roles.draw(rows, 60, 60, 60, np.random.default_rng(0))
    made = power._in_part(share)(rows, roles, np.random.default_rng(1))
    train = roles.train[: len(made)]
    continuous = [0, 2, 3, 4]
    same = (made == train)[:, continuous].mean() * len(continuous)
    assert same == pytest.approx(4 * kept / 6, abs=0.35)


def test_the_largest_look_is_that_of_the_test() -> None:
    rng = np.random.default_rng(2)
    rows = images_of(150)
    roles = Roles.draw(rows, 50, 50, 50, rng)
    every = np.arange(50)
    pool = Pool.draw(
        [Role(roles.train, "train_a", every), Role(roles.heldout, "heldout", every)], rng
    )
    for copies in (0, 5, 20):
        samples = np.concatenate([roles.train[:copies], roles.fresh[copies:]])
        found = searched(samples, pool, None)
        near = {view: attribute(gaps_of(found, view), pool) for view in (DISTANCE, COSINE)}
        one = Attribution((0,), near, 50)
        simulated = relabelled([one], pool, rng).z[0].max()
        assert power.largest_look(one, pool) == pytest.approx(simulated, rel=0.08, abs=0.1)


def test_smallest_is_the_fraction_from_which_on_enough_draws_are_seen() -> None:
    seen = np.tile(np.array(power.COUNTS) >= 6, (10, 1))
    assert power.smallest(seen) == 6 / power.SIZE
    seen[0] = False
    assert power.smallest(seen) == 6 / power.SIZE
    seen[1, power.COUNTS.index(8)] = False
    assert power.smallest(seen) == 10 / power.SIZE
    seen[1] = False
    assert power.smallest(seen) == np.inf


def test_coverage_tells_which_end_misses() -> None:
    interval = [[0.1, 0.2]] * len(power.COUNTS)
    one = {"interval": [0.0, 0.1], **{kind: {"interval": interval} for kind in power.COVERED}}
    found = power.coverage([one])
    below = sum(count > 20 for count in power.COUNTS)
    above = sum(count < 10 for count in power.COUNTS)
    assert found["exact"] == {"intervals": 16, "above": above, "below": below}
    assert found["noise .1"]["intervals"] == 15


def test_statistics_by_hand() -> None:
    found = rivals.Distances(
        train=np.array([1.0, 1.0, 3.0, 2.0]),
        second=np.array([2.0, 1.0, 4.0, 5.0]),
        heldout=np.array([2.0, 1.0, 1.0, 2.1]),
        row=np.array([0, 0, 1, 1]),
        cell=np.zeros(4, dtype=np.int64),
    )
    real = rivals.Real(np.array([1.0, 2.5]), np.zeros((1, 1)), np.empty(0), np.empty(0))
    assert rivals.dcr_share(found, real) == 0.625
    assert rivals.authenticity(found, real) == 0.75
    low = np.quantile([0.5, 1.0, 0.75, 0.4], 0.05)
    assert rivals.nndr(found, real) == pytest.approx(-low)
    ratios = np.log([2.0, 1.0, 1 / 3, 1.05])
    assert rivals.mean_log(found, real) == pytest.approx(ratios.mean())
    assert rivals.top_log(found.of(np.array([0, 0, 0, 0, 0, 2])), real) == pytest.approx(np.log(2))


def test_data_copying_is_the_mann_whitney_statistic_in_one_cell() -> None:
    rng = np.random.default_rng(0)
    near, far = rng.random(50), rng.random(70) + 0.2
    whole = np.zeros(50, dtype=np.int64)
    found = rivals.Distances(near, near, near, whole, whole)
    real = rivals.Real(np.empty(0), np.zeros((1, 1)), np.zeros(70, dtype=np.int64), far)
    test = mannwhitneyu(far, near, alternative="greater", use_continuity=False, method="asymptotic")
    assert rivals.data_copying(found, real) == pytest.approx(-ndtri(test.pvalue))


@pytest.mark.extras
@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize("model", [*audits.HONEST, *audits.BAD])
def test_models_draw_rows_like_the_training_rows(model: str) -> None:
    rows = data.rows_of("drawn images")
    roles = Roles.draw(rows, 100, 0, 0, np.random.default_rng(0))
    made = {**audits.HONEST, **audits.BAD}[model](roles, 300, np.random.default_rng(1)).samples
    assert made.shape == (300, 16)
    spread = roles.train.std(axis=0)
    off = np.abs(made.mean(axis=0) - roles.train.mean(axis=0)) / spread
    assert (off.max() > 0.8) == (model == "columns shifted")
    assert np.median(made.std(axis=0) / spread) == pytest.approx(
        {
            "a third of the variance": 3**-0.5,
            "collapse to 4 modes": 0.85,
            "PCA + KDE, Scott's width": 1.15,
        }.get(model, 1.0),
        abs=0.2,
    )


@pytest.mark.extras
@pytest.mark.usefixtures("drawn")
def test_parts_are_kept_and_go_on_from_what_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(study, "RESULTS", tmp_path / "results.json")
    names = ("drawn table", "drawn images")
    monkeypatch.setattr(study, "SPLITS", {"100 + 100": (60, 40), "160 + 40": (80, 20)})
    monkeypatch.setattr(study, "_UNEVEN", ("160 + 40",))
    monkeypatch.setattr(study, "_MODELS", ("100 + 100",))
    monkeypatch.setattr(study, "HONEST", {"1 Gaussian": audits.HONEST["1 Gaussian"]})
    monkeypatch.setattr(study, "Rounds", lambda: study_rounds(names))
    monkeypatch.setattr(study, "_SEEDS", 2)
    monkeypatch.setattr(study, "_SAMPLES", 60)
    monkeypatch.setattr(power, "COUNTS", (1, 10))
    arguments = [*study.PARTS, "--keep", str(tmp_path / "kept")]
    assert study.main(arguments) == 0
    first = study.read()
    monkeypatch.setattr(study, "audited", _not_again)
    monkeypatch.setattr(power, "Searches", None)
    assert study.main(arguments) == 0
    assert study.read() == first
    assert {row["data"] for row in first["power"]} == {"drawn table", "drawn images"}
    assert [row["audits"] for row in first["perfect"]] == [1, 1, 1, 1]
    assert {row["copies"] for row in first["uneven"]} == set(power.COVERED)
    assert sum(row["copies"] == power.FLIP for row in first["power"]) == 1
    assert {row["nulls"] for row in first["power"]} == {4}
    assert "models" in capsys.readouterr().err


def study_rounds(names: tuple[str, ...]) -> Any:
    return ROUNDS(1, 1, 1, 1, 1, 1, names, names, names)


ROUNDS = study.Rounds


def _not_again(*arguments: object) -> None:
    raise AssertionError("this is kept already")
