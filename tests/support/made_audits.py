"""Audits made by hand, in which no two numbers are equal: what is swapped shows."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from twinseed import readout
from twinseed.auditing.agreement import Agreement, BandAgreement, Level
from twinseed.auditing.class_audit import ClassAudit
from twinseed.auditing.controls import Controls
from twinseed.auditing.copying import Copying, Suspect, unknown
from twinseed.auditing.estimates import IntervalEstimate, interval
from twinseed.auditing.exhibits import EncodedColumn, ExamplePairs, Pair
from twinseed.auditing.factors import Factor, Fate
from twinseed.auditing.familiar import Familiar
from twinseed.auditing.offsets import Offsets
from twinseed.auditing.references import references
from twinseed.auditing.result import Audit
from twinseed.auditing.screening import Finding, Fitness
from twinseed.auditing.seeds import Pairing
from twinseed.auditing.verdict import Answer, Outcome
from twinseed.readers import Column
from twinseed.readout import VARIABLES, Estimate
from twinseed.status import Status

__all__ = ["AUDITS", "made_audit"]

NAN = math.nan
UNKNOWN = IntervalEstimate(NAN, NAN, NAN)
SINGLE = (
    "memorisation",
    "memorisation_heldout",
    "memorisation_ratio",
    "memorisation_share",
    "memorisation_share_euclidean",
    "recovery",
)
PAIRED = (
    "convergence",
    "convergence_gap",
    "convergence_cosine",
    "convergence_null",
    "convergence_factor",
    "flow_distance",
    "recovery_twins",
)
FACTORS = 4


def _readout(draw: np.random.Generator, names: tuple[str, ...], **attrs: Any) -> Any:
    found = {}
    for name in names:
        shape = (FACTORS,) if VARIABLES[name].per_factor else ()
        value, se = draw.uniform(0.2, 0.8, shape), draw.uniform(0.002, 0.009, shape)
        found[name] = Estimate(value, se)
    found["memorisation_share"] = (
        Estimate(0.6172, 0.0031, Status.CONSTANT_COLUMNS)
        if "memorisation_share" in names
        else Estimate.missing(Status.NOT_IDENTIFIABLE)
    )
    if "recovery" in names:
        value, se = draw.uniform(0.2, 0.8, FACTORS), draw.uniform(0.002, 0.009, FACTORS)
        status = np.array([Status.OK, Status.OK, Status.BELOW_FLOOR, Status.OK], dtype=np.str_)
        found["recovery"] = Estimate(value, se, status)
    return readout.gathered(
        found,
        source="measure",
        coords={"n": 1234.0, "d": 60.0, "gamma": 1234 / 60},
        factors=np.arange(1.0, FACTORS + 1),
        attrs=attrs,
    )


def _number(draw: np.random.Generator) -> IntervalEstimate:
    value, down, up = draw.uniform(0.2, 0.8), draw.uniform(0.01, 0.02), draw.uniform(0.02, 0.05)
    return IntervalEstimate(value, value - down, value + up)


def _level(draw: np.random.Generator) -> Level:
    null = float(draw.uniform(0.01, 0.02))
    return Level(_number(draw), _number(draw), null, _number(draw))


def _factors(draw: np.random.Generator, twins: bool) -> tuple[Factor, ...]:
    windows = [(1, 1), (2, 3), (2, 3), (4, 4)]
    fates = [Fate.RECOVERED, Fate.TOO_CLOSE, Fate.NOT_SHOWN, Fate.OUT_OF_REACH]
    return tuple(
        Factor(
            number=k + 1,
            window=windows[k],
            variance=float(draw.uniform(0.05, 0.2)),
            overlap=_number(draw),
            ceiling=_number(draw),
            relative=_number(draw),
            linear=_number(draw),
            predicted=NAN if k == 3 else float(draw.uniform(0.2, 0.8)),
            learnable=True,
            twins=_number(draw) if twins else UNKNOWN,
            fate=fates[k],
        )
        for k in range(FACTORS)
    )


def _pairs(draw: np.random.Generator, shape: tuple[int, ...] | None, suspect: bool) -> ExamplePairs:
    times = (math.inf, 2.5e6, 12.34, 0.876)
    found = tuple(
        Pair(
            generator="ab"[k % 2],
            sample=int(number),
            training_row=int(row),
            times_closer=closer,
            suspect=suspect and k < 3,
            sample_values=draw.uniform(-3, 9, 60).astype(np.float32),
            training_values=draw.uniform(-3, 9, 60).astype(np.float32),
        )
        for k, (closer, number, row) in enumerate(
            zip(times, (31, 42, 53, 64), (175, 286, 397, 408), strict=True)
        )
    )
    places = ()
    if shape is None:
        kinds = (Column("age"), Column("job", ("nurse", "pilot", "smith")), Column("wage"))
        ends = list(itertools.accumulate(one.width for one in kinds))
        places = tuple(
            EncodedColumn(one, slice(end - one.width, end))
            for one, end in zip(kinds, ends, strict=True)
        )
    return ExamplePairs(found, shape, places)


def _classes(draw: np.random.Generator) -> tuple[ClassAudit, ...]:
    answers = {
        "copying": Answer(Outcome.COPYING, "Copying."),
        "convergence": Answer(Outcome.CONVERGED, "Converged."),
    }
    numbers = [_number(draw) for _ in range(3)]
    judged = ClassAudit("left", 211, 212, 213, "", answers, 0.0246, *numbers)
    return judged, ClassAudit("right", 21, 22, 23, "too small")


def _familiar(draw: np.random.Generator, readout: Any, heldout: bool) -> tuple[Familiar, ...]:
    found = []
    for key, name in {"nndr_low": "NNDR, 5th percentile", "authpct": "AuthPct"}.items():
        value, new = draw.uniform(0.2, 0.8, 2)
        number = IntervalEstimate(float(value), NAN, NAN)
        beside = float(new) if heldout else NAN
        found.append(Familiar(key, name, number, beside, 333, f"what {name} says", "Somebody 1999"))
    if heldout:
        share = interval(readout, "memorisation_share_euclidean")
        first = Familiar("dcr_share", "DCR share", share, 0.5, 345, "a share", "Somebody 2000")
        found.insert(0, first)
    return tuple(found)


def made_audit(
    *,
    seed: int = 0,
    twins: bool = True,
    heldout: bool = True,
    image_shape: tuple[int, ...] | None = None,
    findings: bool = False,
    told_apart: bool = True,
    outcomes: Mapping[str, Outcome] | None = None,
) -> Audit:
    """Return an audit of numbers that are all different."""
    draw = np.random.default_rng(seed)
    names = (*(SINGLE if heldout else ("memorisation",)), *(PAIRED if twins else ()))
    attrs = {
        "entropy": "7 8",
        "fingerprint": "0123abcd",
        "seeds": 345,
        "rows_train_a": 1234,
        "rows_train_b": 1357 if twins else 0,
        "rows_heldout": 891 if heldout else 0,
        "shared_training_rows": 17 if twins else 0,
        "constant_columns": 3,
    }
    measured = _readout(draw, names, **attrs)
    linear = _readout(draw, names, **attrs)
    predicted = float(draw.uniform(0.2, 0.8))
    copying = unknown(345)
    if heldout:
        scores = {name: draw.normal(0.1, 0.3, 345) for name in ("ab" if twins else "a")}
        honest = {name: draw.normal(0.0, 0.2, 500) for name in scores}
        copying = Copying(
            p_value=0.0005,
            p_further=0.9715,
            p_value_linear=0.0035,
            copied_fraction=0.213,
            copied_fraction_interval=(0.145, 0.287),
            stands_out=True,
            view="distance",
            smallest_visible=0.0312,
            clear_win=1.61,
            samples=345,
            rows_compared=891,
            suspects=(Suspect("a", 31, 175, 0.0, math.inf),),
            scores=scores,
            linear_scores=honest,
        )
    agreement = Agreement(None, None, None, None, predicted, ())
    if twins:
        bands = tuple(
            BandAgreement(
                first, last, 0.3, _number(draw), _number(draw), float(draw.uniform(0.2, 0.8))
            )
            for first, last in ((1, 1), (2, 2), (3, 7), (8, 40))
        )
        agreement = Agreement(
            mean_removed=_level(draw),
            raw=_level(draw),
            as_given=_level(draw),
            pairing=Pairing(0.0005, 345, "", 0),
            predicted=predicted,
            spectrum=bands,
            own_means=_level(draw),
            linear=_number(draw),
            another=_number(draw),
            offsets=Offsets(0.13, 5.1, 5.3, 5.2, 1.37, 0.01),
            learned=_number(draw),
        )
    found = Fitness({}, ())
    if heldout:
        found = Fitness({"train_a, heldout": 0.4321, "train_a, train_b": 0.0625}, ())
    if findings:
        one = Finding("duplicated columns", "4 columns repeat another one.", {"columns": 4})
        two = Finding("little power", "With 345 samples, copies below 31 % would go unseen.")
        found = Fitness(found.exchangeable, (one, two))
    outcomes = outcomes or {
        "copying": Outcome.COPYING if heldout else Outcome.CANNOT_TELL,
        "convergence": Outcome.NOT_CONVERGED if twins else Outcome.CANNOT_TELL,
        "recovery": Outcome.PARTLY_RECOVERED,
    }
    return Audit(
        measured=measured,
        matched=linear,
        references=references(measured, linear, predicted),
        controls=Controls(0.0005 if told_apart else 0.0775, 0.43, 445, 892) if heldout else None,
        copying=copying,
        agreement=agreement,
        factors=_factors(draw, twins) if heldout else (),
        fitness=found,
        pairs=_pairs(draw, image_shape, suspect=findings)
        if heldout
        else ExamplePairs((), None, ()),
        answers={
            question: Answer(one, f"What is said of {question}: {k + 5} of 67.")
            for k, (question, one) in enumerate(outcomes.items())
        },
        familiar=_familiar(draw, measured, heldout),
        classes=_classes(draw) if findings else (),
        settings={"groups": 87, "classes": 9, "up_to": "flip", "visible": 0.15} if findings else {},
    )


AUDITS: Mapping[str, Mapping[str, Any]] = {
    "two generators, images": {"image_shape": (3, 4, 5), "findings": True},
    "two generators, table": {"seed": 1, "told_apart": False},
    "two generators, no held-out rows": {"seed": 2, "heldout": False},
    "one generator, table": {"seed": 3, "twins": False, "findings": True},
    "one generator, images": {"seed": 4, "twins": False, "image_shape": (10, 6)},
    "one generator, no held-out rows": {"seed": 5, "twins": False, "heldout": False},
}
"""What an audit can be of."""
