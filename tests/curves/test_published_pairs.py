"""Folders of seed-matched samples: how files are named, what they tell with and without rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import twinseed as ts
from twinseed import neighbours
from twinseed.cli import app
from twinseed.curves import curves
from twinseed.curves.filenames import FileContent, by_pattern, by_rule
from twinseed.curves.published import published_pairs
from twinseed.errors import InputError
from twinseed.generators import LinearGenerator
from twinseed.generators.score_machine import Windows

SIZES = (12, 120)
SHAPE = (1, 6, 6)


def arrays() -> dict[FileContent, np.ndarray]:
    """Training rows and samples of linear twins, from one noise at every n."""
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((80, 36))
    rows = ts.Spiked([20.0]).sample(2 * SIZES[-1], 36, rng)
    found = {}
    for n in SIZES:
        for side, half in {"a": rows[:n], "b": rows[SIZES[-1] : SIZES[-1] + n]}.items():
            samples = LinearGenerator.fit(half, ts.Ridge(0.0), center=True).sample(noise)
            found[FileContent("train", n, side)] = half.astype(np.float32)
            found[FileContent("samples", n, side)] = samples.astype(np.float32)
    return found


def write(folder: Path, roles: Sequence[str], ending: str = "npy") -> Path:
    folder.mkdir(exist_ok=True)
    for place, rows in arrays().items():
        if place.role in roles:
            path = folder / f"{place.role}_group{place.side.upper()}_N{place.n}.{ending}"
            images = rows.reshape(-1, *SHAPE)
            if ending == "npy":
                np.save(path, images)
            else:
                import torch

                torch.save(torch.from_numpy(images), path)
    return folder


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("A_30.pt", "B_30.pt"),
        ("samples_groupA_N30.pt", "samples_groupB_N30.pt"),
        ("unet-first-30-images.pt", "unet-second-30-images.pt"),
        ("N30_1.pt", "N30_2.pt"),
        ("30oneHalf.pt", "30twoHalf.pt"),
        ("GEN_A_30.npy", "GEN_B_30.npy"),
    ],
)
def test_the_rule_reads_usual_names(a: str, b: str) -> None:
    expected = {FileContent("samples", 30, "a"): a, FileContent("samples", 30, "b"): b}
    assert by_rule([a, b]) == expected
    assert by_rule([b, a]) == expected


def test_of_several_numbers_n_is_the_one_that_varies() -> None:
    names = [f"{side}_{n}_80x80.pt" for n in (10, 100) for side in "AB"]
    assert sorted({place.n for place in by_rule(names)}) == [10, 100]
    with pytest.raises(InputError, match="file names without n"):
        by_rule(names[:2])


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        ([], "has no"),
        (["A_1000.pt"], "has no partner"),
        (["A_10.pt", "B_10.pt", "notes.pt"], "has no partner"),
        (["A_1.pt", "B_1.pt", "A_2.pt", "B_2.pt"], "belongs to two pairs"),
        (["A.pt", "B.pt"], "file names without n"),
        (["A_10.pt", "B_10.pt", "A-10.pt"], "two files with equal names"),
        (["train_A_10.pt", "train_B_10.pt"], "has no samples_a at n = 10"),
    ],
)
def test_names_that_cannot_be_read_are_named(names: list[str], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        by_rule(names)


def test_a_pattern_reads_what_the_rule_cannot() -> None:
    names = ["left.1.pt", "left.2.pt", "right.1.pt", "right.2.pt", "notes.pt"]
    found = by_pattern(names, "{side}.{n}.pt")
    assert found[FileContent("samples", 2, "b")] == "right.2.pt"
    assert len(found) == 4
    for pattern, problem in {
        "{side}.pt": "once each",
        "{side}-{n}.pt": "no file matches",
        "l{side}.{n}.pt": "two sides",
    }.items():
        with pytest.raises(InputError, match=problem):
            by_pattern(names, pattern)
    with pytest.raises(InputError, match="has no samples_b at n = 2"):
        by_pattern(names[1:3], "{side}.{n}.pt")


def test_samples_alone_tell_agreement_and_nothing_else(tmp_path: Path) -> None:
    found = published_pairs(write(tmp_path, ["samples"]))
    data = arrays()
    for n in SIZES:
        a, b = (data[FileContent("samples", n, side)] for side in "ab")
        mean = np.concatenate([a, b]).mean(axis=0)
        q = 2 * np.sum((a - mean) * (b - mean)) / np.sum((a - mean) ** 2 + (b - mean) ** 2)
        assert float(found.measured.convergence.sel(n=n)) == pytest.approx(q, rel=1e-4)
    assert np.all(abs(found.measured.convergence_null) < 0.1)
    assert np.all(found.measured.memorisation.isnull())
    assert found.linear is None
    assert found.predicted is None
    assert "Without training rows" in found.notes[0]
    assert found.pictures is not None
    assert found.pictures.shape == (2, 4, 2, 6, 6)


def test_any_number_of_threads_gives_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    measure = curves.measure

    def told(*given: Any, workers: int, **options: Any) -> Any:
        asked.append(workers)
        return measure(*given, workers=workers, **options)

    monkeypatch.setattr(curves, "measure", told)
    monkeypatch.setattr(neighbours, "_SHARED", 0)
    monkeypatch.setattr(neighbours, "_FEWEST", 3)
    folder = write(tmp_path, ["samples", "train"])
    one, two = (published_pairs(folder, workers=count) for count in (1, 2))
    assert asked == [1] * (2 * len(SIZES)) + [2] * (2 * len(SIZES))
    assert one.measured.identical(two.measured)
    assert one.linear is not None
    assert one.linear.identical(two.linear)
    with pytest.raises(InputError, match="workers must be"):
        published_pairs(folder, workers=0)


def test_with_training_rows_everything_is_measured(tmp_path: Path) -> None:
    found = published_pairs(write(tmp_path, ["samples", "train"]))
    assert found.linear is not None
    apart = abs(found.measured.convergence - found.linear.convergence)
    assert np.all(apart < 0.12)  # they are linear twins themselves, from other noise
    assert np.all(found.measured.memorisation > 0.3)
    assert found.predicted is not None
    assert found.notes == []
    wrong = next(tmp_path.glob("train_groupA_N12.npy"))
    np.save(wrong, np.load(wrong)[:-1])
    with pytest.raises(InputError, match="must have 12 rows"):
        published_pairs(tmp_path)


def audit(*words: object) -> Result:
    return CliRunner().invoke(app, ["audit", *map(str, words)], prog_name="twinseed")


def test_the_command_refuses_two_ways_of_saying_what_to_audit(tmp_path: Path) -> None:
    for words, problem in {
        ("--pattern", "{side}_{n}.pt"): "--pattern needs --pairs",
        ("--demo", "--pairs", tmp_path): "--demo comes with its own twins",
        ("--pairs", tmp_path, "--train-a", "x.npy"): "--pairs comes with its own samples",
        ("--pairs", tmp_path / "absent"): "must be a folder",
        ("--samples-a", "x.npy"): "--train-a is needed",
    }.items():
        done = audit(*words)
        assert done.exit_code == 2
        assert problem in done.stderr


@pytest.mark.extras
@pytest.mark.usefixtures("read_here")
def test_the_command_reads_tensors_and_gives_table_json_and_page(tmp_path: Path) -> None:
    folder = write(tmp_path / "pairs", ["samples"], "pt")
    page, readout = tmp_path / "page.html", tmp_path / "curves.nc"
    done = audit("--pairs", folder, "--html", page, "-o", readout)
    assert done.exit_code == 0, done.output
    assert "Without training rows" in done.stdout
    text = page.read_text(encoding="utf-8")
    assert 'id="training_agreement"' in text
    assert "samples_groupB_N120.pt" in text
    found = json.loads(audit("--pairs", folder, "--json").stdout)
    q = found["measured"]["variables"]["convergence"]["value"]
    assert q[0] < q[1]
    assert ts.__version__ in text
    named = audit("--pairs", folder, "--pattern", "samples_group{side}_N{n}.pt", "--json")
    assert json.loads(named.stdout)["measured"] == found["measured"]


def test_machines_of_the_training_images_are_measured_beside(tmp_path: Path) -> None:
    write(tmp_path, ["samples", "train"])
    whole = Windows([20.0, 0.02], [5, 5])
    found, alone = published_pairs(tmp_path, windows=whole), published_pairs(tmp_path)
    assert alone.machine is None
    assert found.machine is not None
    assert found.measured.identical(alone.measured)
    assert found.linear is not None
    assert found.linear.identical(alone.linear)
    assert np.all(found.machine.memorisation > 0.99)  # windows as large as the image memorise
    pixels = published_pairs(tmp_path, windows=Windows([20.0, 0.02], [0, 0]))
    assert pixels.machine is not None
    assert np.all(pixels.machine.memorisation < 0.99)
    assert found.settings["Local score machines"]["noise"] == "sigma from 0.02 to 20"
    assert found.notes == [curves.ABOUT_MACHINES]
    assert alone.notes == []


def test_page_terminal_and_json_say_what_the_points_of_machines_mean(tmp_path: Path) -> None:
    folder = write(tmp_path / "pairs", ["samples", "train"])
    Windows([20.0, 0.02], [5, 0]).write(tmp_path / "windows.json")
    page = tmp_path / "page.html"
    words = ("--pairs", folder, "--machine", tmp_path / "windows.json")
    table = audit(*words, "--html", page)
    assert table.exit_code == 0, table.output
    assert curves.ABOUT_MACHINES in " ".join(table.stdout.split())
    assert curves.ABOUT_MACHINES in page.read_text(encoding="utf-8")
    assert json.loads(audit(*words, "--json").stdout)["notes"] == [curves.ABOUT_MACHINES]


def test_machines_need_rows_images_and_two_levels(tmp_path: Path) -> None:
    write(tmp_path, ["samples"])
    with pytest.raises(InputError, match="windows must be given with training rows"):
        published_pairs(tmp_path, windows=Windows([20.0, 0.02], [5, 5]))
    write(tmp_path, ["samples", "train"])
    with pytest.raises(InputError, match="windows must have at least two levels"):
        published_pairs(tmp_path, windows=Windows([1.0], [5]))
    with pytest.raises(InputError, match="border must be known"):
        published_pairs(tmp_path, windows=Windows([20.0, 0.02], [5, 5]), border="no")  # type: ignore[arg-type]
    for path in tmp_path.glob("*.npy"):
        np.save(path, np.load(path).reshape(-1, 36))
    with pytest.raises(InputError, match="windows must be given with images"):
        published_pairs(tmp_path, windows=Windows([20.0, 0.02], [5, 5]))
