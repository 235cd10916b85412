"""The sentences of passages that answer a question."""

from __future__ import annotations

from collections.abc import Sequence

from index.ranking import Query, Scorer, Votes
from index.sentences import split
from index.words import Reader


def answering_sentences(
    texts: Sequence[tuple[str, str]], query: Query, votes: Votes, scorer: Scorer, reader: Reader
) -> list[tuple[int, int]]:
    """The offsets in each text of the sentence that answers best; the whole text where it has no sentence.

    ``texts`` are given with their languages. All are measured together, which takes hardly longer than one.
    """
    spans = [split(text, language) or [(0, len(text))] for text, language in texts]
    words = [
        [reader.read(text[start:end]) for start, end in sentences]
        for (text, _), sentences in zip(texts, spans, strict=True)
    ]
    best = scorer.best_sentences(query, votes, words)
    return [sentences[place] for sentences, place in zip(spans, best, strict=True)]
