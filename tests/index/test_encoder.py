"""The real model, and how questions share it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpus.errors import NewsbotError
from index import encoder as module
from index.encoder import (
    DEFAULT_MODEL,
    Embedder,
    Encoder,
    Vectors,
    load_embedder,
    verify_default_weights,
)
from index.worker import Worker
from tests.conftest import HashingEmbedder


@pytest.fixture(scope="module")
def real() -> Embedder:
    return load_embedder(DEFAULT_MODEL)


def test_the_installed_model_embeds_meaning(real: Embedder) -> None:
    assert real.model.dimension == 384
    question = real.encode_questions(["When does the boat leave?"])
    passages = np.array([*real.encode_passages(["The ferry departs at noon.", "The dam holds much water."])])
    assert passages.shape == (2, 384)
    assert passages.dtype == np.float32
    assert np.allclose(np.linalg.norm(passages, axis=1), 1, atol=1e-5)
    near, far = (passages @ question[0]).tolist()
    assert near > far + 0.2


def test_a_model_in_a_folder_is_the_same_model(real: Embedder) -> None:
    by_path = load_embedder(str(module._default_path()))
    assert by_path.model.same_as(real.model)


def test_a_local_model_touches_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    load_embedder(DEFAULT_MODEL)


@pytest.mark.parametrize("content", [None, "not a model"])
def test_an_unknown_model_is_named_with_what_to_do(tmp_path: Path, content: str | None) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    if content:
        (folder / "config.json").write_text(content)
    with pytest.raises(NewsbotError, match="set NEWSBOT_MODEL") as caught:
        load_embedder(str(folder))
    assert "\n" not in str(caught.value)


def test_the_installed_weights_are_the_published_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    verify_default_weights()
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.setattr(module, "_default_path", lambda: tmp_path)
    with pytest.raises(NewsbotError, match="damaged"):
        verify_default_weights()


async def test_a_passage_is_found_by_its_title_too_which_is_encoded_once() -> None:
    embedder = HashingEmbedder()
    worker = Worker()
    encoder = Encoder("hashing", lambda _: embedder, worker)
    passages = [("Ferry sails", "It left at noon."), ("Ferry sails", "It was full."), ("", "It was full.")]
    noon, full, bare = await encoder.passages(passages)
    question = await encoder.question("ferry")
    await worker.close()
    assert sorted(embedder.encoded) == ["Ferry sails", "It left at noon.", "It was full."]
    assert np.allclose(np.linalg.norm([noon, full, bare], axis=1), 1)
    text, title = HashingEmbedder().encode_passages(["It was full.", "Ferry sails"])
    assert np.allclose(bare, text)
    assert full @ text > full @ title, "its own words count for more"
    assert full @ question > bare @ question + 0.1


async def test_no_passages_have_no_vectors() -> None:
    worker = Worker()
    vectors = await Encoder("hashing", lambda _: HashingEmbedder(), worker).passages([])
    await worker.close()
    assert vectors.shape == (0, 64)


async def test_questions_that_arrive_together_are_encoded_together() -> None:
    embedder = HashingEmbedder()
    worker = Worker()
    encoder = Encoder("hashing", lambda _: embedder, worker)
    await encoder.model()
    texts = [f"question {number}" for number in range(20)]
    vectors = await asyncio.gather(*(encoder.question(text) for text in texts))
    await worker.close()
    assert sum(embedder.batches) == 20
    assert len(embedder.batches) < 5
    assert np.allclose(vectors, HashingEmbedder().encode_questions(texts))


async def test_what_several_ask_in_the_same_words_is_encoded_once() -> None:
    embedder = HashingEmbedder()
    worker = Worker()
    encoder = Encoder("hashing", lambda _: embedder, worker)
    await encoder.model()
    all_there = threading.Event()
    gate = asyncio.create_task(worker.run_urgent(all_there.wait, 10))
    texts = ["who?", "when?", "who?", "who?"]
    asked = [asyncio.create_task(encoder.question(text)) for text in texts]
    await asyncio.sleep(0)
    all_there.set()
    vectors = await asyncio.gather(*asked)
    await gate
    await worker.close()
    assert embedder.batches == [2]
    assert np.allclose(vectors, HashingEmbedder().encode_questions(texts))


async def test_a_model_that_does_without_openmp_encodes_while_the_worker_is_busy() -> None:
    class Apart(HashingEmbedder):
        openmp = False

    worker, free = Worker(), threading.Event()
    encoder = Encoder("hashing", lambda _: Apart(), worker)
    await encoder.warm_up()
    busy = asyncio.create_task(worker.run_urgent(free.wait, 10))
    vector = await asyncio.wait_for(encoder.question("who?"), 10)
    assert np.allclose(vector, Apart().encode_questions(["who?"])[0])
    assert len(await asyncio.wait_for(encoder.passages([("", "The ferry.")]), 10)) == 1
    free.set()
    assert await busy
    await worker.close()
    await encoder.close()
    with pytest.raises(RuntimeError, match="closed"):
        await encoder.question("when?")


class OneByOne(HashingEmbedder):
    """Calls ``after`` each passage, before it is given."""

    def __init__(self, after: Callable[[], None]) -> None:
        super().__init__()
        self._after = after

    def encode_passages(self, texts: Sequence[str]) -> Iterator[Vectors]:  # type: ignore[override]
        for text in texts:
            vector = super().encode_passages([text])[0]
            self._after()
            yield vector


@pytest.mark.parametrize(("length", "waited"), [(1, 32), (200, 7), (750, 2), (5000, 1)])
async def test_whoever_asks_waits_for_a_piece_of_the_passages_alone(length: int, waited: int) -> None:
    begun, asked = threading.Event(), threading.Event()

    def until_asked() -> None:
        begun.set()
        asked.wait(10)

    embedder = OneByOne(until_asked)
    worker = Worker()
    encoder = Encoder("hashing", lambda _: embedder, worker)
    texts = [f"{number:0{length}}" for number in range(100)]
    encoding = asyncio.create_task(encoder.passages([("", text) for text in texts]))
    await asyncio.to_thread(begun.wait, 10)
    question = asyncio.create_task(worker.run_urgent(lambda: len(embedder.encoded)))
    await asyncio.sleep(0)
    asked.set()

    assert await question == waited
    assert np.allclose(await encoding, HashingEmbedder().encode_passages(texts))
    assert sorted(embedder.encoded) == sorted(texts), "each once"
    await worker.close()


async def test_while_nobody_asks_passages_are_encoded_in_one_go() -> None:
    calls: list[int] = []

    class Counting(HashingEmbedder):
        def encode_passages(self, texts: Sequence[str]) -> Vectors:
            calls.append(len(texts))
            return super().encode_passages(texts)

    worker = Worker()
    encoder = Encoder("hashing", lambda _: Counting(), worker)
    await encoder.passages([("", f"The ferry had {number} passengers.") for number in range(500)])
    await worker.close()
    assert calls == [500]


async def test_an_error_of_the_model_is_told_to_all_whose_questions_it_had() -> None:
    class Failing(HashingEmbedder):
        def encode_questions(self, texts: Sequence[str]) -> Vectors:
            raise MemoryError

    worker = Worker()
    encoder = Encoder("hashing", lambda _: Failing(), worker)
    asked = (encoder.question(f"question {number}") for number in range(20))
    results = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 10)
    await worker.close()
    assert [type(result) for result in results] == [MemoryError] * 20


async def test_a_model_that_cannot_be_loaded_is_told_to_everybody_who_asks() -> None:
    def fail(name: str) -> Embedder:
        raise NewsbotError(f"no {name}")

    worker = Worker()
    encoder = Encoder("model", fail, worker)
    results = await asyncio.gather(*(encoder.question("q") for _ in range(3)), return_exceptions=True)
    await worker.close()
    assert [str(result) for result in results] == ["no model"] * 3
