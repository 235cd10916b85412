"""Many who ask at once, while a re-index runs: what they wait for, and whether all goes by Discord's rules.

    python -m benchmarks.load [DATA] [--questions QUESTIONS.jsonl] [--number 500] [--at-once 50]
                              [--faults errors|all] [--no-reindex]

The bot is ``newsbot run`` in a process of its own, with its real model, and talks to a stand-in for Discord
over real connections. DATA is a data folder, of which a copy is used; else there are the sample articles,
and for questions the beginnings of their sentences, more than 500 different ones. Each of fifty members
asks again as soon as there is an answer. With ``--faults`` one call in twenty fails, in every way that is
known or by plain errors only, and the gateway breaks twice. What was sent is held against Discord's own
description of its interface, in NEWSBOT_SHARED (by default ../shared).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from bot.settings import SAMPLES
from corpus.article import Article
from corpus.reading import find, read
from index import sentences
from tests.bot.limits import Limits
from tests.bot.stand_in import TOKEN, Asked, Fault, StandIn, broken, serve, slow, status, texts, too_many

_MEMBERS = 50
_WORDS = 14  # of a question
_SHARE = 0.05  # of the calls that fail
_NEW = 400  # articles that are taken in meanwhile
_DELAYS = "delays.json"
_SHARED = Path(os.environ.get("NEWSBOT_SHARED", "../shared"))
_ERRORS: list[Fault] = [
    *(status(500), status(502, html=True), status(503, done=True), broken(done=False), broken(done=True))
]
_PAUSES: list[Fault] = [
    *(too_many(0.01, Via="1.1 discord"), status(429, html=True, Retry_After="0.5"), slow(0.5))
]
_FAULTS = {"errors": _ERRORS, "all": _ERRORS + _PAUSES}
_CLI = "import sys; from bot.cli import main; sys.exit(main(sys.argv[1:]))"
# The bot, beside which a task in its loop takes down how late it is woken.
_BOT = """
import asyncio, json, sys, time
from pathlib import Path
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL
from bot import client
from bot.cli import main
Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = sys.argv[1], URL(sys.argv[2])
delays = []
async def probe():
    while True:
        due = time.monotonic() + 0.01
        await asyncio.sleep(0.01)
        delays.append((due, time.monotonic() - due))
async def probed(*given, run=client.run_until_stopped):
    probing = asyncio.create_task(probe())
    await run(*given)
    probing.cancel()
client.run_until_stopped = probed
status = main(sys.argv[4:])
Path(sys.argv[3]).write_text(json.dumps(delays))
sys.exit(status)
"""


async def main(options: argparse.Namespace) -> int:
    """Ask, and print what came of it; the exit status is 1 where something was lost or against the rules."""
    chance = random.Random(7)
    limits = Limits(_SHARED / "discord-openapi.json")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = _copy(options.data, folder / "data")
        questions = _questions(options.questions)
        _write_articles(folder / "new", chance)
        async with serve() as discord, _bot(discord, data, folder) as process:
            await _answered(await discord.ask(questions[0]), 120)
            calls = len(discord.calls)
            if faults := _FAULTS.get(options.faults):
                discord.chance = lambda _: chance.choice(faults) if chance.random() < _SHARE else None
            reindex = await discord.ask("", command="reindex") if options.reindex else None
            await asyncio.sleep(2)
            began, worked, ours = time.monotonic(), _worked(process), time.process_time()
            asked = await _ask_all(discord, questions, options)
            took, worked = time.monotonic() - began, _worked(process) - worked
            ours = time.process_time() - ours
            discord.chance = lambda _: None
            if reindex:
                print("re-index:", " ".join(texts(reindex.shown[-1]["components"]).split()))
        delays = _delays(folder, began, began + took)
        violations = limits.violations(discord.calls[calls:])
        return _tell(asked, took, worked, ours, delays, violations)


async def _ask_all(discord: StandIn, questions: list[str], options: argparse.Namespace) -> list[Asked]:
    asked: list[Asked] = []
    waiting = iter(questions[number % len(questions)] for number in range(options.number))

    async def member(number: int) -> None:
        for question in waiting:
            one = await discord.ask(question, member=100 + number)
            asked.append(one)
            await _answered(one, 60)
            if options.faults and len(asked) in {options.number // 3, options.number // 2}:
                await discord.drop()

    await asyncio.gather(*(member(number) for number in range(options.at_once)))
    return asked


async def _answered(asked: Asked, patience: float) -> None:
    try:
        await asyncio.wait_for(asked.done.wait(), patience)
    except TimeoutError:
        print(f"{asked.id} was not answered in {patience:.0f} s", file=sys.stderr)


def _delays(folder: Path, began: float, ended: float) -> list[float]:
    """How late the bot's event loop was, in seconds, each time that it was looked at meanwhile."""
    delays = json.loads((folder / _DELAYS).read_text())
    return [delay for due, delay in delays if began <= due <= ended]


