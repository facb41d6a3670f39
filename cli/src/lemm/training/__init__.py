"""For training jobs: stream the tracks that a run was granted, each verified, obeying revocation."""

from lemm.training.stream import StreamProblem, VaultStream

__all__ = ["StreamProblem", "VaultStream"]
