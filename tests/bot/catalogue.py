"""What the bot says in Discord, collected from its code; and the catalogues brought up to that.

``python -m tests.bot.catalogue`` writes each catalogue anew: what is not said any more is gone, and what is
new is empty and waits for its translation.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import MagicMock

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from discord import app_commands

import bot
from bot.client import COGS, NewsBot
from corpus.errors import NewsbotError
from index.ranking import FEATURES
from index.why import Verdict

CATALOGUES = sorted(Path(bot.__file__).with_name("locales").glob("*.po"))

_HEADER = """msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: {plural_forms}\\n"

"""
_ROOT = Path(bot.__file__).parent.parent


def _names(kind: type[NewsbotError]) -> set[str]:
    return {kind.__name__}.union(*map(_names, kind.__subclasses__()))


_CARRIERS = {"Said", *_names(NewsbotError)}
_SAID_BY = {"_": 1, "plural": 2, **dict.fromkeys(_CARRIERS, 1)}  # and how many texts of it are messages
# The command line speaks English; what only it says is not in a catalogue.
_TERMINAL = {
    *("cli", "shell", "terminal", "batch", "evaluation", "explanation", "settings", "preview", "doctor"),
    *("feedcommands", "feedlist", "feedback", "metrics"),
}


def speaking() -> Iterator[Path]:
    """The modules whose texts may reach Discord."""
    yield from (file for file in (_ROOT / "bot").glob("*.py") if file.stem not in _TERMINAL)
    for room in ("bot/commands", "corpus", "corpus/store", "index"):
        yield from (file for file in (_ROOT / room).glob("*.py") if file.stem != "backup")


async def collected() -> Catalog:
    """All messages, without translations. Names of commands and options have the context ``name``."""
    catalogue = Catalog(charset="utf-8", fuzzy=False)
    for file in speaking():
        for message in said_in(file.read_text(encoding="utf-8")):
            catalogue.add(message)
    for verdict in Verdict:
        catalogue.add(verdict.value)
    for feature in FEATURES:
        catalogue.add(feature, context="figure")
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
        if isinstance(node, ast.Call) and (name := _called(node)) in _SAID_BY:
            first = node.args[: _SAID_BY[name]]
            texts = tuple(one.value for one in first if isinstance(one, ast.Constant))
            if texts:
                yield texts if len(texts) > 1 else texts[0]


def untranslatable_in(code: str) -> Iterator[str]:
    """What a module says that no catalogue can hold, since it is put together before it is looked up."""
    nodes = list(ast.walk(ast.parse(code)))
    known = {*_CARRIERS, *dir(builtins), *(one.name for one in nodes if isinstance(one, ast.FunctionDef))}
    for node in nodes:
        if isinstance(node, ast.Call) and node.args:
            text = node.args[0]
            passed_on = isinstance(text, ast.Attribute) and text.attr == "template"
            if _called(node) in _CARRIERS and not (isinstance(text, ast.Constant) or passed_on):
                yield ast.unparse(node)
        # An error by another name, which the carriers would miss.
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
            kind, written = node.exc.func, isinstance(node.exc.args[0], ast.Constant | ast.JoinedStr)
            if written and not isinstance(kind, ast.Attribute) and ast.unparse(kind) not in known:
                yield ast.unparse(node)


def _called(call: ast.Call) -> str:
    """The name of what is called, without that of its module."""
    return ast.unparse(call.func).rpartition(".")[2]


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
