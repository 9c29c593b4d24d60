"""``.pt``: a tensor, or one tensor of a dictionary, without running what the pickle says."""

from __future__ import annotations

import zipfile
from typing import Any

from numpy.typing import NDArray

from twinseed.errors import InputError, needs
from twinseed.readers.source import Source

__all__ = ["read_torch"]


def read_torch(source: Source) -> NDArray[Any]:
    """Return one tensor of a file of torch.save, read with ``weights_only=True``."""
    try:
        with zipfile.ZipFile(source.path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise source.bad(
            "must be a whole file of torch.save, in its zip format",
            "save the tensor again with torch.save",
        ) from error
    if any(member.compress_type != zipfile.ZIP_STORED for member in members):
        raise source.bad("must not be compressed", "save the tensor again with torch.save")
    source.require_room((sum(member.file_size for member in members),), 1)
    with needs("torch", "denoise", "Reading .pt"):
        import torch
    try:
        held = torch.load(source.path, map_location="cpu", weights_only=True, mmap=True)
        held = _one(source, held, torch)
        held = held.detach()
        if held.is_sparse or held.is_quantized or held.is_meta or held.is_complex():
            raise source.bad("must hold a plain tensor of real numbers", "save tensor.to_dense()")
        source.require_room(tuple(held.shape), held.element_size())
        if held.dtype is torch.bfloat16:
            held = held.float()
        rows = held.numpy()
    except InputError:
        raise
    except Exception as error:  # a hostile file may make torch raise anything
        if "weights_only" in str(error) or "Unsupported" in str(error):
            raise source.bad(
                "holds more than tensors, and running it is refused",
                "save the samples alone: torch.save(samples, path)",
            ) from error
        raise source.damaged(str(error).partition("\n")[0]) from error
    return source.copied(rows, rows.shape, rows.dtype)


def _one(source: Source, held: Any, torch: Any) -> Any:
    """Return the tensor that is meant: the only one, the one that is named, or joined batches."""
    if isinstance(held, torch.Tensor):
        if source.key:
            raise source.bad("holds one thing, without names", f"drop '#{source.key}'")
        return held
    if isinstance(held, dict):
        inner = [key for key, one in held.items() if _is_weights(one, torch)]
        if inner and not source.key:
            raise source.bad(
                f"is a checkpoint of a model (weights under {str(inner[0])!r}), not samples",
                "draw samples from the model, save them as .npy and pass them",
            )
        tensors = {str(k): v for k, v in held.items() if isinstance(v, torch.Tensor)}
        if not source.key:
            source.require_samples(list(tensors))
        rows = {k: one for k, one in tensors.items() if one.ndim > 1}
        if not source.key and len(rows) == 1 and len(tensors) > 1:
            (name,) = rows
            source.notes.append(f"of {len(tensors)} tensors the one with rows is read, #{name}")
            return rows[name]
        return tensors[source.chosen(tensors, "tensors")]
    if isinstance(held, list | tuple) and held:
        parts = {str(k): v for k, v in enumerate(held) if isinstance(v, torch.Tensor)}
        if source.key or len(parts) < len(held):
            return parts[source.chosen(parts, "tensors")]
        if len({part.shape[1:] for part in parts.values()}) == 1 and held[0].ndim > 1:
            source.notes.append(f"{len(held):,} batches are joined")
            return torch.cat(list(held))
        rows = {k: part for k, part in parts.items() if part.ndim > 1}
        if len(rows) == 1:
            (name,) = rows
            source.notes.append(f"of {len(held)} tensors the one with rows is read, #{name}")
        return parts[source.chosen(rows if len(rows) == 1 else parts, "tensors")]
    raise source.bad(
        f"must hold a tensor or tensors, not {type(held).__name__}",
        "save the samples alone: torch.save(samples, path)",
    )


def _is_weights(one: Any, torch: Any) -> bool:
    return isinstance(one, dict) and any(
        isinstance(value, torch.Tensor) and str(key).endswith(("weight", "bias"))
        for key, value in one.items()
    )
