"""Status changes of one track that happen together or not at all.

Promise: one commit holds the track (with the version that was read), a history
row, an audit event and the owner's message for each step, and whatever else the
caller adds. A rejection keeps the moment until which it can be answered.
"""

from vault_domain.appeal_time import answer_until
from vault_domain.events import Actor, AuditEvent, Kind, make_event
from vault_domain.messages import Message
from vault_domain.news import news
from vault_domain.ports import Change, Put, Require
from vault_domain.reasons import Reason
from vault_domain.tracks import Guards, HistoryRow, Track, Trigger, transition

from vault_edge.deps import Deps

NO_FACTS = Guards()


class Journey:
    """Take steps, tell events, then commit; ``track`` is always the latest form."""

    def __init__(self, deps: Deps, track: Track, actor: Actor) -> None:
        self.track = track
        self.now = deps.clock()
        self._deps, self._actor = deps, actor
        self._read = track.version
        self._rows: list[HistoryRow | Message] = []
        self._events: list[AuditEvent] = []

    def take(
        self, trigger: Trigger, facts: Guards = NO_FACTS, reasons: tuple[Reason, ...] = (), **changes: object
    ) -> Track:
        """One step by the table. Raises ``Conflict`` or ``Forbidden``."""
        before = self.track.status
        if trigger is Trigger.REJECTED:
            until = answer_until(self.now, self._deps.policy())
            changes = {**changes, "appeal_until": until, "appeal_reminded": None}
        self.track, row = transition(self.track, trigger, self._actor, facts, self.now, reasons, **changes)
        if trigger is Trigger.DISPUTE_OPENED:  # this tells of the rejection too
            self._rows = [one for one in self._rows if not isinstance(one, Message)]
        self._rows.append(row)
        if (told := news(self.track, trigger, self.now)) is not None:
            self._rows.append(told)
        self.tell(
            Kind.TRACK_CHANGED,
            step=row.step,
            source=before.value,
            target=row.target.value,
            trigger=trigger.value,
            reasons=[reason.code for reason in reasons],
        )
        return self.track

    def tell(self, kind: Kind, versions: dict[str, str] | None = None, **data: object) -> None:
        """An event about this track, in the same commit."""
        event_id = self._deps.new_id("evt")
        self._events.append(make_event(event_id, kind, self.track.track_id, self._actor, self.now, versions, **data))  # type: ignore[arg-type]

    def commit(self, *also: Change) -> Track:
        """Write it all. Raises ``LostRace`` when the track, or anything in ``also``, changed meanwhile."""
        rows = [Put(row, 0) for row in self._rows]
        self._deps.records.commit([Put(self.track, self._read), *rows, *also], self._events)
        return self.track

    def conclude(self, *also: Change) -> Track:
        """Like ``commit``; a track that took no step is not rewritten, but must be as it was read."""
        if self._rows:
            return self.commit(*also)
        self.note(*also, Require(self.track, self._read))
        return self.track

    def note(self, *changes: Change) -> None:
        """Write changes beside the track and the events told, and leave the track as it is."""
        self._deps.records.commit(changes, self._events)
