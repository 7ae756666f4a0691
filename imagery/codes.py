"""The codes of ``classes.tif``."""

NO_DATA, UNCHANGED, GAIN, LOSS, MASKED, CHANGED = range(6)

CANDIDATE = 6
"""Not yet decided; no product holds it."""
