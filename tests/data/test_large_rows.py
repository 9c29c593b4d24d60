"""Directions of rows larger than memory: in blocks, read a few times, whatever the rows hold."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import twinseed as ts
from twinseed.data import directions as principal_module
from twinseed.data.directions import principal_without
from twinseed.status import Status

Rows = np.ndarray[Any, Any]


def falling(n: int, d: int) -> Rows:
    """Rows whose leading directions are far apart in variance."""
    rng = np.random.default_rng(3)
    return rng.standard_normal((n, d)) / np.arange(1, d + 1)


def test_the_jackknife_never_copies_the_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(principal_module, "_DENSE", 10)  # as if both sides were beyond 4,096
    np.save(tmp_path / "rows.npy", falling(800, 2000))
    rows = np.load(tmp_path / "rows.npy", mmap_mode="r")
    labels = np.arange(800) % 10
    tracemalloc.start()
    found, without = principal_without(rows, 2, labels)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.7 * rows.nbytes, "as large as the rows without a group"
    monkeypatch.undo()
    whole, parts = principal_without(rows, 2, labels)
    for one, other in zip([found, *without], [whole, *parts], strict=True):
        np.testing.assert_allclose(one.eigenvalues, other.eigenvalues, rtol=1e-9)
        cosines = np.abs(np.sum(one.vectors * other.vectors, axis=0))
        np.testing.assert_allclose(cosines, 1.0, rtol=1e-9)


class Counted(np.ndarray):  # type: ignore[type-arg]  # counts what is taken out of it
    """Rows that count the bytes read."""

    read = 0

    def __getitem__(self, key: Any) -> Any:
        taken = np.asarray(super().__getitem__(key))
        Counted.read += taken.nbytes
        return taken


@pytest.mark.parametrize(
    ("shape", "passes"), [((64, 1 << 16), 3), ((1 << 16, 64), 3), ((20000, 200), 3)]
)
def test_rows_are_read_three_times(
    shape: tuple[int, int], passes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once for the mean, once for the products, once for the vectors, or the groups' products."""
    monkeypatch.setattr(Counted, "read", 0)
    rows = falling(*shape).view(Counted)
    principal_without(rows, 2, np.arange(len(rows)) % 10)
    assert Counted.read <= passes * rows.nbytes


def test_matrices_of_groups_that_do_not_fit_together_take_more_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows, labels = falling(300, 20), np.arange(300) % 10
    together = principal_without(rows, 3, labels)[1]
    monkeypatch.setattr(principal_module, "_ROOM", 3 * 20**2)
    monkeypatch.setattr(Counted, "read", 0)
    apart = principal_without(rows.view(Counted), 3, labels)[1]
    assert Counted.read == (2 + 4) * rows.nbytes
    for one, other in zip(together, apart, strict=True):
        assert np.array_equal(one.vectors, other.vectors)


def of_rank(rank: int) -> Rows:
    rng = np.random.default_rng(rank)
    return rng.standard_normal((60, rank)) @ rng.standard_normal((rank, 40)) + 3.0


STILL = {
    "constant": np.full((60, 40), 0.1),
    "zero": np.zeros((60, 40)),
    "two rows": np.repeat(np.random.default_rng(0).standard_normal((2, 40)), 30, axis=0),
    "rank 1": of_rank(1),
    "rank 2": of_rank(2),
    "rank 5": of_rank(5),
}


@pytest.mark.parametrize("kind", STILL)
@pytest.mark.parametrize("dense", [10, 4096])
def test_rows_of_low_rank(kind: str, dense: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(principal_module, "_DENSE", dense)
    rows, labels = STILL[kind], np.arange(60) % 10
    found, without = principal_without(rows, 8, labels)
    for one, kept in ((found, rows), (without[3], rows[labels != 3])):
        values, vectors = np.linalg.eigh(np.cov(kept.T))
        scale = max(float(values[-1]), 1e-12)
        np.testing.assert_allclose(one.eigenvalues, values[::-1][:8], atol=1e-12 * scale)
        np.testing.assert_allclose(one.vectors.T @ one.vectors, np.eye(8), atol=1e-12)
        rank = int(np.sum(values > 1e-9 * scale))
        mine, theirs = one.vectors[:, :rank], vectors[:, ::-1][:, :rank]
        np.testing.assert_allclose(mine @ mine.T, theirs @ theirs.T, atol=1e-9)


@pytest.mark.parametrize("dense", [10, 4096])
def test_constant_held_out_rows_have_no_directions(
    dense: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where their mean is not exact: a tenth, sixty times."""
    monkeypatch.setattr(principal_module, "_DENSE", dense)
    rng = np.random.default_rng(1)
    samples, train = rng.standard_normal((2, 30, 40))
    twins = ts.Twins(samples, None, train, heldout=STILL["constant"])
    readout = ts.measure(twins, rng=0, factors=3)
    assert set(readout.recovery_status.values.astype(str)) == {Status.NOT_IDENTIFIABLE}
