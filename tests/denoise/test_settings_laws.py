"""Every field of every plan and recipe, changed in turn: never old samples under a new name.

In a folder that holds twins already, a plan with one other field is refused, naming the field and
both values, or gives what it gives in a fresh folder.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.denoise.small_training import IMAGES

import twinseed as ts
from twinseed.denoise.noise import NoiseLevels
from twinseed.denoise.plans import TwinPlan
from twinseed.denoise.recipes import LinearRecipe, NetworkRecipe
from twinseed.denoise.training import Training
from twinseed.denoise.twin_runs import TwinRuns, train_twins
from twinseed.errors import InputError
from twinseed.generators.score_machine import Windows

pytestmark = pytest.mark.extras

LEVELS = NoiseLevels(0.1, 8.0)
NETWORK = NetworkRecipe(
    "mlp", Training(4, batch=4, rate=0.01, warm_up=2, average=0.9, levels=LEVELS), ts.Heun(2)
)
LINEAR = LinearRecipe(4, levels=LEVELS, sampler=ts.Heun(2))
BASES = {
    "network": TwinPlan((6,), NETWORK, seeds=12, factors=2),
    "linear": TwinPlan((6,), LINEAR, seeds=12, factors=2),
}

OTHERS: dict[type, dict[str, list[Any]]] = {
    TwinPlan: {
        "sizes": [(6, 9), (5,)],
        "recipe": [replace(NETWORK, denoiser="unet-small")],
        "pairs": [2],
        "seeds": [20, 5],
        "factors": [1, 3],
        "pairing": ["same-rows", "same-start"],
        "windows": [Windows([8.0, 1.0], [3, 1])],
        "border": ["clipped"],
    },
    NetworkRecipe: {
        "denoiser": ["conv"],
        "training": [replace(NETWORK.training, rate=0.1)],
        "sampler": [ts.Euler(2)],
        "save_every": [1],
    },
    LinearRecipe: {
        "training_steps": [7, 2],
        "rate": [1e-4],
        "levels": [NoiseLevels(0.2, 8.0)],
        "sampler": [ts.Euler(2)],
        "save_every": [1],
    },
    Training: {
        "steps": [7, 2],
        "batch": [3],
        "rate": [0.02],
        "warm_up": [3],
        "average": [0.5],
        "levels": [NoiseLevels(0.2, 8.0)],
        "device": ["cpu:0"],
        "mixed": [True],
    },
    NoiseLevels: {"sigma_min": [0.2], "sigma_max": [9.0]},
    ts.Heun: {"steps": [3]},
}
"""Other values of every field; a class or a field without any fails the first test."""

GROWTH = {
    *("sizes", "pairs", "seeds", "factors", "steps", "training_steps", "save_every"),
    *("windows", "border"),
}
"""What may change within a folder."""

CALLED = {"recipe": "denoiser", "training": "rate", "levels": "sigma_min"}
"""Fields that hold others, and which of those is another one."""


def parts(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every data class within a plan, and the fields that lead to it."""
    yield path, value
    for one in fields(value):
        if is_dataclass(getattr(value, one.name)):
            yield from parts(getattr(value, one.name), (*path, one.name))


def changed(value: Any, path: tuple[str, ...], field: str, other: Any) -> Any:
    if not path:
        return replace(value, **{field: other})
    return replace(value, **{path[0]: changed(getattr(value, path[0]), path[1:], field, other)})


CASES = [
    pytest.param(base, path, field, other, id=f"{base}-{'.'.join((*path, field))}-{i}")
    for base, plan in BASES.items()
    for path, part in parts(plan)
    if base == "network" or path[:1] == ("recipe",)
    for field, others in OTHERS.get(type(part), {}).items()
    for i, other in enumerate(others)
]


def run(folder: Path, plan: TwinPlan, **further: Any) -> TwinRuns:
    given: dict[str, Any] = {"data": IMAGES, **further}
    return train_twins(**given, folder=folder, plan=plan, workers=1, progress=False)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("trained")
    for base, plan in BASES.items():
        run(root / base, plan)
    return {base: root / base for base in BASES}


@pytest.fixture(scope="module")
def before(trained: dict[str, Path]) -> dict[str, TwinRuns]:
    """The twins of each base, read from their folder, which no test changes."""
    return {base: run(folder, BASES[base]) for base, folder in trained.items()}


