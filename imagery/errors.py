"""Every error that this package raises, drawn as one tree.

    ImageryError
    ├── InputError           what the user gave is wrong                            (exit 2)
    │   ├── UnreadableFile   a file is missing, truncated or not what its name says
    │   ├── DateError        a date is absent, unreadable or ambiguous
    │   ├── GridError        a raster has no usable place on the ground
    │   └── BandError        bands are missing, unknown or differ
    ├── UntrustedError       the input is readable but cannot be trusted            (exit 2)
    │   ├── RegistrationError
    │   ├── OffsetError
    │   └── WeightsError     a trained detector's weights are missing or altered
    ├── NetworkError         an archive did not give what was asked                 (exit 2)
    │   ├── FetchError       it refused, failed or answered something else
    │   ├── RefusedAddress   an address that is never read from
    │   └── OfflineError     the network is off and the store does not hold it
    ├── NotObservable        a detector was asked below its resolution: not a count of zero
    ├── WriteError           a product could not be written                         (exit 2)
    └── TooLarge             refused before any memory is taken                     (exit 2)

Arguments are facts, the class holds the sentence: messages stay uniform and every error
survives pickling, so it reaches the user unharmed from a Dask worker. A fact may be anything that a
file holds: what is too long to be printed is cut, and what would steer a terminal is a "?".
"""

from __future__ import annotations

import reprlib

LONGEST = 600
"""Characters of a fact."""


def printable(said: object, length: int = 200) -> str:
    r"""What a file or a catalogue says, fit for one line of a terminal.

    >>> printable("a\x1b[31m" + "b" * 9, 10)
    'a?[31mb...'
    """
    text = "".join(each if each.isprintable() else "?" for each in str(said)[: length + 1])
    return text if len(text) <= length else f"{text[: length - 3]}..."


class _Brief(reprlib.Repr):
    """Short, and of numbers of thousands of digits, which Python itself refuses to print."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = 200

    def repr_int(self, x: int, level: int) -> str:
        """A number that fits a line; otherwise what it is."""
        if x.bit_length() > LONGEST:
            return f"a number of {x.bit_length()} bits"
        return super().repr_int(x, level)


class _Words(str):
    """A text that is printed without quotes."""

    __slots__ = ()
    __repr__ = str.__str__


def _fact(value: object) -> object:
    if isinstance(value, str):
        return printable(value, LONGEST)
    if isinstance(value, int | list | tuple | dict) and not isinstance(value, bool):
        return _Words(_Brief().repr(value))
    return value


class ImageryError(Exception):
    """Base of the tree above; ``template`` is the sentence, the arguments fill it."""

    template = "{0}"

    def __str__(self) -> str:
        return self.template.format(*map(_fact, self.args))


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


class WeightsError(UntrustedError):
    """The weights of a trained detector are not the ones that its figures were measured with."""


class NetworkError(ImageryError):
    """NetworkError(what, reason, what to do); ``what`` never holds a query or a password."""

    template = "Could not fetch {0}: {1}. {2}"


class FetchError(NetworkError):
    """The archive refused, failed every time it was asked, or answered something else."""


class RefusedAddress(NetworkError):
    """What a catalogue points at is no place that it may send a reader to."""

    template = "Refused to fetch {0}: {1}. {2}"


class OfflineError(NetworkError):
    """OfflineError(what, what is missing, what to do)."""

    template = "The network is off and {0} {1}. {2}"


class NotObservable(ImageryError):
    """NotObservable(what, pixel size in metres, coarsest pixel size that would do).

    A result, not a failure: callers turn it into the verdict ``not_observable``.
    """

    template = "{0} cannot be told at {1} m; at most {2} m would do."


class WriteError(ImageryError):
    """WriteError(path, reason)."""

    template = "Could not write {0}: {1}."


class TooLarge(ImageryError):
    """TooLarge(what, size, limit)."""

    template = "{0} is {1}; the limit is {2}."
