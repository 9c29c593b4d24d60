"""An audit as plain dictionaries, lists, numbers and strings: its JSON."""

from __future__ import annotations

import dataclasses
import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from twinseed.auditing.advice import advice
from twinseed.auditing.estimates import INTERVALS, IntervalEstimate
from twinseed.jsonable import as_json
from twinseed.readout import VARIABLES

if TYPE_CHECKING:
    from twinseed.auditing.result import Audit

__all__ = ["PROTOCOL", "as_dictionary", "schema"]

PROTOCOL = 2
"""Version of what an audit does; docs/audit.md says what changed."""


def as_dictionary(audit: Audit) -> dict[str, Any]:
    """Return what ``Audit.to_dict`` does."""
    attrs, beside = audit.measured.attrs, advice(audit)
    measured = {
        name: _plain(audit, name) | {"meaning": VARIABLES[name].meaning} for name in VARIABLES
    }
    for name, references in audit.references.items():
        per_factor = VARIABLES[name].per_factor
        measured[name]["reference"] = {
            label: [one.to_dict() for one in numbers] if per_factor else numbers[0].to_dict()
            for label, numbers in references.items()
        }
    controls = None
    if audit.controls is not None:
        controls = dataclasses.asdict(audit.controls) | {
            "told_apart": audit.controls.told_apart,
            "sentence": str(audit.controls),
        }
    return {
        "schema": 2,
        "protocol": PROTOCOL,
        "twinseed": attrs["twinseed"],
        "seed": attrs["entropy"],
        "fingerprint": attrs["fingerprint"],
        "data": {
            "n": int(audit.measured["n"]),
            "d": int(audit.measured["d"]),
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
        "verdict": audit.verdict,
        "outcome": {question: str(outcome) for question, outcome in audit.outcome.items()},
        "controls": controls,
        "fitness": audit.fitness.to_dict(),
        "copying": as_json(audit.copying.to_dict()),
        "agreement": _told(audit.agreement),
        "factors": [_told(one) for one in audit.factors],
        "numbers": measured,
        "plain": beside.plain,
        "settings": dict(audit.settings),
        "rests_on": list(beside.rests_on),
        "would_change": list(beside.would_change),
        "next_steps": list(beside.next_steps),
        "classes": [one.to_dict() for one in audit.classes],
        "familiar": [one.to_dict() for one in audit.familiar],
    }


def _plain(audit: Audit, name: str) -> dict[str, Any]:
    """Return a variable with its error, interval and status; lists along the factors."""
    se, status = (audit.measured[f"{name}_{part}"] for part in ("se", "status"))
    if not VARIABLES[name].per_factor:
        number = audit.number(name).to_dict()
        return {**number, "se": as_json(float(se)), "status": str(status)}
    numbers = [audit.number(name, k).to_dict() for k in range(audit.measured.sizes["factor"])]
    return {
        **{part: [one[part] for one in numbers] for part in ("value", "interval")},
        "se": [as_json(float(one)) for one in se],
        "status": [str(one) for one in status],
    }


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of ``Audit.to_dict()``.

    >>> schema()["properties"]["protocol"]["const"] == PROTOCOL
    True
    """
    text = files("twinseed").joinpath("schemas", "audit.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _told(value: Any) -> Any:
    """Return a result as plain values: numbers with their intervals, None where none exists."""
    if isinstance(value, IntervalEstimate):
        return value.to_dict()
    if dataclasses.is_dataclass(value):
        return {part.name: _told(getattr(value, part.name)) for part in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [_told(part) for part in value]
    return as_json(value)
