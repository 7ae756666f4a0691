"""The records of the application: what a run was, and what to tell a person about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pipelines.radar_told import told


class Watch(Protocol):
    """Whoever wants to see a run's progress."""

    def step(self, name: str) -> None:
        """A part of the run begins."""

    def advance(self, done: int, total: int) -> None:
        """So much of that part is done."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished comparison.

    Attributes:
        folder: Where the products are.
        record: What ``run.json`` says, less the hashes of the products.
    """

    folder: Path
    record: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``: the record and where it lies."""
        return {"folder": str(self.folder), **self.record}

    def summary(self) -> list[str]:
        """For a person, a line each."""
        record = self.record
        lines = [self._scenes(), *self._quality()]
        if record["state"] == "no clear view":
            lines.append("No clear view: no ground is visible at both dates. Nothing was compared;")
            lines.append("this does not say that nothing changed.")
        else:
            lines += self._changes()
            lines += self._past()
        if "radar" in record:
            lines += told(record["radar"])
        lines += self._zones()
        lines += self._notes()
        if record["simulated"]:
            lines.append("SIMULATED: the imagery is generated and shows no real place.")
        return [*lines, f"Products: {self.folder}; to read first: report.html"]

    def _scenes(self) -> str:
        before, after = self.record["scenes"]
        place = self.record["site"]["id"] if self.record["site"] else "Two files"
        first, last = (scene["datetime"] or scene["id"] for scene in (before, after))
        return f"{place}: {first} to {last} (UTC)."

    def _quality(self) -> list[str]:
        record = self.record
        pixel, clear = record["grid"]["pixel_m"], record["clear_share"]
        lines = [f"Grid {pixel:g} m, {clear:.1%} of it clear at both dates."]
        taken = [scene["mask_overruled"]["total_ha"] for scene in record["scenes"]]
        if any(taken):
            before, after = (f"{hectares:.2f} ha" for hectares in taken)
            cause = "flagged cloud, stood there on other dates too and counts as clear"
            lines.append(f"{before} before and {after} after, {cause}.")
        found = record["registration"]
        if found["model"] != "none":
            dx, dy = found["shift_px"]
            agreement = f"on which the tiles agree to {found['p95_px']:.2f} px (95 %)"
            lines.append(f"Shift {dx:+.2f} columns {dy:+.2f} rows, {agreement}.")
        return lines

    def _notes(self) -> list[str]:
        """What was doubtful in the scenes, and how it was taken."""
        told = [note for scene in self.record["scenes"] for note in scene.get("notes", ())]
        return [f"Note: {note}." for note in dict.fromkeys(told)]

    def _past(self) -> list[str]:
        said = self.record["history"]
        if said is None:
            return []
        if not said["used"]:
            alone = f"No history, so the two dates were compared alone: {said['sentence']}"
            return [alone, *self._left_out()]
        lines = [said["sentence"], *self._left_out()]
        if said["usual"] or said["clouded"]:
            lines.append(
                f"Not listed: {said['usual']} differences that are usual by it, and"
                f" {said['clouded']} on cloud that no mask knew."
            )
        alarms = said["alarms"]
        lines.append(
            f"Over time, in the zones: {alarms['confirmed']} confirmed changes and"
            f" {alarms['provisional']} provisional (history.json, occupancy.csv)."
        )
        return lines

    def _left_out(self) -> list[str]:
        gone = self.record["history"]["left_out"]
        if not gone:
            return []
        number = "1 scene" if len(gone) == 1 else f"{len(gone)} scenes"
        return [f"{number} could not serve as history, first {gone[0]}; custody.jsonl says why."]

    def _zones(self) -> list[str]:
        zones = self.record["site"]["zones"] if self.record["site"] else ()
        rough = [zone["uncertainty_m"] for zone in zones if zone["status"] == "approximate"]
        if not rough:
            return []
        return [f"Zone outlines are approximate, up to {max(rough):g} m off: a zone named may err."]

    def _changes(self) -> list[str]:
        counts = self.record["detections"]
        total = sum(counts.values())
        if not total:
            return [
                "No change stands out of this pair's own noise. Small objects may still have",
                "changed: the power of this imagery to show them has not been measured.",
            ]
        told = ", ".join(f"{number} {name}" for name, number in counts.items() if number)
        rate = f"{self.record['threshold']['fdr']:.0%}"
        return [
            f"{total} changed objects ({told}) stand out of this pair's own noise,",
            f"at a false-discovery rate of {rate} under it.",
        ]
