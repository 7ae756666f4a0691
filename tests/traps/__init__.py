"""File sets made to mislead, with the right answer: see docs/traps.md."""
