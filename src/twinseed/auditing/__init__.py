"""The audit: controls first, then the measurement, then the verdict."""

from twinseed.auditing.controls import Controls
from twinseed.auditing.copying import Copying, Suspect
from twinseed.auditing.protocol import audit
from twinseed.auditing.references import Number
from twinseed.auditing.result import PROTOCOL, Audit, Line
from twinseed.auditing.verdict import Outcome

__all__ = [
    "PROTOCOL",
    "Audit",
    "Controls",
    "Copying",
    "Line",
    "Number",
    "Outcome",
    "Suspect",
    "audit",
]
