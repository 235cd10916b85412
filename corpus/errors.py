"""Errors that a person can act on.

NewsbotError             shown as it is, in one line: says what is wrong and what to do
├── ReadError            one input could not be read; the others go on
└── Busy                 somebody else is doing this right now

Everything else that is raised is a defect, and is shown as one.
"""

from corpus.said import Said


class NewsbotError(Exception):
    """Something that the person who asked can put right; the message says how.

    ``said`` is the message as it can be translated: where ``values`` are given it is a template for them.
    """

    def __init__(self, message: str, /, **values: object) -> None:
        self.said = Said(message, **values)
        super().__init__(self.said)


class ReadError(NewsbotError):
    """One file, line or page could not be read as an article."""


class Busy(NewsbotError):
    """The same work is already under way."""
