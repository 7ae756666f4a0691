"""A statement while it is being read: offsets still count in its block."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipelines.claims.claim import NO_COUNT, Count, When
from pipelines.claims.markup import Block


@dataclass(frozen=True, slots=True)
class Draft:
    """A claim before it has an id and a place in the raw file.

    Attributes:
        start, end: Characters of the block; of the raw file once ``placed``.
        reason: None where checkable.
        withdraws: It says that something said before is wrong.
        withdrawn: It is told as what stood there before: what follows corrects it.
        findings: What was weighed; see ``weighing``.
    """

    start: int
    end: int
    site: str | None = None
    site_id: str | None = None
    object_class: str = "any"
    object_text: str | None = None
    count: Count = NO_COUNT
    predicate: str = "other"
    date: When | None = None
    speakers: tuple[str, ...] = ()
    hedge: str | None = None
    reason: str | None = None
    withdraws: bool = False
    withdrawn: bool = False
    findings: frozenset[str] = frozenset()

    def placed(self, block: Block) -> Draft:
        """With offsets in the raw file."""
        start, end = block.raw_span(self.start, self.end)
        return replace(self, start=start, end=end)

    def in_headline(self) -> Draft:
        """A headline sums up what follows; the statements below it are the ones to test."""
        return replace(self, reason="composite") if self.reason is None else self
