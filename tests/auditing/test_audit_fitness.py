"""Before the verdict: rows that are not fit for the question are named, and fit ones are not."""

from __future__ import annotations

import numpy as np
import pytest

import twinseed as ts
from twinseed.auditing.duplicates import (
    GROUPED,
    duplicated_columns,
    equal_rows,
    near_duplicates,
    near_groups,
)
from twinseed.auditing.intake import twins_given
from twinseed.auditing.screening import Fitness, exchangeable, fitness

Rows = np.ndarray[tuple[int, int], np.dtype[np.float64]]


def judged(twins: ts.Twins) -> Fitness:
    return fitness(twins.rows, (0,))


def found(fit: Fitness) -> list[str]:
    return sorted(one.name for one in fit.findings)


def rows(seed: int, sets: int = 3, n: int = 120, d: int = 12) -> list[Rows]:
    return list(np.random.default_rng(seed).standard_normal((sets, n, d)))


def test_fit_rows_are_not_spoken_against() -> None:
    a, b, heldout = rows(0)
    fit = judged(ts.Twins(a + 1, b + 1, a, b, heldout))
    assert fit.findings == ()
    assert set(fit.exchangeable) == {"train_a, train_b", "train_a, heldout", "train_b, heldout"}
    assert min(fit.exchangeable.values()) > 0.002
    assert str(fit) == "Nothing speaks against the rows."


def test_the_exchange_test_keeps_its_level_in_wide_and_in_tall_rows() -> None:
    for d, many in ((3, 60), (150, 30)):
        values = []
        for number in range(many):
            draw = np.random.default_rng([30, d, number])
            one, other = draw.standard_normal((40, d)), draw.standard_normal((25, d))
            values.append(exchangeable(one, other, draw))
        assert np.mean(np.array(values) <= 0.1) < 0.1 + 2.5 * np.sqrt(0.09 / many)


@pytest.mark.parametrize("change", ["shift", "spread"])
def test_rows_of_another_place_or_spread_are_named(change: str) -> None:
    a, _, heldout = rows(1)
    heldout[:, 0] = heldout[:, 0] + 1.0 if change == "shift" else 2.5 * heldout[:, 0]
    fit = judged(ts.Twins(a + 1, None, a, heldout=heldout))
    assert found(fit) == ["not exchangeable"]
    assert "shuffle the rows before" in str(fit)
    assert fit.exchangeable["train_a, heldout"] < 0.002


def test_rows_that_are_all_alike_can_be_exchanged() -> None:
    assert exchangeable(np.ones((5, 3)), np.ones((6, 3)), np.random.default_rng(0)) == 1.0


def test_equal_rows_are_counted_over_all_rows() -> None:
    a, b, heldout = rows(2)
    a[7] = a[90]
    a[8] = a[90]
    told = list(equal_rows(ts.Twins(a + 1, b + 1, a, b, heldout).rows))
    assert [(name, numbers["set"], numbers["rows"]) for name, _, numbers in told] == [
        ("equal rows", "train_a", 2)
    ]


def test_near_duplicates_are_found_within_and_between_sets() -> None:
    a, b, heldout = rows(3)
    b[:40] = b[60:100] + 1e-3
    heldout[:30] = a[:30] + 1e-3
    told = list(near_duplicates({"train_a": a, "train_b": b, "heldout": heldout}, draw()))
    assert {tuple(numbers["sets"]) for _, _, numbers in told} == {
        ("train_b", "train_b"),
        ("heldout", "train_a"),
    }
    for _, sentence, numbers in told:
        one, other = ({"train_a": a, "train_b": b, "heldout": heldout}[x] for x in numbers["sets"])
        i, j = numbers["examples"][0]
        assert np.abs(one[i] - other[j]).max() < 2e-3
        assert f"row {i}, near row {j}" in sentence
    assert list(near_duplicates(dict(zip("ab", rows(4, 2), strict=True)), draw())) == []


def draw() -> np.random.Generator:
    return np.random.default_rng(5)


def test_constant_and_repeated_columns_are_named() -> None:
    a, _, heldout = rows(6)
    for part in (a, heldout):
        part[:, 2] = 4.0
        part[:, 3] = 4.0
        part[:, 9] = part[:, 5]
    fit = judged(ts.Twins(a + 1, None, a, heldout=heldout))
    assert found(fit) == ["constant columns", "duplicated columns"]
    assert "2 of 12 columns" in str(fit)
    assert duplicated_columns(a) == [(5, 9)]


def test_too_few_samples_are_said_with_the_share_that_would_go_unseen() -> None:
    a, _, heldout = rows(7, n=60)
    fresh = np.random.default_rng(8).standard_normal((30, 12))
    few = ts.audit(train_a=a, samples_a=fresh, heldout=heldout, rng=0)
    assert "little power" in found(few.fitness)
    assert few.copying.smallest_visible > 0.1
    assert few.to_dict()["fitness"]["findings"][0]["name"] == "little power"


def test_a_generator_that_ignores_its_seed_is_named() -> None:
    a, b, heldout = rows(9)
    restless = np.random.default_rng(10)

    def steady(noise: Rows) -> Rows:
        return noise + 1

    def moving(noise: Rows) -> Rows:
        return restless.standard_normal(noise.shape)

    arrays = {"train_a": a, "train_b": b, "heldout": heldout, "samples_a": None, "samples_b": None}
    twins, named = twins_given(arrays, None, (steady, moving), 1000, (0,))
    assert [(one.name, one.numbers["generator"]) for one in named] == [
        ("not deterministic", "samples_b")
    ]
    assert fitness(twins.rows, (0,), named).findings[0] == named[0]


def visits(seed: int, people: int, each: int = 4, d: int = 6) -> Rows:
    """Return rows of people, each person's close to each other."""
    draw = np.random.default_rng(seed)
    persons = np.repeat(draw.standard_normal((people, d)), each, axis=0)
    return persons + 0.2 * draw.standard_normal(persons.shape)


def test_rows_that_come_in_groups_are_named_and_shuffling_is_not_advised() -> None:
    train, heldout = visits(0, 40), visits(1, 25) + 0.5
    fit = judged(ts.Twins(train + 1, None, train, heldout=heldout))
    assert found(fit)[-1] == GROUPED
    assert "--group COLUMN" in str(fit)
    assert "shuffle" not in str(fit)
    assert "not exchangeable" in found(fit)
    known = {"train_a": np.arange(160) // 4, "heldout": 100 + np.arange(100) // 4}
    fit = judged(ts.Twins(train + 1, None, train, heldout=heldout, groups=known))
    assert GROUPED not in found(fit)


def test_groups_are_not_seen_where_rows_were_split_at_random_or_lie_elsewhere() -> None:
    seen = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        n, h, d = rng.integers(20, 150, 3)
        some = rng.standard_normal((n + h, d))
        some = [some, np.exp(some[:, :3]), np.round(2 * some[:, :3])][seed % 3]
        seen += list(near_groups({"train_a": some[:n], "heldout": some[n:]}, rng))
    assert seen == []
    train, heldout = rows(4, 2, 120, 5)
    for shift in (1.0, 4.0):
        real = {"train_a": train, "heldout": heldout + shift}
        assert list(near_groups(real, draw())) == []
