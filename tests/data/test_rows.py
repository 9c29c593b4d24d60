"""Real rows: what is known of them is prepared once, and shared by all samples beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import twinseed as ts
from twinseed.data import digests as digests_module
from twinseed.data import rows as rows_module
from twinseed.data.rows import Rows
from twinseed.data.sides import sides
from twinseed.data.twins import Twins
from twinseed.errors import InputError
from twinseed.orders import memorisation

RNG = np.random.default_rng(8)
TRAIN_A, TRAIN_B, HELDOUT = (RNG.standard_normal((n, 5)) + 1.0 for n in (40, 36, 28))
SAMPLES_A, SAMPLES_B = RNG.standard_normal((2, 24, 5))


def counting(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> list[int]:
    """Return the number of rows of each later call of a function of a module."""
    calls: list[int] = []
    whole: Callable[..., Any] = getattr(module, name)

    def counted(rows: Any, *rest: Any) -> Any:
        calls.append(len(rows))
        return whole(rows, *rest)

    monkeypatch.setattr(module, name, counted)
    return calls


def test_rows_are_digested_once_whatever_samples_come(monkeypatch: pytest.MonkeyPatch) -> None:
    digested = counting(monkeypatch, digests_module, "row_digests")
    twins = Twins(SAMPLES_A, SAMPLES_B, TRAIN_A, TRAIN_B, HELDOUT)
    others = twins.centred().with_samples(SAMPLES_B[:9])
    assert others.shared_training_rows == twins.shared_training_rows == 0
    assert others.train_a is twins.train_a
    assert digested == [40, 36, 28]


def test_the_rows_of_other_samples_are_the_same_object() -> None:
    twins = Twins(SAMPLES_A, SAMPLES_B, TRAIN_A, TRAIN_B, HELDOUT)
    assert twins.with_samples(SAMPLES_B).rows is twins.rows
    assert twins.centred().rows.digests is twins.rows.digests
    assert (twins.rows.origin, twins.origin) == (None, None)
    origin = twins.centred().origin
    assert origin is not None
    np.testing.assert_allclose(origin, np.concatenate([TRAIN_A, TRAIN_B, HELDOUT]).mean(axis=0))


def test_searches_and_directions_are_kept_for_the_latest_seed() -> None:
    rows = Rows(TRAIN_A, TRAIN_B, HELDOUT)
    found, directions = sides(rows, (1,), both=True), rows.reference((1,), 3, jackknife=True)
    assert sides(rows, (1,), both=True) is found
    assert rows.reference((1,), 3, jackknife=True) is directions
    assert sides(rows, (1,), both=False) is not found
    assert rows.reference((2,), 3, jackknife=True) is not directions
    again, _ = sides(rows, (1,), both=True)
    assert again is not found[0]
    for one, other in zip(again, found[0], strict=True):
        np.testing.assert_array_equal(one.labels, other.labels)


def test_an_audit_finds_the_directions_of_held_out_rows_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = counting(monkeypatch, rows_module, "jackknifed")
    twins = Twins(SAMPLES_A, SAMPLES_B, TRAIN_A, TRAIN_B, HELDOUT)
    ts.audit(twins=twins, rng=0)
    assert found == [28]


def test_twins_of_rows_are_the_twins_of_the_arrays() -> None:
    rows = Rows(TRAIN_A, TRAIN_B, HELDOUT)
    whole = Twins(SAMPLES_A, SAMPLES_B, TRAIN_A, TRAIN_B, HELDOUT)
    ours = Twins.of(rows, SAMPLES_A, SAMPLES_B)
    assert ours.fingerprint == whole.fingerprint
    assert repr(ours) == repr(whole)
    xr.testing.assert_identical(ts.measure(ours, rng=1), ts.measure(whole, rng=1))


def test_rows_refuse_what_twins_refuse() -> None:
    with pytest.raises(InputError, match=r"^train_a is needed"):
        Rows()
    with pytest.raises(InputError, match=r"^heldout must not hold rows of train_a"):
        Rows(TRAIN_A, heldout=np.concatenate([HELDOUT[:9], TRAIN_A[:9]]))
    with pytest.raises(InputError, match=r"^heldout must have as many columns as train_a, 5"):
        Rows(TRAIN_A, heldout=HELDOUT[:, :4])
    with pytest.raises(InputError, match=r"^samples_a must have as many columns as train_a, 5"):
        Twins.of(Rows(TRAIN_A), SAMPLES_A[:, :4])


def test_closeness_handed_to_measure_is_deprecated_and_still_taken() -> None:
    twins = Twins(SAMPLES_A, SAMPLES_B, TRAIN_A, TRAIN_B, HELDOUT)
    found = memorisation.closeness(twins, 3)
    says = "closeness of measure is deprecated, and will be removed in twinseed 0.3.0: write "
    with pytest.warns(DeprecationWarning, match=f"{says}.*measured") as said:
        given = ts.measure(twins, rng=3, closeness=found)
    assert Path(said[0].filename).name == Path(__file__).name
    xr.testing.assert_identical(given, ts.measure(twins, rng=3))


def test_what_is_kept_stays_with_the_thread_that_found_it() -> None:
    """Another thread keeps something else between the look and the answer."""

    class Meanwhile(dict[str, Any]):
        def __getitem__(self, name: str) -> Any:
            found = super().__getitem__(name)
            self[name] = 2, "other"
            return found

        def get(self, name: str, default: Any = None) -> Any:
            return self[name]

    rows = Rows(np.eye(3))
    object.__setattr__(rows, "_latest", Meanwhile(what=(1, "mine")))
    assert rows.kept("what", 1, lambda: "made again") == "mine"