def _tell(
    asked: list[Asked], took: float, worked: float, ours: float, delays: list[float], violations: list[str]
) -> int:
    answered = [one for one in asked if one.answered and one.promised]
    lost = len(asked) - len(answered)
    twice = sum(len({json.dumps(body) for body in one.shown}) > 1 or bool(one.others) for one in asked)
    first = 1000 * np.array([one.promised - one.sent for one in answered])
    whole = 1000 * np.array([one.answered - one.sent for one in answered])
    each = 1000 / len(asked)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"of a core for each: the bot {each * worked:.1f} ms, the stand-in {each * ours:.1f} ms")
    print(f"{len(asked)} questions, {len(asked) / took:.1f} a second")
    print(f"first response within 300 ms: {100 * np.mean(first < 300):.1f} %")
    for what, values in (
        ("first response", first),
        ("answer", whole),
        ("loop delay", 1000 * np.array(delays)),
    ):
        parts = [f"{label} {np.quantile(values, part):.0f}" for label, part in _PARTS]
        print(f"{what:<15} {', '.join(parts)} ms")
    print(f"lost {lost}, shown twice {twice}, against the rules {len(violations)}")
    ready, shown = (_moved([getattr(one, when) for one in answered]) for when in ("ready", "answered"))
    print(f"moved in the order of arrival: when first sent {ready} places, when shown {shown} places at most")
    for violation, number in Counter(violations).most_common(10):
        print(f"{number} × {violation}")
    return 1 if lost or twice or violations else 0


def _moved(moments: list[float]) -> int:
    """By how many places somebody comes earlier or later than in the order of the list, at most."""
    order = np.argsort(moments)
    return int(np.max(np.abs(order - np.arange(len(order)))))


_PARTS = (("median", 0.5), ("p95", 0.95), ("p99", 0.99), ("longest", 1.0))


def _worked(process: int) -> float:
    """Seconds for which a process has had a core."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def _bot(discord: StandIn, data: Path, folder: Path) -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _BOT, discord.api, str(discord.gateway), str(folder / _DELAYS)),
        *("--data", str(data), "run"),
        env={**os.environ, "DISCORD_TOKEN": TOKEN, "NEWSBOT_ARTICLES": str(folder / "new")},
    )
    try:
        await asyncio.wait_for(discord.online.wait(), 60)
        yield process.pid
    finally:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 20)
        except TimeoutError:
            process.kill()
            raise


def _copy(data: Path | None, folder: Path) -> Path:
    if data is None:
        index = [sys.executable, "-c", _CLI, "--data", str(folder), "index", str(SAMPLES)]
        subprocess.run(index, check=True, stdout=subprocess.DEVNULL)
    else:
        shutil.copytree(data, folder)
    return folder


def _questions(path: Path | None) -> list[str]:
    if path is not None:
        with path.open(encoding="utf-8") as lines:
            return [json.loads(line)["question"] for line in lines]
    texts = [part.text for article in _samples() for part in article.paragraphs]
    said = [text[start:end].split() for text in texts for start, end in sentences.split(text)]
    return [" ".join(words[:_WORDS]) for words in said if len(words) > 5]


def _samples() -> Iterator[Article]:
    for file in find(SAMPLES).files:
        yield from (one for one in read(file) if isinstance(one, Article))


def _write_articles(folder: Path, chance: random.Random) -> None:
    """Articles of shuffled words, so that all passages are new."""
    words = [word for article in _samples() for part in article.paragraphs for word in part.text.split()]
    folder.mkdir()
    with (folder / "new.jsonl").open("w", encoding="utf-8") as file:
        for number in range(_NEW):
            text = "\n\n".join(" ".join(chance.choices(words, k=60)) for _ in range(20))
            article = {"url": f"https://example.com/{number}", "title": " ".join(chance.choices(words, k=8))}
            file.write(json.dumps({**article, "text": text, "published": "2026-09-14"}) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("data", nargs="?", type=Path)
    parser.add_argument("--questions", type=Path)
    parser.add_argument("--number", type=int, default=500)
    parser.add_argument("--at-once", type=int, default=_MEMBERS)
    parser.add_argument("--faults", choices=_FAULTS)
    parser.add_argument("--no-reindex", dest="reindex", action="store_false")
    sys.exit(asyncio.run(main(parser.parse_args())))
