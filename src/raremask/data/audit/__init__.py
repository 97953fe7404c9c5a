"""The audit of a data set: every finding with its files, why it matters and what to do."""

from raremask.data.audit.audit import Audit, audit
from raremask.data.audit.evidence import Evidence
from raremask.data.audit.finding import ERROR, NOTE, SEVERITIES, WARNING, Finding

__all__ = ["ERROR", "NOTE", "SEVERITIES", "WARNING", "Audit", "Evidence", "Finding", "audit"]
