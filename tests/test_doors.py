"""The three rooms, and the doors between them, which open one way: bot → index → corpus."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

MAY_ENTER = {"corpus": {"corpus"}, "index": {"index", "corpus"}, "bot": {"bot", "index", "corpus"}}
DISCORD = {"discord", "simcord"}
SQLITE = {"sqlite3", "aiosqlite", "apsw"}
UNPICKLES = {"pickle", "marshal", "shelve", "joblib", "dill", "cloudpickle"}
LOADS_PICKLES = {("torch", "load"), ("np", "load"), ("numpy", "load")}
SPEAKS_SQL = "corpus/store/"
SLOW = {"torch", "sentence_transformers", "transformers", "faiss", "discord", "numpy", "pydantic_settings"}

_SQL = re.compile(
    r"\b(SELECT\s.+\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM"
    r"|(CREATE|DROP|ALTER)\s+(VIRTUAL\s+)?(TABLE|INDEX|TRIGGER)|PRAGMA\s+\w+)\b",
    re.DOTALL,
)


def offences(root: Path) -> list[str]:
    """What the modules of the rooms under ``root`` do that they must not."""
    return [
        f"{path.relative_to(root).as_posix()}: {offence}"
        for room in MAY_ENTER
        for path in sorted((root / room).rglob("*.py"))
        for offence in _offences(
            path.relative_to(root).as_posix(), ast.parse(path.read_text(encoding="utf-8"))
        )
    ]


def _offences(name: str, tree: ast.Module) -> Iterator[str]:
    room = name.partition("/")[0]
    for module in _imports(name, tree):
        top = module.partition(".")[0]
        if top in MAY_ENTER and top not in MAY_ENTER[room]:
            yield f"imports {module}"
        if top in DISCORD and room != "bot":
            yield f"imports {module}"
        if top in UNPICKLES:
            yield f"imports {module}"
        if top in SQLITE and not name.startswith(SPEAKS_SQL):
            yield f"imports {module}"
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    named = {(node.value.id, node.attr) for node in attributes if isinstance(node.value, ast.Name)}
    yield from (f"calls {module}.{called}" for module, called in sorted(named & LOADS_PICKLES))
    if not name.startswith(SPEAKS_SQL):
        yield from ("speaks SQL" for text in _strings(tree) if _SQL.search(text))


def _imports(name: str, tree: ast.Module) -> Iterator[str]:
    """Every module that is imported, wherever in the file, by its full name."""
    package = name.split("/")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package[: len(package) - node.level + 1] if node.level else []
            yield ".".join([*parents, *([node.module] if node.module else [])])


def _strings(tree: ast.Module) -> Iterator[str]:
    """Every string that is not a docstring."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)


def test_the_doors_open_one_way() -> None:
    assert all(any((ROOT / room).rglob("*.py")) for room in MAY_ENTER)
    assert offences(ROOT) == []


@pytest.mark.parametrize(
    ("name", "source", "offence"),
    [
        ("corpus/a.py", "import index.answer", "imports index.answer"),
        ("corpus/a.py", "def f():\n    from bot import cli", "imports bot"),
        ("index/a.py", "from bot.settings import Settings", "imports bot.settings"),
        ("index/a.py", "from discord.ext import commands", "imports discord.ext"),
        ("index/a.py", "import numpy, sqlite3", "imports sqlite3"),
        ("corpus/reading.py", "import aiosqlite", "imports aiosqlite"),
        ("corpus/storehouse.py", "import aiosqlite", "imports aiosqlite"),
        ("bot/commands/a.py", "q = f'SELECT {x}, id FROM article'", "speaks SQL"),
        ("index/a.py", "q = '''\n  insert = 'DELETE  FROM article' '''", "speaks SQL"),
        ("corpus/a.py", "from .. import index", None),
        ("index/a.py", "import pickle", "imports pickle"),
        ("index/a.py", "import torch\ntorch.load('x', weights_only=True)", "calls torch.load"),
        ("index/a.py", "import numpy as np\nnp.load('x', allow_pickle=True)", "calls np.load"),
        ("bot/a.py", "import discord, index.answer, corpus.errors", None),
        ("index/a.py", "'''SELECT a word FROM the text'''\nfrom . import b", None),
        ("corpus/store/a.py", "import aiosqlite\nq = 'SELECT 1 FROM article'", None),
    ],
)
def test_a_wrong_door_is_seen(tmp_path: Path, name: str, source: str, offence: str | None) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text(source, encoding="utf-8")
    assert offences(tmp_path) == ([f"{name}: {offence}"] if offence else [])


@pytest.mark.parametrize("code", ["import bot.cli", "from bot.cli import main; main(['--help'])"])
def test_the_command_line_starts_without_what_is_slow_to_import(code: str) -> None:
    result = subprocess.run(  # noqa: S603 - the code above
        [sys.executable, "-c", f"{code}\nimport sys\nprint('\\n', *sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {*result.stdout.splitlines()[-1].split()}
    assert "typer" in loaded
    assert not SLOW & loaded


def test_opening_a_newsroom_does_not_pay_for_reading_pages_and_feeds(tmp_path: Path) -> None:
    code = (
        "import asyncio, pathlib, sys\n"
        "from index.newsroom import Newsroom\n"
        "async def main():\n"
        "    async with await Newsroom.open(pathlib.Path(sys.argv[1])):\n"
        "        pass\n"
        "asyncio.run(main())\n"
        "print(*({'aiohttp', 'trafilatura', 'feedparser', 'torch', 'faiss'} & sys.modules.keys()))"
    )
    result = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == []
