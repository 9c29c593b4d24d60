"""The metric of torchmetrics gives the numbers of the accumulator, in one process and in two."""

from __future__ import annotations

import copy
import json
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.loop.one_process import CASES, OPTIONS, REAL

import twinseed as ts
from twinseed.errors import InputError

pytestmark = pytest.mark.extras

D = 6
RNG = np.random.default_rng(0)
SIZES = {"train_a": 30, "train_b": 25, "heldout": 28, "samples_a": 18, "samples_b": 18}
ROWS = {name: RNG.standard_normal((size, D)) for name, size in SIZES.items()}
ROWS["samples_a"][:3] = ROWS["train_a"][[4, 20, 4]]
SCRIPT = Path(__file__).with_name("one_process.py")


def real() -> dict[str, np.ndarray]:
    return {name: ROWS[name] for name in REAL}


def metric(**options: Any) -> Any:
    from twinseed.loop import TwinMetric

    return TwinMetric(**{**real(), **OPTIONS, **options})


def expected(a: np.ndarray, b: np.ndarray | None) -> dict[str, float]:
    seen = ts.Accumulator(**real(), **OPTIONS)
    seen.update(a, b)
    return seen.to_metrics()


def plain(found: dict[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in found.items()}


def filled(**options: Any) -> Any:
    made = metric(**options)
    for part in (slice(0, 5), slice(5, 18)):
        made.update(ROWS["samples_a"][part], ROWS["samples_b"][part])
    return made


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory, root: Path) -> dict[str, list[Any]]:
    """Return what two processes on gloo found, by case."""
    folder = tmp_path_factory.mktemp("processes")
    np.savez(folder / "rows.npz", **ROWS)
    env = {**os.environ, "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"}
    started = [
        subprocess.Popen([sys.executable, str(SCRIPT), str(rank), "2", str(folder)], env=env)
        for rank in range(2)
    ]
    assert [one.wait(600) for one in started] == [0, 0]
    both = [json.loads((folder / f"{rank}.json").read_text()) for rank in range(2)]
    return {case: [one[case] for one in both] for case in CASES}


@pytest.mark.nightly
@pytest.mark.parametrize("case", ["uneven", "one without samples"])
def test_two_processes_give_the_numbers_of_one(together: dict[str, Any], case: str) -> None:
    one = expected(ROWS["samples_a"], ROWS["samples_b"])
    for found in together[case]:
        assert found["first"] == one
        assert found["again"] == one
    own = [found["own samples"] for found in together[case]]
    assert own == {"uneven": [7, 11], "one without samples": [18, 0]}[case]


@pytest.mark.nightly
def test_processes_with_samples_of_two_types_all_say_so(together: dict[str, Any]) -> None:
    for found in together["two types"]:
        assert "the processes hold samples_a of different types" in found["error"]


@pytest.mark.parametrize("case", ["both", "one generator"])
def test_it_is_the_accumulator(case: str) -> None:
    from twinseed.loop import TwinMetric

    a, b = ROWS["samples_a"], ROWS["samples_b"]
    if case == "both":
        assert plain(filled().compute()) == expected(a, b)
        return
    rows = {name: ROWS[name] for name in ("train_a", "heldout")}
    made = TwinMetric(**rows, **OPTIONS, prefix="twins/")
    made.update(a)
    seen = ts.Accumulator(**rows, **OPTIONS)
    seen.update(a)
    found = plain(made.compute())
    assert found == seen.to_metrics("twins/")
    assert "twins/memorisation" in found
    assert "twins/convergence" not in found


def test_forward_gives_the_value_of_the_batch_and_keeps_all_samples() -> None:
    a, b = ROWS["samples_a"], ROWS["samples_b"]
    made = metric()
    first = plain(made(a[:8], b[:8]))
    second = plain(made(a[8:], b[8:]))
    assert first == expected(a[:8], b[:8])
    assert second == expected(a[8:], b[8:])
    assert plain(made.compute()) == expected(a, b)


