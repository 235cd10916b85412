"""What is loaded as a model: weights in safetensors, and no code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from corpus.errors import NewsbotError

# For sentence-transformers' classes: weights that are pickled could run code when they are loaded.
SAFE: dict[str, Any] = {"trust_remote_code": False, "model_kwargs": {"use_safetensors": True}}


def refuse_pickles(name: str) -> None:
    """Raise NewsbotError where a folder, or one of a part of the model, has its weights in a pickle alone."""
    for file in sorted(Path(name).rglob("pytorch_model*.bin")):
        if not any(file.parent.glob("*.safetensors")):
            raise NewsbotError(
                "the model {name} has its weights in {file}, which can hold code, and so is not loaded:"
                " name one that has them as .safetensors",
                name=name,
                file=file.name,
            )
