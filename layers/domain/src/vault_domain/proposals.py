"""Policy changes that need two admins: one proposes, another confirms, and until then nothing changed.

Whether a second admin is needed is what the policy in force says, so that
switching it off needs one too. A proposal names the version it was made from:
of two that stand at once only one can still be confirmed.
"""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from vault_domain.errors import Conflict, Forbidden
from vault_domain.governance import Changed, PolicyAsk, change, in_force
from vault_domain.ids import ProposalId
from vault_domain.policy import Policy, PolicyVersion
from vault_domain.records import Record, UtcTime, Value


class DeclineAsk(Value):
    """The body of POST /policy/proposals/{proposal_id}/decline."""

    reason: str = Field(min_length=3, max_length=1000)


class PolicyProposal(Record):
    """A proposed policy and what became of it."""

    table: ClassVar[str] = "policies"
    kind: ClassVar[str] = "proposal"

    proposal_id: ProposalId
    ask: PolicyAsk
    author: str
    at: UtcTime
    outcome: Literal["open", "confirmed", "declined"] = "open"
    decided_by: str | None = None
    decided: UtcTime | None = None
    answer: str | None = Field(default=None, max_length=1000)

    def key(self) -> tuple[str, str]:
        return "policy", f"{self.kind}#{self.proposal_id}"


def needs_second(head: PolicyVersion | None) -> bool:
    """Whether a change waits for another admin."""
    return in_force(head)[1].second_admin


def check_enough_admins(policy: Policy, admins: int) -> None:
    """Raise ``Conflict`` for a policy that demands a second admin where there is none."""
    if policy.second_admin and admins < 2:
        raise Conflict("a second admin can be demanded only where there are two; promote somebody first")


def propose(
    head: PolicyVersion | None, ask: PolicyAsk, proposal_id: str, author: str, now: datetime
) -> tuple[PolicyProposal, tuple[Changed, ...]]:
    """The proposal and what it would change. Raises what :func:`vault_domain.governance.change` does."""
    _, _, changes = change(head, ask, author, now)
    return PolicyProposal(proposal_id=proposal_id, ask=ask, author=author, at=now), changes


def confirm(
    head: PolicyVersion | None, proposal: PolicyProposal, by: str, now: datetime
) -> tuple[PolicyProposal, PolicyVersion, PolicyVersion, tuple[Changed, ...]]:
    """The concluded proposal, the version it becomes, the head row, and what it changes.

    Raises ``Forbidden`` for its author, ``Conflict`` for one that was decided or overtaken.
    """
    if proposal.author == by:
        raise Forbidden("another admin has to confirm what you proposed")
    _check_open(proposal)
    version, new_head, changes = change(head, proposal.ask, proposal.author, now)
    done = proposal.with_changes(outcome="confirmed", decided_by=by, decided=now)
    return done, version.with_changes(confirmed_by=by), new_head.with_changes(confirmed_by=by), changes


def decline(proposal: PolicyProposal, by: str, reason: str, now: datetime) -> PolicyProposal:
    """The proposal, not taken; its author may withdraw it the same way. Raises ``Conflict`` once it is decided."""
    _check_open(proposal)
    return proposal.with_changes(outcome="declined", decided_by=by, decided=now, answer=reason)


def _check_open(proposal: PolicyProposal) -> None:
    if proposal.outcome != "open":
        raise Conflict(f"this proposal was {proposal.outcome} already")
