"""The process that runs other people's parsers: tasks on stdin, answers in files."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from twinseed.errors import InputError, MissingExtraError
from twinseed.readers._isolated import answer
from twinseed.readers._open import ISOLATED, format_of, read_safely
from twinseed.readers._source import Source

__all__ = ["main"]

_BESIDE = 4 << 30
"""Bytes of memory beyond what the file may unpack to."""


def main() -> None:
    """Read every task's file, in order; stop where a parser crashes."""
    for argument, text, path, key, limit, place in json.load(sys.stdin):
        source = Source(argument, text, Path(path), key, limit, Path(place))
        _limit_memory(limit + _BESIDE)
        try:
            answer(read_safely(source, ISOLATED[format_of(source)]), Path(place))
        except (InputError, MissingExtraError) as error:
            answer(error, Path(place))


def _limit_memory(size: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    allowed = size if most == resource.RLIM_INFINITY else min(size, most)
    resource.setrlimit(resource.RLIMIT_DATA, (allowed, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
