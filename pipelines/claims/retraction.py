"""A later sentence that withdraws an earlier statement."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.claims.draft import Draft


def retracted(drafts: Sequence[Draft]) -> dict[int, int]:
    """Index of each withdrawn draft to the index of the one that withdraws it.

    What is withdrawn is the nearest checkable statement before, about the same place where the
    correction names one, and about the same class of things where it names one; and what is told
    as an earlier version is by what follows it.
    """
    found: dict[int, int] = {}
    for index, draft in enumerate(drafts):
        if draft.withdrawn and draft.reason is None:
            found |= _corrected(drafts, index)
    for index, draft in enumerate(drafts):
        if not draft.withdraws:
            continue
        target = _target(drafts, index)
        if target is not None and target not in found:
            found[target] = index
    return found


def _corrected(drafts: Sequence[Draft], index: int) -> dict[int, int]:
    """What "an earlier version said" is corrected by the next statement that is not told so."""
    for later in range(index + 1, min(len(drafts), index + 6)):
        if not drafts[later].withdrawn:
            return {index: later}
    return {}


def _target(drafts: Sequence[Draft], index: int) -> int | None:
    correction = drafts[index]
    for earlier in range(index - 1, max(-1, index - 30), -1):
        other = drafts[earlier]
        if other.reason is not None or other.withdraws or other.withdrawn:
            continue
        if correction.object_class not in {"any", other.object_class}:
            continue
        return earlier
    return None
