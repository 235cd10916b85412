"""A BERT that encodes without torch, whose import takes longer than all the rest of an answer.

It reads the folder of a sentence-transformers model: a BERT (Devlin et al. 2019) or RoBERTa (Liu et al. 2019)
with GELU, the mean or the first of its vectors, and nothing that needs more. For any other there is the
library. Of questions both give the same vectors, to the rounding of float32; those of passages are rounded on
the way, which makes them in less than half of the time (``index/network.py``), and moves them by less than
their neighbours are away.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from corpus.errors import NewsbotError
from index.cores import usable_cores

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from index.network import Network

log = logging.getLogger(__name__)

Array = npt.NDArray[np.float32]

_WEIGHTS = "model.safetensors"
_TOKENIZER = "tokenizer.json"
_POOLINGS = {"mean", "cls"}
# Where a few numbers of a model's states are far above all others, rounding by the greatest leaves little of
# these. Vectors of some texts tell: with the default model their least cosine to the exact ones is .992.
_LEAST_COSINE = 0.97
_SAMPLE = (
    "The ferry to the island sailed again on Monday, three weeks after it struck the pier.",
    "“We had 40 minutes of water left,” said the mayor, who blamed the storm and a pump from 1987.",
    "Shares fell 3.2 percent in Tokyo.",
    "Parliament passed the bill by 61 votes to 38; the court may still stop it, its president said.",
)
_BERTS = {"BertModel"}
_ROBERTAS = {"RobertaModel", "XLMRobertaModel"}
# What the settings of the first module may be named: before and since sentence-transformers 6.
_SETTINGS = {"max_seq_length", "do_lower_case", "transformer_task", "modality_config", "module_output_name"}
_OF_TEXT = {"text": {"method": "forward", "method_output_name": "last_hidden_state"}}


@dataclass(frozen=True, slots=True)
class _Shape:
    layers: int
    heads: int
    epsilon: float
    longest: int  # in tokens
    first: int  # position of a text, of those that have embeddings
    pooling: str
    lowers: bool
    prompts: tuple[str, str]  # before a question and before a passage


@dataclass(frozen=True, slots=True)
class _Networks:
    questions: Network
    passages: Network
    threads: ThreadPoolExecutor


class Bert:
    """A BERT of some hundred megabytes at most. Called from one thread only; it computes much in many."""

    def __init__(self, folder: Path, shape: _Shape) -> None:
        """For ``open``, which is the way in."""
        self._shape = shape
        self._weights = _read_weights(folder / _WEIGHTS, shape.layers)
        self._tokenizer = _read_tokenizer(folder / _TOKENIZER)
        self._tokenizer.enable_truncation(shape.longest)
        self._tokenizer.no_padding()
        if shape.lowers:
            _lower(self._tokenizer)
        self._networks: _Networks | None = None

    @classmethod
    def open(cls, folder: Path) -> Bert | None:
        """The model in a folder, or ``None`` where it is not one that can be read here.

        Raises NewsbotError where it is one, and a file of it is damaged.
        """
        shape = _read_shape(folder)
        if shape is None:
            return None
        bert = cls(folder, shape)
        return bert if all(array.dtype == np.float32 for array in bert._tensors().values()) else None

    @property
    def dimension(self) -> int:
        """The number of components of a vector."""
        return int(self._weights["embeddings.word_embeddings.weight"].shape[1])

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the names and bytes of the weights, as sentence-transformers has them."""
        digest = hashlib.sha256()
        for name, array in sorted(self._tensors().items()):
            digest.update(f"0.model.{name} torch.float32 {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def encode_questions(self, texts: Sequence[str]) -> Array:
        """Unit vectors, shape ``(len(texts), dimension)``."""
        texts = [self._shape.prompts[0] + text for text in texts]
        networks = self._networks
        if networks is None:
            return np.stack([self._pooled(self._states(self._embedded(text))) for text in texts])
        size = networks.questions.together
        groups = [texts[start : start + size] for start in range(0, len(texts), size)]
        run = map if len(groups) == 1 else networks.threads.map
        encoded = run(partial(self._encode, networks.questions), groups)
        return np.stack([vector for vectors in encoded for vector in vectors])

    def encode_passages(self, texts: Sequence[str]) -> Iterator[Array]:
        """Unit vectors in the order of the texts, each as soon as it is computed; rounded on the way.

        What was not begun when the iterator is closed is not computed.
        """
        networks = self._ready()
        alone = ([self._shape.prompts[1] + text] for text in texts)
        for (vector,) in networks.threads.map(partial(self._encode, networks.passages), alone):
            yield vector

    def warm_up(self) -> None:
        """Make ready what encodes many texts fast; a single question is sooner answered without."""
        self._ready()

    def _ready(self) -> _Networks:
        if self._networks is None:
            from index.network import Layers, Network

            layers = Layers(self._shape.layers, self._shape.heads, self._shape.epsilon)
            real, whole = Network(self._weights, layers, "real"), Network(self._weights, layers, "whole")
            exact, rounded = (np.stack([*self._encode_alone(one, _SAMPLE)]) for one in (real, whole))
            near = (exact * rounded).sum(axis=1).min() >= _LEAST_COSINE
            if not near:
                log.info("rounding moves the vectors of this model too far: encoding takes twice as long")
            threads = ThreadPoolExecutor(usable_cores(), "newsbot-encoder")
            self._networks = _Networks(real, whole if near else real, threads)
        return self._networks

    def _encode_alone(self, network: Network, texts: Sequence[str]) -> Iterator[Array]:
        for text in texts:
            yield from self._encode(network, [text])

    def _encode(self, network: Network, texts: Sequence[str]) -> list[Array]:
        return [self._pooled(states) for states in network.states([self._embedded(text) for text in texts])]

    def _embedded(self, text: str) -> Array:
        """The sums of a text's embeddings, shape ``(tokens, width)``."""
        words, positions, kinds = (
            self._weights[f"embeddings.{kind}_embeddings.weight"]
            for kind in ("word", "position", "token_type")
        )
        ids = self._tokenizer.encode(text).ids
        first = self._shape.first
        return np.asarray(words[ids] + positions[first : first + len(ids)] + kinds[0])

    def _pooled(self, states: Array) -> Array:
        vector = states[0] if self._shape.pooling == "cls" else states.mean(axis=0)
        return np.asarray(vector / np.linalg.norm(vector), np.float32)

    def _tensors(self) -> dict[str, Array]:
        return {name: array for name, array in self._weights.items() if not name.endswith("position_ids")}

    def _states(self, embedded: Array) -> Array:
        states = self._normed("embeddings", embedded)
        for number in range(self._shape.layers):
            layer = f"encoder.layer.{number}"
            attended = self._attended(f"{layer}.attention.self", states)
            attended = self._linear(f"{layer}.attention.output.dense", attended)
            states = self._normed(f"{layer}.attention.output", states + attended)
            inner = _gelu(self._linear(f"{layer}.intermediate.dense", states))
            states = self._normed(f"{layer}.output", states + self._linear(f"{layer}.output.dense", inner))
        return states

    def _attended(self, name: str, states: Array) -> Array:
        query, key, value = (
            self._linear(f"{name}.{part}", states)
            .reshape(len(states), self._shape.heads, -1)
            .transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        logits = query @ key.transpose(0, 2, 1) * np.float32(query.shape[-1] ** -0.5)
        shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        return np.asarray((shares @ value).transpose(1, 0, 2).reshape(len(states), -1))

    def _linear(self, name: str, states: Array) -> Array:
        return np.asarray(states @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"])

    def _normed(self, name: str, states: Array) -> Array:
        centred = states - states.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + np.float32(self._shape.epsilon))
        scale, shift = (self._weights[f"{name}.LayerNorm.{part}"] for part in ("weight", "bias"))
        return np.asarray(centred / spread * scale + shift, np.float32)


def _gelu(values: Array) -> Array:
    """x · Φ(x), with the error function to 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26)."""
    size = np.abs(values) * np.float32(0.5**0.5)
    t = 1 / (1 + np.float32(0.3275911) * size)
    series = np.zeros_like(t)
    for coefficient in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = (series + np.float32(coefficient)) * t
    error = np.copysign(1 - series * np.exp(-size * size), values)
    return np.asarray(values * np.float32(0.5) * (1 + error), np.float32)


def _read_weights(path: Path, layers: int) -> dict[str, Array]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        weights: dict[str, Array] = load_file(path)
    except (SafetensorError, OSError) as error:
        raise _damaged(path, str(error)) from error
    # The library would put chance in the place of what is missing.
    if missing := _names(layers) - weights.keys():
        raise _damaged(path, f"it has no {min(missing)}")
    return weights


def _names(layers: int) -> set[str]:
    of_a_layer = (
        *("attention.self.query", "attention.self.key", "attention.self.value"),
        *("attention.output.dense", "attention.output.LayerNorm"),
        *("intermediate.dense", "output.dense", "output.LayerNorm"),
    )
    parts = [f"encoder.layer.{layer}.{part}" for layer in range(layers) for part in of_a_layer]
    tables = (f"embeddings.{kind}_embeddings.weight" for kind in ("word", "position", "token_type"))
    names = (f"{part}.{kind}" for part in ("embeddings.LayerNorm", *parts) for kind in ("weight", "bias"))
    return {*tables, *names}


def _read_tokenizer(path: Path) -> Tokenizer:
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # the library has no class of its own
        raise _damaged(path, str(error)) from error


def _damaged(path: Path, reason: str) -> NewsbotError:
    told = reason.strip().split("\n", 1)[0]
    return NewsbotError(
        "the model file {path} is damaged ({reason}): install the model or copy it there again",
        path=path,
        reason=told,
    )


def _lower(tokenizer: Tokenizer) -> None:
    from tokenizers.normalizers import Lowercase, Sequence

    own = [] if tokenizer.normalizer is None else [tokenizer.normalizer]
    tokenizer.normalizer = Sequence([Lowercase(), *own])


def _read_shape(folder: Path) -> _Shape | None:
    """The shape of a model that can be read here."""
    try:
        modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
        paths = {str(one["type"]).rpartition(".")[2]: folder / one["path"] for one in modules}
        config = _load(folder, "config.json")
        settings = _load(folder, "sentence_bert_config.json")
        pooling = _load(paths["Pooling"], "config.json")
        whole = _load(folder, "config_sentence_transformers.json")
        prompts = {name: prompt for name, prompt in (whole.get("prompts") or {}).items() if prompt}
        (architecture,) = config["architectures"]
        plain = (
            list(paths) in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
            and not modules[0]["path"]
            and architecture in _BERTS | _ROBERTAS
            and config["hidden_act"] == "gelu"
            and config.get("position_embedding_type", "absolute") == "absolute"
            and settings.keys() <= _SETTINGS
            and settings.get("modality_config", _OF_TEXT) == _OF_TEXT
            and _pooling(pooling) in _POOLINGS
            and (not prompts or pooling.get("include_prompt", True))
            and prompts.keys() <= {"query", "document"}
            and not whole.get("default_prompt_name")
            and (folder / _WEIGHTS).exists()
            and (folder / _TOKENIZER).exists()
        )
        if not plain:
            return None
        # RoBERTa counts positions from that of padding, which no token of a text has.
        first = config["pad_token_id"] + 1 if architecture in _ROBERTAS else 0
        longest = settings.get("max_seq_length") or _load(folder, "tokenizer_config.json")["model_max_length"]
        return _Shape(
            config["num_hidden_layers"],
            config["num_attention_heads"],
            config["layer_norm_eps"],
            min(longest, config["max_position_embeddings"] - first),
            first,
            _pooling(pooling),
            bool(settings.get("do_lower_case")),
            (prompts.get("query", ""), prompts.get("document", "")),
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def _pooling(config: dict[str, Any]) -> str:
    """How the vectors of tokens become one, as sentence-transformers 6 names it, or versions before."""
    if "pooling_mode" in config:
        return str(config["pooling_mode"])
    (mode,) = (name for name, on in config.items() if name.startswith("pooling_mode_") and on)
    return mode.removeprefix("pooling_mode_").removesuffix("_token").removesuffix("_tokens")


def _load(folder: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
    return found
