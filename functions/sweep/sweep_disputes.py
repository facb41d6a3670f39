"""Disputes that came with a rejection and that nobody answered in time."""

from collections.abc import Iterator
from datetime import datetime

from vault_domain.appeals import LAPSED, Appeal, is_overdue, lapse
from vault_domain.events import Actor, Kind
from vault_domain.policy import Policy
from vault_domain.ports import Put, every
from vault_domain.sweeping import LapseDispute
from vault_domain.tracks import Guards, Status, Track, Trigger
from vault_edge.app import Deps
from vault_edge.journey import Journey
from vault_edge.racing import settled

ACTOR = Actor(id="fn:sweep", role="system")
PAGE = 200


def plan_disputes(deps: Deps, policy: Policy, now: datetime) -> Iterator[LapseDispute]:
    """Those whose time is over: each has its own, so all that wait are looked at."""
    status = Status.DISPUTE_PENDING.value
    for track in every(lambda at: deps.records.find(Track, "by_status", status, limit=PAGE, cursor=at)):
        if _overdue(track, policy, now, deps) is not None:
            yield LapseDispute(track.track_id)


def carry_out_lapse(instruction: LapseDispute, deps: Deps) -> bool:
    """End it if it is still unanswered; False when somebody answered or decided meanwhile."""
    return settled(lambda: _lapse(instruction.track_id, deps))


def _lapse(track_id: str, deps: Deps) -> bool:
    track = deps.records.get(Track, track_id)
    appeal = _overdue(track, deps.policy(), deps.clock(), deps) if track is not None else None
    if track is None or appeal is None:
        return False
    journey = Journey(deps, track, ACTOR)
    facts = Guards(answer_overdue=True)
    journey.take(Trigger.DISPUTE_LAPSED, facts, (*appeal.rejected_for, LAPSED), dispute_open=False)
    journey.tell(Kind.DISPUTE_LAPSED, step=appeal.step)
    journey.commit(Put(lapse(appeal, journey.now), appeal.version))
    return True


def _overdue(track: Track, policy: Policy, now: datetime, deps: Deps) -> Appeal | None:
    """The dispute of this track, if nobody answered it in time."""
    if track.status is not Status.DISPUTE_PENDING:
        return None
    appeals = deps.records.list(Appeal, track.track_id).items
    return appeals[-1] if appeals and is_overdue(appeals[-1], now, policy) else None
