"""Audits two generators: controls first, then measurement, then a verdict."""

from twinseed.auditing.agreement import Agreement
from twinseed.auditing.controls import Controls
from twinseed.auditing.copying import Copying, Suspect
from twinseed.auditing.dictionary import PROTOCOL, schema
from twinseed.auditing.estimates import IntervalEstimate
from twinseed.auditing.factors import Factor, Fate
from twinseed.auditing.lines import Line
from twinseed.auditing.protocol import audit
from twinseed.auditing.result import Audit
from twinseed.auditing.verdict import Outcome

__all__ = [
    "PROTOCOL",
    "Agreement",
    "Audit",
    "Controls",
    "Copying",
    "Factor",
    "Fate",
    "IntervalEstimate",
    "Line",
    "Outcome",
    "Suspect",
    "audit",
    "schema",
]
