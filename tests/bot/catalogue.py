"""What the bot says in Discord, collected from its code; and the catalogues brought up to that.

``python -m tests.bot.catalogue`` writes each catalogue anew: what is not said any more is gone, and what is
new is empty and waits for its translation.
"""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import MagicMock

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from discord import app_commands

import bot
from bot.client import COGS, NewsBot

CATALOGUES = sorted(Path(bot.__file__).with_name("locales").glob("*.po"))

_HEADER = """msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: {plural_forms}\\n"

"""
_ROOT = Path(bot.__file__).parent.parent
_SAID_BY = {"_": 1, "plural": 2, "NewsbotError": 1, "Busy": 1}  # and how many texts of it are messages
# The command line speaks English; what only it says is not in a catalogue.
_TERMINAL = {
    *("cli", "shell", "terminal", "batch", "evaluation", "explanation", "settings", "preview", "doctor"),
    *("feedcommands", "feedlist", "feedback"),
}


async def collected() -> Catalog:
    """All messages, without translations. Names of commands and options have the context ``name``."""
    catalogue = Catalog(charset="utf-8", fuzzy=False)
    files = [file for file in (_ROOT / "bot").glob("*.py") if file.stem not in _TERMINAL]
    files += [*(_ROOT / "bot" / "commands").glob("*.py"), _ROOT / "index" / "newsroom.py"]
    for file in files:
        for message in said_in(file.read_text(encoding="utf-8")):
            catalogue.add(message)
    silent = NewsBot(MagicMock())
    for cog in COGS:
        await silent.add_cog(cog(silent))
    for command in silent.tree.walk_commands():
        _add_command(catalogue, command)
    for menu in silent.tree.get_commands():
        if isinstance(menu, app_commands.ContextMenu):
            catalogue.add(menu.name, context="name")
    await silent.close()
    return catalogue


def said_in(code: str) -> Iterator[str | tuple[str, ...]]:
    """The messages of a module, also those within f-strings, which babel does not look into everywhere."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _SAID_BY:
            first = node.args[: _SAID_BY[node.func.id]]
            texts = tuple(one.value for one in first if isinstance(one, ast.Constant))
            if texts:
                yield texts if len(texts) > 1 else texts[0]


async def update() -> None:
    """Bring the catalogues up to the code; what is translated stays."""
    messages = await collected()
    for file in CATALOGUES:
        with file.open("rb") as opened:
            catalogue = read_po(opened, locale=file.stem)
        catalogue.update(messages, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        with file.open("wb") as opened:
            opened.write(_HEADER.format(language=file.stem, plural_forms=catalogue.plural_forms).encode())
            write_po(opened, catalogue, width=110, sort_output=True, ignore_obsolete=True, omit_header=True)


def _add_command(catalogue: Catalog, command: app_commands.Command | app_commands.Group) -> None:
    catalogue.add(command.name, context="name")
    catalogue.add(command.description)
    if isinstance(command, app_commands.Command):
        for option in command.parameters:
            catalogue.add(str(option.display_name), context="name")
            catalogue.add(str(option.description))
            for choice in option.choices:
                catalogue.add(choice.name)


if __name__ == "__main__":
    asyncio.run(update())
