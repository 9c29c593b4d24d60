"""How much memory the process of a parser may take: what a file may need, and what is there."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["allowed", "free"]

_BESIDE = 4 << 30
"""Bytes beyond what the file may unpack to."""
_LEAST = 1 << 30
"""Bytes that the libraries need before they read anything."""


def allowed(limit: int) -> int:
    """Return the bytes for a file that may unpack to ``limit``: at most 3/4 of those free.

    >>> 1 << 30 <= allowed(8 << 30) <= 12 << 30
    True
    """
    there = free()
    return limit + _BESIDE if there is None else max(_LEAST, min(limit + _BESIDE, there * 3 // 4))


def free() -> int | None:
    """Return the bytes of memory that nothing else uses; of a system that does not say, all."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    except (OSError, ValueError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
