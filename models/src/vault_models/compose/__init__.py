"""Music from a seed: unlimited, unencumbered, different for every seed.

``compose(seed, seconds)`` gives a whole piece with form, harmony, melody,
drums and timbres; the same seed gives the same samples on one platform.
``rearrange(piece, seed)`` plays the same melody in another arrangement, which
is what the melody axis is measured with.
"""

from vault_models.compose.piece import Piece, compose, rearrange
from vault_models.compose.score import Note
from vault_models.compose.styles import STYLES

__all__ = ["STYLES", "Note", "Piece", "compose", "rearrange"]
