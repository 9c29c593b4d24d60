"""The result of an audit: numbers beside their references, verdicts, and forms to hand on."""

from __future__ import annotations

import dataclasses
import json
import math
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twinseed.auditing.advice import advice
from twinseed.auditing.agreement import Agreement
from twinseed.auditing.class_audit import ClassAudit, by_class
from twinseed.auditing.controls import Controls
from twinseed.auditing.copying import Copying
from twinseed.auditing.exhibits import ExamplePairs
from twinseed.auditing.factors import Factor
from twinseed.auditing.familiar import Familiar
from twinseed.auditing.references import IntervalEstimate, interval
from twinseed.auditing.screening import Fitness
from twinseed.auditing.suspects import SuspectRow, save_suspects
from twinseed.auditing.verdict import Answer, Outcome
from twinseed.files import write_text
from twinseed.jsonable import as_json
from twinseed.metrics import to_metrics
from twinseed.readout import VARIABLES
from twinseed.status import Status
from twinseed.tables import MISSING, data_frame, drawn_table, percent

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

__all__ = ["INTERVALS", "PROTOCOL", "Audit", "Line", "schema"]

DCR_SHARE, EUCLIDEAN = "dcr_share", "memorisation_share_euclidean"
"""What one number is called by others, and in a readout."""

PROTOCOL = 2
"""Version of what an audit does; docs/audit.md says what changed."""

INTERVALS = (
    "95 % intervals over the samples and the real rows. The trained models are held fixed: another "
    "training run, or other training rows, can differ by more."
)
"""What an interval is over, and what it holds fixed."""


@dataclass(frozen=True)
class Line:
    """One number of the audit: its value, what it should be compared with, and its status."""

    name: str
    symbol: str
    meaning: str
    factor: int | None
    number: IntervalEstimate
    status: str
    references: Mapping[str, IntervalEstimate]


