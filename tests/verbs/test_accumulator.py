"""The accumulator is ``measure``, whatever the batches, and looks at the real rows once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import xarray as xr

import twinseed as ts
from twinseed import neighbours
from twinseed.data import directions
from twinseed.errors import InputError
from twinseed.verbs import accumulator

D = 12
RNG = np.random.default_rng(0)
TRAIN_A, TRAIN_B, HELDOUT = (RNG.standard_normal((40, D)) * np.linspace(3, 1, D) for _ in range(3))
TRAIN_B = TRAIN_B[:33]
SAMPLES_A = RNG.standard_normal((25, D)) * np.linspace(3, 1, D)
SAMPLES_A[:3] = TRAIN_A[:3] + 1e-3
SAMPLES_B = SAMPLES_A + RNG.standard_normal((25, D))


def cut(lengths: list[int]) -> Iterator[slice]:
    start = 0
    for length in lengths:
        yield slice(start, start + length)
        start += length
    assert start == len(SAMPLES_A)


CASES = {
    "twins": ({"heldout": HELDOUT, "train_b": TRAIN_B}, True),
    "twins of one training set": ({"heldout": HELDOUT}, True),
    "one generator": ({"heldout": HELDOUT[:20]}, False),
    "no held-out rows": ({}, True),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("lengths", [[25], [1] * 25, [7, 1, 17]], ids=str)
def test_it_is_measure_whatever_the_batches(
    case: str, lengths: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accumulator, "_TOGETHER", 4)  # samples searched for together
    real, both = CASES[case]
    seen = ts.Accumulator(train_a=TRAIN_A, **real, rng=5, factors=2)
    for part in cut(lengths):
        seen.update(SAMPLES_A[part], SAMPLES_B[part] if both else None)
    twins = ts.Twins(SAMPLES_A, SAMPLES_B if both else None, TRAIN_A, **real)
    xr.testing.assert_identical(seen.compute(), ts.measure(twins, rng=5, factors=2))


@pytest.mark.parametrize("resamples", [0, 3])
def test_it_is_measure_with_its_options(resamples: int) -> None:
    options = {"rng": 1, "factors": 3, "resamples": resamples}
    seen = ts.Accumulator(
        train_a=TRAIN_A, train_b=TRAIN_B, heldout=HELDOUT, centred=True, **options
    )
    seen.update(SAMPLES_A, SAMPLES_B)
    twins = ts.Twins(SAMPLES_A, SAMPLES_B, TRAIN_A, TRAIN_B, HELDOUT).centred()
    xr.testing.assert_identical(seen.compute(), ts.measure(twins, **options))


def test_any_number_of_threads_gives_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "_SHARED", 0)
    monkeypatch.setattr(neighbours, "_FEWEST", 3)
    divided = []
    parts = neighbours._in_parts

    def counted(*given: Any) -> None:
        divided.append(given[8])
        parts(*given)

    monkeypatch.setattr(neighbours, "_in_parts", counted)
    found = []
    for workers in (1, 2, 3):
        seen = ts.Accumulator(train_a=TRAIN_A, heldout=HELDOUT, rng=0, workers=workers)
        seen.update(SAMPLES_A)
        found.append(seen.compute())
    assert set(divided) == {2, 3}
    xr.testing.assert_identical(found[0], found[1])
    xr.testing.assert_identical(found[0], found[2])
    with pytest.raises(ts.InputError, match="workers"):
        ts.Accumulator(train_a=TRAIN_A, rng=0, workers=0)


def test_compute_may_come_at_any_time_and_reset_forgets() -> None:
    seen = ts.Accumulator(train_a=TRAIN_A, heldout=HELDOUT, rng=0)
    seen.update(SAMPLES_B[:10])
    first = seen.compute()
    xr.testing.assert_identical(first, seen.compute())
    seen.update(SAMPLES_B[10:])
    assert (seen.seeds, seen.compute().attrs["seeds"]) == (25, 25)
    seen.reset()
    assert seen.seeds == 0
    seen.update(SAMPLES_B[:10])
    xr.testing.assert_identical(first, seen.compute())


def test_after_a_reset_the_second_generator_may_stay_away() -> None:
    seen = ts.Accumulator(train_a=TRAIN_A, heldout=HELDOUT, rng=0)
    seen.update(SAMPLES_A, SAMPLES_B)
    seen.reset()
    seen.update(SAMPLES_A)
    assert str(seen.compute().convergence_status.item()) == "not identifiable"


def test_a_buffer_may_be_filled_again() -> None:
    buffer = SAMPLES_A[:10].copy()
    seen, kept = (ts.Accumulator(train_a=TRAIN_A, heldout=HELDOUT, rng=0) for _ in range(2))
    seen.update(buffer)
    buffer[:] = SAMPLES_A[10:20]
    seen.update(buffer)
    kept.update(SAMPLES_A[:20])
    xr.testing.assert_identical(seen.compute(), kept.compute())


def test_the_real_rows_are_decomposed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = ts.Accumulator(train_a=TRAIN_A, heldout=HELDOUT, rng=0, resamples=0)
    decomposed = []

    def counted(rows: np.ndarray, *rest: Any) -> Any:
        decomposed.append(len(rows))
        return find(rows, *rest)

    find = directions.principal
    monkeypatch.setattr(directions, "principal", counted)
    for _ in range(2):
        seen.update(SAMPLES_A)
        seen.compute()
    assert len(HELDOUT) not in decomposed
    assert decomposed == [25, 12, 50, 25], "all samples, then halves"


@pytest.mark.extras
def test_tensors_are_taken_as_they_come() -> None:
    import torch

    seen, plain = (ts.Accumulator(train_a=TRAIN_A, heldout=HELDOUT, rng=0) for _ in range(2))
    for part in cut([20, 5]):
        weight = torch.ones(1, requires_grad=True)
        images = weight * torch.from_numpy(SAMPLES_A[part].astype(np.float32))
        seen.update(images.reshape(-1, 1, 3, 4))
    plain.update(SAMPLES_A.astype(np.float32))
    xr.testing.assert_identical(seen.compute(), plain.compute())


@pytest.mark.parametrize(
    ("batch", "says"),
    [
        ((SAMPLES_A[:, :3], SAMPLES_B), "samples_a must have as many columns as train_a, 12"),
        ((SAMPLES_A, SAMPLES_B[:4]), "samples_b must have one row for each seed of samples_a, 25"),
        ((SAMPLES_A, None), "samples_b must be passed with every batch"),
        ((None, SAMPLES_B), "samples_a must hold real numbers"),
        ((np.full((2, D), np.nan), SAMPLES_B[:2]), r"samples_a\[0, 0\] must be finite"),
        ((SAMPLES_A[:0], SAMPLES_B[:0]), "samples_a must have at least 1 rows"),
    ],
)
def test_a_bad_batch_is_refused_and_changes_nothing(batch: tuple[Any, Any], says: str) -> None:
    seen = ts.Accumulator(train_a=TRAIN_A, train_b=TRAIN_B, heldout=HELDOUT, rng=0)
    seen.update(SAMPLES_A, SAMPLES_B)
    before = seen.compute()
    with pytest.raises(InputError, match=says):
        seen.update(*batch)
    xr.testing.assert_identical(seen.compute(), before)


def test_a_second_generator_comes_always_or_never() -> None:
    seen = ts.Accumulator(train_a=TRAIN_A, heldout=HELDOUT, rng=0)
    seen.update(SAMPLES_A)
    with pytest.raises(
        InputError, match="samples_b must be passed with every batch or with no batch"
    ):
        seen.update(SAMPLES_A, SAMPLES_B)


def test_nothing_is_computed_from_too_few_samples() -> None:
    seen = ts.Accumulator(train_a=TRAIN_A, heldout=HELDOUT, rng=0)
    for _ in range(2):
        with pytest.raises(InputError, match="samples_a must have at least 2 rows"):
            seen.compute()
        if not seen.seeds:
            seen.update(SAMPLES_A[:1])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"heldout": TRAIN_A}, "heldout must not hold rows of train_a"),
        ({"train_b": TRAIN_A}, "train_b must not hold the same rows"),
        ({"heldout": HELDOUT[:, :2]}, "heldout must have as many columns"),
        ({"factors": 1.5}, "factors must be a whole number"),
        ({"resamples": 1}, "resamples must not be 1"),
        ({"rng": -1}, "rng must be a seed"),
    ],
)
def test_bad_arguments_are_refused_at_once(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        ts.Accumulator(train_a=TRAIN_A, **{"rng": 0, **arguments})
