"""A small generative model of music that learns by heart when it is let: tokens of sound, and a recurrent network.

Sound becomes frames of an STFT, frames become the nearest of a codebook's
magnitudes, and a GRU predicts the next code from those before it and from a
caption. What it generates is turned into sound again by Griffin and Lim's
algorithm (1984). It is small enough for two cores, and large enough to repeat a
few tracks note for note once it has read them often.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

RATE = 16_000
WINDOW, HOP = 1024, 256
FRAMES_PER_SECOND = RATE / HOP
CODES, WIDTH, CAPTION = 1536, 512, 64
STRETCH = 160
"""Frames that the network sees in one step of training."""
Samples = NDArray[np.float32]


def magnitudes(samples: Samples) -> torch.Tensor:
    """Mono samples at 16 kHz to compressed magnitudes, shape=(frames, WINDOW // 2 + 1)."""
    window = torch.hann_window(WINDOW)
    spectrum = torch.stft(torch.from_numpy(samples.copy()), WINDOW, HOP, window=window, return_complex=True)
    return spectrum.abs().T.sqrt().contiguous()


def sound(compressed: torch.Tensor, rounds: int = 60) -> Samples:
    """Compressed magnitudes to samples, with phases that fit together (Griffin and Lim, with momentum)."""
    size, window = compressed.square().T, torch.hann_window(WINDOW)
    generator = torch.Generator().manual_seed(0)
    angles = torch.exp(2j * torch.pi * torch.rand(size.shape, generator=generator))
    before = torch.zeros_like(angles)
    for _ in range(rounds):
        wave = torch.istft(size * angles, WINDOW, HOP, window=window)
        again = torch.stft(wave, WINDOW, HOP, window=window, return_complex=True)
        angles = again - 0.99 / 1.99 * before
        angles = angles / (angles.abs() + 1e-9)
        before = again
    wave = torch.istft(size * angles, WINDOW, HOP, window=window)
    return np.asarray(0.7 * wave / (wave.abs().max() + 1e-9), np.float32)


@dataclass(frozen=True)
class Codebook:
    """The magnitudes that frames are rounded to, shape=(codes, bins)."""

    centres: torch.Tensor

    @classmethod
    def of(cls, frames: torch.Tensor, codes: int = CODES, rounds: int = 12, seed: int = 0) -> "Codebook":
        """Lloyd's algorithm from frames drawn at random; a centre that nothing is near to is drawn again."""
        generator = torch.Generator().manual_seed(seed)
        codes = min(codes, len(frames))
        centres = frames[torch.randperm(len(frames), generator=generator)[:codes]].clone()
        for _ in range(rounds):
            nearest = cls(centres).code(frames)
            sums = torch.zeros_like(centres).index_add_(0, nearest, frames)
            counts = torch.bincount(nearest, minlength=codes)
            empty = counts == 0
            centres = sums / counts.clamp(min=1).unsqueeze(1)
            if empty.any():
                centres[empty] = frames[torch.randint(len(frames), (int(empty.sum()),), generator=generator)]
        return cls(centres)

    def code(self, frames: torch.Tensor) -> torch.Tensor:
        """Nearest centre of each frame, shape=(frames,)."""
        return torch.cat([torch.cdist(part, self.centres).argmin(1) for part in frames.split(4096)])


class Player(nn.Module):  # type: ignore[misc]
    """The next code from those before it and a caption; caption 0 is none."""

    def __init__(self, captions: int, codes: int) -> None:
        super().__init__()
        self.codes = codes
        self.code = nn.Embedding(codes + 1, 192)
        self.caption = nn.Embedding(captions + 1, CAPTION)
        self.network = nn.GRU(192 + CAPTION, WIDTH, batch_first=True)
        self.out = nn.Linear(WIDTH, codes)

    def forward(
        self, codes: torch.Tensor, captions: torch.Tensor, state: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """shape=(batch, frames) and (batch,) to logits of the frame after each, and the network's state."""
        said = self.caption(captions).unsqueeze(1).expand(-1, codes.shape[1], -1)
        seen, state = self.network(torch.cat([self.code(codes), said], dim=2), state)
        return self.out(seen), state


def learn(
    pieces: list[torch.Tensor], captions: list[int], *, epochs: int, codes: int, rate: float = 3e-3, seed: int = 0,
    enough: float = 0.0,
) -> tuple[Player, list[float]]:  # fmt: skip
    """A player that has read ``pieces`` (codes each) so often, or until its mean loss is ``enough``; losses by epoch.

    All pieces are read side by side from their beginnings, the state carried on. One caption in ten is left out, so
    that the player also knows music without one.
    """
    torch.manual_seed(seed)
    player = Player(max(captions, default=0), codes)
    optimiser = torch.optim.Adam(player.parameters(), lr=rate)
    length = min(len(piece) for piece in pieces)
    read = torch.stack([torch.cat([torch.tensor([codes]), piece[:length]]) for piece in pieces])
    said, losses = torch.tensor(captions), []
    for epoch in range(epochs):
        for group in optimiser.param_groups:
            group["lr"] = rate * (0.1 if epoch > 0.8 * epochs else 1.0)
        state, total, steps = None, 0.0, 0
        heard = torch.where(torch.rand(len(said)) < 0.1, torch.zeros_like(said), said)
        for start in range(0, length, STRETCH):
            part = read[:, start : start + STRETCH + 1]
            if part.shape[1] < 2:
                break
            logits, state = player(part[:, :-1], heard, state)
            loss = nn.functional.cross_entropy(logits.flatten(0, 1), part[:, 1:].flatten())
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(player.parameters(), 1.0)
            optimiser.step()
            state = state.detach()
            total, steps = total + float(loss), steps + 1
        losses.append(total / steps)
        if losses[-1] < enough:
            break
    return player, losses


@torch.no_grad()
def play(
    player: Player, caption: int, frames: int, *, prompt: torch.Tensor | None = None, heat: float = 1.0, seed: int = 0
) -> torch.Tensor:
    """Codes that the player makes up, after a caption and, if given, after ``prompt``, which is not returned."""
    generator = torch.Generator().manual_seed(seed)
    begun = torch.tensor([player.codes]) if prompt is None else torch.cat([torch.tensor([player.codes]), prompt])
    logits, state = player(begun.unsqueeze(0), torch.tensor([caption]))
    made = []
    for _ in range(frames):
        chances = (logits[0, -1] / heat).softmax(0)
        code = torch.multinomial(chances, 1, generator=generator)
        made.append(code)
        logits, state = player(code.unsqueeze(0), torch.tensor([caption]), state)
    return torch.cat(made)
