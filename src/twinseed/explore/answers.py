"""An answer of the server: numbers as JSON or CSV, and the Python that makes the same numbers."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from twinseed.errors import InputError, TwinseedError
from twinseed.jsonable import as_json

__all__ = ["ChartAnswer", "Content", "refusal"]


@dataclass(frozen=True)
class ChartAnswer:
    """What one question is answered with.

    Args:
        body: the numbers by name, as the page reads them.
        table: the same numbers as columns of equal length, for CSV.
        python: lines of Python that make the same numbers.
    """

    body: Mapping[str, Any]
    table: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    python: str = ""

    def as_json(self) -> bytes:
        """Return the answer as JSON; a number that does not exist is null."""
        told = {**self.body, "python": self.python} if self.python else dict(self.body)
        return json.dumps(as_json(told), allow_nan=False, separators=(",", ":")).encode()

    def as_csv(self) -> bytes:
        """Return the table as CSV; a number that does not exist is an empty cell."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.table)
        columns = [as_json(list(column)) for column in self.table.values()]
        writer.writerows(zip(*columns, strict=True))
        return text.getvalue().encode()


@dataclass(frozen=True)
class Content:
    """An answer that is ready to be sent, and kept to be sent again."""

    content: bytes
    kind: str
    status: int = 200


def refusal(error: Exception, status: int = 400) -> Content:
    """Return an error as JSON: the argument, the problem and what to do next."""
    if isinstance(error, InputError):
        said = {"argument": error.argument, "problem": error.problem, "remedy": error.remedy}
    elif isinstance(error, TwinseedError):
        said = {"argument": "", "problem": str(error), "remedy": ""}
    elif isinstance(error, MemoryError):
        said = {
            "argument": "",
            "problem": "the memory of this machine is too small",
            "remedy": "ask for fewer rows or columns",
        }
    else:
        status = 500
        said = {
            "argument": "",
            "problem": f"an error inside twinseed ({type(error).__name__})",
            "remedy": "the terminal of twinseed explore shows more; please report the error",
        }
    return Content(json.dumps(said).encode(), "application/json", status)
