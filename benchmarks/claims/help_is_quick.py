"""``twinseed --help`` beside the bare start of the interpreter."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from comparison import Comparison, seconds_of

CLAIM = "The help of the command answers within 0.5 s"
LIMIT = 0.5


def compare(*, quick: bool) -> Iterator[Comparison]:
    repeats = 3 if quick else 15
    command = str(Path(sys.executable).with_name("twinseed"))
    ours = seconds_of([command, "--help"], repeats)
    yield Comparison(
        ours="twinseed --help",
        our_value=ours,
        theirs="python -c pass",
        their_value=seconds_of([sys.executable, "-c", "pass"], repeats),
        unit="s",
        claimed=f"at most {LIMIT} s",
        held=ours <= LIMIT,
    )
