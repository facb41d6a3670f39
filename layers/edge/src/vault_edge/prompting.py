"""Prompts read in one container: the classifier, and the index of names as its snapshot is now.

The snapshot's tag is looked at once in ``FRESH_S``, by one thread; the others go on with the names that were read
before, and wait only where none were. While it can't be read, what was read before serves on, each failure is followed
by a longer pause, and where no names were ever read, that is said with every answer.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from vault_domain.errors import VaultError
from vault_domain.names import MAX_SNAPSHOT_BYTES, from_snapshot, identity, titles_from
from vault_domain.ports import Clock, Objects
from vault_domain.prompts import Signs
from vault_prompts import Classifier, NameIndex, TitleIndex, signs_of

from vault_edge.name_lists import KEY

FRESH_S = 5
PAUSE_S, LONGEST_PAUSE_S = 1, 60
"""After the first failure, and at most; doubled from one to the next."""
UNREAD = "unread"


@dataclass(frozen=True)
class _Held:
    index: NameIndex
    titles: TitleIndex
    etag: str
    identity: str


class PromptReader:
    """Finds what prompts point at. Threads share it."""

    def __init__(self, bucket: Objects, clock: Clock) -> None:
        self._bucket, self._clock = bucket, clock
        self._classifier = Classifier.load()
        self._held: _Held | None = None
        self._looked: datetime | None = None
        self._failures = 0
        self._looking = threading.Lock()

    def read(self, prompt: str) -> tuple[Signs, dict[str, str]]:
        """What was found in a prompt, and the versions that it rests on."""
        held = self._names()
        found = (held.index, held.titles) if held else (None, None)
        signs = signs_of(prompt, found[0], self._classifier, found[1])
        return signs, {"names": held.identity if held else UNREAD, "classifier": self._classifier.identity}

    def _names(self) -> _Held | None:
        if self._due() and self._looking.acquire(blocking=self._held is None):
            try:
                if self._due():  # nobody has looked while this thread waited
                    self._try()
            finally:
                self._looking.release()
        return self._held

    def _due(self) -> bool:
        looked, now = self._looked, self._clock()
        if looked is None or now < looked:
            return True
        pause = min(PAUSE_S * 2 ** (self._failures - 1), LONGEST_PAUSE_S) if self._failures else FRESH_S
        return now - looked >= timedelta(seconds=pause)

    def _try(self) -> None:
        try:
            self._look()
        except (VaultError, ValueError):
            self._failures = min(self._failures + 1, 30)  # out of reach or damaged: what was read before stands
        else:
            self._failures = 0
        self._looked = self._clock()

    def _look(self) -> None:
        info = self._bucket.head(KEY)
        if info is None or (self._held is not None and info.etag == self._held.etag):
            return
        data, etag = self._bucket.read_with_etag(KEY, limit=MAX_SNAPSHOT_BYTES)
        self._held = _Held(NameIndex(from_snapshot(data)), TitleIndex(titles_from(data)), etag, identity(data))
