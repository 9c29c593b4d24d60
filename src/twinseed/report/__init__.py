"""Reports: self-contained pages from readouts, claims and figures. They compute nothing."""

from twinseed.report.audit import audit_page
from twinseed.report.reproduction import write_reproduction, writing_steps

__all__ = ["audit_page", "write_reproduction", "writing_steps"]
