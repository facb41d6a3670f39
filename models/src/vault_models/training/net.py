"""The network of ``architecture`` in torch, as functions over a dictionary of tensors."""

from __future__ import annotations

import math

import torch
from torch.nn import functional

from vault_models import architecture
from vault_models.architecture import Conv

Weights = dict[str, torch.Tensor]
HEAD = ("head.weight", "head.bias")


def initial(seed: int) -> tuple[Weights, Weights]:
    """(weights to learn, running statistics), from a seed."""
    generator = torch.Generator().manual_seed(seed)
    weights: Weights = {}
    state: Weights = {}
    for conv in architecture.convolutions():
        fan = conv.inputs // conv.groups * conv.kernel[0] * conv.kernel[1]
        shape = (conv.outputs, conv.inputs // conv.groups, *conv.kernel)
        kernel = torch.randn(shape, generator=generator) * math.sqrt(2 / fan)
        weights[f"{conv.name}.weight"] = kernel.contiguous(memory_format=torch.channels_last)
        weights[f"{conv.name}.scale"] = torch.ones(conv.outputs)
        weights[f"{conv.name}.shift"] = torch.zeros(conv.outputs)
        state[f"{conv.name}.mean"] = torch.zeros(conv.outputs)
        state[f"{conv.name}.variance"] = torch.ones(conv.outputs)
    wide = 2 * architecture.WIDTH
    weights["head.weight"] = torch.randn(architecture.DIMENSIONS, wide, generator=generator) / math.sqrt(wide)
    weights["head.bias"] = torch.zeros(architecture.DIMENSIONS)
    return weights, state


def normalise(log_power: torch.Tensor) -> torch.Tensor:
    """(batch, frames, bands) log power to (batch, 1, bands, frames), centred and scaled in a moving box."""
    x = log_power.transpose(1, 2).unsqueeze(1)
    mean = _box(x)
    spread = torch.sqrt(torch.clamp(_box((x - mean) ** 2), min=0.0))
    return (x - mean) / (spread + architecture.SOFT_DEVIATION)


def _box(x: torch.Tensor) -> torch.Tensor:
    """The mean over a moving box, which shrinks at the edges; running sums make its size cost nothing."""
    return _slide(_slide(x.double(), architecture.LOCAL_BANDS, 2), architecture.LOCAL_FRAMES, 3).float()


def _slide(x: torch.Tensor, size: int, axis: int) -> torch.Tensor:
    count, half = x.shape[axis], size // 2
    places = torch.arange(count, device=x.device)
    first, last = (places - half).clamp(min=0), (places + half + 1).clamp(max=count)
    zero = torch.zeros_like(x.narrow(axis, 0, 1))
    sums = torch.cat([zero, x.cumsum(axis)], dim=axis)
    shape = [-1 if i == axis else 1 for i in range(x.ndim)]
    return (sums.index_select(axis, last) - sums.index_select(axis, first)) / (last - first).view(shape)


def embed(x: torch.Tensor, weights: Weights, state: Weights, *, training: bool, half: bool = False) -> torch.Tensor:
    """Normalised (batch, 1, bands, frames) to (batch, segments, 512), unit length; frames in multiples of 8."""
    x = x.contiguous(memory_format=torch.channels_last)  # a third faster on a CPU
    with torch.autocast(x.device.type, dtype=torch.bfloat16, enabled=half):
        pooled = _trunk(x, weights, state, training=training)
    flat = pooled.float().squeeze(2).transpose(1, 2)
    return functional.normalize(functional.linear(flat, weights["head.weight"], weights["head.bias"]), dim=-1)


def _trunk(x: torch.Tensor, weights: Weights, state: Weights, *, training: bool) -> torch.Tensor:
    """(batch, 2 x width, 1, segments): mean and maximum of each window of the last feature map."""
    for block in architecture.TRUNK:
        entered = x
        for conv in block.convs:
            x = _convolve(x, conv, weights, state, training=training)
        if block.residual:
            x = functional.relu(x + entered)
    size, step = (1, architecture.POOL), (1, architecture.POOL_HOP)
    return torch.cat([functional.avg_pool2d(x, size, step), functional.max_pool2d(x, size, step)], dim=1)


def _convolve(x: torch.Tensor, conv: Conv, weights: Weights, state: Weights, *, training: bool) -> torch.Tensor:
    x = functional.conv2d(x, weights[f"{conv.name}.weight"], None, conv.stride, conv.pad, conv.dilation, conv.groups)
    x = functional.batch_norm(
        x, state[f"{conv.name}.mean"], state[f"{conv.name}.variance"], weights[f"{conv.name}.scale"],
        weights[f"{conv.name}.shift"], training, 0.05,
    )  # fmt: skip
    return functional.relu(x) if conv.relu else x
