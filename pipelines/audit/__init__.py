"""Whether a run folder is as its run left it, and whether what it says follows from its record."""

from pipelines.audit.examine import Audit, Finding, audit

__all__ = ["Audit", "Finding", "audit"]
