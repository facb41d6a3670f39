"""A claim about an output takes hold of it, or lets go of it: as of a track, in one commit.

Claim, hold, suspension, the output's next check, events and messages go
together. A claim suspends an output at once, as it locks a track; upheld, it
withdraws it for good.
"""

from dataclasses import dataclass

from vault_domain.accounts import ServiceAccount
from vault_domain.errors import Conflict
from vault_domain.events import Actor, AuditEvent, Kind, make_event
from vault_domain.holds import locked, unlocked
from vault_domain.infringement import Claim, ClaimState
from vault_domain.messages import Message, Topic, message
from vault_domain.ports import Change, Put
from vault_domain.safety import OutputCheck
from vault_domain.suspensions import Suspension, free_claimed, judged, suspend_claimed, with_sounds, withdraw

from vault_edge.claiming import hold_of, in_force
from vault_edge.deps import Deps
from vault_edge.output_history import earlier_checks
from vault_edge.suspending import changes_of, soon_searched

_TOPICS = {
    "suspended": Topic.RELEASE_SUSPENDED,
    "lifted": Topic.RELEASE_RESUMED,
    "withdrawn": Topic.RELEASE_WITHDRAWN,
}


@dataclass(frozen=True)
class ClaimedOutput:
    """The output that a claim is about: its checks, whose service made it, and where it stands."""

    checks: tuple[OutputCheck, ...]
    owner: str | None
    suspension: Suspension | None
    claimed: int | None = None
    """Which check was its last one when the claim was filed."""

    @property
    def heard(self) -> tuple[OutputCheck, ...]:
        """The checks of the sound that is judged."""
        return judged(self.checks, self.suspension, self.claimed)

    @property
    def output_id(self) -> str:
        """Its id."""
        return self.checks[-1].output_id


def output_of(claim: Claim, deps: Deps) -> ClaimedOutput | None:
    """The output that a claim is about, if it names one that was ever checked."""
    return claimed_output(claim.output_id, deps, claim.check) if claim.output_id else None


def claimed_output(output_id: str, deps: Deps, claimed: int | None = None) -> ClaimedOutput | None:
    """An output as far as claims concern it."""
    made = earlier_checks(output_id, deps)
    if not made:
        return None
    service = deps.records.get(ServiceAccount, made[-1].service)
    return ClaimedOutput(made, service.owner if service else None, deps.records.get(Suspension, output_id), claimed)


def suspend_for(
    claim: Claim, output: ClaimedOutput, actor: Actor, kind: Kind, deps: Deps, *told: Message, by_itself: bool,
    **facts: str,
) -> None:  # fmt: skip
    """Commit a claim that stands, and suspend its output. Raises ``Conflict`` for one that was withdrawn."""
    present, now = output.suspension, deps.clock()
    if present is not None and present.state == "withdrawn":
        raise Conflict("this output was withdrawn; nothing is left to suspend")
    hold = hold_of(output.output_id, deps)
    held = locked(hold, claim.claim_id, now, by_itself=by_itself)
    made = suspend_claimed(present, output.output_id, claim.claim_id, deps.new_id("slt"), now)
    event = _event(claim, output, actor, kind, deps, locks=True, by_itself=by_itself, **facts)
    changes = [Put(held, hold.version), Put(claim, claim.version)]
    _commit(changes, [event], made, claim, output, actor, told, deps)


def release(claim: Claim, output: ClaimedOutput, actor: Actor, kind: Kind, deps: Deps, *told: Message) -> None:
    """Commit an ended claim, and what its end means for the output."""
    hold, present, now = hold_of(output.output_id, deps), output.suspension, deps.clock()
    freed = unlocked(hold, claim.claim_id, claim.source if claim.state is ClaimState.UNFOUNDED else None)
    salt, why, made = deps.new_id("slt"), claim.reason or "", present
    if not claim.track_stays:
        made = withdraw(present, output.output_id, why, claim.claim_id, salt, now)
    elif present is not None and not freed.claims:
        made = free_claimed(present, claim.claim_id, why, salt, now)
    event = _event(
        claim, output, actor, kind, deps, outcome=claim.state.value, findings_sha256=claim.findings_sha256 or ""
    )
    changes = [Put(freed, hold.version), Put(claim, claim.version)]
    _commit(changes, [event], made, claim, output, actor, told, deps)


def note(
    claim: Claim, output: ClaimedOutput, actor: Actor, kind: Kind, deps: Deps, *told: Message, **facts: str
) -> None:
    """Commit a step of a claim that changes nothing about its output."""
    event = _event(claim, output, actor, kind, deps, **facts)
    deps.records.commit([Put(claim, claim.version), *(Put(one, 0) for one in told)], [event])


def _commit(
    changes: list[Put], events: list[AuditEvent], made: Suspension | None, claim: Claim, output: ClaimedOutput,
    actor: Actor, told: tuple[Message, ...], deps: Deps,
) -> None:  # fmt: skip
    """All of it; where the suspension was decided anew, with all that goes with that, and the owner told."""
    also: list[Change] = [*changes, *(Put(one, 0) for one in told)]
    present = output.suspension
    if made is not None and made is not present:
        made = with_sounds(made, output.checks, output.claimed)
        more, public = changes_of(made, output.checks, actor, deps, claim_id=claim.claim_id)
        also += [Put(made, present.version if present else 0), *more]
        events += public
        if output.owner is not None:
            said = made.decisions[-1]
            number = len(made.decisions)
            letter = message(output.owner, _TOPICS[said.state], output.output_id, said.at, number, why=said.reason)
            also.append(Put(letter, 0))
    deps.records.commit(also, events)
    if made is not present:
        soon_searched(output.output_id, deps)


def _event(
    claim: Claim, output: ClaimedOutput, actor: Actor, kind: Kind, deps: Deps, **facts: str | bool
) -> AuditEvent:
    data = {"claim_id": claim.claim_id, **facts}
    return make_event(deps.new_id("evt"), kind, output.output_id, actor, deps.clock(), in_force(deps), **data)
