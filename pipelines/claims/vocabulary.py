"""The closed words of a statement: classes, predicates, reasons, comparators."""

from __future__ import annotations

from typing import Literal

OBJECT_CLASSES = (
    "large_aircraft",
    "aircraft",
    "helicopter",
    "vessel",
    "air_defence",
    "vehicle",
    "building",
    "crater/damage",
    "construction",
    "equipment",
    "any",
)
PREDICATES = (
    "present",
    "absent",
    "arrived",
    "departed",
    "preparing_to_depart",
    "increased",
    "decreased",
    "unchanged",
    "damaged",
    "built",
    "in_transit",
    "other",
)
REASONS = (
    "background",
    "statement",
    "opinion",
    "intent",
    "forecast",
    "inference",
    "casualty",
    "identity",
    "occluded",
    "no_place",
    "open_sea",
    "no_time",
    "rate",
    "geo",
    "provenance",
    "hypothetical",
    "markup",
    "boilerplate",
    "composite",
)
OPERATORS = ("eq", "ge", "le", "approx", "none")

Operator = Literal["eq", "ge", "le", "approx", "none"]
