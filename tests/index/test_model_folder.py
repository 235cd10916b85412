"""A model brings weights, and never code of its own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import NewsbotError
from index.encoder import DEFAULT_MODEL, _default_path, load_embedder
from index.reranker import load_cross_encoder

LOADERS = [load_embedder, load_cross_encoder]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the installed model."""
    return Path(shutil.copytree(_default_path(), tmp_path / "model"))


def _edit(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | values), encoding="utf-8")


def _write_code(path: Path, mark: Path) -> None:
    path.write_text(
        f"from pathlib import Path\nPath({str(mark)!r}).touch()\n"
        "from sentence_transformers.models import Normalize as Own\n"
        "from transformers import BertModel as Model, BertForSequenceClassification as Scorer\n"
        "from transformers import BertConfig as Config\n"
    )


@pytest.mark.parametrize("load", LOADERS)
def test_pickled_weights_are_refused(folder: Path, load: Callable[[str], Any]) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(NewsbotError, match=r"pytorch_model\.bin, which can hold code.*as \.safetensors"):
        load(str(folder))


def test_pickled_weights_of_a_part_of_a_model_are_refused(folder: Path) -> None:
    modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
    dense = {"idx": 3, "name": "3", "path": "3_Dense", "type": "sentence_transformers.models.Dense"}
    (folder / "modules.json").write_text(json.dumps([*modules, dense]))
    (folder / "3_Dense").mkdir()
    (folder / "3_Dense" / "pytorch_model.bin").write_bytes(b"a pickle")
    with pytest.raises(NewsbotError, match=r"pytorch_model\.bin, which can hold code"):
        load_embedder(str(folder))


def test_code_that_a_model_names_as_a_part_is_refused_and_not_run(folder: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    _write_code(folder / "own.py", mark)
    modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
    modules[2]["type"] = "own.Own"
    (folder / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(NewsbotError, match="cannot be loaded"):
        load_embedder(str(folder))
    assert not mark.exists()


@pytest.mark.parametrize("load", LOADERS)
def test_code_that_a_models_configuration_names_is_not_run(
    folder: Path, tmp_path: Path, load: Callable[[str], Any]
) -> None:
    mark = tmp_path / "ran"
    _write_code(folder / "own.py", mark)
    named = {
        "AutoConfig": "own.Config",
        "AutoModel": "own.Model",
        "AutoModelForSequenceClassification": "own.Scorer",
    }
    _edit(folder / "config.json", model_type="own", architectures=["Own"], auto_map=named)
    with pytest.raises(NewsbotError, match="cannot be loaded"):
        load(str(folder))
    assert not mark.exists()


def test_the_installed_model_is_loaded(folder: Path) -> None:
    assert load_embedder(str(folder)).model.same_as(load_embedder(DEFAULT_MODEL).model)
