"""How much of an article is found on its page: token F1 against bodies marked by hand.

    python benchmarks/extraction.py ../shared/pages

The folder holds ``<id>.html.gz`` and ``ground-truth.json``, ``{id: {"articleBody", "url"}}``. A token is a
run of letters and digits. For each page, precision is the share of the tokens found that stand in the marked
body, counted as often as they stand there, recall the share of the body's tokens that were found, and F1
their harmonic mean; an empty body that is found empty counts 1. The figures are means over pages. The
article-extraction benchmark's own F1 compares runs of four tokens, and takes the harmonic mean of the mean
precision and recall; it is printed too. Headings belong to what is found; the
title does not, and captions, which are stored as such, do not either.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections import Counter
from pathlib import Path

import trafilatura

from corpus import html
from corpus.article import Kind
from corpus.errors import ReadError

Score = tuple[float, float, float]


def main(folder: Path) -> None:
    truth = json.loads((folder / "ground-truth.json").read_text())
    pages = {name: gzip.decompress((folder / f"{name}.html.gz").read_bytes()) for name in truth}
    for label, extract in (("newsbot", ours), ("trafilatura", plain)):
        found = {name: extract(page, truth[name]["url"]) for name, page in pages.items()}
        print(
            f"{label}\n  tokens        {report(found, truth, 1)}\n  runs of four  {report(found, truth, 4)}"
        )


def ours(page: bytes, url: str) -> str:
    try:
        article = html.parse(page, url=url, name="")
    except ReadError:
        return ""
    return "\n".join(part.text for part in article.paragraphs if part.kind is not Kind.CAPTION)


def plain(page: bytes, url: str) -> str:
    return trafilatura.extract(page, url=url, include_comments=False) or ""


def report(found: dict[str, str], truth: dict[str, dict[str, str]], run: int) -> str:
    scores = [score(found[name], truth[name]["articleBody"], run) for name in truth]
    precision, recall, f1 = (sum(column) / len(scores) for column in zip(*scores, strict=True))
    of_means = 2 * precision * recall / (precision + recall)
    return f"F1 {f1:.4f} (precision {precision:.4f}, recall {recall:.4f}; F1 of these means {of_means:.4f})"


def score(found: str, wanted: str, run: int) -> Score:
    """Precision, recall and F1 of the runs of so many tokens."""
    have, want = runs(found, run), runs(wanted, run)
    if not have or not want:
        return (1.0, 1.0, 1.0) if have == want else (0.0, 0.0, 0.0)
    common = (have & want).total()
    precision, recall = common / have.total(), common / want.total()
    return precision, recall, 2 * common / (have.total() + want.total())


def runs(text: str, length: int) -> Counter[tuple[str, ...]]:
    tokens = re.findall(r"\w+", text)
    last = max(1, len(tokens) - length + 1) if tokens else 0
    return Counter(tuple(tokens[start : start + length]) for start in range(last))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
