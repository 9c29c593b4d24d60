"""The recipes of docs/training-loop.md run, with small objects in place of the loggers.

The stand-ins have the signatures that the libraries document. No service is called.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import twinseed as ts

RNG = np.random.default_rng(0)
REAL = {name: RNG.standard_normal((40, 5)) for name in ("train_a", "train_b", "heldout")}
MLFLOW_NAME = re.compile(r"[/\w.\- ]+")
"""What MLflow accepts as the name of a metric."""


def recipe(root: Path, title: str) -> str:
    """Return the code under a title of the page."""
    page = (root / "docs" / "training-loop.md").read_text(encoding="utf-8")
    part = page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    (code,) = re.findall(r"^```py\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)
    return str(code)


def draw(_: Any) -> tuple[np.ndarray, np.ndarray]:
    a = np.random.default_rng(1).standard_normal((12, 5))
    return a, a + 0.1


def expected(prefix: str) -> dict[str, float]:
    seen = ts.Accumulator(**REAL, rng=0, resamples=0)
    seen.update(*draw(None))
    return seen.to_metrics(prefix)


class Run:
    """What ``wandb.init`` returns."""

    def __init__(self) -> None:
        self.logged: list[tuple[int, dict[str, float]]] = []

    def log(
        self, data: dict[str, Any], step: int | None = None, commit: bool | None = None
    ) -> None:
        assert step is not None
        self.logged.append((step, data))


class LightningModule:
    """The part of ``lightning.LightningModule`` that the recipe uses."""

    def __init__(self) -> None:
        self.logged: list[tuple[int, dict[str, Any]]] = []

    def log_dict(
        self,
        dictionary: Any,
        prog_bar: bool = False,
        logger: bool | None = None,
        on_step: bool | None = None,
        on_epoch: bool | None = None,
        reduce_fx: str | Callable[..., Any] = "mean",
        enable_graph: bool = False,
        sync_dist: bool = False,
        sync_dist_group: Any = None,
        add_dataloader_idx: bool = True,
        batch_size: int | None = None,
        rank_zero_only: bool = False,
    ) -> None:
        assert all(value.ndim == 0 for value in dictionary.values()), "one number per name"
        self.logged.append((0, dictionary))


class Trainer:
    """The part of ``transformers.Trainer`` that the recipe uses."""

    def __init__(self, model: Any = None) -> None:
        self.model = model
        self.logged: list[tuple[int, dict[str, float]]] = []

    def evaluate(
        self,
        eval_dataset: Any = None,
        ignore_keys: list[str] | None = None,
        metric_key_prefix: str = "eval",
    ) -> dict[str, float]:
        return {f"{metric_key_prefix}_loss": 0.5}

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        self.logged.append((0, logs))


def module(name: str, **contents: Any) -> ModuleType:
    made = ModuleType(name)
    vars(made).update(contents)
    return made


def run_recipe(root: Path, title: str) -> dict[str, Any]:
    seen = ts.Accumulator(**REAL, rng=0, resamples=0)
    names: dict[str, Any] = {"__name__": "recipe", "seen": seen, "draw": draw}
    exec(compile(recipe(root, title), title, "exec"), names)
    return names


def require_floats(found: dict[str, Any]) -> None:
    assert len(found) > 10
    for name, value in found.items():
        assert type(value) is float, name
        assert math.isfinite(value), name
        assert MLFLOW_NAME.fullmatch(name), name


def test_weights_and_biases(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run()

    @contextmanager
    def init(project: str | None = None) -> Iterator[Run]:
        yield run

    monkeypatch.setitem(sys.modules, "wandb", module("wandb", init=init))
    run_recipe(root, "Weights & Biases")
    assert [step for step, _ in run.logged] == [0, 1, 2]
    for _, found in run.logged:
        require_floats(found)
        assert found == expected("twins/")


def test_mlflow(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run()

    @contextmanager
    def start_run(run_id: str | None = None) -> Iterator[Run]:
        yield run

    def log_metrics(
        metrics: dict[str, float],
        step: int | None = None,
        synchronous: bool | None = None,
        run_id: str | None = None,
        timestamp: int | None = None,
    ) -> None:
        run.log(metrics, step)

    stand_in = module("mlflow", start_run=start_run, log_metrics=log_metrics)
    monkeypatch.setitem(sys.modules, "mlflow", stand_in)
    run_recipe(root, "MLflow")
    assert [step for step, _ in run.logged] == [0, 1, 2]
    for _, found in run.logged:
        require_floats(found)
        assert found == expected("twins/")


def test_hugging_face(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", module("transformers", Trainer=Trainer))
    trainer = run_recipe(root, "Hugging Face Trainer")["TwinTrainer"](model="model")
    found = trainer.evaluate(metric_key_prefix="test")
    assert found == {"test_loss": 0.5, **expected("test_twins_")}
    ((_, logged),) = trainer.logged
    require_floats(logged)
    assert logged == expected("test_twins_")


@pytest.mark.extras
def test_lightning(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = module("lightning", LightningModule=LightningModule)
    monkeypatch.setitem(sys.modules, "lightning", stand_in)
    names = run_recipe(root, "Lightning")
    made = names["Twins"](**REAL, draw=draw)
    made.validation_step(None, 0)
    made.on_validation_epoch_end()
    ((_, logged),) = made.logged
    assert {name: float(value) for name, value in logged.items()} == expected("twins/")
    assert made.metric.update_count == 0
