"""The p-values of the audit are p-values: level under the hypothesis, power beyond it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from tests.support.pools import attribution, closest_in, pool_of

from twinseed.auditing.nearest_in_pool import NearestInPool
from twinseed.auditing.pool import FOLDS, Pool
from twinseed.auditing.relabelling import RELABELLINGS, Attribution, beyond, relabelled

AUDITS = 60


@pytest.fixture
def fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    """p in steps of 1/400 and, near the level, of 1/4000: finer than 60 audits can show."""
    monkeypatch.setattr("twinseed.auditing.relabelling.RELABELLINGS", 399)
    monkeypatch.setattr("twinseed.auditing.relabelling._MORE", 3600)


Rows = np.ndarray[tuple[int, int], np.dtype[np.float64]]


def clustered(draw: np.random.Generator, count: int, d: int = 6) -> Rows:
    """Return rows far from Gaussian: ten tight clusters."""
    centres = 4 * np.random.default_rng(99).standard_normal((10, d))
    rows: Rows = centres[draw.integers(0, 10, count)] + 0.3 * draw.standard_normal((count, d))
    return rows


def gaussian(draw: np.random.Generator, count: int, d: int = 6) -> Rows:
    return draw.standard_normal((count, d))


def collapsed(draw: np.random.Generator, count: int, d: int = 6) -> Rows:
    """Return samples of a generator that has ten outputs: they share their closest rows."""
    rows: Rows = np.repeat(draw.standard_normal((10, d)), count // 10, axis=0)
    return rows + 0.01 * draw.standard_normal(rows.shape)


def attributed(
    samples: list[Rows], rows: list[Rows], draw: np.random.Generator
) -> tuple[list[Attribution], Pool]:
    pool = pool_of(rows, draw)
    return [attribution(own, x, pool) for own, x in enumerate(samples)], pool


@pytest.mark.usefixtures("fewer")
@pytest.mark.parametrize(
    ("real", "generator", "twins"),
    [
        (gaussian, gaussian, 1),
        (gaussian, gaussian, 2),
        (gaussian, collapsed, 1),
        (clustered, clustered, 2),
    ],
)
def test_p_values_are_uniform_for_perfect_generators(real, generator, twins) -> None:
    values = []
    for number in range(AUDITS):
        draw = np.random.default_rng([20, number])
        rows = [real(draw, 40 + 7 * role) for role in range(twins + 1)]
        samples = [generator(draw, 60) for _ in range(twins)]
        found, pool = attributed(samples, rows, draw)
        values.append(relabelled(found, pool, draw).p_closer)
    assert stats.kstest(values, "uniform").pvalue > 0.01


def test_a_test_that_takes_samples_as_independent_is_not_calibrated() -> None:
    """Why the rows are relabelled: the binomial test of the share fails on the same samples."""
    values = []
    for number in range(AUDITS):
        draw = np.random.default_rng([20, number])
        rows = [gaussian(draw, 40), gaussian(draw, 47)]
        found, _ = attributed([collapsed(draw, 60)], rows, draw)
        won = int(np.sum(found[0].closest["distance"].role[0] == 0))
        values.append(stats.binomtest(won, 60, 0.5, alternative="greater").pvalue)
    assert stats.kstest(values, "uniform").pvalue < 1e-4


def test_copies_are_seen_and_the_roles_are_symmetric() -> None:
    draw = np.random.default_rng(1)
    train, heldout = gaussian(draw, 50), gaussian(draw, 50)
    samples = train[:12] + 0.02 * draw.standard_normal((12, 6))
    found, pool = attributed([np.vstack([samples, gaussian(draw, 60)])], [train, heldout], draw)
    caught = relabelled(found, pool, np.random.default_rng(2))
    swapped = relabelled([Attribution((1,), found[0].closest, 72)], pool, np.random.default_rng(2))
    assert caught.p_closer < 0.01 < 0.9 < caught.p_further
    assert swapped.p_further < 0.01 < 0.9 < swapped.p_closer
    assert caught.p_closer >= 1 / (1 + RELABELLINGS)


def test_many_samples_at_one_row_are_one_piece_of_evidence() -> None:
    draw = np.random.default_rng(3)
    train, heldout = gaussian(draw, 50), gaussian(draw, 50)
    found, pool = attributed([np.tile(train[7], (100, 1))], [train, heldout], draw)
    assert relabelled(found, pool, draw).p_closer == pytest.approx(0.5, abs=0.05)


def test_nothing_to_relabel_is_no_evidence() -> None:
    nobody = np.zeros((FOLDS, 0), dtype=np.int64)
    nothing = NearestInPool(nobody, nobody, nobody, np.zeros(0), np.zeros((FOLDS, 0)), nobody[0])
    found = Attribution((0,), {"distance": nothing}, 0)
    draw = np.random.default_rng(0)
    answer = relabelled([found], pool_of([np.eye(5), 2 * np.eye(5)], draw), draw)
    assert answer.p_closer == answer.p_further == answer.p_two_sided == 1.0


@pytest.mark.usefixtures("fewer")
def test_the_comparison_with_a_linear_model_is_calibrated_and_has_power() -> None:
    values, powers = [], []
    for number in range(AUDITS):
        draw = np.random.default_rng([21, number])
        train, heldout = gaussian(draw, 30), gaussian(draw, 30)
        near = train[draw.integers(0, 30, 120)] + 0.8 * draw.standard_normal((120, 6))
        closer = train[draw.integers(0, 30, 50)] + 0.2 * draw.standard_normal((50, 6))
        pool = pool_of([train, heldout], draw)
        one, two, three = (attribution(0, x, pool) for x in (near[:50], near[50:], closer))
        values.append(beyond([one], [two], pool, draw))
        powers.append(beyond([three], [two], pool, draw))
    assert stats.kstest(values, "uniform").pvalue > 0.01
    assert np.mean(np.array(powers) < 0.01) > 0.9


def test_the_closest_row_is_that_of_a_plain_search() -> None:
    draw = np.random.default_rng(4)
    rows = [gaussian(draw, count) for count in (31, 40, 25)]
    samples = gaussian(draw, 17)
    pool = pool_of(rows, draw)
    assert (pool.equal, pool.groups, pool.size) == (25, 10, 96)
    found = closest_in(samples, pool)["distance"]
    every, cell = np.concatenate(rows), np.concatenate(pool.cell)
    for s, sample in enumerate(samples):
        gap = np.linalg.norm(every - sample, axis=1)
        place = int(np.argmin(gap))
        assert found.gap[s] == pytest.approx(np.log(gap[place]), rel=1e-12)
        for fold in range(FOLDS):
            assert found.number[fold, s] == place
            assert np.array_equal(rows[found.role[fold, s]][found.row[fold, s]], every[place])
            group = pool.folds[fold][cell]
            by_group = np.sort([gap[group == g].min() for g in range(10)])
            expected = np.log(by_group[2] / gap[place])
            assert found.margin[fold, s] == pytest.approx(expected, rel=1e-9)


def test_ties_fall_on_each_of_the_equal_rows_alike() -> None:
    """Three equal rows of one role and one of the other: three in four."""
    rows = np.arange(20.0).reshape(10, 2)
    first = np.concatenate([rows[:1]] * 3 + [rows])[1:]
    won = []
    for number in range(60):
        draw = np.random.default_rng([22, number])
        pool = pool_of([first, rows.copy()], draw)
        won.append(np.mean(closest_in(rows[:1], pool)["distance"].role == 0))
    assert 0.62 < np.mean(won) < 0.86


@pytest.mark.usefixtures("fewer")
def test_rows_of_one_person_are_one_piece_of_evidence() -> None:
    """Visits of the same people: row by row the level is lost, person by person it is kept."""
    by_row, by_person = [], []
    for number in range(AUDITS):
        draw = np.random.default_rng([26, number])
        people = gaussian(draw, 16)
        person = np.repeat(np.arange(16), 16)
        visits = people[person] + 0.1 * draw.standard_normal((256, 6))
        rows = [visits[:128], visits[128:]]
        units = {"train_a": person[:128], "heldout": person[128:]}
        samples = gaussian(draw, 400)
        for told, values in ((None, by_row), (units, by_person)):
            pool = pool_of(rows, draw, told)
            found = [attribution(0, samples, pool)]
            values.append(relabelled(found, pool, draw).p_closer)
    assert np.mean(np.abs(np.array(by_row) - 0.5) > 0.49) > 0.06
    assert stats.kstest(by_person, "uniform").pvalue > 0.01


@pytest.mark.usefixtures("fewer")
def test_discrete_data_and_collapsed_generators_keep_the_level() -> None:
    """Many equal rows, eight outputs: the p-value is never below its level too often."""
    values = []
    for number in range(150):
        draw = np.random.default_rng([23, number])
        rows = [draw.integers(0, 2, (count, 4)).astype(float) for count in (60, 25)]
        samples = np.repeat(draw.integers(0, 2, (8, 4)).astype(float), 10, axis=0)
        found, pool = attributed([samples], rows, draw)
        values.append(relabelled(found, pool, draw).p_closer)
    for level in (0.05, 0.2):
        assert np.mean(np.array(values) <= level) < level + 2.5 * np.sqrt(level / 150)


def test_a_duplicate_of_a_row_does_not_hide_the_copying_of_it() -> None:
    draw = np.random.default_rng(6)
    train, heldout = gaussian(draw, 40), gaussian(draw, 80)
    twice = np.concatenate([train, train + 1e-3 * draw.standard_normal(train.shape)])
    samples = np.concatenate([train[:12] + 0.01, gaussian(draw, 200)])
    found, pool = attributed([samples], [twice, heldout], draw)
    assert np.sort(found[0].closest["distance"].margin[0, :12])[2] > 2
    assert relabelled(found, pool, draw).p_closer < 0.01


@pytest.mark.usefixtures("fewer")
def test_a_few_clear_copies_are_seen_where_the_share_is_blind() -> None:
    """Eight copies among 600: a share of 0.507 of the samples, where 0.5 is chance."""
    caught = []
    for number in range(20):
        draw = np.random.default_rng([24, number])
        train, heldout, samples = (gaussian(draw, 300, d=30) for _ in range(3))
        samples[:8] = train[:8] + 0.05 * draw.standard_normal((8, 30))
        found, pool = attributed([samples], [train, heldout], draw)
        caught.append(relabelled(found, pool, draw).p_closer <= 0.05)
    assert np.mean(caught) > 0.7


@pytest.mark.usefixtures("fewer")
def test_the_smallest_visible_share_is_found_four_times_in_five() -> None:
    caught = {1.0: 0, 0.4: 0}
    for number in range(12):
        draw = np.random.default_rng([25, number])
        train, heldout, samples = (gaussian(draw, 400, d=20) for _ in range(3))
        found, pool = attributed([samples], [train, heldout], draw)
        share = relabelled(found, pool, draw).visible(0.01)
        for times in caught:
            some = round(times * share * 400)
            copies = np.concatenate([train[:some], samples[some:]])
            answer = relabelled([attribution(0, copies, pool)], pool, draw)
            caught[times] += answer.p_closer < 0.01
    assert 7 <= caught[1.0] <= 12
    assert caught[0.4] < 5
