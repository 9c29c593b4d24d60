"""``import twinseed`` beside the import of the numerics that it stands on."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from comparison import Comparison, seconds_of

CLAIM = "Importing twinseed takes at most 0.3 s more than numpy and scipy.linalg"
ALLOWANCE = 0.3
NUMERICS = "import numpy, scipy.linalg"
STATEMENTS = (
    "import twinseed",
    "from twinseed import Ridge, Spiked, predict, simulate, measure, audit",
)


def compare(*, quick: bool) -> Iterator[Comparison]:
    repeats = 3 if quick else 15

    def seconds(statement: str) -> float:
        return seconds_of([sys.executable, "-c", statement], repeats)

    numerics = seconds(NUMERICS)
    for statement in STATEMENTS:
        ours = seconds(statement)
        yield Comparison(
            ours=statement,
            our_value=ours,
            theirs=NUMERICS,
            their_value=numerics,
            unit="s",
            claimed=f"at most {ALLOWANCE} s more; interpreter start included on both sides",
            held=ours <= numerics + ALLOWANCE,
        )
