"""Which rows a generator saw: shared rows count for both, and matches name the right rows."""

from __future__ import annotations

import numpy as np

import twinseed as ts
from twinseed.auditing.roles import roles_of

D = 8


def twins(shared: int, *, n: int = 60) -> ts.Twins:
    """Return twins whose second training set repeats rows of the first, in another order."""
    draw = np.random.default_rng(60)
    a, b, heldout, samples = draw.standard_normal((4, n, D))
    b[:shared] = a[:shared][::-1]
    return ts.Twins(samples, samples + 1, a, b, heldout)


def test_every_row_has_one_role_and_is_named_as_its_generator_knows_it() -> None:
    given = twins(10)
    rows, tested = roles_of(given)
    assert [len(part.rows) for part in rows] == [50, 50, 10, 60]
    for one, name in zip(tested, ("train_a", "train_b"), strict=True):
        train = given.arrays[name]
        assert sum(index.size for index in one.own.values()) == 60
        for role, index in one.own.items():
            np.testing.assert_array_equal(rows[role].rows, train[index])
    assert set(tested[0].own) & set(tested[1].own) == {2}


def test_without_shared_rows_nothing_is_copied() -> None:
    given = twins(0)
    rows, _ = roles_of(given)
    assert all(
        part.rows is given.arrays[name] and part.name == name
        for part, name in zip(rows, ("train_a", "train_b", "heldout"), strict=True)
    )


def test_a_training_set_within_the_other_has_no_rows_of_its_own() -> None:
    draw = np.random.default_rng(61)
    a, heldout, samples = draw.standard_normal((3, 40, D))
    given = ts.Twins(samples, samples + 1, a, a[:15].copy(), heldout)
    rows, tested = roles_of(given)
    assert [len(part.rows) for part in rows] == [25, 15, 40]
    assert [sorted(one.own) for one in tested] == [[0, 1], [1]]


def test_copies_of_shared_rows_are_caught_for_both() -> None:
    given = twins(30)
    b = given.arrays["train_b"]
    copies = b[:25] + 0.001
    found = ts.audit(
        train_a=given.train_a,
        samples_a=given.samples_a[:25],
        train_b=b,
        samples_b=copies,
        heldout=given.heldout,
        rng=0,
    )
    assert found.copying.p_value < 0.01
    np.testing.assert_array_equal(found.copying.matches["b"], np.arange(25))
    assert {one.generator for one in found.copying.suspects} == {"b"}
    for one in found.copying.suspects:
        assert one.training_row == one.sample
