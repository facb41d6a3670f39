"""How each process of a job opens a stream of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lemm.training.access import ServiceToken
from lemm.training.stream import VaultStream


@dataclass(frozen=True)
class VaultSource:
    """One run of one job as plain values, which go to forked and to spawned processes alike.

    ``options`` are :class:`VaultStream`'s (``run_id``, ``model_id``, ``packs``, ``spec``, ...), the same in every
    process: they are one request. Called with the name of a lease, it opens a stream under it.
    """

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    options: Mapping[str, Any]

    def __call__(self, worker: str = "main") -> VaultStream:
        token = ServiceToken(self.url, self.client_id, self.client_secret)
        return VaultStream(self.url, token, worker=worker, **self.options)
