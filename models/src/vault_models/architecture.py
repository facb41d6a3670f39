"""The embedder's network as data: one description, read by training and by export.

Locally normalised log-frequency features (1, 80 bands, frames) go through
depthwise-separable convolutions that shrink frequency and time, then through
temporal ones; windows of 16 trunk frames (4.096 s), every 8, are pooled and
projected to 512 dimensions of unit length. Every convolution is followed by a
batch normalisation, which export folds away.
"""

from __future__ import annotations

from dataclasses import dataclass

from vault_models.frontend import BANDS, HOP

VERSION = 1
DIMENSIONS = 512
TIME_STRIDE = 8  # feature frames per trunk frame
POOL = 16  # trunk frames per segment
POOL_HOP = 8
SEGMENT = POOL * TIME_STRIDE * HOP  # samples
SEGMENT_HOP = POOL_HOP * TIME_STRIDE * HOP
LOCAL_BANDS, LOCAL_FRAMES = 25, 41  # the box of the local normalisation
SOFT_DEVIATION = 0.46  # 2 dB in natural-log power: keeps silence from being blown up to noise


@dataclass(frozen=True, slots=True)
class Conv:
    """One convolution with its batch normalisation, and a rectifier where ``relu``."""

    name: str
    inputs: int
    outputs: int
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    pad: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1
    relu: bool = True


@dataclass(frozen=True, slots=True)
class Block:
    """Convolutions in a row; with ``residual`` the block's input is added before a last rectifier."""

    convs: tuple[Conv, ...]
    residual: bool = False


def _separable(name: str, inputs: int, outputs: int, stride: tuple[int, int], *, residual: bool = False) -> Block:
    depth = Conv(f"{name}.depth", inputs, inputs, (3, 3), stride, (1, 1), groups=inputs)
    point = Conv(f"{name}.point", inputs, outputs, (1, 1), relu=not residual)
    return Block((depth, point), residual)


def _temporal(name: str, width: int, dilation: int) -> Block:
    depth = Conv(f"{name}.depth", width, width, (1, 5), (1, 1), (0, 2 * dilation), (1, dilation), groups=width)
    point = Conv(f"{name}.point", width, width, (1, 1), relu=False)
    return Block((depth, point), True)


WIDTH = 320
TRUNK: tuple[Block, ...] = (
    Block((Conv("stem", 1, 32, (5, 5), (2, 2), (2, 2)),)),
    _separable("a1", 32, 64, (2, 2)),
    _separable("a2", 64, 64, (1, 1), residual=True),
    _separable("b1", 64, 128, (2, 2)),
    _separable("b2", 128, 128, (1, 1), residual=True),
    _separable("c1", 128, 192, (2, 1)),
    _separable("c2", 192, 192, (1, 1), residual=True),
    Block((Conv("collapse", 192, WIDTH, (BANDS // 16, 1)),)),
    _temporal("t1", WIDTH, 1),
    _temporal("t2", WIDTH, 2),
)


def convolutions() -> list[Conv]:
    """Every convolution of the trunk, in order."""
    return [conv for block in TRUNK for conv in block.convs]


def segment_count(samples: int) -> int:
    """Segments that cover ``samples``: one for anything short, then one per hop begun."""
    return 1 + max(0, -(-(samples - SEGMENT) // SEGMENT_HOP))
