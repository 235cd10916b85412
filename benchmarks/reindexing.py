"""What a re-index costs where little or nothing has changed.

    python -m benchmarks.reindexing DATA PATH...

DATA is a data folder that was made of the files PATH; a copy of it is used. In a running newsroom with the
real model and on the command line, one after the other: nothing has changed, one article is new, one is
changed, one is gone, one is removed by its address. Printed are the seconds until the run has ended and until
a question finds what is there now (it is asked again and again), and what was written: MB by this process,
and the files of the data folder that are other ones or have grown.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from pathlib import Path

from index.answer import Question
from index.newsroom import Newsroom

_ASKED = Question("Who repaired the clock of Quallenby town hall?", date(2026, 11, 24))
_BEGINNING = """---
title: The clock of Quallenby
url: https://courier.example.com/quallenby
---

"""
_NEW = "Tamsin Oakhollow repaired the clock of Quallenby town hall in nine days."
_CHANGED = "Tamsin Oakhollow and her uncle repaired the clock of Quallenby town hall in eleven days."
_CLI = "import sys; from bot.cli import main; sys.exit(main(sys.argv[1:]))"


def main(data: Path, paths: Sequence[Path]) -> None:
    """Copy, re-index, and print the figures."""
    with tempfile.TemporaryDirectory(dir=data.parent) as name:
        folder = Path(name)
        shutil.copytree(data, folder / "data")
        (folder / "new").mkdir()
        print("newsbot index            seconds  of CPU   (of the whole process)")
        for what, change in _changes(folder / "new"):
            change()
            _by_cli(what, folder, paths)
        asyncio.run(_running(folder, paths))


def _changes(new: Path) -> list[tuple[str, Callable[[], object]]]:
    file = new / "clock.md"
    return [
        ("nothing changed", lambda: None),
        ("one article new", lambda: file.write_text(_BEGINNING + _NEW)),
        ("one changed", lambda: file.write_text(_BEGINNING + _CHANGED)),
        ("one gone", file.unlink),
    ]


def _by_cli(what: str, folder: Path, paths: Sequence[Path]) -> None:
    command = [sys.executable, "-c", _CLI, "--data", str(folder / "data"), "index", *map(str, paths)]
    before, began = _children(), time.perf_counter()
    subprocess.run([*command, str(folder / "new")], stdout=subprocess.DEVNULL, check=True)
    print(f"  {what:<22} {time.perf_counter() - began:7.2f} {_children() - before:7.2f}")


def _children() -> float:
    import resource

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def _running(folder: Path, paths: Sequence[Path]) -> None:
    data, new = folder / "data", folder / "new"
    print("\nin a running newsroom    seconds  of CPU   found after   MB written   files")
    async with await Newsroom.open(data) as newsroom:
        await newsroom.warm_up()
        await newsroom.ask(_ASKED)
        trial = _Trial(newsroom, data)
        changes = _changes(new)
        wanted = ["", _NEW, _CHANGED, ""]
        for turn in ("first", "again"):
            for (what, change), text in zip(changes, wanted, strict=True):
                change()
                await trial.run(f"{what}, {turn}", lambda: newsroom.index([*paths, new]), text)
        changes[1][1]()
        await newsroom.index([new])
        await trial.run("one removed", lambda: newsroom.remove(["https://courier.example.com/quallenby"]), "")


class _Trial:
    def __init__(self, newsroom: Newsroom, data: Path) -> None:
        self.newsroom = newsroom
        self.data = data

    async def run(self, what: str, work: Callable[[], Awaitable[object]], wanted: str) -> None:
        """Do the work, and ask meanwhile until the article says what is ``wanted``, or is not quoted."""
        files, written, worked = self._files(), _written(), time.process_time()
        began = time.perf_counter()
        asking = asyncio.create_task(self._found(wanted))
        await work()
        took = time.perf_counter() - began
        worked, written = time.process_time() - worked, _written() - written
        found = await asking - began
        print(
            f"  {what:<22} {took:7.2f} {worked:7.2f} {found:13.2f} {written / 1e6:12.2f}   "
            + ", ".join(self._changed(files))
        )

    async def _found(self, wanted: str) -> float:
        while True:
            answer = await self.newsroom.ask(_ASKED)
            said = [quote.text for quote in answer.quotes if "quallenby" in quote.url]
            if said == ([wanted] if wanted else []):
                return time.perf_counter()
            await asyncio.sleep(0.1)

    def _files(self) -> dict[str, tuple[int, int]]:
        files = [file for file in self.data.rglob("*") if file.is_file()]
        return {file.relative_to(self.data).as_posix(): file.stat()[1:7:5] for file in files}  # type: ignore[misc]

    def _changed(self, before: dict[str, tuple[int, int]]) -> list[str]:
        names = [name for name, one in self._files().items() if before.get(name) != one]
        tantivy = [name for name in names if name.startswith("lexicon/")]
        size = sum((self.data / name).stat().st_size for name in tantivy) / 1e6
        told = [f"{len(tantivy)} of lexicon ({size:.2f} MB)"] if tantivy else []
        return sorted(set(names) - set(tantivy)) + told


def _written() -> int:
    return int(Path("/proc/self/io").read_text().split("wchar:")[1].split()[0])


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
