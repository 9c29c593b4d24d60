"""The result of an audit: numbers beside their references, verdicts, and forms to hand on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twinseed.auditing.agreement import Agreement
from twinseed.auditing.class_audit import ClassAudit
from twinseed.auditing.controls import Controls
from twinseed.auditing.copying import Copying
from twinseed.auditing.estimates import IntervalEstimate, interval
from twinseed.auditing.exhibits import ExamplePairs
from twinseed.auditing.factors import Factor
from twinseed.auditing.familiar import Familiar
from twinseed.auditing.lines import Line, lines
from twinseed.auditing.screening import Finding, Fitness
from twinseed.auditing.suspects import SuspectRow, save_suspects
from twinseed.auditing.verdict import Answer, Outcome
from twinseed.files import write_text
from twinseed.metrics import to_metrics
from twinseed.numbers import ReadoutNumbers
from twinseed.tables import data_frame

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

__all__ = ["Audit"]


@dataclass(frozen=True, eq=False, repr=False)
class Audit:
    """A verdict on a generator, with everything that it rests on.

    ``verdict`` maps "copying", "convergence" and "recovery" to a sentence, and ``outcome`` to one
    of ``Outcome``.
    """

    measured: ReadoutNumbers
    """The measured order parameters: the numbers of ``readout``."""
    matched: ReadoutNumbers
    """The numbers of ``linear``."""
    references: Mapping[str, Mapping[str, list[IntervalEstimate]]]
    """By name of the number and of the reference: one value, or one per factor."""
    controls: Controls | None
    """p-values of planted copies and of fresh rows; None without held-out rows."""
    copying: Copying
    """The tests for copying, the copied fraction, the samples to look at."""
    agreement: Agreement
    """Everything that is known of convergence."""
    factors: tuple[Factor, ...]
    """The leading directions, and how far the generators have them."""
    fitness: Fitness
    """What was found in the rows and samples before anything was judged."""
    pairs: ExamplePairs
    """Samples beside the rows closest to them, and twins beside each other."""
    answers: Mapping[str, Answer]
    """The outcome and the sentence of each question."""
    familiar: tuple[Familiar, ...] = ()
    """The numbers that others report on copying, by their usual names."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What was said of the rows: numbers of groups and classes, ``up_to``, ``visible``; None where
    nothing was said."""
    classes: tuple[ClassAudit, ...] = ()
    """Each class of a generator that is given a class, judged alone; empty without labels."""
    suspects: tuple[SuspectRow, ...] = ()
    """The samples that look like copies, each beside its real row; see ``suspects_table``."""

    @cached_property
    def readout(self) -> xr.Dataset:
        """The measured order parameters, as ``measure`` returns them."""
        return self.measured.dataset()

    @cached_property
    def linear(self) -> xr.Dataset:
        """The order parameters of the honest linear model of the same rows."""
        return self.matched.dataset()

    @property
    def verdict(self) -> dict[str, str]:
        """One sentence for each question, with its evidence."""
        return {question: answer.sentence for question, answer in self.answers.items()}

    @property
    def outcome(self) -> dict[str, Outcome]:
        """The bare outcome of each question, for programs."""
        return {question: answer.outcome for question, answer in self.answers.items()}

    @property
    def failed(self) -> bool:
        """Whether copying was found."""
        return self.outcome["copying"] is Outcome.COPYING

    @property
    def unanswered(self) -> tuple[str, ...]:
        """The questions that were asked and have no answer.

        Copying is always asked, convergence where two generators were given. Recovery accompanies
        both, and is never among these.
        """
        two = self.agreement.pairing is not None
        asked = ("copying", "convergence") if two else ("copying",)
        open_ends = (Outcome.CANNOT_TELL, Outcome.CANNOT_JUDGE)
        return tuple(question for question in asked if self.outcome[question] in open_ends)

    def number(self, name: str, factor: int | None = None) -> IntervalEstimate:
        """Return a measured number with its 95 % interval, as in the verdict and on the page.

        The interval of convergence comes from percentiles of the bootstrap, since it may end at 1;
        the other intervals come from the standard error.

        Args:
            name: name of the number in the readout.
            factor: which factor, from 0; None for numbers that are not about a factor.
        """
        found = interval(self.measured, name, factor)
        level = self.agreement.mean_removed
        if name == "convergence" and level is not None:
            return replace(found, low=level.trace.low, high=level.trace.high)
        return found

    def lines(self) -> Iterator[Line]:
        """Yield every number that could be measured, as ``auditing.lines`` has them."""
        return lines(self.familiar, self.references, self.measured, self.number)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain dictionaries, lists, numbers and strings, ready for JSON.

        A number that does not exist is None, and a status beside it says why. ``schema()``
        describes it.
        """
        from twinseed.auditing.dictionary import as_dictionary

        return as_dictionary(self)

    def to_metrics(self, prefix: str = "") -> dict[str, float]:
        """Return the numbers as a flat dictionary of floats, for loggers; see ``ts.to_metrics``.

        Beside the readout there are "copying_found" (1: copying was found, 0: not),
        "copying_p_value" and "copied_fraction". A number that does not exist has no key.

        Args:
            prefix: text before each key, such as "audit/".
        """
        copying = {
            "copying_found": float(self.failed),
            "copying_p_value": float(self.copying.p_value),
            "copied_fraction": float(self.copying.copied_fraction),
        }
        known = {f"{prefix}{name}": v for name, v in copying.items() if math.isfinite(v)}
        return {**to_metrics(self.readout, prefix), **known}

    def to_html(self, path: str | Path) -> None:
        """Write the audit as one self-contained page.

        Args:
            path: the file to write, ending in .html.

        Raises:
            InputError: the file cannot be written; what was there before stays.
        """
        from twinseed.auditing.page import audit_page

        write_text(path, audit_page(self))

    def to_frame(self) -> pd.DataFrame:
        """Return the numbers of the audit as a table of pandas, one row per number.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        every = list(self.lines())
        columns: dict[str, list[Any]] = {
            name: [getattr(line, name) for line in every] for name in ("name", "factor", "status")
        }
        for end in ("value", "low", "high"):
            columns[end] = [getattr(line.number, end) for line in every]
        return data_frame(columns, "Audit.to_frame")

    def plot(self) -> Any:
        """Draw how much closer samples are to training rows than to rows not trained on.

        Returns:
            A figure of matplotlib.

        Raises:
            InputError: the audit compared no distances, because there are no held-out rows.
            MissingExtraError: matplotlib is not installed.
        """
        from twinseed.auditing.page import margins

        return margins(self)

    def _repr_html_(self) -> str:
        """Return the answers, the next steps and the numbers, as a notebook shows them."""
        from twinseed.auditing.page import audit_fragment

        return audit_fragment(self)

    def suspects_table(self) -> pd.DataFrame:
        """Return the suspects as a data frame, one line each, rows and samples counted from 0.

        A suspect is clearly closest to one training row. Chance makes a few: where the answer is
        not "copying", suspects are no copies. For tables each line has the sample and the real row
        as they were handed in, under "sample: age" and "row: age". The frame holds rows of your
        data: keep it where these may be kept.
        """
        import pandas as pd

        return pd.DataFrame([one.flat() for one in self.suspects])

    def save_suspects(self, path: str | Path) -> None:
        """Write the suspects as .csv or .json.

        Args:
            path: the file to write; its ending says which.

        Raises:
            InputError: another ending, a file that cannot be written.
        """
        save_suspects(self.suspects, path)

    def with_notes(self, notes: Sequence[str]) -> Audit:
        """Return the audit with sentences on how its files were read, before its other findings.

        Args:
            notes: one sentence per entry, such as the notes of the readers.
        """
        read = (Finding("as read", one) for one in notes)
        found = replace(self.fitness, findings=(*read, *self.fitness.findings))
        return replace(self, fitness=found)

    def told(self, width: int | None = None) -> str:
        """Return the numbers as a table, and the verdict, as text for a terminal.

        Args:
            width: the longest line, in characters; None for lines of any length.
        """
        from twinseed.auditing.terminal import in_terminal

        return in_terminal(self, width)

    def __str__(self) -> str:
        return self.told()

    def __repr__(self) -> str:
        return f"Audit({', '.join(f'{q}: {o}' for q, o in self.outcome.items())})"
