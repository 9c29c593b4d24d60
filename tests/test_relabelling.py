"""The p-values of the audit are p-values: level under the hypothesis, power beyond it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from twinseed.auditing.closest import METRICS, Closest, Roles, closest
from twinseed.auditing.relabelling import RELABELLINGS, Attribution, beyond, relabelled

AUDITS = 60

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
) -> tuple[list[Attribution], Roles]:
    roles = Roles.draw(rows, draw)
    return [Attribution(own, closest(x, roles, draw)) for own, x in enumerate(samples)], roles


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
        found, roles = attributed(samples, rows, draw)
        values.append(relabelled(found, roles.blocks, len(rows), draw).p_closer)
    assert stats.kstest(values, "uniform").pvalue > 0.01


def test_a_test_that_takes_samples_as_independent_is_not_calibrated() -> None:
    """Why the rows are relabelled: the binomial test of the share fails on the same samples."""
    values = []
    for number in range(AUDITS):
        draw = np.random.default_rng([20, number])
        rows = [gaussian(draw, 40), gaussian(draw, 47)]
        found, _ = attributed([collapsed(draw, 60)], rows, draw)
        won = int(np.sum(found[0].closest["distance"].role == 0))
        values.append(stats.binomtest(won, 60, 0.5, alternative="greater").pvalue)
    assert stats.kstest(values, "uniform").pvalue < 1e-4


def test_copies_are_seen_and_the_roles_are_symmetric() -> None:
    draw = np.random.default_rng(1)
    train, heldout = gaussian(draw, 50), gaussian(draw, 50)
    samples = train[:12] + 0.02 * draw.standard_normal((12, 6))
    found, roles = attributed([np.vstack([samples, gaussian(draw, 60)])], [train, heldout], draw)
    caught = relabelled(found, roles.blocks, 2, np.random.default_rng(2))
    swapped = relabelled(
        [Attribution(1, found[0].closest)], roles.blocks, 2, np.random.default_rng(2)
    )
    assert caught.p_closer < 0.01 < 0.9 < caught.p_further
    assert swapped.p_further < 0.01 < 0.9 < swapped.p_closer
    assert caught.p_closer >= 1 / (1 + RELABELLINGS)


def test_many_samples_at_one_row_are_one_piece_of_evidence() -> None:
    draw = np.random.default_rng(3)
    train, heldout = gaussian(draw, 50), gaussian(draw, 50)
    found, roles = attributed([np.tile(train[7], (100, 1))], [train, heldout], draw)
    assert relabelled(found, roles.blocks, 2, draw).p_closer == pytest.approx(0.5, abs=0.05)


def test_nothing_to_relabel_is_no_evidence() -> None:
    nobody = np.zeros(0, dtype=np.int64)
    nothing = Closest(nobody, nobody, nobody, np.zeros(0), np.zeros(0))
    found = Attribution(0, dict.fromkeys(METRICS, nothing))
    answer = relabelled([found], 5, 2, np.random.default_rng(0))
    assert answer.p_closer == answer.p_further == answer.p_two_sided == 1.0


def test_the_comparison_with_a_linear_model_is_calibrated_and_has_power() -> None:
    values, powers = [], []
    for number in range(AUDITS):
        draw = np.random.default_rng([21, number])
        train, heldout = gaussian(draw, 30), gaussian(draw, 30)
        near = train[draw.integers(0, 30, 120)] + 0.8 * draw.standard_normal((120, 6))
        closer = train[draw.integers(0, 30, 50)] + 0.2 * draw.standard_normal((50, 6))
        roles = Roles.draw([train, heldout], draw)
        one, two, three = (
            Attribution(0, closest(x, roles, draw)) for x in (near[:50], near[50:], closer)
        )
        values.append(beyond([one], [two], 2, draw))
        powers.append(beyond([three], [two], 2, draw))
    assert stats.kstest(values, "uniform").pvalue > 0.01
    assert np.mean(np.array(powers) < 0.01) > 0.9


def test_the_closest_row_is_that_of_a_plain_search() -> None:
    draw = np.random.default_rng(4)
    rows = [gaussian(draw, count) for count in (31, 40, 25)]
    samples = gaussian(draw, 17)
    roles = Roles.draw(rows, draw)
    assert roles.blocks == 25
    found = closest(samples, roles, draw)["distance"]
    for s, sample in enumerate(samples):
        gaps = [np.linalg.norm(part - sample, axis=1) for part in roles.rows]
        role = int(np.argmin([gap.min() for gap in gaps]))
        place = int(np.argmin(gaps[role]))
        assert found.role[s] == role
        assert found.row[s] == roles.index[role][place]
        assert np.array_equal(rows[role][found.row[s]], roles.rows[role][place])
        assert found.block[s] == roles.block[role][place]
        assert found.gap[s] == pytest.approx(gaps[role][place], rel=1e-12)
        group = found.block[s] % roles.groups
        others = [
            gap[block % roles.groups != group] for gap, block in zip(gaps, roles.block, strict=True)
        ]
        runner_up = np.concatenate(others).min()
        assert found.margin[s] == pytest.approx(np.log(runner_up / found.gap[s]), rel=1e-9)


def test_ties_between_roles_are_broken_at_random() -> None:
    rows = np.arange(20.0).reshape(10, 2)
    samples = np.repeat(rows[:1], 400, axis=0)
    draw = np.random.default_rng(5)
    roles = Roles.draw([rows, rows.copy()], draw)
    found = closest(samples, roles, draw)["distance"]
    assert 0.4 < np.mean(found.role) < 0.6
