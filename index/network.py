"""The layers of a BERT for onnxruntime, which computes them in half of the time that torch takes, or less.

The graph is written here from the weights, in standard operators only; nothing is exported, converted or kept
on disk. For passages the weights are rounded to whole numbers of seven bits, and what is multiplied with them
to eight: a processor without VNNI adds such products in sixteen bits, which eight with eight would overflow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import helper, numpy_helper

Array = npt.NDArray[np.float32]

_OPERATORS = 23  # the first set of them that has Attention, of April 2025
_FORMAT = 11  # that of the file, of the same release
_MOST = 63  # of seven bits, with a sign
_TOGETHER = 4


@dataclass(frozen=True, slots=True)
class Layers:
    """What the layers of a BERT are like."""

    number: int
    heads: int
    epsilon: float


class Network:
    """The layers, ready to compute. ``states`` may be called in several threads at once.

    Of ``together`` short texts each takes three quarters of the time that it takes alone; more gain nothing.
    Rounded ones are computed one by one, for they are rounded by the greatest number of all.
    """

    def __init__(
        self, weights: Mapping[str, Array], layers: Layers, numbers: Literal["real", "whole"]
    ) -> None:
        self.together = _TOGETHER if numbers == "real" else 1
        options = onnxruntime.SessionOptions()
        # A text is computed in the thread that asks, so that threads at work on several never wait for each
        # other. The pool of memory keeps what the longest text took, and more with every new length.
        options.intra_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.enable_mem_pattern = False
        options.log_severity_level = 3  # errors
        model = _Writer(weights, layers, numbers).write()
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def states(self, texts: Sequence[Array]) -> list[Array]:
        """The last states of ``together`` texts or fewer, from the sums of their embeddings.

        Both are ``(tokens, width)`` for each text.
        """
        lengths = [len(text) for text in texts]
        given = {"embedded": np.concatenate(texts)[None]}
        if self.together > 1:
            text = np.repeat(np.arange(len(texts)), lengths)
            given["same"] = text[:, None] == text
        states: Array = self._session.run(["states"], given)[0][0]
        return np.split(states, np.cumsum(lengths)[:-1])


class _Writer:
    def __init__(
        self, weights: Mapping[str, Array], layers: Layers, numbers: Literal["real", "whole"]
    ) -> None:
        self._weights = weights
        self._layers = layers
        self._apart = ["same"] if numbers == "real" else []
        self._product = self._real_product if numbers == "real" else self._whole_product
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def write(self) -> bytes:
        """The model, as onnxruntime reads it."""
        states = self._normed("embeddings", "embedded")
        for number in range(self._layers.number):
            states = self._layer(f"encoder.layer.{number}", states)
        self._nodes.append(helper.make_node("Identity", [states], ["states"]))
        given = [self._end("embedded"), *(_square(name) for name in self._apart)]
        graph = helper.make_graph(self._nodes, "bert", given, [self._end("states")], self._constants)
        operators = [helper.make_opsetid("", _OPERATORS)]
        model = helper.make_model(graph, opset_imports=operators, ir_version=_FORMAT)
        return bytes(model.SerializeToString())

    def _end(self, name: str) -> onnx.ValueInfoProto:
        width = len(self._weights["embeddings.LayerNorm.bias"])
        return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, "tokens", width])

    def _layer(self, name: str, states: str) -> str:
        parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        together = self._linear(parts, states)
        divided = self._add("Split", [together], 3, axis=-1, num_outputs=3)
        heads = self._layers.heads
        (attended,) = self._add("Attention", [*divided, *self._apart], q_num_heads=heads, kv_num_heads=heads)
        attended = self._linear([f"{name}.attention.output.dense"], attended)
        states = self._normed(f"{name}.attention.output", self._sum(attended, states))
        (inner,) = self._add("Gelu", [self._linear([f"{name}.intermediate.dense"], states)])
        inner = self._linear([f"{name}.output.dense"], inner)
        return self._normed(f"{name}.output", self._sum(inner, states))

    def _sum(self, one: str, other: str) -> str:
        # Of Add and a normalisation onnxruntime makes one step, which takes three times as long as both.
        return self._add("Sum", [one, other])[0]

    def _linear(self, names: list[str], states: str) -> str:
        """One multiplication for all that is multiplied with the same states."""
        weight = np.concatenate([self._weights[f"{name}.weight"] for name in names]).T
        bias = np.concatenate([self._weights[f"{name}.bias"] for name in names])
        return self._add("Add", [self._product(weight, states), self._constant(bias)])[0]

    def _real_product(self, weight: Array, states: str) -> str:
        return self._add("MatMul", [states, self._constant(weight)])[0]

    def _whole_product(self, weight: Array, states: str) -> str:
        """In the form that onnxruntime knows, and makes one step of."""
        unit = np.maximum(np.abs(weight).max(axis=0) / _MOST, np.finfo(np.float32).tiny)
        rounded = self._constant(np.round(weight / unit).astype(np.int8))
        whole, step, zero = self._add("DynamicQuantizeLinear", [states], 3)
        (product,) = self._add("MatMulInteger", [whole, rounded, zero])
        (real,) = self._add("Cast", [product], to=onnx.TensorProto.FLOAT)
        (scale,) = self._add("Mul", [step, self._constant(unit)])
        return self._add("Mul", [real, scale])[0]

    def _normed(self, name: str, states: str) -> str:
        parts = (self._constant(self._weights[f"{name}.LayerNorm.{part}"]) for part in ("weight", "bias"))
        epsilon = self._layers.epsilon
        return self._add("LayerNormalization", [states, *parts], axis=-1, epsilon=epsilon)[0]

    def _constant(self, values: npt.NDArray[Any]) -> str:
        name = f"constant {len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _add(self, operator: str, inputs: list[str], outputs: int = 1, **attributes: Any) -> list[str]:
        names = [f"{operator} {len(self._nodes)} {output}" for output in range(outputs)]
        self._nodes.append(helper.make_node(operator, inputs, names, **attributes))
        return names


def _square(name: str) -> onnx.ValueInfoProto:
    """Which tokens look at which others: those of the same text."""
    return helper.make_tensor_value_info(name, onnx.TensorProto.BOOL, ["tokens", "tokens"])
