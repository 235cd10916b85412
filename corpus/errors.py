"""Errors that a person can act on.

NewsbotError             shown as it is, in one line: says what is wrong and what to do
├── ReadError            one input could not be read; the others go on
└── Busy                 somebody else is doing this right now

Everything else that is raised is a defect, and is shown as one.
"""


class NewsbotError(Exception):
    """Something that the person who asked can put right; the message says how.

    Where ``values`` are given the message is a template for ``str.format``, which another language may have
    its own words for.
    """

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message.format(**values) if values else message)
        self.template = message
        self.values = values


class ReadError(NewsbotError):
    """One file, line or page could not be read as an article."""


class Busy(NewsbotError):
    """The same work is already under way."""
