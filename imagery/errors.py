"""Every error that this package raises, drawn as one tree.

    ImageryError
    ├── InputError           what the user gave is wrong                            (exit 2)
    │   ├── UnreadableFile   a file is missing, truncated or not what its name says
    │   ├── DateError        a date is absent, unreadable or ambiguous
    │   ├── GridError        a raster has no usable place on the ground
    │   └── BandError        bands are missing, unknown or differ
    ├── UntrustedError       the input is readable but cannot be trusted            (exit 2)
    │   ├── RegistrationError
    │   └── OffsetError
    ├── WriteError           a product could not be written                         (exit 2)
    └── TooLarge             refused before any memory is taken                     (exit 2)

Arguments are facts, the class holds the sentence: messages stay uniform and every error
survives pickling, so it reaches the user unharmed from a Dask worker.
"""

from __future__ import annotations


class ImageryError(Exception):
    """Base of the tree above; ``template`` is the sentence, the arguments fill it."""

    template = "{0}"

    def __str__(self) -> str:
        return self.template.format(*self.args)


class InputError(ImageryError, ValueError):
    """InputError(name, value, expected)."""

    template = "{0} is {1!r}; expected {2}."


class UnreadableFile(InputError):
    """UnreadableFile(path, reason, what to do)."""

    template = "Could not read {0}: {1}. {2}"


class DateError(InputError):
    """DateError(path, problem, what to do)."""

    template = "The date of {0} {1}. {2}"


class GridError(InputError):
    """GridError(path, problem, what to do)."""

    template = "{0} {1}. {2}"


class BandError(InputError):
    """BandError(path, problem, what to do)."""

    template = "{0} {1}. {2}"


class UntrustedError(ImageryError):
    """UntrustedError(what, measured, what to do)."""

    template = "{0}: {1}. {2}"


class RegistrationError(UntrustedError):
    """The two dates cannot be laid over each other with a known, small residual."""


class OffsetError(UntrustedError):
    """The radiometric offset of a product cannot be decided."""


class WriteError(ImageryError):
    """WriteError(path, reason)."""

    template = "Could not write {0}: {1}."


class TooLarge(ImageryError):
    """TooLarge(what, size, limit)."""

    template = "{0} is {1}; the limit is {2}."
