"""The sentence of a passage that answers a question."""

from __future__ import annotations

from index.ranking import Query, Scorer, Votes
from index.sentences import split
from index.words import Reader


def answering_sentence(
    text: str, language: str, query: Query, votes: Votes, scorer: Scorer, reader: Reader
) -> tuple[int, int]:
    """The offsets of the sentence that answers best; the whole text where it has no sentence."""
    sentences = split(text, language)
    if len(sentences) < 2:
        return sentences[0] if sentences else (0, len(text))
    words = [reader.read(text[start:end]) for start, end in sentences]
    return sentences[scorer.best_sentence(query, votes, words)]