def test_reset_forgets_the_samples_alone() -> None:
    made = filled()
    made.compute()
    made.reset()
    made.update(ROWS["samples_a"][:9], ROWS["samples_b"][:9])
    assert plain(made.compute()) == expected(ROWS["samples_a"][:9], ROWS["samples_b"][:9])


@pytest.mark.parametrize("send", [lambda one: pickle.loads(pickle.dumps(one)), copy.deepcopy])
@pytest.mark.parametrize("when", ["before compute", "after compute"])
def test_a_copy_continues(send: Any, when: str) -> None:
    made = metric()
    made.update(ROWS["samples_a"][:5], ROWS["samples_b"][:5])
    if when == "after compute":
        made.compute()
    sent = send(made)
    sent.update(ROWS["samples_a"][5:], ROWS["samples_b"][5:])
    assert plain(sent.compute()) == expected(ROWS["samples_a"], ROWS["samples_b"])
    assert made.readout().attrs["seeds"] == 5


def test_the_states_move_with_the_metric() -> None:
    """Device "meta" has no values: the states are there, or they are not."""
    made = filled()
    made.compute()
    made.to("meta")
    assert made.device.type == "meta"
    for name in ("samples_a", "samples_b", "nearest_0_cosine", "nearest_3_distance_row"):
        state = getattr(made, name)
        assert {one.device.type for one in (state if isinstance(state, list) else [state])} == {
            "meta"
        }, name
    back = filled().to("cpu")
    assert plain(back.compute()) == expected(ROWS["samples_a"], ROWS["samples_b"])


def test_in_a_collection_and_with_the_readout() -> None:
    from torchmetrics import MeanMetric, MetricCollection

    both = MetricCollection({"twins": filled(prefix="twins/")})
    assert "twins/convergence" in both.compute()
    assert str(filled().readout()["convergence_status"].item()) == "ok"
    assert MeanMetric().higher_is_better is filled().higher_is_better is None


def test_tensors_with_gradients_and_images() -> None:
    import torch

    weight = torch.ones(1, requires_grad=True)
    a, b = (
        torch.from_numpy(ROWS[name]).reshape(-1, 1, 2, 3) for name in ("samples_a", "samples_b")
    )
    made = metric()
    made.update(weight * a, weight * b)
    assert plain(made.compute()) == expected(ROWS["samples_a"], ROWS["samples_b"])


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (lambda: metric(rng=None), r"rng is needed .*call TwinMetric\(train_a="),
        (lambda: metric(train_a=None), "train_a is needed"),
        (lambda: metric(prefix=3), "prefix must be text"),
        (lambda: metric().update(ROWS["samples_a"]), "samples_b must be passed with every batch"),
        (lambda: metric().update(ROWS["samples_a"][:, :2], None), "samples_a must have as many"),
        (lambda: filled().update(ROWS["samples_a"]), "samples_b must be passed with every batch"),
    ],
)
def test_bad_input_is_named(act: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        act()


def test_too_few_samples_are_refused() -> None:
    made = metric()
    made.update(ROWS["samples_a"][:1], ROWS["samples_b"][:1])
    with pytest.raises(InputError, match="samples_a must have at least 2 rows"):
        made.compute()


def test_torchvision_is_not_imported(root: Path) -> None:
    """A torchvision that does not fit the torch beside it fails when it is imported."""
    metric()
    assert "torchvision" not in sys.modules
    for path in (root / "src").rglob("*.py"):
        assert not re.search(r"^\s*(from|import) torchvision", path.read_text(), re.MULTILINE), path


def test_without_torchmetrics_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchmetrics", None)
    monkeypatch.delitem(sys.modules, "twinseed.loop.torch_metric", raising=False)
    with pytest.raises(ts.TwinseedError, match=r"TwinMetric needs torchmetrics: .*\[metrics\]"):
        from twinseed.loop import TwinMetric  # noqa: F401  # the import is what is tested
