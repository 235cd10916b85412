"""What is said to a person, in English still, and ready to be said in another language.

Only ``bot`` knows who reads a text, and in which language. So a text keeps what it was made of: where it is
shown, the words of another language are looked up for its template. Everywhere else it is its English words.
"""

from __future__ import annotations

import json
from typing import Self


class Said(str):
    """A template for ``str.format``, filled in with ``values``, some of which may be such texts themselves.

    Without values the template is the text, whatever braces it has.
    """

    template: str
    values: dict[str, object]

    def __new__(cls, template: str, /, **values: object) -> Self:
        said = super().__new__(cls, template.format(**values) if values else template)
        said.template, said.values = template, values
        return said


NOTHING = Said("")
_AS_JSON = '["'  # how a column begins that holds a template with values


def together(*texts: Said) -> Said:
    """These texts, one behind the other."""
    values = {f"text{number}": text for number, text in enumerate(texts)}
    return Said(" ".join(f"{{{name}}}" for name in values), **values)


def to_column(text: Said) -> str:
    """The text for a database: a list of template and values in JSON, or without values the text as it is.

    Values become strings and numbers; a text among them stays English.
    """
    if not text.values and not text.template.startswith(_AS_JSON):
        return text.template
    return json.dumps([text.template, text.values], ensure_ascii=False, default=str)


def from_column(column: str) -> Said:
    """The text of a database; what was stored before there were templates is one without values."""
    if column.startswith(_AS_JSON):
        template, values = json.loads(column)
        return Said(template, **values)
    return Said(column)
