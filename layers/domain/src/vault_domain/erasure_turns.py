"""Whose turn it is among the erasures that are under way, and from where each goes on.

- Everybody gets turns of a bounded length: first those who had none yet, then whoever had the last one longest ago.
  A turn counts from its beginning, so that one which is cut off hard does not come first again.
- A pass takes the steps of ``STEPS`` page by page, in as many turns as that needs, and goes on where it was.
- The first pass that begins when no old token can write any more looks at everything. All others leave out tracks that
  are bare already: what was written on them in between, the first finds.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar, Final

from pydantic import Field

from vault_domain.erasure import OPEN, SETTLES, Erasure
from vault_domain.ids import AccountId
from vault_domain.records import Record, UtcTime

STEPS: Final = ("tracks", "uploads", "proofs", "messages", "holdings", "sayings")


class Turn(Record):
    """How far the erasure of an account is; ``step`` and ``cursor`` say where a pass goes on."""

    table: ClassVar[str] = "messages"
    kind: ClassVar[str] = "erasure_turn"

    account_id: AccountId
    began: UtcTime | None = None
    """The last turn."""
    passing: bool = False
    whole: bool = False
    """Whether this pass leaves out nothing."""
    step: int = Field(default=0, ge=0, lt=len(STEPS))
    cursor: str | None = Field(default=None, max_length=8192)
    waits: bool = False
    """Whether something had to wait for the end of a claim."""
    settled: bool = False
    """Whether a pass looked at everything when nothing could come any more."""

    def key(self) -> tuple[str, str]:
        return OPEN, f"{self.kind}#{self.account_id}"


def in_turn(erasures: Iterable[Erasure], turns: Iterable[Turn]) -> list[tuple[Erasure, Turn]]:
    """All erasures, in the order in which they get their turns."""
    had = {one.account_id: one for one in turns}
    paired = [(one, had.get(one.account_id) or Turn(account_id=one.account_id)) for one in erasures]
    return sorted(paired, key=lambda pair: (pair[1].began is not None, pair[1].began or pair[0].asked))


def begun(turn: Turn, erasure: Erasure, now: datetime) -> Turn:
    """The next turn: of the pass that is under way, or of a new one."""
    if turn.passing:
        return turn.with_changes(began=now)
    whole = not turn.settled and now >= erasure.asked + SETTLES
    return turn.with_changes(began=now, passing=True, whole=whole, step=0, cursor=None, waits=False)


def went_on(turn: Turn, cursor: str | None, waits: bool) -> Turn:
    """One page further; after the last page of all, the pass has ended."""
    waits = turn.waits or waits
    if cursor is not None:
        return turn.with_changes(cursor=cursor, waits=waits)
    if turn.step + 1 < len(STEPS):
        return turn.with_changes(cursor=None, step=turn.step + 1, waits=waits)
    return turn.with_changes(passing=False, cursor=None, step=0, waits=waits, settled=turn.settled or turn.whole)


def is_over(turn: Turn) -> bool:
    """Whether nothing is left and nothing can come any more."""
    return turn.settled and not turn.passing and not turn.waits