@dataclass(frozen=True, eq=False, repr=False)
class Audit:
    """A verdict on a generator, with everything that it rests on.

    ``readout`` holds the measured order parameters, ``linear`` those of the honest linear model of
    the same rows; ``verdict`` maps "copying", "convergence" and "recovery" to a sentence, and
    ``outcome`` to one of ``Outcome``.
    """

    readout: xr.Dataset
    linear: xr.Dataset
    references: Mapping[str, Mapping[str, list[IntervalEstimate]]]
    controls: Controls | None
    copying: Copying
    agreement: Agreement
    factors: tuple[Factor, ...]
    fitness: Fitness
    pairs: ExamplePairs
    answers: Mapping[str, Answer]
    familiar: tuple[Familiar, ...] = ()
    """The numbers that others report on copying, by their usual names."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What was said of the rows: numbers of groups and classes, ``up_to``, ``visible``; None where
    nothing was said."""
    classes: tuple[ClassAudit, ...] = ()
    """Each class of a generator that is given a class, judged alone; empty without labels."""
    suspects: tuple[SuspectRow, ...] = ()
    """The samples that look like copies, each beside its real row; see ``suspects_table``."""

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

        That of convergence comes from percentiles of the bootstrap, since it may end at 1; the
        others from the standard error. ``factor`` counts from 0.
        """
        found = interval(self.readout, name, factor)
        level = self.agreement.mean_removed
        if name == "convergence" and level is not None:
            return replace(found, low=level.trace.low, high=level.trace.high)
        return found

    def lines(self) -> Iterator[Line]:
        """Yield every number that could be measured, beside its references.

        Numbers with a usual name come first, under this name.
        """
        for one in self.familiar:
            renamed = one.key == DCR_SHARE
            beside = {"new rows": IntervalEstimate(one.new_rows, math.nan, math.nan)}
            if math.isnan(one.new_rows):
                beside = {}
            if renamed:
                beside = {label: found[0] for label, found in self.references[EUCLIDEAN].items()}
            yield Line(
                name=one.name,
                symbol=VARIABLES[EUCLIDEAN].symbol if renamed else "",
                meaning=one.meaning,
                factor=None,
                number=one.value,
                status=str(self.readout[f"{EUCLIDEAN}_status"].item() if renamed else Status.OK),
                references=beside,
            )
        named = {EUCLIDEAN} if any(one.key == DCR_SHARE for one in self.familiar) else set()
        for name, references in self.references.items():
            if name in named:
                continue
            variable = VARIABLES[name]
            count = self.readout.sizes["factor"] if variable.per_factor else None
            for k in [None] if count is None else range(count):
                status = self.readout[f"{name}_status"].values.reshape(-1)[k or 0]
                yield Line(
                    name=name,
                    symbol=variable.symbol,
                    meaning=variable.meaning,
                    factor=None if k is None else k + 1,
                    number=self.number(name, k),
                    status=str(status),
                    references={
                        label: numbers[k or 0] if len(numbers) > 1 else numbers[0]
                        for label, numbers in references.items()
                    },
                )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain dictionaries, lists, numbers and strings, ready for JSON.

        A number that does not exist is None, and a status beside it says why. ``schema()``
        describes it.
        """
        attrs, beside = self.readout.attrs, advice(self)
        measured = {
            name: self._plain(name) | {"meaning": VARIABLES[name].meaning} for name in VARIABLES
        }
        for name, references in self.references.items():
            per_factor = VARIABLES[name].per_factor
            measured[name]["reference"] = {
                label: [_number(one) for one in numbers] if per_factor else _number(numbers[0])
                for label, numbers in references.items()
            }
        controls = None
        if self.controls is not None:
            controls = dataclasses.asdict(self.controls) | {
                "told_apart": self.controls.told_apart,
                "sentence": str(self.controls),
            }
        return {
            "schema": 2,
            "protocol": PROTOCOL,
            "twinseed": attrs["twinseed"],
            "seed": attrs["entropy"],
            "fingerprint": attrs["fingerprint"],
            "data": {
                "n": int(self.readout["n"]),
                "d": int(self.readout["d"]),
                **{
                    name: attrs[name]
                    for name in (
                        "seeds",
                        "rows_train_a",
                        "rows_train_b",
                        "rows_heldout",
                        "shared_training_rows",
                        "constant_columns",
                    )
                },
            },
            "intervals": INTERVALS,
            "verdict": self.verdict,
            "outcome": {question: str(outcome) for question, outcome in self.outcome.items()},
            "controls": controls,
            "fitness": self.fitness.to_dict(),
            "copying": as_json(self.copying.to_dict()),
            "agreement": _told(self.agreement),
            "factors": [_told(one) for one in self.factors],
            "numbers": measured,
            "plain": beside.plain,
            "settings": dict(self.settings),
            "rests_on": list(beside.rests_on),
            "would_change": list(beside.would_change),
            "next_steps": list(beside.next_steps),
            "classes": [one.to_dict() for one in self.classes],
            "familiar": [one.to_dict() for one in self.familiar],
        }

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
        lines = list(self.lines())
        columns: dict[str, list[Any]] = {
            name: [getattr(line, name) for line in lines] for name in ("name", "factor", "status")
        }
        for end in ("value", "low", "high"):
            columns[end] = [getattr(line.number, end) for line in lines]
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

        Raises:
            InputError: another ending, a file that cannot be written.
        """
        save_suspects(self.suspects, path)

    def told(self, width: int | None = None) -> str:
        """Return the numbers as a table, and the verdict; no line is longer than ``width``."""
        rows = []
        for line in self.lines():
            label = line.name if line.factor is None else f"{line.name} {line.factor}"
            references = line.references.items()
            beside = "; ".join(f"{name} {_shown(one.value)}" for name, one in references)
            known = math.isfinite(line.number.low) and line.number.low != line.number.high
            reach = f"{line.number.low:.3f} to {line.number.high:.3f}" if known else ""
            if line.status != Status.OK:
                beside = f"{beside} ({line.status})" if beside else line.status
            rows.append((label, _shown(line.number.value), reach, beside))
        header = ("number", "value", "95 % interval", "compare with")
        table = drawn_table(header, rows, width=width, prose=True)
        item = partial(_item, width=min(96, width or 96))
        checks = [] if self.controls is None else [str(self.controls)]
        checks += [one.sentence for one in self.fitness.findings if one.name != "as read"]
        before = ["Before the verdict:", *map(item, checks), ""] if checks else []
        verdict = ["Verdict:", *map(item, self.verdict.values())]
        classes = self._classes(width) if self.classes else []
        steps = ["", "What to do next:", *map(item, advice(self).next_steps)]
        over = textwrap.fill(INTERVALS, min(96, width or 96))
        return "\n".join([table, "", over, "", *before, *verdict, *classes, *steps])

    def _classes(self, width: int | None) -> list[str]:
        """Return what the classes show, as a sentence and a table."""
        rows = []
        for one in self.classes:
            found = {name: str(answer.outcome) for name, answer in one.answers.items()}
            rows.append(
                (
                    one.name,
                    str(one.samples),
                    str(one.rows_train_a),
                    str(one.rows_heldout),
                    _shown(one.dcr_share.value),
                    percent(one.copied_fraction.value, 1),
                    _shown(one.convergence.value),
                    one.left_out or ", ".join(found.values()),
                )
            )
        header = ("class", "samples", "training", "held-out", "DCR share", "copied", "convergence")
        table = drawn_table((*header, "outcome"), rows, width=width)
        return ["", "By class:", _item(by_class(self.classes), min(96, width or 96)), table]

    def __str__(self) -> str:
        return self.told()

    def _plain(self, name: str) -> dict[str, Any]:
        """Return a variable with its error, interval and status; lists along the factors."""
        se, status = (self.readout[f"{name}_{part}"].values for part in ("se", "status"))
        if not VARIABLES[name].per_factor:
            number = _number(self.number(name))
            return {**number, "se": as_json(float(se)), "status": str(status)}
        numbers = [_number(self.number(name, k)) for k in range(self.readout.sizes["factor"])]
        return {
            **{part: [one[part] for one in numbers] for part in ("value", "interval")},
            "se": [as_json(float(one)) for one in se],
            "status": [str(one) for one in status],
        }

    def __repr__(self) -> str:
        return f"Audit({', '.join(f'{q}: {o}' for q, o in self.outcome.items())})"


def _shown(value: float) -> str:
    return MISSING if math.isnan(value) else f"{value:.3f}"


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of ``Audit.to_dict()``.

    >>> schema()["properties"]["protocol"]["const"] == PROTOCOL
    True
    """
    text = files("twinseed").joinpath("schemas", "audit.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _item(sentence: str, width: int) -> str:
    return textwrap.fill(sentence, width, initial_indent="- ", subsequent_indent="  ")


def _told(value: Any) -> Any:
    """Return a result as plain values: numbers with their intervals, None where none exists."""
    if isinstance(value, IntervalEstimate):
        return _number(value)
    if dataclasses.is_dataclass(value):
        return {part.name: _told(getattr(value, part.name)) for part in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [_told(part) for part in value]
    return as_json(value)


def _number(one: IntervalEstimate) -> dict[str, Any]:
    bounds = [as_json(one.low), as_json(one.high)]
    return {"value": as_json(one.value), "interval": None if None in bounds else bounds}
