"""``.pt``: a tensor, or one tensor of a dictionary, without running what the pickle says."""

from __future__ import annotations

import zipfile
from typing import Any

from numpy.typing import NDArray

from twinseed.errors import InputError, MissingExtraError
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
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError("torch", "denoise", "Reading .pt") from error
    try:
        held = torch.load(source.path, map_location="cpu", weights_only=True, mmap=True)
        if isinstance(held, dict):
            tensors = {str(k): v for k, v in held.items() if isinstance(v, torch.Tensor)}
            held = tensors[source.chosen(tensors, "tensors")]
        elif source.key:
            raise source.bad("holds one thing, without names", f"drop '#{source.key}'")
        if not isinstance(held, torch.Tensor):
            raise source.bad(
                f"must hold a tensor or a dictionary of tensors, not {type(held).__name__}",
                "save the samples alone: torch.save(samples, path)",
            )
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
