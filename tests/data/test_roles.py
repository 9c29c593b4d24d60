"""The roles of rows have one order and the same names wherever they are given."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import twinseed as ts
from twinseed import InputError

ORDER = ["samples_a", "samples_b", "train_a", "train_b", "heldout"]

ROWS = np.random.default_rng(0).standard_normal((3, 20, 4))
TWINS = ts.Twins(ROWS[0], None, ROWS[1], heldout=ROWS[2])
REAL = {"train_a": ROWS[1], "heldout": ROWS[2]}


@pytest.mark.parametrize("call", [ts.Twins, ts.Accumulator, ts.measure_shards])
def test_roles_come_in_one_order(call: Callable[..., Any]) -> None:
    names = list(inspect.signature(call).parameters)
    assert [name for name in names if name in ORDER] == [name for name in ORDER if name in names]


def test_the_same_roles_by_name_are_taken_everywhere() -> None:
    for call in (ts.Twins, ts.audit, ts.measure_shards):
        assert set(ORDER) <= set(inspect.signature(call).parameters)
    assert {"train_a", "train_b", "heldout"} <= set(inspect.signature(ts.Accumulator).parameters)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: ts.audit(TWINS), r"call ts\.audit\(twins=twins, rng=0\)"),
        (lambda: ts.audit(TWINS, rng=0), r"call ts\.audit\(twins=twins, rng=0\)"),
        (lambda: ts.audit(ROWS[0]), r"call ts\.audit\(train_a=\.\.\., samples_a=\.\.\."),
        (lambda: ts.audit(*ROWS), r"3 without a name"),
        (lambda: ts.audit(ROWS[0], **REAL), r"call ts\.audit\(train_a=\.\.\., samples_a=\.\.\."),
        (lambda: ts.measure(ROWS[0]), r"call ts\.measure\(ts\.Twins\(train_a="),
        (lambda: ts.measure(ROWS[0], rng=0), r"twins must be ts\.Twins \(got ndarray\)"),
        (lambda: ts.measure(*ROWS), r"call ts\.measure\(ts\.Twins\(train_a="),
        (lambda: ts.measure(), "twins must be ts.Twins"),
        (lambda: ts.measure(TWINS), "rng is needed"),
        (lambda: ts.measure(TWINS, 0), "measure takes arguments by name only"),
        (lambda: ts.Twins(), "samples_a is needed"),
        (lambda: ts.Twins(ROWS[0]), "train_a is needed"),
        (lambda: ts.Twins(TWINS), "samples_a must be rows"),
        (lambda: ts.Accumulator(ROWS[1], rng=0), r"call ts\.Accumulator\(train_a="),
        (lambda: ts.Accumulator(rng=0), "train_a is needed"),
        (lambda: ts.Accumulator(**REAL), "rng is needed"),
        (lambda: ts.measure_shards("tcp://127.0.0.1:1"), r"call ts\.measure_shards\(cluster="),
        (lambda: ts.measure_shards(samples_a=ROWS[0], **REAL), "cluster is needed"),
        (lambda: ts.measure_shards(cluster="tcp://127.0.0.1:1", rng=0), "samples_a is needed"),
    ],
)
def test_a_call_of_another_kind_is_told_the_right_one(call: Callable[[], Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        call()


def test_a_twin_alone_needs_no_second_generator() -> None:
    by_name = ts.Twins(samples_a=ROWS[0], train_a=ROWS[1], heldout=ROWS[2])
    assert ts.measure(by_name, rng=0, factors=2).equals(ts.measure(TWINS, rng=0, factors=2))
