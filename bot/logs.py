"""What the bot writes to its log: lines for people or JSON for machines, never a secret, never a message.

Every line of what is done for one interaction or message carries its number.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal

Form = Literal["text", "json"]

# Others log at DEBUG what people write: discord.py each event, aiosqlite each statement with its values.
_OURS = ("bot", "corpus", "index")

# Whoever has the token of an interaction may answer in the bot's name; it stands in addresses.
_TOKEN_IN_ADDRESS = re.compile(r"((?:webhooks|interactions)/\d+/)[\w.-]+")

_handled: ContextVar[int | None] = ContextVar("handled", default=None)


def handle(number: int) -> None:
    """From here on, what this task logs carries the number of the interaction or message that it handles."""
    _handled.set(number)


def set_up_logging(level: str, form: Form, secrets: Sequence[str]) -> None:
    """Logs to the standard error. The ``secrets`` are not shown, whoever logs them."""
    handler = logging.StreamHandler()
    handler.addFilter(_matters)
    handler.addFilter(_note_what_is_handled)
    handler.setFormatter(_Json(secrets) if form == "json" else _Text(secrets))
    logging.basicConfig(level="INFO" if level == "DEBUG" else level, handlers=[handler], force=True)
    for package in _OURS:
        logging.getLogger(package).setLevel(level)


def _matters(record: logging.LogRecord) -> bool:
    # torch tells how its caches did when the process ends, below the line that says why it ended.
    return not record.name.startswith("torch.") or record.levelno >= logging.WARNING


def _note_what_is_handled(record: logging.LogRecord) -> bool:
    record.handled = _handled.get()
    return True


class _Redacting(logging.Formatter):
    def __init__(self, secrets: Sequence[str], form: str | None = None) -> None:
        super().__init__(form, style="{")
        self._secrets = [secret for secret in secrets if secret]

    def redacted(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "[token]")
        return _TOKEN_IN_ADDRESS.sub(r"\1[token]", text)


class _Text(_Redacting):
    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__(secrets, "{asctime} {levelname:<7} {name}: {message}")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        number = getattr(record, "handled", None)
        return super().formatMessage(record) + (f" [{number}]" if number else "")

    def format(self, record: logging.LogRecord) -> str:
        return self.redacted(super().format(record))


class _Json(_Redacting):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": self.redacted(record.getMessage()),
        }
        if number := getattr(record, "handled", None):
            line["handled"] = str(number)  # as a number it is too large for some readers of JSON
        if record.exc_info:
            line["error"] = self.redacted(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)
