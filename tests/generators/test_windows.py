"""Schedules of windows: chosen by level, kept in files, and measured on denoisers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import twinseed as ts
from twinseed.generators import DenoiserFlow
from twinseed.generators.score_machine import LocalScoreMachine, Windows, measure_windows

MEASURED = Windows([0.1, 10.0, 1.0], [0, 7, 2], [0.5, 0.25, -1.0])


def test_levels_are_kept_in_falling_order_with_what_belongs_to_them() -> None:
    ordered = Windows([10.0, 1.0, 0.1], [7, 2, 0], [0.25, -1.0, 0.5])
    assert ordered == MEASURED


@pytest.mark.parametrize(
    ("sigma", "reach"),
    [(1e9, 7), (10.0, 7), (3.2, 7), (3.1, 2), (0.32, 2), (0.31, 0), (1e-9, 0)],
)
def test_the_nearest_level_by_its_logarithm_decides(sigma: float, reach: int) -> None:
    assert MEASURED.at(sigma) == reach


def test_between_two_levels_at_equal_distance_the_higher_counts() -> None:
    assert Windows([4.0, 1.0], [3, 1]).at(2.0) == 3


@pytest.mark.parametrize("ending", ["json", "csv"])
def test_a_file_gives_the_same_schedule(tmp_path: Path, ending: str) -> None:
    for windows in (MEASURED, Windows([1 / 3], [4])):
        path = tmp_path / f"windows.{ending}"
        windows.write(path)
        assert Windows.read(path) == windows


def test_files_have_names_for_what_they_hold(tmp_path: Path) -> None:
    MEASURED.write(tmp_path / "windows.csv")
    assert (tmp_path / "windows.csv").read_text().splitlines() == [
        "level,half_width,similarity",
        "10.0,7,0.25",
        "1.0,2,-1.0",
        "0.1,0,0.5",
    ]
    MEASURED.write(tmp_path / "windows.json")
    found = json.loads((tmp_path / "windows.json").read_text())
    assert found == {
        "levels": [10.0, 1.0, 0.1],
        "half_widths": [7, 2, 0],
        "similarities": [0.25, -1.0, 0.5],
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bad.json", "{"),
        ("bad.json", "[1, 2]"),
        ("bad.json", '{"levels": [1.0]}'),
        ("bad.json", '{"levels": [1.0], "half_widths": [1, 2]}'),
        ("bad.json", '{"levels": [1.0], "half_widths": [1.5]}'),
        ("bad.csv", "sigma,R\n1.0,2\n"),
        ("bad.csv", "level,half_width\n1.0,wide\n"),
        ("bad.csv", ""),
    ],
)
def test_a_file_without_a_schedule_is_named(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ts.InputError, match=r"path has no schedule of windows \(.*bad\."):
        Windows.read(tmp_path / name)


def test_a_file_that_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ts.InputError, match="path cannot be read"):
        Windows.read(tmp_path / "missing.json")
    with pytest.raises(ts.InputError, match=r"path must end in \.json or \.csv"):
        Windows.read(tmp_path / "windows.npy")
    with pytest.raises(ts.InputError, match=r"path must end in \.json or \.csv"):
        MEASURED.write(tmp_path / "windows.txt")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ts.InputError, match=r"path cannot be read \(it is not text\)"):
        Windows.read(tmp_path / "bytes.json")


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (([], []), "levels must be different numbers, at least one"),
        (([1.0, 1.0], [1, 2]), "levels must be different numbers"),
        (([1.0, 0.0], [1, 2]), r"levels\[1\] must be a finite number above zero"),
        ((3.0, [1]), "levels must be a list"),
        (([1.0], [1, 2]), "half_widths must have one entry for each of the 1 levels"),
        (([1.0], [-1]), r"half_widths\[0\] must be a whole number, at least 0"),
        (([1.0, 2.0], [1, 2], [0.5]), "similarities must have one entry"),
        (([1.0], [1], [1.5]), "similarities must lie from -1 to 1"),
        (([1.0], [1], [np.nan]), "similarities must lie from -1 to 1"),
    ],
)
def test_a_bad_schedule_is_named(given: tuple[object, ...], text: str) -> None:
    with pytest.raises(ts.InputError, match=text):
        Windows(*given)  # type: ignore[arg-type]


ROWS = np.random.default_rng(0).standard_normal((12, 1, 6, 6))
KNOWN = Windows(np.geomspace(8.0, 0.05, 5), [5, 4, 2, 1, 0])


@pytest.mark.parametrize("border", ["own", "clipped"])
def test_the_windows_of_a_machine_are_found(border: str) -> None:
    """On its own way a machine is matched by its own windows, and by no other, at each level."""
    machine = LocalScoreMachine(ROWS, KNOWN, border=border)
    flow = DenoiserFlow(machine, (1, 6, 6), 0.05, 8.0)
    found = measure_windows(flow, ROWS, levels=5, border=border, seeds=16)
    assert found.half_widths == KNOWN.half_widths
    assert np.allclose(found.levels, KNOWN.levels)
    assert np.allclose(found.similarities, 1.0, rtol=0, atol=1e-12)
    coarse = measure_windows(flow, ROWS, levels=5, border=border, seeds=16, half_widths=[5, 3, 0])
    assert coarse.half_widths[0] == 5
    assert set(coarse.half_widths) <= {0, 3, 5}
    assert coarse.similarities[2] < 0.999


def test_the_states_are_those_of_the_flow() -> None:
    """With as many levels as the sampler has, the last state is one step before the sample."""
    seen = []

    def denoiser(y: np.ndarray, sigma: float) -> np.ndarray:
        seen.append((sigma, y.copy()))
        return np.tanh(y) / (1 + sigma**2)

    flow = DenoiserFlow(denoiser, (1, 6, 6), 0.1, 10.0, ts.Euler(4))
    measure_windows(flow, ROWS, levels=5, seeds=3, rng=5, half_widths=[0])
    levels = np.geomspace(10.0, 0.1, 5)
    first = next(y for sigma, y in seen if sigma == 10.0)
    states = {round(sigma, 9): y for sigma, y in seen}
    assert sorted(states) == sorted(round(level, 9) for level in levels)
    assert abs(np.std(first / 10.0) - 1.0) < 0.2
    assert np.allclose(flow.sample(first.reshape(3, -1) / 10.0), states[0.1].reshape(3, -1))


def test_equal_half_widths_give_the_smallest_and_the_seed_decides_the_states() -> None:
    flow = DenoiserFlow(lambda y, sigma: np.tanh(y), (1, 6, 6), 0.1, 10.0)
    one_row = measure_windows(flow, ROWS[:1], levels=3, seeds=4)
    assert one_row.half_widths == (0, 0, 0)
    one, again, other = (measure_windows(flow, ROWS, levels=3, seeds=4, rng=r) for r in (1, 1, 2))
    assert one == again
    assert one.similarities != other.similarities


def test_half_widths_that_differ_by_rounding_alone_are_equal() -> None:
    """At the first level every row has the same weight, whatever the windows, but for rounding."""
    flow = DenoiserFlow(lambda y, sigma: np.tanh(y), (1, 6, 6), 0.1, 1e15, ts.Euler(2))
    for seed in range(8):
        found = measure_windows(flow, ROWS, levels=2, seeds=4, rng=seed)
        assert found.half_widths[0] == 0


def test_rows_come_in_any_shape_of_the_same_entries() -> None:
    flow = DenoiserFlow(lambda y, sigma: np.tanh(y), (1, 6, 6), 0.1, 10.0)
    wanted = measure_windows(flow, ROWS, levels=3, seeds=4)
    assert measure_windows(flow, ROWS.reshape(12, 36), levels=3, seeds=4) == wanted
    assert measure_windows(flow, ROWS[:, 0], levels=3, seeds=4) == wanted
    single = measure_windows(flow, ROWS, levels=3, seeds=4, dtype=np.float32)
    assert np.allclose(single.similarities, wanted.similarities, rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"denoiser": np.tanh}, "denoiser must be a DenoiserFlow"),
        ({"rows": ROWS[:, :, 1:]}, "rows must be images that the denoiser takes"),
        ({"rows": ROWS.reshape(12, 36)[:, 1:]}, "shape must be the shape of an image"),
        ({"levels": 1}, "levels must be a whole number, at least 2"),
        ({"seeds": 0}, "seeds must be a whole number, at least 1"),
        ({"half_widths": [6]}, r"half_widths\[0\] must be a whole number, at most 5"),
        ({"half_widths": []}, "half_widths must not be empty"),
        ({"border": "no"}, "border must be known"),
        ({"rng": -1}, "rng must be a seed"),
    ],
)
def test_a_bad_argument_of_the_measurement_is_named(change: dict[str, object], text: str) -> None:
    flow = DenoiserFlow(lambda y, sigma: np.tanh(y), (1, 6, 6), 0.1, 10.0)
    with pytest.raises(ts.InputError, match=text):
        measure_windows(**{"denoiser": flow, "rows": ROWS, "levels": 3, **change})


@pytest.mark.extras
def test_a_network_of_twinseed_train_can_be_measured() -> None:
    from twinseed.denoise import NoiseLevels, Preconditioned, UNet, flow

    network = flow(Preconditioned(UNet((1, 6, 6), scales=1, seed=0)), NoiseLevels(0.1, 10.0))
    found = measure_windows(network, ROWS, levels=3, seeds=4)
    assert len(found.half_widths) == len(found.similarities) == 3
    assert all(np.isfinite(found.similarities))
