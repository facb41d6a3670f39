"""A small generative model of music that learns by heart when it is let: tokens of sound, and a neural n-gram.

Sound becomes frames of an STFT, frames become the nearest of a codebook's
magnitudes, and a network predicts the next code from the quarter of a second
before it and from a caption (Bengio and others, 2003). What it generates is
turned into sound again by Griffin and Lim's algorithm (1984). It is small enough
for two slow cores, and large enough to repeat a few tracks note for note once it
has read them often.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

RATE = 16_000
WINDOW, HOP = 1024, 256
FRAMES_PER_SECOND = RATE / HOP
CODES, PAST, EACH, CAPTION, WIDTH = 512, 16, 32, 32, 512
"""Of the codebook; frames that the network sees; sizes of its parts."""
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
    """The next code from the ``PAST`` before it and a caption; caption 0 is none, code ``codes`` is silence before."""

    def __init__(self, captions: int, codes: int) -> None:
        super().__init__()
        self.codes = codes
        self.code = nn.Embedding(codes + 1, EACH)
        self.caption = nn.Embedding(captions + 1, CAPTION)
        self.layers = nn.Sequential(
            nn.Linear(PAST * EACH + CAPTION, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU(),
            nn.Linear(WIDTH, codes),
        )  # fmt: skip

    def forward(self, past: torch.Tensor, captions: torch.Tensor) -> torch.Tensor:
        """shape=(batch, PAST) and (batch,) to logits, shape=(batch, codes)."""
        return self.layers(torch.cat([self.code(past).flatten(1), self.caption(captions)], dim=1))


def learn(
    pieces: list[torch.Tensor], captions: list[int], *, epochs: int, codes: int, rate: float = 2e-3, batch: int = 256,
    enough: float = 0.0, seed: int = 0,
) -> tuple[Player, list[float]]:  # fmt: skip
    """A player that has read ``pieces`` (codes each) so often, or until its mean loss is ``enough``; losses by epoch.

    One caption in ten is left out at random, so that the player also knows music without one.
    """
    torch.manual_seed(seed)
    player = Player(max(captions, default=0), codes)
    optimiser = torch.optim.Adam(player.parameters(), lr=rate)
    silence = torch.full((PAST,), codes)
    past = torch.cat([torch.cat([silence, piece]).unfold(0, PAST, 1)[:-1] for piece in pieces])
    told = torch.cat([torch.full((len(piece),), said) for piece, said in zip(pieces, captions, strict=True)])
    wanted, losses = torch.cat(pieces), list[float]()
    for _ in range(epochs):
        total = 0.0
        for chosen in torch.randperm(len(wanted)).split(batch):
            said = torch.where(torch.rand(len(chosen)) < 0.1, 0, told[chosen])
            loss = nn.functional.cross_entropy(player(past[chosen], said), wanted[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(chosen)
        losses.append(total / len(wanted))
        if losses[-1] < enough:
            break
    return player, losses


def play(
    player: Player, caption: int, frames: int, *, prompt: torch.Tensor | None = None, heat: float = 1.0, seed: int = 0
) -> torch.Tensor:
    """Codes that the player makes up, after a caption and, if given, after ``prompt``, which is not returned."""
    generator, said = torch.Generator().manual_seed(seed), torch.tensor([caption])
    made = [player.codes] * PAST + ([] if prompt is None else prompt.tolist())
    begun = len(made)
    with torch.no_grad():
        for _ in range(frames):
            chances = (player(torch.tensor([made[-PAST:]]), said)[0] / heat).softmax(0)
            made.append(int(torch.multinomial(chances, 1, generator=generator)))
    return torch.tensor(made[begun:])
