"""What the tests of ``twinseed train`` share: tiny images, the command, and counted steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from torch.optim.optimizer import register_optimizer_step_post_hook
from typer.testing import CliRunner, Result

import twinseed as ts
from twinseed.cli import app

IMAGES = ts.Spiked([30.0]).sample(60, 16, np.random.default_rng(0)).reshape(-1, 4, 4)


class KilledError(Exception):
    """Stands for whatever ends a process in the middle of training."""


def call(folder: Path, *words: object) -> Result:
    """Run ``twinseed train`` on the images, in one process, into ``folder``."""
    data = next(one for one in folder.parents if one.is_dir()) / "images.npy"
    if not data.exists():
        np.save(data, IMAGES)
    given = ["train", data, "--workers", 1, "-o", folder, *words]
    return CliRunner().invoke(app, [str(word) for word in given], prog_name="twinseed")


@contextmanager
def counted(*, killed_at: int | None = None) -> Iterator[list[int]]:
    """Count every step of every optimiser; raise ``KilledError`` in the step ``killed_at``."""
    steps = [0]

    def hook(*_: Any) -> None:
        steps[0] += 1
        if steps[0] == killed_at:
            raise KilledError

    handle = register_optimizer_step_post_hook(hook)
    try:
        yield steps
    finally:
        handle.remove()
