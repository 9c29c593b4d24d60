"""Recovery from arrays: principal directions, subspaces, floors."""

from __future__ import annotations

import numpy as np
import pytest
from tests.verbs.test_measure import twins

import twinseed as ts
from twinseed.data import directions as principal_module
from twinseed.data.directions import principal, principal_without
from twinseed.orders import recovery
from twinseed.status import Status

__all__ = ["twins"]


@pytest.mark.parametrize("shape", [(60, 12), (12, 60), (700, 300), (300, 700)])
@pytest.mark.parametrize("dense", [10, 4096])
def test_principal_directions_with_and_without_a_group(shape, dense, monkeypatch):
    monkeypatch.setattr(principal_module, "_DENSE", dense)
    rng = np.random.default_rng(5)
    rows = rng.standard_normal(shape) * np.arange(1, shape[1] + 1) ** -0.5 + 3
    labels = np.arange(shape[0]) % 3
    whole, without = principal_without(rows, 4, labels)
    for found, kept in ((whole, rows), (without[1], rows[labels != 1]), (principal(rows, 4), rows)):
        values, vectors = np.linalg.eigh(np.cov(kept.T))
        np.testing.assert_allclose(found.eigenvalues, values[::-1][:4], rtol=1e-9)
        cosines = np.abs(np.sum(found.vectors * vectors[:, ::-1][:, :4], axis=0))
        np.testing.assert_allclose(cosines, 1.0, rtol=1e-9)


def test_nearly_equal_eigenvalues_are_compared_as_a_subspace():
    turn = np.sqrt(0.5) * np.array([[1, 1], [-1, 1]])
    directions, reference = np.eye(6)[:, :3].copy(), np.eye(6)[:, :3]
    directions[:2, :2] = turn
    alone = recovery.overlaps(directions, reference, recovery.factor_groups([3, 2, 1]))
    grouped = recovery.overlaps(directions, reference, recovery.factor_groups([3, 2.9, 1]))
    np.testing.assert_allclose(alone, [0.5, 0.5, 1.0])
    np.testing.assert_allclose(grouped, 1.0)


def test_recovery_against_given_directions(twins):
    eye = np.eye(20)
    found = recovery.from_twins(
        twins,
        0,
        factors=2,
        truth=eye[:, :2],
        eigenvalues=[5.0, 2.0],
        directions_a=eye[:, [0, 7]],
        directions_b=eye[:, [0, 1]],
    )
    assert found["recovery"].value.tolist() == [1.0, 0.5]
    assert found["recovery"].se.tolist() == [0.0, 0.0]
    assert found["recovery_twins"].value.tolist() == [1.0, 0.0]
    assert found["recovery_twins"].status.tolist() == [Status.OK, Status.BELOW_FLOOR]


def test_twins_with_shared_noise_do_not_flatter_recovery():
    """From equal seeds, directions that are pure sampling noise would agree between the twins."""
    rng = np.random.default_rng(6)
    noise = rng.standard_normal((100, 50))
    same = ts.Twins(noise, noise + 1e-6, *rng.standard_normal((2, 30, 50)))
    found = recovery.from_twins(same, 0, factors=1)["recovery_twins"]
    assert found.status[0] == Status.BELOW_FLOOR
    directions = [principal(x, 1).vectors for x in (same.samples_a, same.samples_b)]
    assert recovery.overlaps(*directions, [slice(0, 1)])[0] > 0.99


def test_unlearned_directions_stay_below_the_floor():
    rng = np.random.default_rng(7)
    below = []
    for _ in range(100):
        v, u = (np.linalg.qr(rng.standard_normal((80, 1)))[0] for _ in range(2))
        found = recovery.from_twins(
            ts.Twins(*rng.standard_normal((2, 5, 80)), rng.standard_normal((3, 80))),
            0,
            factors=1,
            truth=u,
            directions_a=v,
            directions_b=v,
        )
        below.append(found["recovery"].status[0] == Status.BELOW_FLOOR)
    assert np.mean(below) > 0.9
