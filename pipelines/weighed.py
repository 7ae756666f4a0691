"""What was asked of the images of a site, and what they answered."""

from __future__ import annotations

from dataclasses import dataclass

from imagery.detectors.sightings import Sighting
from imagery.detectors.study import Glance, Study
from pipelines.claims.claim import Claim
from pipelines.evidence import Acquisition, Area, Finding
from pipelines.moments import Chosen
from pipelines.quarry import Beyond, Quarry


@dataclass(frozen=True, slots=True)
class Weighed:
    """One acquisition with what was asked of it.

    Attributes:
        chosen: Why it speaks to the statement.
        glance: What it shows.
        acquisition: The same as numbers for the rules.
    """

    chosen: Chosen
    glance: Glance
    acquisition: Acquisition


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What became of one statement.

    Attributes:
        claim: The statement.
        finding: The verdict in numbers.
        quarry: What was looked for; None where nothing was.
        beyond: Why nothing was looked for; None where something was.
        product: Whose scenes were weighed, and their pixel size in metres.
        study: What was asked; None where nothing was.
        weighed: The acquisitions, oldest first.
        changes: Sightings that came or went, of a claim that nothing changed.
        areas: The zones of such a claim.
        hidden: Something of that planform stands in the zone on all dates.
        stood: Objects that the earlier dates together show, where losses were asked for.
        finest_m: Finest pixel size of the archive here, None where it holds no scene.
    """

    claim: Claim
    finding: Finding
    quarry: Quarry | None = None
    beyond: Beyond | None = None
    product: tuple[str, float] | None = None
    study: Study | None = None
    weighed: tuple[Weighed, ...] = ()
    changes: tuple[tuple[int, Sighting], ...] = ()
    areas: tuple[Area, ...] = ()
    hidden: bool = False
    stood: int | None = None
    finest_m: float | None = None

    @property
    def days(self) -> tuple[str, ...]:
        """ISO days of the acquisitions that were weighed, oldest first."""
        if self.study is None:
            return ()
        return tuple(self.study.dated.days[one.chosen.index] for one in self.weighed)

    @property
    def simulated(self) -> bool:
        """Whether the scenes that were weighed are generated."""
        return self.study is not None and self.study.dated.simulated
