"""Changes by stated expectation: when somebody was faster, read again and decide again.

``StaleEvidence`` is a lost race too, but reading again does not mend it: the
comparison itself has to be made again, so it goes to the state machine.
"""

from collections.abc import Callable
from typing import TypeVar

from vault_domain.errors import LostRace, StaleEvidence

T = TypeVar("T")
TRIES = 6


def settled(attempt: Callable[[], T]) -> T:
    """The result of ``attempt``, which reads, decides and commits; repeated after a lost race.

    Raises ``LostRace`` when it was lost ``TRIES`` times in a row.
    """
    for _ in range(TRIES - 1):
        try:
            return attempt()
        except StaleEvidence:
            raise
        except LostRace:
            continue
    return attempt()
