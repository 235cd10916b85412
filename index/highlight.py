"""The sentence of a passage that answers a question."""

from __future__ import annotations

from index.lexicon import Analyzer
from index.sentences import split


def answering_sentence(
    text: str, language: str, terms: dict[str, float], analyzer: Analyzer
) -> tuple[int, int]:
    """The offsets of the sentence that answers best; the whole text where it has no sentence."""
    sentences = split(text, language) or [(0, len(text))]
    return max(
        sentences,
        key=lambda span: sum(terms.get(term, 0) for term in set(analyzer.terms(text[span[0] : span[1]]))),
    )
