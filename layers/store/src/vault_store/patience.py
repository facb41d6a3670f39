"""Bounded retries with full jitter, for everything that a store may have to repeat.

Promise: the work is tried at most ``attempts`` times and not again once
``budget`` seconds have passed; then the caller gets ``Unavailable``.
Waits are random between nothing and a doubling bound, so that many callers
that failed together do not come back together
(https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/).
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from vault_domain.errors import Unavailable

T = TypeVar("T")


class Transient(Exception):
    """Raised by a piece of work to ask for another try; never leaves this package."""


@dataclass(frozen=True)
class Patience:
    """How long to keep trying; times in seconds."""

    attempts: int = 6
    first_wait: float = 0.05
    longest_wait: float = 1.0
    budget: float = 20.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def persist(self, work: Callable[[], T], what: str) -> T:
        """Run ``work`` until it stops raising ``Transient``. Raises ``Unavailable``, naming ``what``."""
        began = self.clock()
        for attempt in range(self.attempts):
            try:
                return work()
            except Transient as error:
                reason = str(error)
            if attempt + 1 == self.attempts or self.clock() - began >= self.budget:
                break
            self.sleep(random.uniform(0, min(self.longest_wait, self.first_wait * 2**attempt)))
        raise Unavailable(f"{what} did not answer ({reason}); try again")
