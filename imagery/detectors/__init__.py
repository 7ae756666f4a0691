"""Detectors: what a changed object looks like, by the size that a resolution allows."""
