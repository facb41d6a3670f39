"""Proposals that wait for a second admin: each step one commit with its event."""

from pydantic import JsonValue
from vault_domain.accounts import ROSTER_KEY, AdminRoster
from vault_domain.errors import NotFound
from vault_domain.events import Kind, make_event
from vault_domain.governance import Changed, PolicyAsk, differences, in_force
from vault_domain.policy import PolicyVersion
from vault_domain.ports import Put
from vault_domain.proposals import PolicyProposal, check_enough_admins, confirm, decline, propose
from vault_edge.app import Caller, Deps, Json

SUBJECT = "policy"


def admins_suffice(ask: PolicyAsk, deps: Deps) -> None:
    """Raise ``Conflict`` for a policy that nobody could ever change again."""
    roster = deps.records.get(AdminRoster, ROSTER_KEY) if ask.policy.second_admin else None
    check_enough_admins(ask.policy, len(roster.members) if roster else 0)


def made(head: PolicyVersion | None, ask: PolicyAsk, caller: Caller, deps: Deps) -> Json:
    """Record a proposal; nothing is in force by it."""
    now = deps.clock()
    proposal, changes = propose(head, ask, deps.new_id("prp"), caller.id, now)
    event = make_event(
        deps.new_id("evt"), Kind.POLICY_PROPOSED, SUBJECT, caller.actor, now,
        proposal=proposal.proposal_id, changes=told(changes),
    )  # fmt: skip
    deps.records.commit([Put(proposal, 0)], [event])
    return shown(proposal, head)


def confirmed(proposal_id: str, head: PolicyVersion | None, caller: Caller, deps: Deps) -> Json:
    """Put a proposal in force. The same confirmation twice is one."""
    proposal = found(proposal_id, deps)
    if proposal.outcome == "confirmed" and proposal.decided_by == caller.id:
        return shown(proposal, head)
    now = deps.clock()
    done, version, new_head, changes = confirm(head, proposal, caller.id, now)
    event = make_event(
        deps.new_id("evt"), Kind.POLICY_CHANGE, SUBJECT, caller.actor, now, {"policy": str(version.number)},
        changes=told(changes), proposal=proposal_id, author=proposal.author,
    )  # fmt: skip
    puts = [Put(version, 0), Put(new_head, head.version if head else 0), Put(done, proposal.version)]
    deps.records.commit(puts, [event])
    return shown(done, new_head)


def declined(proposal_id: str, reason: str, head: PolicyVersion | None, caller: Caller, deps: Deps) -> Json:
    """Close a proposal without effect. Twice is once."""
    proposal = found(proposal_id, deps)
    if (proposal.outcome, proposal.decided_by, proposal.answer) == ("declined", caller.id, reason):
        return shown(proposal, head)
    now = deps.clock()
    done = decline(proposal, caller.id, reason, now)
    event = make_event(deps.new_id("evt"), Kind.POLICY_DECLINED, SUBJECT, caller.actor, now, proposal=proposal_id)
    deps.records.commit([Put(done, proposal.version)], [event])
    return shown(done, head)


def found(proposal_id: str, deps: Deps) -> PolicyProposal:
    """Raises ``NotFound``."""
    proposal = deps.records.get(PolicyProposal, SUBJECT, f"{PolicyProposal.kind}#{proposal_id}")
    if proposal is None:
        raise NotFound("no such proposal")
    return proposal


def shown(proposal: PolicyProposal, head: PolicyVersion | None) -> Json:
    """A proposal with what it would change in the policy in force, while it is open."""
    number, present = in_force(head)
    changes = told(differences(present, proposal.ask.policy)) if proposal.outcome == "open" else []
    return {
        **proposal.model_dump(mode="json", exclude={"version", "ask"}),
        "expects": proposal.ask.expects,
        "policy": proposal.ask.policy.model_dump(mode="json"),
        "reason": proposal.ask.reason,
        "changes": changes,
        "overtaken": proposal.outcome == "open" and proposal.ask.expects != number,
        "number_in_force": number,
    }


def told(changes: tuple[Changed, ...]) -> list[JsonValue]:
    """Changes as JSON."""
    return [one.model_dump(mode="json") for one in changes]
