"""The folder of one training: its rows and their splits, its store, weights and samples.

Everything in a folder has the same settings: rows, recipe, pairing, seed. Twins with other numbers
of rows, steps or samples have other files in the same folder.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.denoise import checkpoints
from twinseed.denoise.halves import Halves
from twinseed.errors import InputError, StoreError
from twinseed.files import made_folder, written
from twinseed.sweep import Job, described

__all__ = ["RunFolder", "flat", "read_samples", "write_samples"]


@dataclass(frozen=True)
class RunFolder:
    """A folder and the names of its files."""

    path: Path

    @property
    def store(self) -> Path:
        """The file of the losses and the measurements."""
        return self.path / "store.sqlite"

    @property
    def running(self) -> Path:
        """The folder in which running trainings write their progress."""
        return self.path / "running"

    def weights(self, n: int, pair: int, side: str, steps: int) -> Path:
        """Return the file of the state of a twin after some steps."""
        return self.path / "weights" / f"{n}-{pair}-{side}-{steps}steps.safetensors"

    def samples(self, n: int, pair: int, side: str, steps: int, seeds: int) -> Path:
        """Return the file of the samples of a twin after some steps."""
        return self.path / "samples" / f"{n}-{pair}-{side}-{steps}steps-{seeds}seeds.npy"

    def made(self, job: Job) -> RunFolder:
        """Make the folder; return it with its absolute path.

        Raises:
            InputError: the folder has twins of other settings, or cannot be written.
        """
        self._refuse_others(job)
        made_folder("folder", self.path, "weights", "samples", "splits", "running")
        return RunFolder(self.path.resolve())

    def _refuse_others(self, job: Job) -> None:
        if not self.store.exists():
            return
        try:
            there = described(self.store)
        except StoreError:  # opening the store will raise this error again
            return
        if version := job.other_version(there):
            raise InputError(
                "folder",
                version,
                str(self.path),
                "pass another folder, to train all twins again; or continue with the version that "
                "trained them",
            )
        here = job.about()
        differing = {
            name: value for name, value in here.items() if there.get(name, value) != value
        } or {name: value for name, value in here.items() if name not in there}
        if not differing:
            return
        if len(differing) > 1:  # another denoiser also has another architecture
            differing.pop("architecture", None)
        words = ", ".join(
            f"{_SAID.get(name, name)} {there.get(name, 'none')} in the folder, {value} in this call"
            for name, value in differing.items()
        )
        raise InputError(
            "folder",
            f"has twins with other settings ({words})",
            str(self.path),
            "pass another folder for these settings, or the settings of that folder again",
        )

    def write_rows(self, rows: Array, splits: Sequence[Halves]) -> None:
        """Write the rows and their splits for the workers. Raises ``InputError`` on failure."""
        for stale in self.running.glob("*"):
            stale.unlink(missing_ok=True)
        with written(self.path / "rows.npy", "folder") as partial, partial.open("wb") as file:
            np.save(file, rows)
        for pair, split in enumerate(splits):
            with (
                written(self.path / "splits" / f"{pair}.npz", "folder") as partial,
                partial.open("wb") as file,
            ):
                np.savez(file, a=split.a, b=split.b, heldout=split.heldout)

    def rows(self) -> Array:
        """Return all rows, memory-mapped."""
        rows: Array = np.load(self.path / "rows.npy", mmap_mode="r", allow_pickle=False)
        return rows

    def split(self, pair: int) -> dict[str, NDArray[np.int64]]:
        """Return the numbers of the rows of a pair: of ``a``, of ``b`` and of ``heldout``."""
        with np.load(self.path / "splits" / f"{pair}.npz", allow_pickle=False) as split:
            return dict(split)

    def begin_from_shorter(self, n: int, pair: int, side: str, steps: int) -> None:
        """Start a new training from the state of the longest training that is not longer."""
        kept = self.weights(n, pair, side, steps)
        if kept.exists():
            return
        reached = {}
        for path in kept.parent.glob(f"{n}-{pair}-{side}-*steps.safetensors"):
            try:
                step = checkpoints.step_of(path)
            except checkpoints.CheckpointError:  # a damaged state is not used
                continue
            if step <= steps:
                reached[step] = path
        if reached:
            with written(kept, "folder") as partial:
                shutil.copyfile(reached[max(reached)], partial)


def write_samples(path: Path, samples: NDArray[np.float32]) -> None:
    """Write samples, completely or not at all. Raises ``InputError`` on failure."""
    with written(path, "folder") as partial, partial.open("wb") as file:
        np.save(file, samples)


def read_samples(path: Path) -> NDArray[np.float32]:
    """Read samples. Raises ``StoreError`` where they are damaged."""
    try:
        samples: NDArray[np.float32] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise StoreError(
            f"the samples {path} cannot be read ({error}): delete the file, and run the "
            "same command again to draw the samples again"
        ) from error
    return samples


_SAID = {"data": "rows with the digest", "kind": "the kind", "version": "the version of twinseed"}


def flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings without nesting, by name; settings of the same name get their whole path.

    >>> flat({"pairing": "disjoint", "recipe": {"training": {"batch": 8}}})
    {'pairing': 'disjoint', 'batch': 8}
    """
    found = list(_leaves(settings, ()))
    last = [path[-1] for path, _ in found]
    return {
        path[-1] if last.count(path[-1]) == 1 else ".".join(path): value for path, value in found
    }


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _leaves(one, (*path, name))
    else:
        yield path, value
