"""Rows that are equal by chance are counted beside the number expected; nothing is refused."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

import twinseed as ts
from twinseed.auditing.equal_rows import chance_of_equal, equal_heldout, equal_samples
from twinseed.auditing.preconditions import allowed
from twinseed.auditing.screening import REMOVED, Finding
from twinseed.auditing.verdict import Answer, Outcome
from twinseed.data.rows import Rows
from twinseed.errors import InputError

Table = np.ndarray[tuple[int, int], np.dtype[np.float64]]


def coarse(seed: int, count: int, d: int = 5) -> Table:
    """Return a table of answers from 0 to 3, in which many rows are equal by chance."""
    draw = np.random.default_rng(seed)
    return draw.binomial(3, np.linspace(0.2, 0.6, d), (count, d)).astype(np.float64)


def draw() -> np.random.Generator:
    return np.random.default_rng(7)


def told(train: Table, heldout: Table) -> list[Finding]:
    return list(equal_heldout(ts.Twins(train[:5] + 0.5, None, train, heldout=heldout), draw()))


def by_hand(values: list[int], h: int) -> tuple[float, float]:
    """Return mean and variance of the count over every split of a few rows."""
    rows, numbers = np.array(values), []
    for held in combinations(range(len(rows)), h):
        out = np.isin(np.arange(len(rows)), held)
        numbers.append(np.isin(rows[out], rows[~out]).sum())
    return float(np.mean(numbers)), float(np.std(numbers))


@pytest.mark.parametrize("h", [2, 4, 6])
@pytest.mark.parametrize("values", [[1, 1, 1, 2, 2, 3, 4, 5], [1, 1, 1, 1, 1, 1, 2, 2], [1] * 8])
def test_the_number_expected_is_that_over_all_splits(values: list[int], h: int) -> None:
    digests = np.array(values, dtype=np.uint64)
    found = chance_of_equal(digests[h:], digests[:h], draw())
    mean, sd = by_hand(values, h)
    assert found.expected == pytest.approx(mean)
    assert found.sd == pytest.approx(sd, rel=0.15)  # 400 splits: four of its standard errors


def test_with_groups_whole_groups_change_sides() -> None:
    # Two rows of each group are equal, and no row equals one of another group.
    digests = np.repeat(np.arange(20, dtype=np.uint64), 2)
    groups = np.repeat(np.arange(20), 2)
    alone = chance_of_equal(digests[20:], digests[:20], draw())
    whole = chance_of_equal(digests[20:], digests[:20], draw(), (groups[20:], groups[:20]))
    assert alone.too_few
    assert (whole.count, whole.expected, whole.sd) == (0, 0.0, 0.0)


def test_under_chance_the_count_lies_in_its_range_and_nothing_is_blocked() -> None:
    inside, blocked = [], []
    for seed in range(120):
        rows = coarse(seed, 90 + seed)
        h = 20 + seed // 2
        digests = Rows(rows[h:], heldout=rows[:h]).digests
        found = chance_of_equal(digests["train_a"], digests["heldout"], draw())
        inside.append(found.low <= found.count <= found.high)
        blocked.append(found.too_few or found.too_many)
    assert 0.9 <= np.mean(inside) <= 1.0
    assert not any(blocked)


def test_equal_rows_are_told_with_the_number_expected() -> None:
    train, heldout = coarse(0, 200), coarse(1, 150)
    (found,) = told(train, heldout)
    count = int((heldout[:, None] == train).all(axis=2).any(axis=1).sum())
    low, high = found.numbers["range"]
    assert low <= count <= high
    assert f"{count} of 150 held-out rows equal a row of train_a; {low} to {high} are" in str(
        found.sentence
    )
    assert "blocks" not in found.numbers
    assert told(*np.random.default_rng(0).standard_normal((2, 40, 3))) == []


def test_rows_that_were_removed_block_copying_and_overfitting() -> None:
    train, heldout = coarse(0, 200), coarse(1, 150)
    kept = heldout[~(heldout[:, None] == train).all(axis=2).any(axis=1)]
    (found,) = told(train, kept)
    assert found.name == REMOVED
    assert found.sentence.startswith("No held-out row equals a row of train_a, where about ")
    assert "Pass the training rows and the held-out rows as they were before." in found.sentence
    for outcome in Outcome:
        answers = {"copying": Answer(outcome, "said"), "recovery": Answer(outcome, "said")}
        given = allowed(answers, [found])
        blocked = outcome in (Outcome.COPYING, Outcome.OVERFITTING)
        assert given["copying"].outcome is (Outcome.CANNOT_JUDGE if blocked else outcome)
        assert (found.sentence in given["copying"].sentence) is blocked
        assert given["recovery"].outcome is outcome


def test_training_rows_that_were_repeated_block_copying_until_each_is_passed_once() -> None:
    """As to balance classes: 40 rows, each ten times, of numbers that chance never makes equal."""
    few, heldout = np.random.default_rng(3).standard_normal((2, 40, 3))
    (found,) = told(np.tile(few, (10, 1)), heldout)
    assert found.name == REMOVED
    assert "or rows of train_a were repeated, for example to balance classes" in found.sentence
    assert told(few, heldout) == []


def test_rows_in_both_files_are_told() -> None:
    rows = np.random.default_rng(0).standard_normal((200, 3))
    (found,) = told(rows[:150], np.concatenate([rows[150:], rows[:20]]))
    assert "20 of 70 held-out rows equal a row of train_a; only" in found.sentence
    assert "remove them" not in found.sentence


def test_only_heldout_rows_that_are_training_rows_are_refused() -> None:
    rows = np.random.default_rng(0).standard_normal((60, 3))
    Rows(rows[:40], heldout=np.concatenate([rows[40:], rows[:19]]))
    with pytest.raises(InputError, match=r"20 of 40 rows are equal to a row of train_a, and"):
        Rows(rows[:40], heldout=np.concatenate([rows[40:], rows[:20]]))
    table = coarse(0, 300, 3)  # nearly every row repeats
    Rows(table[:200], heldout=table[200:])


def test_equal_samples_are_counted_beside_fresh_rows() -> None:
    train, heldout, fresh = coarse(0, 200), coarse(1, 200), coarse(2, 100)
    for samples, copied in ((fresh, False), (train[:100], True)):
        twins = ts.Twins(samples.astype(np.float32), None, train, heldout=heldout)
        (found,) = equal_samples(twins)
        count = int((samples[:, None] == train).all(axis=2).any(axis=1).sum())
        share = (heldout[:, None] == train).all(axis=2).any(axis=1).mean()
        assert found.numbers["rows"] == count
        assert found.numbers["expected"] == pytest.approx(100 * share)
        assert f"{count} of 100 rows of samples_a are equal to a row of train_a" in found.sentence
        assert f"{100 * share:.0f} of 100 fresh rows would be" in found.sentence
        low, high = found.numbers["range"]
        assert (low <= count <= high) is not copied
        assert f"fresh rows would be ({low:.0f} to {high:.0f}), by" in found.sentence
    without = ts.Twins(fresh, None, train)
    repeated = (train[:, None] == train).all(axis=2).sum(axis=1) > 1
    assert next(equal_samples(without)).numbers["expected"] == pytest.approx(100 * repeated.mean())
    rows = np.random.default_rng(0).standard_normal((40, 3))
    assert list(equal_samples(ts.Twins(rows[:20], None, rows[:20], heldout=rows[20:]))) == []


def test_values_in_single_precision_equal_rows_that_are_rounded() -> None:
    train = np.repeat(coarse(0, 50) / 10 + 0.1, 2, axis=0)
    twins = ts.Twins(train[:30].astype(np.float32), None, train)
    assert next(equal_samples(twins)).numbers["rows"] == 30


def test_samples_between_the_values_of_the_rows_are_named() -> None:
    train, heldout = coarse(0, 200), coarse(1, 200)
    for moved in (0, 3):
        samples = coarse(2, 100) + 0.3 * (np.arange(5) < moved)
        (found,) = equal_samples(ts.Twins(samples, None, train, heldout=heldout))
        assert found.numbers["columns_between"] == moved
        assert ("In 3 of 5 columns most samples take values" in found.sentence) is (moved == 3)
