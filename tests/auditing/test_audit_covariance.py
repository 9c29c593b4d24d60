"""The covariance null: honest linear models lie in it, copies above it."""

from __future__ import annotations

import numpy as np
import pytest

import twinseed as ts
from twinseed.auditing import covariance_null as module
from twinseed.auditing.covariance_null import STATISTICS, Null, covariance_null
from twinseed.auditing.real_rows import real_rows
from twinseed.generators import LinearGenerator
from twinseed.matched import matched

N, D = 150, 30


def linear_twin(seed: int) -> ts.Twins:
    draw = np.random.default_rng([50, seed])
    scale = np.arange(1, D + 1) ** -0.5
    train, heldout = draw.standard_normal((2, N, D)) * scale
    samples = LinearGenerator.fit(train, ts.Ridge(0.0), center=True).sample(
        draw.standard_normal((200, D))
    )
    return ts.Twins(samples, None, train, heldout=heldout).centred()


def nulls_of(twins: ts.Twins) -> dict[str, Null]:
    expected = matched(real_rows(twins.rows, (0,)), N, 5)
    assert expected is not None
    readout = ts.measure(twins, rng=0, resamples=0)
    seen = {name: float(readout[name]) for name in STATISTICS}
    null = covariance_null(twins, expected.population, seen, N, (0,))
    assert null.replicates == 30
    return {name: null[name] for name in STATISTICS}


def test_linear_twins_lie_within_three_deviations_of_it() -> None:
    z = np.array([[one.z for one in nulls_of(linear_twin(k)).values()] for k in range(3)])
    assert np.abs(z).max() < 3
    assert z.std() > 0.1


def test_it_is_what_a_covariance_costs_and_no_bare_chance() -> None:
    null = nulls_of(linear_twin(5))
    assert null["memorisation_ratio"].mean > 1.03
    assert null["memorisation_share"].mean > 0.55


def test_of_many_rows_a_triangular_factor_gives_the_same_law(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    twins = linear_twin(5)
    direct = nulls_of(twins)
    monkeypatch.setattr(module, "_NORMALS", 0.0)
    for name, null in nulls_of(twins).items():
        assert not np.array_equal(null.drawn, direct[name].drawn)
        error = np.hypot(null.spread, direct[name].spread) / np.sqrt(30)
        assert abs(null.mean - direct[name].mean) < 4 * error
        assert 0.5 < null.spread / direct[name].spread < 2


def test_copies_lie_far_above_it() -> None:
    twins = linear_twin(6)
    copies = ts.Twins(
        twins.train_a[:100] + 0.01, None, twins.train_a, heldout=twins.heldout
    ).centred()
    for null in nulls_of(copies).values():
        assert null.z > 5
        assert null.p_value == 1 / 31


def test_an_audit_carries_it_and_tells_it() -> None:
    twins = linear_twin(7)
    found = ts.audit(twins=twins, rng=0)
    told = found.to_dict()["copying"]["covariance"]
    assert told["replicates"] == found.copying.covariance.replicates
    assert abs(told["memorisation_share"]["z"]) < 3
    assert told["memorisation_share"]["observed"] == float(found.readout.memorisation_share)
    assert found.copying.scores["a"].shape == (200,)
    closest = twins.train_a[found.copying.matches["a"]]
    plain = np.linalg.norm(twins.samples_a[:, None] - twins.train_a, axis=2).min(axis=1)
    np.testing.assert_allclose(np.linalg.norm(twins.samples_a - closest, axis=1), plain)
