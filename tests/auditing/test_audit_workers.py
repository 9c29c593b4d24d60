"""An audit gives the same bits with any number of threads, and on a Dask cluster."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.sweep.small_cluster import small_cluster
from typer.testing import CliRunner

import twinseed as ts
from twinseed import neighbours
from twinseed.auditing import familiar, judging, searches, spaces
from twinseed.auditing.estimates import IntervalEstimate
from twinseed.errors import InputError
from twinseed.lanes import Place, at_once, here, placed
from twinseed.verbs import places, sharding

D = 6


def given() -> dict[str, np.ndarray]:
    """Twins with copies, and with equal rows, so that ties are decided."""
    rng = np.random.default_rng(0)
    sizes = {"train_a": 60, "samples_a": 40, "train_b": 55, "samples_b": 40, "heldout": 50}
    made = {name: rng.standard_normal((size, D)) + 2.0 for name, size in sizes.items()}
    made["train_a"][[7, 23, 49]] = made["train_a"][0]
    made["samples_a"][:5] = made["train_a"][[0, 12, 30, 44, 49]]
    return made


def bits(audit: ts.auditing.Audit) -> tuple[dict[str, Any], dict[str, list[float]]]:
    """Return every number of an audit, and the score of each sample."""
    scores = {name: one.tolist() for name, one in audit.copying.scores.items()}
    return audit.to_dict(), scores


@pytest.fixture
def divided(monkeypatch: pytest.MonkeyPatch) -> None:
    """Divide small searches too."""
    monkeypatch.setattr(neighbours, "_SHARED", 0)
    monkeypatch.setattr(neighbours, "_FEWEST", 3)


@pytest.mark.usefixtures("divided")
def test_any_number_of_workers_gives_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    parts: list[int] = []
    divide = neighbours._in_parts

    def counted(*args: Any) -> None:
        parts.append(args[-2])
        divide(*args)

    monkeypatch.setattr(neighbours, "_in_parts", counted)
    one = bits(ts.audit(**given(), rng=3, factors=2, workers=1))
    assert parts == []
    assert bits(ts.audit(**given(), rng=3, factors=2, workers=3)) == one
    assert 3 in parts, "searches were divided"
    assert here() == Place(1), "the place is left at the end"


@pytest.mark.parametrize(("most", "whole"), [(9, True), (1, False)], ids=["few", "many"])
@pytest.mark.usefixtures("divided")
def test_threads_do_whole_searches_of_few_rows(
    most: int, whole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = bits(ts.audit(**given(), rng=3, factors=2, workers=1))
    seen: list[Place] = []
    search = spaces.nearest

    def counted(*args: Any, **options: Any) -> Any:
        seen.append(here())
        return search(*args, **options)

    monkeypatch.setattr(spaces, "nearest", counted)
    monkeypatch.setattr(spaces, "searches_at_once", lambda entries: most)
    assert bits(ts.audit(**given(), rng=3, factors=2, workers=2)) == one
    alone = Place(workers=1, sharing=2)
    assert len(seen) == 5 * 3 + 2 * 2, "each role, for 2 + 2 sets and real rows, and two controls"
    assert set(seen) == {alone if whole else Place(2)}


STAGES = (
    "covariance_null",
    "familiar",
    "agreement",
    "screened",
    "fitness",
    "controlled",
    "factors_of",
)


def test_threads_do_whole_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The null waits until another stage has begun; one thread alone would wait for ever."""
    one = bits(ts.audit(**given(), rng=3, factors=2, workers=1))
    together = threading.Barrier(2, timeout=60)
    seen: list[tuple[str, Place]] = []

    def watched(name: str, stage: Any) -> Any:
        def begun(*args: Any, **options: Any) -> Any:
            seen.append((name, here()))
            if name in ("covariance_null", "familiar"):
                together.wait()
            return stage(*args, **options)

        return begun

    for name in STAGES:
        monkeypatch.setattr(judging, name, watched(name, getattr(judging, name)))
    tests = []
    examine = searches.Searches.examined
    monkeypatch.setattr(
        searches.Searches,
        "examined",
        lambda self, rng: tests.append(here()) or examine(self, rng),
    )
    assert bits(ts.audit(**given(), rng=3, factors=2, workers=2)) == one
    assert sorted(name for name, _ in seen) == sorted(STAGES)
    assert {place for _, place in seen} | set(tests) == {Place(sharing=2)}


@pytest.mark.parametrize("workers", [1, 3])
def test_progress_comes_from_the_thread_of_the_caller(workers: int) -> None:
    steps: list[tuple[int, bool]] = []

    def told(count: int) -> None:
        steps.append((count, threading.current_thread() is threading.main_thread()))

    ts.audit(**given(), rng=3, factors=2, workers=workers, progress=told)
    assert all(here for _, here in steps)
    assert sum(count for count, _ in steps) == 25


