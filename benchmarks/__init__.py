"""Measurements on real data, run from the repository root; each prints its verdict last."""
