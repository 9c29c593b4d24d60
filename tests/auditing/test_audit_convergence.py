"""Convergence of an audit: its forms, its null, seeds out of line, its spectrum beside theory."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import twinseed as ts
from twinseed.auditing.agreement import Agreement, _level, agreement
from twinseed.auditing.real_rows import DirectionBands, real_rows
from twinseed.auditing.references import linear_twins
from twinseed.auditing.seeds import pairing
from twinseed.generators import LinearGenerator
from twinseed.matched import matched
from twinseed.orders.convergence import along

Rows = NDArray[np.float64]
Draw = np.random.default_rng

N, D, SEEDS = 120, 40, 200


def linear_pair(seed: int, *, n: int = N, d: int = D, seeds: int = SEEDS) -> ts.Twins:
    """Return linear twins of two spikes over noise, away from zero, with held-out rows."""
    draw = Draw(seed)
    a, b, heldout = (5.0 + ts.Spiked([9.0, 4.0]).sample(n, d, draw) for _ in range(3))
    noise = draw.standard_normal((seeds, d))
    samples = [
        LinearGenerator.fit(rows, ts.Ridge(0.0), center=True).sample(noise) for rows in (a, b)
    ]
    return ts.Twins(*samples, a, b, heldout).centred()


def found_in(twins: ts.Twins, n: int | None = None) -> Agreement:
    rows = real_rows(twins.rows, (0,))
    expected = matched(rows, twins.n if n is None else n, 3)
    return agreement(twins, linear_twins(twins, (0,)), DirectionBands.of(rows), expected, (0,))


@pytest.fixture(scope="module")
def pair() -> ts.Twins:
    return linear_pair(1)


@pytest.fixture(scope="module")
def found(pair: ts.Twins) -> Agreement:
    return found_in(pair)


def test_the_forms_are_their_equations(pair: ts.Twins, found: Agreement) -> None:
    assert found.mean_removed is not None
    assert found.raw is not None
    assert pair.samples_b is not None
    for level, origin in ((found.mean_removed, pair.origin), (found.raw, np.zeros(D))):
        a, b = pair.samples_a - origin, pair.samples_b - origin
        energy = (np.sum(a**2) + np.sum(b**2)) / 2
        cross = a @ b.T
        null = (cross.sum() - np.trace(cross)) / (SEEDS - 1) / energy
        lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
        assert level.trace.value == pytest.approx(np.trace(cross) / energy)
        assert level.cosine.value == pytest.approx(np.mean(np.diag(cross) / lengths))
        assert level.null == pytest.approx(null, abs=1e-12)
        assert level.corrected.value == pytest.approx(
            (np.trace(cross) / energy - null) / (1 - null)
        )
        for one in (level.trace, level.cosine, level.corrected):
            assert one.low < one.value < one.high


def test_a_common_mean_is_agreement_only_before_it_is_removed(found: Agreement) -> None:
    assert found.raw is not None
    assert found.mean_removed is not None
    assert found.raw.null > 0.9
    assert abs(found.mean_removed.null) < 0.02
    assert found.raw.corrected.value == pytest.approx(found.mean_removed.corrected.value, abs=0.01)


def test_a_linear_pair_is_its_own_matched_linear_model(found: Agreement) -> None:
    assert found.mean_removed is not None
    assert found.mean_removed.trace.value == pytest.approx(found.predicted, abs=0.02)
    assert len(found.spectrum) > 10
    for band in found.spectrum:
        assert band.measured.value == pytest.approx(band.linear.value, abs=0.08)
    error = [band.energy * (band.measured.value - band.predicted) for band in found.spectrum]
    assert abs(sum(error)) < 0.02


def test_the_spectrum_spans_all_directions_and_averages_to_convergence(found: Agreement) -> None:
    assert found.mean_removed is not None
    ranks = [rank for band in found.spectrum for rank in range(band.first, band.last + 1)]
    assert ranks == list(range(1, D + 1))
    energy = np.array([band.energy for band in found.spectrum])
    values = np.array([band.measured.value for band in found.spectrum])
    assert energy.sum() == pytest.approx(1.0)
    assert energy @ values == pytest.approx(found.mean_removed.trace.value, abs=0.01)
    predicted = [band.predicted for band in found.spectrum]
    assert predicted[0] > predicted[1] > predicted[-1]


def test_intervals_cover_over_the_seeds() -> None:
    """The interval is for the two given models: many seeds of the same models are the truth."""
    draw = Draw(2)
    mixing = draw.standard_normal((D, D)) * 0.05
    common = D + np.trace(mixing)
    truth = common / (common + np.sum(mixing**2) / 2)
    train = draw.standard_normal((30, D))
    hits = 0
    for _ in range(60):
        a = draw.standard_normal((80, D))
        twins = ts.Twins(a, a + a @ mixing, train, origin=np.zeros(D))
        level = _level(twins, None, (0,))
        assert level is not None
        hits += level.trace.low <= truth <= level.trace.high
    assert hits >= 51, "95 % of 60 is 57, and 51 has probability 0.02 at 93 %"


def test_seeds_out_of_line_are_named(pair: ts.Twins) -> None:
    assert pair.samples_b is not None
    b: Any = pair.samples_b

    def paired(other: Rows) -> Any:
        return pairing(ts.Twins(pair.samples_a, other, pair.train_a, pair.train_b), (0,))

    assert (paired(b).order, paired(b).p_value) == ("", 0.0005)
    for shift in (1, 7, -3):
        told = paired(np.roll(b, shift, axis=0))
        assert (told.order, told.shift) == ("shifted", shift)
        assert told.p_value > 0.01
        assert "later" in told.advice if shift > 0 else "earlier" in told.advice
    assert paired(b[::-1]).order == "reversed"
    assert paired(Draw(0).permutation(b)).order == "another order"
    dropped = np.vstack([b[:30], b[31:], b[:1]])
    assert (paired(dropped).order, paired(dropped).shift) == ("shifted", -1)


def test_unrelated_samples_are_not_called_misaligned() -> None:
    p_values = []
    for seed in range(40):
        a, b = Draw([3, seed]).standard_normal((2, 60, 12))
        told = pairing(ts.Twins(a, b, a), (0,))
        assert told is not None
        assert told.order == ""
        p_values.append(told.p_value)
    assert 0.3 < np.mean(p_values) < 0.7


def test_a_pairing_needs_eight_seeds_and_two_generators() -> None:
    a, b = Draw(4).standard_normal((2, 7, 3))
    few = pairing(ts.Twins(a, b, a), (0,))
    assert few is not None
    assert math.isnan(few.p_value)
    assert pairing(ts.Twins(a, None, a), (0,)) is None


def test_one_generator_leaves_the_prediction(pair: ts.Twins) -> None:
    alone = ts.Twins(pair.samples_a, None, pair.train_a, heldout=pair.heldout).centred()
    found = found_in(alone)
    assert found.mean_removed is None
    assert found.spectrum == ()
    assert 0.8 < found.predicted < 1.0


def test_shared_rows_leave_no_prediction(pair: ts.Twins) -> None:
    assert pair.train_b is not None
    shared = np.vstack([pair.train_a[:10], pair.train_b[10:]])
    found = found_in(ts.Twins(pair.samples_a, pair.samples_b, pair.train_a, shared).centred())
    assert math.isnan(found.predicted)
    assert all(math.isnan(band.predicted) for band in found.spectrum)


def test_bands_of_one_are_the_factors_and_unknown_without_a_second_generator() -> None:
    draw = Draw(5)
    a, noise = draw.standard_normal((2, 50, 4))
    b = a + noise * [0.0, 0.5, 1.0, 3.0]
    twins = ts.Twins(a, b, a)
    single = along(twins, 0, directions=np.eye(4), bands=[slice(k, k + 1) for k in range(4)])
    straight = [
        a[:, k] @ b[:, k] / np.sqrt(a[:, k] @ a[:, k] * (b[:, k] @ b[:, k])) for k in range(4)
    ]
    np.testing.assert_allclose(np.asarray(single.correlation.value), straight)
    whole = np.sum(a**2) + np.sum(b**2)
    np.testing.assert_allclose(single.energy, np.sum(a**2 + b**2, axis=0) / whole)
    alone = along(ts.Twins(a, None, a), 0, directions=np.eye(4), bands=[slice(0, 4)])
    assert alone.correlation.status == "not identifiable"


def test_with_an_encoder_convergence_is_told_in_features_and_in_rows() -> None:
    draw = Draw(6)
    train, heldout, a = draw.standard_normal((3, 60, 6))
    b = a * [1, 1, 1, -1, -1, -1]

    def first_half(rows: Rows) -> Rows:
        return rows[:, :3]

    found = ts.audit(
        train_a=train, samples_a=a, samples_b=b, heldout=heldout, encoder=first_half, rng=0
    )
    assert found.agreement.mean_removed is not None
    assert found.agreement.as_given is not None
    assert found.agreement.mean_removed.trace.value == pytest.approx(1.0)
    assert found.agreement.as_given.trace.value == pytest.approx(0.0, abs=0.2)
    assert found.pairs.pairs[0].sample_values.size == 6, "pairs are shown as they were given"
    plain = ts.audit(train_a=train, samples_a=a, samples_b=b, heldout=heldout, rng=0)
    assert plain.agreement.as_given is None


def test_the_verdict_names_shifted_seeds_and_where_twins_agree() -> None:
    draw = Draw(7)
    a, b, heldout = draw.standard_normal((3, 100, 12)) * np.linspace(4.0, 1.0, 12)
    samples = draw.standard_normal((150, 12)) * np.linspace(4.0, 1.0, 12)
    arrays = {"train_a": a, "train_b": b, "heldout": heldout, "samples_a": samples, "rng": 0}
    shifted = ts.audit(samples_b=np.roll(samples, 2, axis=0) + 0.01, **arrays)
    assert shifted.outcome["convergence"] == "cannot judge these data"
    assert "agrees with the row 2 later in samples_b" in shifted.verdict["convergence"]
    mixed = samples.copy()
    mixed[:, 2:] = draw.standard_normal((150, 10)) * np.linspace(4.0, 1.0, 12)[2:]
    part = ts.audit(samples_b=mixed, **arrays)
    assert part.outcome["convergence"] == "not converged"
    assert "the twins agree in part" in part.verdict["convergence"]


def test_one_generator_is_told_what_can_still_be_told() -> None:
    draw = Draw(8)
    a, heldout, samples = draw.standard_normal((3, 100, 12))
    found = ts.audit(train_a=a, samples_a=samples, heldout=heldout, rng=0)
    assert "there is only one generator" in found.verdict["convergence"]
    assert f"is predicted to reach {found.agreement.predicted:.2f}" in found.verdict["convergence"]
