"""What a date was measured to say, as the numbers that the rules of ``evidence`` weigh."""

from __future__ import annotations

from imagery.detectors.study import Glance, Share
from imagery.detectors.trials import Wanted
from pipelines.evidence import Acquisition, Answer, Point, Rate


def acquisition_of(
    glance: Glance, scene: str, *, wanted: Wanted, relevance: float, group: int = 0
) -> Acquisition:
    """One date in the terms of the rules.

    Args:
        glance: What the date shows, and what was measured on it.
        scene: Id of the date's scene.
        wanted: The claimed state, the same that the glance was asked for.
        relevance: Chance that the state at the claimed time still held at the sensing time.
        group: Of the claimed times, the one that the date tells of.
    """
    others = (_rate(glance.extra),) if wanted.sighted > 1 else ()
    twice = (_rate(glance.twice),) if wanted.sighted > 1 and glance.twice.trials else ()
    return Acquisition(
        scene=scene,
        answer=answer_of(glance, wanted),
        sure=Point(_rate(glance.power_sure), _rate(glance.false_sure), (*others, *twice)),
        low=Point(_rate(glance.power_low), _rate(glance.false_low)),
        clear=glance.clear,
        relevance=relevance,
        group=group,
    )


def answer_of(glance: Glance, wanted: Wanted) -> Answer:
    """Whether as many objects as are wanted are sure, cannot be ruled out, or neither."""
    if glance.count_sure >= wanted.sighted:
        return "seen"
    return "ruled_out" if glance.count_low < wanted.sighted else "between"


def _rate(share: Share) -> Rate:
    return Rate(share.count, share.trials)
