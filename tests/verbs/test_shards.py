"""Shards on a real Dask cluster: the numbers of ``measure``, to the last bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from tests.sweep.small_cluster import small_cluster

import twinseed as ts
from twinseed.errors import InputError, TwinseedError
from twinseed.verbs import sharding

pytestmark = pytest.mark.extras

D = 6
Given = dict[str, np.ndarray]


def roles(dtype: type = np.float64) -> Given:
    """Twins with copies, and with equal rows in several shards, so that ties are decided."""
    rng = np.random.default_rng(0)
    sizes = {"samples_a": 30, "samples_b": 30, "train_a": 50, "train_b": 40, "heldout": 45}
    made = {name: rng.standard_normal((size, D)) + 3.0 for name, size in sizes.items()}
    made["train_a"][[7, 23, 49]] = made["train_a"][0]
    made["samples_a"][:4] = made["train_a"][[0, 12, 30, 44]]
    made["samples_b"][:2] = made["heldout"][:2] = 2 * made["train_b"][:2]
    return {name: rows.astype(dtype) for name, rows in made.items()}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[str]:
    with small_cluster(tmp_path_factory.mktemp("cluster"), root) as found:
        yield found


def arrays(name: str, rows: np.ndarray, folder: Path) -> Any:
    return np.array_split(rows, 3)


def files(name: str, rows: np.ndarray, folder: Path) -> Any:
    paths = [folder / f"{name}_{i}.npy" for i in range(4)]
    for path, part in zip(paths, np.array_split(rows, 4), strict=True):
        np.save(path, part)
    return paths


def dask_arrays(name: str, rows: np.ndarray, folder: Path) -> Any:
    import dask.array

    return dask.array.from_array(rows, chunks=(13, 4))


def one_of_each(name: str, rows: np.ndarray, folder: Path) -> Any:
    path = folder / f"{name}.npz"
    np.savez(path, rows=rows[:9])
    return [path, rows[9:10].tolist(), dask_arrays(name, rows[10:], folder)]


def whole(name: str, rows: np.ndarray, folder: Path) -> Any:
    return rows


@pytest.mark.parametrize("cut", [arrays, files, dask_arrays, one_of_each, whole])
def test_the_numbers_are_those_of_measure(
    cut: Callable[..., Any], address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharding, "ENTRIES", 11 * D)  # tasks of eleven rows at the most
    given = roles(np.float32 if cut is files else np.float64)
    found = ts.measure_shards(
        cluster=address,
        **{name: cut(name, rows, tmp_path) for name, rows in given.items()},
        rng=4,
        factors=2,
        scratch=tmp_path,
    )
    xr.testing.assert_identical(found, ts.measure(ts.Twins(**given), rng=4, factors=2))
    assert not [path for path in tmp_path.iterdir() if path.is_dir()], "no scratch is left"


def test_with_its_options_and_one_generator(address: str) -> None:
    given = roles()
    rows = {name: given[name].reshape(-1, 1, 2, 3) for name in ("samples_a", "train_a")}
    options = {"rng": 1, "factors": 1, "resamples": 0}
    found = ts.measure_shards(
        cluster=address,
        **{name: np.array_split(images, 2) for name, images in rows.items()},
        centred=True,
        **options,
    )
    twins = ts.Twins(rows["samples_a"], None, rows["train_a"]).centred()
    xr.testing.assert_identical(found, ts.measure(twins, **options))


def test_the_nearest_rows_are_the_same_and_ties_go_to_the_first(address: str) -> None:
    from twinseed.neighbours import Nearest, nearest
    from twinseed.sweep.cluster import connected

    given = roles()
    labels = np.arange(50) % 3
    labels[[5, 6, 20]] = -1
    origin = np.full(D, 3.0)
    with connected(address) as client:
        pieces = [
            sharding.pieces_of("train_a", np.array_split(given[name], 4), client)
            for name in ("samples_a", "train_a")
        ]
        asked = sharding.search(client, *pieces, labels, origin, 8 << 20)
        found = Nearest.joined(client.gather(asked))
    kept = labels >= 0
    there = nearest(given["samples_a"], given["train_a"][kept], groups=labels[kept], origin=origin)
    for name in ("cosine", "cosine_row", "distance", "distance_row"):
        assert np.array_equal(getattr(found, name), getattr(there, name)), name
    assert found.distance_row[0, 0] == 0, "not one of the copies of row 0 in later shards"


def asked(address: str, **changed: Any) -> Any:
    rows = {name: np.array_split(rows, 2) for name, rows in roles().items()}
    return ts.measure_shards(cluster=address, **{**rows, "rng": 0, **changed})


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"train_a": []}, "train_a must have a shard"),
        ({"train_a": ["absent.npy"]}, "train_a must be a file that exists .*absent.npy"),
        (
            {"heldout": [np.ones((3, D)), np.ones((3, 2))]},
            "heldout must have shards of rows of one",
        ),
        ({"heldout": np.ones((3, 2))}, "heldout must have as many columns"),
        ({"heldout": np.ones(3)}, "heldout must have shards of rows"),
        ({"samples_b": roles()["samples_b"][:9]}, "samples_b must have one row for each seed"),
        ({"train_b": [roles()["train_a"]]}, "train_b must not hold the same rows"),
        ({"samples_a": np.full((30, D), np.nan)}, r"samples_a\[0, 0\] must be finite"),
        ({"resamples": 1}, "resamples must not be 1"),
        ({"factors": -1}, "factors must be a whole number"),
    ],
)
def test_bad_input_is_named_by_its_role(address: str, changed: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        asked(address, **changed)


def test_a_file_that_workers_do_not_see_is_named(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.npy"
    np.save(path, roles()["train_a"])
    search = sharding.search

    def without(*given: Any) -> Any:
        path.unlink(missing_ok=True)
        return search(*given)

    monkeypatch.setattr("twinseed.verbs.shards.search", without)
    with pytest.raises(TwinseedError, match=r"worker of the cluster cannot read .*rows\.npy"):
        asked(address, train_a=path)


def test_workers_of_another_version_are_refused(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharding, "__version__", "0.0.0")
    with pytest.raises(TwinseedError, match=r"this process has 0\.0\.0: install the same version"):
        asked(address)
