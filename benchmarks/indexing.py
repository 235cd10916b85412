"""How many passages a second are indexed, beside LangChain's FAISS with the same model.

    PYTHONPATH=. python benchmarks/indexing.py [--number N] [--turns T] [--peer FOLDER]

Indexed are the first articles of the development set, in NEWSBOT_SHARED/news_qa/dev (NEWSBOT_SHARED is
../shared by default), that have N passages (20,000 by default). For newsbot: `newsbot index`, from the start
of the process to its end, with reading, SQLite, the index of words and FAISS. For LangChain:
`FAISS.from_texts` with `HuggingFaceEmbeddings`, as they are, of the same paragraphs, without imports and the
loading of the model; newsbot encodes the titles, too. Each T times in turn (1 by default), in processes of
their own.

Printed are passages a second of time and of CPU time, which other programs on the machine lengthen less, and
the most memory that the process held. The peer is installed in a virtual environment of its own, in FOLDER,
which is kept, or for this run alone.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from corpus.article import Article, Kind
from corpus.reading import read
from index.encoder import _default_path

_PACKAGES = ["faiss-cpu", "langchain-community", "langchain-huggingface", "sentence-transformers", "torch"]
_PEER = """
import json, resource, sys, time
from langchain_community.vectorstores import FAISS
from langchain_huggingface import HuggingFaceEmbeddings
texts = json.load(open(sys.argv[1]))
embeddings = HuggingFaceEmbeddings(model_name=sys.argv[2])
wall, cpu = time.perf_counter(), time.process_time()
FAISS.from_texts(texts, embeddings)
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu, memory]))
"""
_OURS = """
import json, resource, sys, time
wall = time.perf_counter()
from bot.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    assert not end.code, end
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([time.perf_counter() - wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
"""


def main(number: int, turns: int, peer: Path, folder: Path) -> None:
    """Index in turn, and print a line for each."""
    shared = Path(os.environ.get("NEWSBOT_SHARED", "../shared"))
    articles = folder / "articles.jsonl"
    passages = _first(shared / "news_qa/dev/articles.jsonl.gz", number, articles)
    texts = folder / "texts.json"
    texts.write_text(json.dumps(passages))
    python = _installed(peer)
    print(f"{len(passages):,} passages, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for turn in range(turns):
        data = str(folder / f"data{turn}")
        rows = {
            "newsbot": _run([sys.executable, "-c", _OURS, "--data", data, "index", str(articles)]),
            "LangChain": _run([python, "-c", _PEER, str(texts), str(_default_path())]),
        }
        wall, cpu, _ = rows["newsbot"]
        for name, (its_wall, its_cpu, memory) in rows.items():
            print(
                f"{name:<9} {len(passages) / its_wall:6.1f} a second, {len(passages) / its_cpu:6.1f} of CPU,"
                f" {memory:5.0f} MB; newsbot: {its_wall / wall:.2f} times as many, {its_cpu / cpu:.2f} of CPU"
            )


def _first(source: Path, number: int, target: Path) -> list[str]:
    """Write the first articles that have so many passages; returns the passages."""
    passages: list[str] = []
    with gzip.open(source, "rt", encoding="utf-8") as lines, target.open("w", encoding="utf-8") as file:
        for line in lines:
            if len(passages) >= number:
                break
            file.write(line)
            one = target.with_name("one.jsonl")
            one.write_text(line, encoding="utf-8")
            for article in read(one):
                if isinstance(article, Article):
                    passages += [one.text for one in article.paragraphs if one.kind is not Kind.HEADING]
    return passages


def _installed(peer: Path) -> str:
    python = peer / "bin" / "python"
    if not python.exists():
        venv.create(peer, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "-q", "-c", ".ci/constraints.txt"]
        subprocess.run([*pip, *_PACKAGES], check=True)
    return str(python)


def _run(command: list[str]) -> tuple[float, float, float]:
    """Seconds of time and of CPU time, and megabytes."""
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    wall, cpu, memory = json.loads(ran.stdout.splitlines()[-1])
    return wall, cpu, memory


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--number", type=int, default=20_000)
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--peer", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        main(given.number, given.turns, given.peer or Path(temporary) / "peer", Path(temporary))
