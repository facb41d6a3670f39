"""The ONNX graph, built node by node from the architecture and plain numpy weights.

Building by hand keeps the file small, its bytes a function of the weights
alone, and torch out of it. The front end is inside: the 2048-point transform
is split into 32 x 64 (Cooley and Tukey, 1965) as two small matrix products,
of which only the bins that feed a band are computed. Weights are stored as
float16 and cast once when the session loads.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from vault_models import architecture, frontend
from vault_models.architecture import Conv

OPSET = 17
_ROWS, _COLUMNS, _KEPT = 32, 64, 15  # 2048 = 32 x 64; bin k1 + 32 k2 with k2 < 15 reaches 3742 Hz
_EPSILON = 1e-5

Weights = dict[str, NDArray[np.float32]]


class _Builder:
    """Collects nodes and constants; every method returns the name of what it made."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def node(self, kind: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        made = name or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [made], **attributes))
        return made

    def constant(self, value: NDArray[Any]) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def whole(self, *values: int) -> str:
        return self.constant(np.array(values, dtype=np.int64))

    def weight(self, value: NDArray[Any], *, small: bool = True) -> str:
        """A float constant, held as float16 when ``small``."""
        if not small:
            return self.constant(value.astype(np.float32))
        return self.node("Cast", self.constant(value.astype(np.float16)), to=TensorProto.FLOAT)


def build(weights: Weights) -> bytes:
    """Serialised model: ``samples`` (n,), n a multiple of 4096 from 65536 on, to ``segments`` (k, 512)."""
    b = _Builder()
    features = _log_bands(b, "samples")
    x = _normalise(b, features)
    for block in architecture.TRUNK:
        entered = x
        for conv in block.convs:
            x = _convolve(b, x, conv, weights)
        if block.residual:
            x = b.node("Relu", b.node("Add", x, entered))
    _head(b, x, weights)
    samples = helper.make_tensor_value_info("samples", TensorProto.FLOAT, ["n"])
    segments = helper.make_tensor_value_info("segments", TensorProto.FLOAT, ["k", architecture.DIMENSIONS])
    graph = helper.make_graph(b.nodes, "embedder", [samples], [segments], b.constants)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9, producer_name="vault_models"
    )
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))


def _log_bands(b: _Builder, samples: str) -> str:
    """``frontend.log_bands`` as a graph: (frames, bands)."""
    edge = b.constant(np.zeros(frontend.BEFORE, dtype=np.float32))
    padded = b.node("Concat", edge, samples, edge, axis=0)
    hops = b.node("Reshape", padded, b.whole(-1, frontend.HOP))
    overlap = frontend.WINDOW // frontend.HOP
    parts = [
        b.node("Slice", hops, b.whole(i), b.whole(i + 1 - overlap if i + 1 < overlap else 2**62), b.whole(0))
        for i in range(overlap)
    ]
    frames = b.node("Mul", b.node("Concat", *parts, axis=1), b.weight(frontend.window(), small=False))
    power = _power(b, frames)
    bands = b.node("MatMul", power, b.weight(_bin_weights(), small=False))
    return b.node("Log", b.node("Add", bands, b.weight(np.array(frontend.FLOOR), small=False)))


def _power(b: _Builder, frames: str) -> str:
    """(frames, 32 x 30): squared real and imaginary parts of the bins that are needed."""
    rows, columns, kept = np.arange(_ROWS), np.arange(_COLUMNS), np.arange(_KEPT)
    first = np.exp(-2j * np.pi * np.outer(rows, rows) / _ROWS)
    second = np.exp(-2j * np.pi * np.outer(columns, kept) / _COLUMNS)
    twiddle = np.exp(-2j * np.pi * np.outer(rows, columns) / frontend.WINDOW)
    joint = twiddle[:, :, None] * second[None]  # (k1, n2, k2)
    real = np.concatenate([joint.real, joint.imag], axis=2)
    imaginary = np.concatenate([-joint.imag, joint.real], axis=2)
    left = b.weight(np.concatenate([first.T.real, first.T.imag]), small=False)
    right = b.weight(np.concatenate([real, imaginary], axis=1), small=False)
    split = b.node("Reshape", frames, b.whole(-1, _ROWS, _COLUMNS))
    inner = b.node("Reshape", b.node("MatMul", left, split), b.whole(-1, 2, _ROWS, _COLUMNS))
    by_row = b.node("Reshape", b.node("Transpose", inner, perm=[2, 0, 1, 3]), b.whole(_ROWS, -1, 2 * _COLUMNS))
    bins = b.node("MatMul", by_row, right)
    squared = b.node("Transpose", b.node("Mul", bins, bins), perm=[1, 0, 2])
    return b.node("Reshape", squared, b.whole(-1, _ROWS * 2 * _KEPT))


