"""LAION-CLAP's audio tower with its front end, as one torch module from samples to an embedding."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import ClapAudioModelWithProjection, ClapFeatureExtractor

RATE = 48000
SECONDS = 10


class Tower(torch.nn.Module):  # type: ignore[misc, unused-ignore]  # torch is untyped where it is not installed
    """``samples`` (480000,) at 48 kHz to ``segments`` (1, 512), unit length."""

    real: torch.Tensor
    imaginary: torch.Tensor
    mel: torch.Tensor

    def __init__(self, model: ClapAudioModelWithProjection, extractor: ClapFeatureExtractor) -> None:
        super().__init__()
        self.model, self.hop, size = model, extractor.hop_length, extractor.fft_window_size
        time = torch.arange(size, dtype=torch.float64)
        angle = 2 * torch.pi * time[:, None] * torch.arange(size // 2 + 1) / size
        window = torch.hann_window(size, periodic=True, dtype=torch.float64)[:, None]
        self.size = size
        self.register_buffer("real", (window * torch.cos(angle)).float())
        self.register_buffer("imaginary", (window * torch.sin(angle)).float())
        self.register_buffer("mel", torch.tensor(extractor.mel_filters_slaney, dtype=torch.float32))

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        edge = self.size // 2
        padded = torch.nn.functional.pad(samples[None, None], (edge, edge), mode="reflect")[0, 0]
        frames = padded.unfold(0, self.size, self.hop)
        power = (frames @ self.real) ** 2 + (frames @ self.imaginary) ** 2
        decibels = 10 * torch.log10(torch.clamp(power @ self.mel, min=1e-10))
        points = self.model(input_features=decibels[None, None]).audio_embeds
        return torch.nn.functional.normalize(points, dim=-1)


def load(folder: Path) -> Tower:
    """The tower from local weights only; fused models are refused, since they see several crops at once."""
    model = ClapAudioModelWithProjection.from_pretrained(folder, local_files_only=True).eval()
    if model.config.enable_fusion:
        raise ValueError(f"{folder}: a fused CLAP; export an unfused one, which sees 10 s at a time")
    tower = Tower(model, ClapFeatureExtractor.from_pretrained(folder, local_files_only=True))
    tower.eval()
    return tower


def to_onnx(tower: Tower, opset: int) -> bytes:
    """Export for exactly one window of ten seconds."""
    example = torch.zeros(RATE * SECONDS)
    program = torch.onnx.export(
        tower, (example,), input_names=["samples"], output_names=["segments"], opset_version=opset, dynamo=True
    )
    if program is None:
        raise ValueError("torch exported nothing")
    return bytes(program.model_proto.SerializeToString())
