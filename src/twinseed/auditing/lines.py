"""Every number of an audit, beside what it should be compared with."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from twinseed.auditing.estimates import IntervalEstimate
from twinseed.auditing.familiar import Familiar
from twinseed.numbers import ReadoutNumbers
from twinseed.readout import VARIABLES
from twinseed.status import Status

__all__ = ["Line", "lines"]

_DCR_SHARE, _EUCLIDEAN = "dcr_share", "memorisation_share_euclidean"
"""What one number is called by others, and in a readout."""


@dataclass(frozen=True)
class Line:
    """One number of the audit: its value, what it should be compared with, and its status."""

    name: str
    """Name of the number, as a readout calls it, or as others call it."""
    symbol: str
    """Its symbol in the formulas; empty where it has none."""
    meaning: str
    """What the number says, in words."""
    factor: int | None
    """The factor that the number is about, from 1; None where it is about no factor."""
    number: IntervalEstimate
    """The value, with its 95 % interval."""
    status: str
    """Whether to trust the value, see ``Status``."""
    references: Mapping[str, IntervalEstimate]
    """What to compare the value with, by name."""


def lines(
    familiar: Sequence[Familiar],
    references: Mapping[str, Mapping[str, list[IntervalEstimate]]],
    measured: ReadoutNumbers,
    number: Callable[[str, int | None], IntervalEstimate],
) -> Iterator[Line]:
    """Yield every number that could be measured, beside its references.

    Numbers with a usual name come first, under this name. ``number`` returns a measured number with
    its interval, from its name and the place of its factor.
    """
    for one in familiar:
        renamed = one.key == _DCR_SHARE
        beside = {"new rows": IntervalEstimate(one.new_rows, math.nan, math.nan)}
        if math.isnan(one.new_rows):
            beside = {}
        if renamed:
            beside = {label: found[0] for label, found in references[_EUCLIDEAN].items()}
        yield Line(
            name=one.name,
            symbol=VARIABLES[_EUCLIDEAN].symbol if renamed else "",
            meaning=one.meaning,
            factor=None,
            number=one.value,
            status=str(measured[f"{_EUCLIDEAN}_status"].item() if renamed else Status.OK),
            references=beside,
        )
    named = {_EUCLIDEAN} if any(one.key == _DCR_SHARE for one in familiar) else set()
    for name, labelled in references.items():
        if name in named:
            continue
        variable = VARIABLES[name]
        for k in range(measured.sizes["factor"]) if variable.per_factor else [None]:
            status = measured[f"{name}_status"].reshape(-1)[k or 0]
            yield Line(
                name=name,
                symbol=variable.symbol,
                meaning=variable.meaning,
                factor=None if k is None else k + 1,
                number=number(name, k),
                status=str(status),
                references={
                    label: numbers[k or 0] if len(numbers) > 1 else numbers[0]
                    for label, numbers in labelled.items()
                },
            )