def _bin_weights() -> NDArray[np.float64]:
    """The band matrix, its rows in the order of ``_power``."""
    matrix = frontend.band_matrix()
    order = (np.arange(_ROWS)[:, None] + _ROWS * np.arange(_KEPT)).reshape(-1)
    if np.abs(np.delete(matrix, order, axis=0)).max() > 0:
        raise ValueError("a band needs a bin that the graph does not compute")
    arranged = matrix[order].reshape(_ROWS, _KEPT, -1)
    return np.concatenate([arranged, arranged], axis=1).reshape(_ROWS * 2 * _KEPT, -1)


def _normalise(b: _Builder, features: str) -> str:
    shape = b.whole(1, 1, frontend.BANDS, -1)
    x = b.node("Reshape", b.node("Transpose", features, perm=[1, 0]), shape)
    centred = b.node("Sub", x, _box(b, x))
    variance = b.node("Relu", _box(b, b.node("Mul", centred, centred)))
    soft = b.weight(np.array(architecture.SOFT_DEVIATION), small=False)
    return b.node("Div", centred, b.node("Add", b.node("Sqrt", variance), soft))


def _box(b: _Builder, x: str) -> str:
    tall, wide = architecture.LOCAL_BANDS // 2, architecture.LOCAL_FRAMES // 2
    first = b.node("AveragePool", x, kernel_shape=[2 * tall + 1, 1], pads=[tall, 0, tall, 0], count_include_pad=0)
    return b.node("AveragePool", first, kernel_shape=[1, 2 * wide + 1], pads=[0, wide, 0, wide], count_include_pad=0)


def _convolve(b: _Builder, x: str, conv: Conv, weights: Weights) -> str:
    """A convolution with its normalisation folded in."""
    gain = weights[f"{conv.name}.scale"] / np.sqrt(weights[f"{conv.name}.variance"] + _EPSILON)
    kernel = weights[f"{conv.name}.weight"] * gain[:, None, None, None]
    bias = weights[f"{conv.name}.shift"] - weights[f"{conv.name}.mean"] * gain
    made = b.node(
        "Conv", x, b.weight(kernel), b.weight(bias, small=False), kernel_shape=list(conv.kernel),
        strides=list(conv.stride), pads=[*conv.pad, *conv.pad], dilations=list(conv.dilation), group=conv.groups,
    )  # fmt: skip
    return b.node("Relu", made) if conv.relu else made


def _head(b: _Builder, x: str, weights: Weights) -> str:
    size, step = [1, architecture.POOL], [1, architecture.POOL_HOP]
    mean = b.node("AveragePool", x, kernel_shape=size, strides=step)
    pooled = b.node("Concat", mean, b.node("MaxPool", x, kernel_shape=size, strides=step), axis=1)
    rows = b.node("Transpose", b.node("Reshape", pooled, b.whole(2 * architecture.WIDTH, -1)), perm=[1, 0])
    raw = b.node("MatMul", rows, b.weight(weights["head.weight"].T))
    points = b.node("Add", raw, b.weight(weights["head.bias"], small=False))
    length = b.node("ReduceL2", points, axes=[1], keepdims=1)
    safe = b.node("Max", length, b.weight(np.array(1e-12), small=False))
    return b.node("Div", points, safe, name="segments")
