"""Prompts read in one container: the classifier, and the index of names as its snapshot is now.

The snapshot's tag is looked at once in ``FRESH_S``. While it can't be read, names that were read before serve on; where
none were ever read, that is said with every answer.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from vault_domain.errors import VaultError
from vault_domain.names import MAX_SNAPSHOT_BYTES, from_snapshot, identity
from vault_domain.ports import Clock, Objects
from vault_domain.prompts import Signs
from vault_prompts import Classifier, NameIndex, signs_of

from vault_edge.name_lists import KEY

FRESH_S = 5
UNREAD = "unread"


@dataclass(frozen=True)
class _Held:
    index: NameIndex
    etag: str
    identity: str


class PromptReader:
    """Finds what prompts point at. Threads share it."""

    def __init__(self, bucket: Objects, clock: Clock) -> None:
        self._bucket, self._clock = bucket, clock
        self._classifier = Classifier.load()
        self._held: _Held | None = None
        self._looked: datetime | None = None
        self._lock = threading.Lock()

    def read(self, prompt: str) -> tuple[Signs, dict[str, str]]:
        """What was found in a prompt, and the versions that it rests on."""
        held = self._names()
        signs = signs_of(prompt, held.index if held else None, self._classifier)
        return signs, {"names": held.identity if held else UNREAD, "classifier": self._classifier.identity}

    def _names(self) -> _Held | None:
        with self._lock:
            now = self._clock()
            if self._looked is None or now - self._looked >= timedelta(seconds=FRESH_S) or now < self._looked:
                try:
                    self._look()
                    self._looked = now
                except (VaultError, ValueError):
                    pass  # out of reach or damaged: what was read before stands, and the next prompt tries again
            return self._held

    def _look(self) -> None:
        info = self._bucket.head(KEY)
        if info is None or (self._held is not None and info.etag == self._held.etag):
            return
        data, etag = self._bucket.read_with_etag(KEY, limit=MAX_SNAPSHOT_BYTES)
        self._held = _Held(NameIndex(from_snapshot(data)), etag, identity(data))
