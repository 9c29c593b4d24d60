"""The tally of the random caller: calls, answers, refusals, and every kind of fault once."""

from __future__ import annotations

import os
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from twinseed.errors import TwinseedError

__all__ = ["LONGER", "Tally", "called"]

LONGER = int(os.environ.get("TWINSEED_RANDOM_CALLS", "20"))
"""How many times more calls the nightly run makes."""


@dataclass
class Tally:
    """What came of the calls of one function or command."""

    name: str
    counts: Counter[str] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)

    def attempt(self, call: Callable[[], Any], arguments: Any) -> None:
        """Make a call: an answer and an error of twinseed are counted, all else is a fault."""
        self.counts["calls"] += 1
        try:
            call()
        except TwinseedError as error:
            self.counts["refusals"] += 1
            if not str(error).strip():
                self.fault("an empty sentence", arguments)
        except Exception as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{os.path.basename(frame.filename)}:{frame.lineno}"
            self.fault(f"{type(error).__name__} at {where}: {error!s:.120}", arguments)
        else:
            self.counts["answers"] += 1

    def fault(self, kind: str, arguments: Any) -> None:
        """Keep the first arguments that ended in this fault."""
        try:
            shown = repr(arguments)[:600]
        except Exception:  # an integer of more than 4,300 digits
            shown = "arguments that cannot be shown"
        self.faults.setdefault(kind, shown)

    def close(self) -> None:
        """Print the counts, and fail with every kind of fault."""
        print(f"{self.name}: " + ", ".join(f"{n} {what}" for what, n in self.counts.items()))
        listed = [f"{kind}\n    called with {how}" for kind, how in self.faults.items()]
        assert not listed, "\n".join([f"{self.name}:", *listed])


def called(
    name: str, arguments: st.SearchStrategy[Any], call: Callable[[Any], Any], examples: int
) -> Tally:
    """Call a function with random arguments, always the same ones, and return the tally."""
    tally = Tally(name)

    @settings(
        max_examples=examples,
        phases=[Phase.generate],
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(arguments)
    def calls(given_arguments: Any) -> None:
        tally.attempt(lambda: call(given_arguments), given_arguments)

    calls()
    return tally
