"""The rooms of one audit: which files are entered, in which order, and which are entered again.

``sys.setprofile`` sees every call. A reader reads a function once, so a function counts where it is
first called. A *stop* is a run of such functions in one file of ``src/twinseed``; a *return* is a
stop in a file that had a stop before. ``--all`` also counts the floors below the data, which every
function may use (checks, blocks, randomness, theory).

    python benchmarks/rooms.py
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from itertools import groupby
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

import twinseed as ts

PACKAGE = Path(ts.__file__).parent
ROOMS = ("data", "neighbours", "orders", "verbs", "auditing", "matched")


def functions_called() -> list[str]:
    """Return the file of each function that an audit calls, in the order of the first calls.

    With one worker, because ``sys.setprofile`` sees one thread.
    """
    rng = np.random.default_rng(0)
    train_a, train_b, heldout, samples_a, samples_b = rng.standard_normal((5, 80, 6))
    given = {"train_a": train_a, "train_b": train_b, "heldout": heldout}
    given |= {"samples_a": samples_a, "samples_b": samples_b}
    ts.audit(**given, rng=0, workers=1)  # what is imported on first use is imported here
    found: dict[Any, str] = {}

    def seen(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        path = Path(code.co_filename)
        within = "<locals>" in code.co_qualname  # read with the function around it
        if event == "call" and not within and code not in found and path.is_relative_to(PACKAGE):
            found[code] = path.relative_to(PACKAGE).as_posix()

    sys.setprofile(seen)
    try:
        ts.audit(**given, rng=0, workers=1)
    finally:
        sys.setprofile(None)
    return list(found.values())


def visits_of(files: list[str]) -> Counter[str]:
    """Return how many stops each file has, from the files of the functions in their order."""
    return Counter(one for one, _ in groupby(files))


def main() -> None:
    """Print the stops in order, and how often each file is returned to."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="count the floors below the data too")
    everything = parser.parse_args().all
    files = [one for one in functions_called() if everything or one.startswith(ROOMS)]
    stops = [one for one, _ in groupby(files)]
    visits: Counter[str] = Counter()
    for number, one in enumerate(stops, start=1):
        print(f"{number:>4}  {one}" + (f"  (return {visits[one]})" if visits[one] else ""))
        visits[one] += 1
    returns = {one: count - 1 for one, count in visits_of(files).most_common() if count > 1}
    print(f"{len(stops)} stops in {len(visits)} files, {sum(returns.values())} returns")
    print("; ".join(f"{one} {count}" for one, count in returns.items()))


if __name__ == "__main__":
    main()
