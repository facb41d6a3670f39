"""NT-Xent over segments (Chen et al., 2020, arXiv 2002.05709), with the near-duplicates left out."""

from __future__ import annotations

import torch


def contrast(
    first: torch.Tensor, second: torch.Tensor, pieces: torch.Tensor, temperature: float
) -> tuple[torch.Tensor, float]:
    """(loss, share of segments whose partner is nearest) for two views (crops, segments, 512).

    The partner of a segment is the same segment in the other view. Other
    segments of the same piece count neither for nor against: music repeats.
    """
    segments = first.shape[1]
    points = torch.cat([first.flatten(0, 1), second.flatten(0, 1)])
    count = len(points) // 2
    owner = pieces.repeat_interleave(segments).repeat(2)
    partner = torch.arange(2 * count, device=points.device).roll(count)
    logits = points @ points.T / temperature
    same = owner[:, None] == owner[None, :]
    same[torch.arange(2 * count), partner] = False
    logits = logits.masked_fill(same, float("-inf"))
    loss = torch.nn.functional.cross_entropy(logits, partner)
    return loss, float((logits.argmax(1) == partner).float().mean())
