"""audit-sequence: bring new events into the log, in one order that is signed.

Each round ends with a checkpoint whose entries are in tiles and whose events
know their place. A round that was cut off is finished by the next one before
anything is appended, so an event whose place is already signed is never taken
again. Of two sequencers at once one wins; the other ends without a trace.
"""

from collections.abc import Sequence
from datetime import timedelta

from pydantic import BaseModel
from sequence_events import mark, unsequenced
from vault_domain.canonical import Json
from vault_domain.errors import LostRace
from vault_domain.events import AuditEvent
from vault_domain.tiles import entry_of
from vault_edge.app import App, Deps
from vault_edge.tokens import publish_key
from vault_store.log import Head, LogWriter

app = App("audit-sequence")

KEY_PURPOSE = "log"
BATCH = 1000
"""Events of one checkpoint at most."""
AT_MOST = timedelta(seconds=200)
"""No round begins later than this; the next run goes on."""


class SequenceAsk(BaseModel):
    """A schedule's event: nothing in it matters."""


@app.step
def sequence(ask: SequenceAsk, deps: Deps) -> Json:
    """Append rounds of events until none is left, time is up, or another sequencer was faster."""
    began, added = deps.clock(), 0
    signer = deps.signer(KEY_PURPOSE)
    publish_key(signer, KEY_PURPOSE, deps.records, began)
    writer = LogWriter(deps.bucket("log"), deps.env("LOG_ORIGIN"), signer)
    try:
        while deps.clock() - began < AT_MOST:
            count = _round(writer, deps)
            added += count
            if not count:
                return {"outcome": "done", "added": added, "size": writer.head().size}
    except LostRace as lost:
        app.logger.info("another sequencer was faster", extra={"detail": lost.detail})
        return {"outcome": "overtaken", "added": added, "size": writer.head().size}
    return {"outcome": "more", "added": added, "size": writer.head().size}


def _round(writer: LogWriter, deps: Deps) -> int:
    """Finish what was begun, then append one batch; the number of events appended."""
    head = writer.head()
    if head.unfinished:
        _finish(writer, head, writer.pending(head), deps)
        head = writer.head()
    events = unsequenced(deps.records, BATCH)
    if not events:
        return 0
    entries = [entry_of(event) for event in events]
    _finish(writer, writer.append(head, entries), entries, deps, events)
    return len(entries)


def _finish(
    writer: LogWriter, head: Head, entries: Sequence[bytes], deps: Deps, read: Sequence[AuditEvent] = ()
) -> None:
    """Tiles, then places, then the checkpoint for everybody: each follows from the head, and may be repeated."""
    writer.write_files(head, entries)
    mark(deps.records, head.published, entries, read)
    writer.publish(head)


handler, http = app.lambda_entry(), app.http_entry()
