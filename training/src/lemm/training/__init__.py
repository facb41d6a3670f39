"""The client for training jobs: a run's tracks through the gateway, verified, shuffled, resumable."""

from lemm.training.access import ServiceToken
from lemm.training.decoding import Audio, decode_audio, decode_features
from lemm.training.order import Place
from lemm.training.problems import StreamProblem
from lemm.training.source import VaultSource
from lemm.training.stream import VaultStream

__all__ = [
    "Audio",
    "Place",
    "ServiceToken",
    "StreamProblem",
    "VaultSource",
    "VaultStream",
    "decode_audio",
    "decode_features",
]
