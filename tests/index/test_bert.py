"""Questions are encoded without torch, to the same vectors."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from corpus.errors import NewsbotError
from index.bert import Bert
from index.encoder import (
    DEFAULT_MODEL,
    _BertEmbedder,
    _default_path,
    _SentenceTransformerEmbedder,
    load_embedder,
)
from index.network import Network

PASSAGES = [
    "The ferry leaves the island at noon, and returns before dark.",
    "The ferry leaves the island at nine, and returns before dark.",
    "A dam above the valley holds as much water as the town drinks in a year. " * 30,
    "Gyökeres",
]
QUESTIONS = ["When does the boat leave?", "ferry", "", "Où est né Gyökeres? 🚢 " * 40]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the installed model, whose files can be changed."""
    for file in _default_path().rglob("*"):
        copy = tmp_path / file.relative_to(_default_path())
        if file.is_dir():
            copy.mkdir()
        elif file.suffix == ".json":
            copy.write_bytes(file.read_bytes())
        else:
            copy.symlink_to(file)
    return tmp_path


def change(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.mark.parametrize("pooling", ["mean_tokens", "cls_token"])
def test_vectors_and_fingerprint_are_those_of_the_library(folder: Path, pooling: str) -> None:
    modes = {"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": False}
    change(folder / "1_Pooling" / "config.json", **modes | {f"pooling_mode_{pooling}": True})
    bert, library = Bert.open(folder), _SentenceTransformerEmbedder(str(folder))
    assert bert is not None
    assert (bert.fingerprint, bert.dimension) == (library.model.fingerprint, library.model.dimension)
    assert np.allclose(bert.encode_questions(QUESTIONS), library.encode_questions(QUESTIONS), atol=1e-5)


def save_tiny(folder: Path, kind: str, pooling: str = "mean", **options: Any) -> Path:
    """A model as sentence-transformers saves it, of a kind of layers, with weights of chance."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import AutoConfig, AutoModel, PreTrainedTokenizerFast

    ends = ["<s>", "<pad>", "</s>", "<unk>"]
    words = sorted({character for text in PASSAGES + QUESTIONS for character in text})
    letters = Tokenizer(models.WordLevel({word: n for n, word in enumerate(ends + words)}, "<unk>"))
    letters.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    letters.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    names = dict(zip(("cls_token", "pad_token", "sep_token", "unk_token"), ends, strict=True))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=letters, **names)
    config = AutoConfig.for_model(
        kind,
        vocab_size=len(letters.get_vocab()),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=130,
        pad_token_id=1,
    )
    tokenizer.save_pretrained(folder / "layers")
    AutoModel.from_config(config).save_pretrained(folder / "layers")
    layers = Transformer(str(folder / "layers"), max_seq_length=64)
    model = SentenceTransformer(modules=[layers, Pooling(32, pooling)], device="cpu", **options)
    model.save(str(folder / "saved"), create_model_card=False)
    return folder / "saved"


@pytest.mark.parametrize("kind", ["bert", "roberta", "xlm-roberta"])
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_models_of_several_kinds_have_the_vectors_of_the_library(
    tmp_path: Path, kind: str, pooling: str
) -> None:
    prompts = {"query": "find: ", "document": "ferry "}
    saved = save_tiny(tmp_path, kind, pooling, prompts=prompts)
    bert, library = Bert.open(saved), _SentenceTransformerEmbedder(str(saved))
    assert bert is not None
    assert (bert.fingerprint, bert.dimension) == (library.model.fingerprint, library.model.dimension)
    alone, questions = bert.encode_questions(QUESTIONS), library.encode_questions(QUESTIONS)
    bert.warm_up()
    assert np.allclose(alone, questions, atol=1e-5)
    assert np.allclose(bert.encode_questions(QUESTIONS), questions, atol=1e-5)
    rounded, passages = np.array([*bert.encode_passages(PASSAGES)]), [*library.encode_passages(PASSAGES)]
    assert (rounded * passages).sum(axis=1).min() > 0.999


def test_a_model_that_lowers_letters_has_the_vectors_of_the_library(folder: Path) -> None:
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tokenizer["normalizer"]["lowercase"] = False
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    change(folder / "tokenizer_config.json", do_lower_case=False)
    change(folder / "sentence_bert_config.json", do_lower_case=True)
    bert, library = Bert.open(folder), _SentenceTransformerEmbedder(str(folder))
    assert bert is not None
    texts = [*QUESTIONS, "WHEN DOES THE BOAT LEAVE?"]
    assert np.allclose(bert.encode_questions(texts), library.encode_questions(texts), atol=1e-5)
    assert np.allclose(*bert.encode_questions([texts[0], texts[-1]]), atol=1e-5)


@pytest.mark.parametrize(
    ("file", "values"),
    [
        ("config.json", {"architectures": ["MPNetModel"]}),
        ("config.json", {"hidden_act": "relu"}),
        ("config.json", {"position_embedding_type": "relative_key"}),
        ("1_Pooling/config.json", {"pooling_mode_max_tokens": True}),
        ("1_Pooling/config.json", {"pooling_mode": "max"}),
        ("config_sentence_transformers.json", {"prompts": {"passage": "passage: "}}),
        ("config_sentence_transformers.json", {"default_prompt_name": "query", "prompts": {"query": ""}}),
        ("sentence_bert_config.json", {"tokenizer_name_or_path": "another"}),
    ],
)
def test_what_it_cannot_read_is_left_to_the_library(folder: Path, file: str, values: dict[str, Any]) -> None:
    change(folder / file, **values)
    assert Bert.open(folder) is None


def test_a_folder_without_a_model_is_left_to_the_library(tmp_path: Path) -> None:
    assert Bert.open(tmp_path) is None
    (tmp_path / "modules.json").write_text("{")
    assert Bert.open(tmp_path) is None


@pytest.mark.parametrize("name", ["owner/tiny", "tiny"])
def test_a_model_of_a_hub_is_read_where_it_has_been_fetched_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    owner, _, _ = name.rpartition("/")
    cache = tmp_path / f"models--{owner or 'sentence-transformers'}--tiny"
    saved, fetched = save_tiny(tmp_path, "bert"), cache / "snapshots" / "0123"
    (cache / "refs").mkdir(parents=True)
    (cache / "refs" / "main").write_text("0123")
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path))

    class Fetching(_SentenceTransformerEmbedder):
        def __init__(self, name: str) -> None:
            shutil.copytree(saved, fetched)

    monkeypatch.setattr("index.encoder._SentenceTransformerEmbedder", Fetching)
    at_first, now = load_embedder(name), load_embedder(name)
    assert type(at_first) is type(now) is _BertEmbedder
    assert now.model.name == name
    assert np.array_equal(
        now.encode_questions(QUESTIONS), load_embedder(str(saved)).encode_questions(QUESTIONS)
    )


def truncate(data: bytes) -> bytes:
    return data[: len(data) // 2]


def empty(_: bytes) -> bytes:
    return b""


def flip_the_length(data: bytes) -> bytes:
    return bytes([*data[:6], data[6] ^ 0xFF]) + data[7:]


def flip_the_header(data: bytes) -> bytes:
    return data[:8] + bytes([data[8] ^ 0xFF]) + data[9:]


def rename_a_tensor(data: bytes) -> bytes:
    return data.replace(b"embeddings.word_embeddings", b"embeddings.wurd_embeddings", 1)


def break_the_model(folder: Path, damage: Callable[[bytes], bytes], name: str = "model.safetensors") -> None:
    data = (folder / name).read_bytes()
    (folder / name).unlink()
    (folder / name).write_bytes(damage(data))


@pytest.mark.parametrize("damage", [truncate, flip_the_length, flip_the_header, rename_a_tensor, empty])
def test_damaged_weights_are_told_in_one_line(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    break_the_model(folder, damage)
    with pytest.raises(
        NewsbotError, match=r"model\.safetensors is damaged \(.+\): install the model"
    ) as told:
        load_embedder(str(folder))
    assert "\n" not in str(told.value)


def test_a_damaged_tokenizer_is_told_in_one_line(folder: Path) -> None:
    break_the_model(folder, truncate, "tokenizer.json")
    with pytest.raises(NewsbotError, match=r"tokenizer\.json is damaged \(.+\): install the model") as told:
        load_embedder(str(folder))
    assert "\n" not in str(told.value)


def test_damaged_weights_of_a_model_that_is_left_to_the_library_are_told_in_one_line(folder: Path) -> None:
    change(folder / "config.json", hidden_act="relu")
    break_the_model(folder, truncate)
    with pytest.raises(NewsbotError, match=r"cannot be loaded \(.+\): set NEWSBOT_MODEL") as told:
        load_embedder(str(folder))
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("name", ["no--model", "owner/model.git"])
def test_a_name_that_no_hub_takes_is_told_in_one_line(name: str) -> None:
    with pytest.raises(NewsbotError, match=r"cannot be loaded \(.+\): set NEWSBOT_MODEL") as told:
        load_embedder(name)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "work", ["encode_questions(['Who?'])", "encode_passages(['The ferry.'] * 40).__next__()"]
)
def test_questions_and_passages_do_not_pay_for_torch(work: str) -> None:
    code = (
        "import sys; from index.encoder import DEFAULT_MODEL, load_embedder;"
        f"load_embedder(DEFAULT_MODEL).{work};"
        "print('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    ran = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "False\n"


def test_once_warmed_up_questions_have_the_same_vectors_and_torch_is_still_not_loaded() -> None:
    code = (
        "import sys, numpy; from index.encoder import DEFAULT_MODEL, load_embedder;"
        f"embedder, texts = load_embedder(DEFAULT_MODEL), {QUESTIONS!r};"
        "before = embedder.encode_questions(texts); embedder.warm_up();"
        "after = embedder.encode_questions(texts), [embedder.encode_questions([one])[0] for one in texts];"
        "print(numpy.abs(numpy.array(after) - before).max() < 1e-5, 'torch' in sys.modules)"
    )
    ran = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "True False\n"


@pytest.mark.parametrize("pooling", ["mean_tokens", "cls_token"])
def test_passages_are_rounded_by_less_than_their_meaning(folder: Path, pooling: str) -> None:
    modes = {"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": False}
    change(folder / "1_Pooling" / "config.json", **modes | {f"pooling_mode_{pooling}": True})
    bert = Bert.open(folder)
    assert bert is not None
    exact, rounded = bert.encode_questions(PASSAGES), np.array([*bert.encode_passages(PASSAGES)])
    assert np.allclose(np.linalg.norm(rounded, axis=1), 1, atol=1e-5)
    assert (exact * rounded).sum(axis=1).min() > 0.98
    assert ((exact @ rounded.T).argmax(axis=1) == np.arange(len(PASSAGES))).all()


def test_passages_of_a_model_that_cannot_bear_rounding_are_exact(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    saved = save_tiny(tmp_path, "bert")
    weights = load_file(saved / "model.safetensors")
    weights["embeddings.LayerNorm.weight"][3] = 3000
    for part in ("query", "key", "value"):  # what is far above all others is nothing to them
        weights[f"encoder.layer.0.attention.self.{part}.weight"][:, 3] = 0
    weights["encoder.layer.0.attention.output.dense.weight"] *= 3000
    weights["encoder.layer.1.output.LayerNorm.weight"][3] = 0
    save_file(weights, saved / "model.safetensors")
    bert = Bert.open(saved)
    assert bert is not None
    caplog.set_level(logging.INFO)
    passages = np.array([*bert.encode_passages(PASSAGES)])
    assert "rounding moves the vectors of this model too far" in caplog.text
    assert np.allclose(passages, bert.encode_questions(PASSAGES), atol=1e-5)


def test_a_question_has_the_same_vector_whatever_is_asked_beside_it(folder: Path) -> None:
    bert = Bert.open(folder)
    assert bert is not None
    bert.warm_up()
    together = bert.encode_questions(PASSAGES + QUESTIONS)
    alone = [bert.encode_questions([text])[0] for text in PASSAGES + QUESTIONS]
    assert np.allclose(together, alone, atol=1e-6)


def test_the_vector_of_a_passage_depends_on_no_other() -> None:
    embedder = load_embedder(DEFAULT_MODEL)
    together = [*embedder.encode_passages(PASSAGES)]
    assert np.array_equal(together, [next(iter(embedder.encode_passages([text]))) for text in PASSAGES])


def test_passages_that_nobody_wants_any_more_are_not_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    bert = Bert.open(_default_path())
    assert bert is not None
    bert.warm_up()
    computed: list[int] = []
    states = Network.states

    def counted(self: Network, embedded: Any) -> Any:
        computed.append(len(embedded))
        return states(self, embedded)

    monkeypatch.setattr(Network, "states", counted)
    for _ in bert.encode_passages(["The ferry sailed at noon."] * 1000):
        break
    assert len(computed) < 1000


def test_a_model_that_is_left_to_the_library_is_noted(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    change(folder / "config_sentence_transformers.json", prompts={"passage": "passage: "})
    caplog.set_level(logging.INFO)
    embedder = load_embedder(str(folder))
    assert "is none that newsbot computes itself" in caplog.text
    many = [text for number in range(20) for text in (*PASSAGES, f"{number} ferries sailed to the island.")]
    vectors = np.array([*embedder.encode_passages(many)])
    assert vectors.shape == (len(many), embedder.model.dimension)
    exact = load_embedder(DEFAULT_MODEL).encode_questions(many)
    assert np.allclose(vectors, exact, atol=1e-4)