def test_threads_do_whole_comparisons_of_the_familiar_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def numbers() -> list[dict[str, Any]]:
        found = familiar.familiar(ts.Twins(**given()), IntervalEstimate(0.5, 0.4, 0.6), (3,))
        return [one.to_dict() for one in found]

    one = numbers()
    seen: list[Place] = []
    search = familiar.two_nearest

    def counted(*args: Any) -> Any:
        seen.append(here())
        return search(*args)

    monkeypatch.setattr(familiar, "two_nearest", counted)
    with placed(Place(2)):
        assert numbers() == one
    assert seen == [Place(sharing=2)] * 8, "samples and new rows of both sides, twice each"


@pytest.mark.parametrize("sharing", [1, 2])
def test_searches_at_the_same_time_share_the_memory(
    sharing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    within = neighbours.BlockSizes.within
    monkeypatch.setattr(
        neighbours.BlockSizes,
        "within",
        lambda memory, *sizes: seen.append(memory) or within(memory, *sizes),
    )
    with placed(Place(sharing=sharing)):
        neighbours.nearest(np.eye(3), np.eye(3), memory=64 << 20)
    assert seen == [(64 << 20) // sharing]


def test_more_threads_than_pieces_leave_the_division_to_each_piece() -> None:
    done: list[Place] = []

    def piece() -> Place:
        return here()

    for workers, most, expected in ((2, 9, 1), (3, 9, 3), (2, 1, 2)):
        with placed(Place(workers)):
            found = at_once([piece, piece], most, lambda: done.append(here()))
        assert [one.workers for one in found] == [expected] * 2
    assert len(done) == 3 * 2, "the caller is told of each piece"


@pytest.mark.usefixtures("divided")
def test_measure_with_any_number_of_workers() -> None:
    twins = ts.Twins(**given())
    one = ts.measure(twins, rng=3, factors=2, workers=1)
    assert one.identical(ts.measure(twins, rng=3, factors=2, workers=3))


@pytest.mark.parametrize(
    "call",
    [
        lambda: ts.audit(**given(), rng=0, workers=0),
        lambda: ts.measure(ts.Twins(**given()), rng=0, workers=0),
    ],
    ids=["audit", "measure"],
)
def test_a_bad_number_of_workers_is_refused_before_any_work(call: Any) -> None:
    with pytest.raises(InputError, match="workers must be a whole number"):
        call()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[str]:
    with small_cluster(tmp_path_factory.mktemp("cluster"), root) as found:
        yield found


@pytest.mark.extras
@pytest.mark.nightly
@pytest.mark.usefixtures("divided")
def test_a_cluster_gives_the_bits_of_one_process(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows in shards: files of several roles, arrays, and whole arrays."""
    rows = given()
    one = bits(ts.audit(**rows, rng=3, factors=2, workers=1))
    monkeypatch.setattr(sharding, "ENTRIES", 45 * D)  # tasks of 45 rows at the most
    searches: list[int] = []
    monkeypatch.setattr(places, "search_on", _counted(searches))
    shards: dict[str, Any] = dict(rows)
    shards["train_a"] = []
    for k, part in enumerate(np.array_split(rows["train_a"], 3)):
        shards["train_a"].append(tmp_path / f"train_a_{k}.npy")
        np.save(shards["train_a"][-1], part)
    shards["heldout"] = np.array_split(rows["heldout"], 2)
    found = ts.audit(**shards, rng=3, factors=2, cluster=address)
    assert bits(found) == one
    assert len(searches) > 5, "the cluster searched"


def _counted(searches: list[int]) -> Any:
    search = sharding.search_on

    def counted(client: Any, queries: Any, *rest: Any) -> Any:
        searches.append(len(queries))
        return search(client, queries, *rest)

    return counted


@pytest.mark.extras
@pytest.mark.nightly
@pytest.mark.usefixtures("divided")
def test_the_command_on_a_cluster_and_with_workers(address: str, tmp_path: Path) -> None:
    from twinseed.cli import app

    words = ["audit", "--json", "--factors", "2", "--seed", "3", "--quiet"]
    for name, rows in given().items():
        np.save(tmp_path / f"{name}.npy", rows)
        words += [f"--{name.replace('_', '-')}", str(tmp_path / f"{name}.npy")]
    printed = []
    for more in (["--workers", "1"], ["--workers", "2"], ["--cluster", address]):
        done = CliRunner().invoke(app, [*words, *more])
        assert done.exit_code in (0, 1, 3), done.output
        printed.append(json.loads(done.stdout))
    assert printed[0] == printed[1] == printed[2]


def test_no_scheduler_at_the_address() -> None:
    pytest.importorskip("distributed")
    with pytest.raises(InputError, match="cluster has no Dask scheduler that answers"):
        ts.audit(**given(), rng=0, cluster="tcp://127.0.0.1:1:1")