def same(one: TwinRuns, other: TwinRuns) -> bool:
    files = [(one.file("samples", *twin), other.file("samples", *twin)) for twin in one.plan.twins]
    return (
        all(a.read_bytes() == b.read_bytes() for a, b in files)
        and one.losses == other.losses
        and one.measured.identical(other.measured)
        and one.linear.identical(other.linear)
        and (one.machine is None) is (other.machine is None)
        and (one.machine is None or one.machine.identical(other.machine))
    )


@pytest.mark.parametrize("base", BASES)
def test_every_field_has_another_value(base: str) -> None:
    for path, part in parts(BASES[base]):
        assert OTHERS[type(part)].keys() == {one.name for one in fields(part)}, path
        for name, others in OTHERS[type(part)].items():
            assert getattr(part, name) not in others


@pytest.mark.parametrize(("base", "path", "field", "other"), CASES)
def test_another_field_is_refused_or_gives_what_a_fresh_folder_gives(
    tmp_path: Path,
    trained: dict[str, Path],
    before: dict[str, TwinRuns],
    base: str,
    path: tuple[str, ...],
    field: str,
    other: Any,
) -> None:
    plan = changed(BASES[base], path, field, other)
    shutil.copytree(trained[base], tmp_path / "there")
    grows = field in GROWTH and path[-1:] != ("sampler",)
    if grows:
        assert same(run(tmp_path / "there", plan), run(tmp_path / "fresh", plan))
        assert same(run(tmp_path / "there", BASES[base]), before[base])
        return
    with pytest.raises(InputError) as refused:
        run(tmp_path / "there", plan)
    name = "sampler" if path[-1:] == ("sampler",) else CALLED.get(field, field)
    assert f"{name} " in refused.value.problem
    assert " in the folder, " in refused.value.problem
    if not is_dataclass(other) and name == field:
        old = getattr(dict(parts(BASES[base]))[path], field)
        for value in (old, other):
            assert str(value).lower() in refused.value.problem.lower() or value is None
    assert same(run(tmp_path / "there", BASES[base]), before[base])


@pytest.mark.parametrize(
    ("further", "name"),
    [({"rng": 1}, "seed"), ({"data": IMAGES + 1.0}, "rows with the digest")],
    ids=["seed", "rows"],
)
def test_another_seed_or_other_rows_are_refused(
    tmp_path: Path, trained: dict[str, Path], further: dict[str, Any], name: str
) -> None:
    shutil.copytree(trained["network"], tmp_path / "there")
    with pytest.raises(InputError, match=name):
        run(tmp_path / "there", BASES["network"], **further)
    assert np.array_equal(
        np.load(tmp_path / "there" / "rows.npy"), np.load(trained["network"] / "rows.npy")
    )


def test_another_denoiser_is_named_once(tmp_path: Path, trained: dict[str, Path]) -> None:
    shutil.copytree(trained["network"], tmp_path / "there")
    with pytest.raises(InputError) as refused:
        run(tmp_path / "there", BASES["linear"])
    assert 'denoiser "mlp" in the folder, "linear" in this call' in refused.value.problem
    assert "architecture" not in refused.value.problem


def test_files_that_outlive_their_store_are_not_believed(
    tmp_path: Path, trained: dict[str, Path]
) -> None:
    """Who deletes the store to start afresh gets no samples of another sampler."""
    shutil.copytree(trained["network"], tmp_path / "there")
    (tmp_path / "there" / "store.sqlite").unlink()
    plan = changed(BASES["network"], ("recipe",), "sampler", ts.Euler(2))
    assert same(run(tmp_path / "there", plan), run(tmp_path / "fresh", plan))


def test_one_number_is_one_plan_however_it_is_spelled(tmp_path: Path) -> None:
    """A whole number given as a float is neither another key nor an error later on."""
    floats = replace(NETWORK, training=replace(NETWORK.training, steps=4.0, batch=4.0))  # type: ignore[arg-type]  # the point of the test
    plan = TwinPlan((6,), floats, seeds=12.0, factors=2.0)  # type: ignore[arg-type]  # likewise
    assert plan == BASES["network"]
    whole_rate = replace(NETWORK.training, rate=1)
    assert whole_rate.description() == replace(NETWORK.training, rate=1.0).description()
