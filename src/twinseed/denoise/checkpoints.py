"""Checkpoints: states of training in safetensors files, written completely or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from twinseed.errors import InputError, TwinseedError, needs
from twinseed.files import write_bytes

__all__ = ["CheckpointError", "description", "load", "save", "step_of"]

_LAYOUT = 1


class CheckpointError(TwinseedError):
    """A checkpoint that is damaged, or of another network, training or version."""


def save(path: Path, tensors: Mapping[str, torch.Tensor], about: Mapping[str, Any]) -> None:
    """Write tensors and their description; an old file is replaced when the new file is complete.

    Raises:
        CheckpointError: the file cannot be written.
        MissingExtraError: safetensors is not installed.
    """
    write = _safetensors().save
    kept = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    whole = write(kept, {"twinseed": json.dumps({"layout": _LAYOUT, **about}, sort_keys=True)})
    try:
        write_bytes(path, whole)
    except InputError as error:
        raise CheckpointError(
            f"the checkpoint {path} {error.problem}: make room, or use another folder"
        ) from error


def load(path: Path, about: Mapping[str, Any] | None = None) -> dict[str, torch.Tensor]:
    """Read the tensors of a file that ``save`` wrote.

    ``about``: the description that the file must have; None accepts any description.

    Raises:
        CheckpointError: the file is damaged, was not written by ``save``, or differs from
            ``about``; the error names the difference.
        MissingExtraError: safetensors is not installed.
    """
    found = description(path)
    if about is not None:
        wanted = json.loads(json.dumps({"layout": _LAYOUT, **about}))
        differing = [
            f"{name}: {found.get(name)!r} in the file, {wanted.get(name)!r} in this call"
            for name in sorted({*found, *wanted})
            if found.get(name) != wanted.get(name)
        ]
        if differing:
            raise CheckpointError(
                f"the checkpoint {path} belongs to another training run "
                f"({'; '.join(differing)}): use another folder, or delete the checkpoint to "
                "train again"
            )
    tensors: dict[str, torch.Tensor] = _safetensors().load_file(path)
    return tensors


def description(path: Path) -> dict[str, Any]:
    """Return the description in a file of ``save``, without reading the tensors.

    Raises:
        CheckpointError: the file is damaged, or was not written by ``save``.
    """
    with _opened(path) as file:
        text = (file.metadata() or {}).get("twinseed")
    if text is None:
        raise CheckpointError(f"{path} was not written by twinseed: use another folder")
    about: dict[str, Any] = json.loads(text)
    return about


def step_of(path: Path) -> int:
    """Return the step of a state of training, without reading its other tensors.

    Raises:
        CheckpointError: the file is damaged, or is no state of training.
    """
    with _opened(path) as file:
        step = int(file.get_tensor("step"))
    return step


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a checkpoint without reading its tensors; a damaged file raises ``CheckpointError``."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"the checkpoint {path} cannot be read ({error}): delete the checkpoint to train again"
        ) from error


def _safetensors() -> Any:
    with needs("safetensors", "denoise", "Training"):
        import safetensors.torch
    return safetensors.torch
