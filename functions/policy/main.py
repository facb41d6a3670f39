"""policy: the rules' numbers in the open: what is in force, what changed when and why, and what a change would do.

A change is one commit: the new version, the row that puts it in force, the
event. Versions are never edited. A trial reads, and writes nothing.
"""

from typing import Annotated

from policy_past import checked, past
from policy_proposals import admins_suffice, confirmed, declined, made, shown
from pydantic import BaseModel, Field, JsonValue
from vault_domain.errors import LostRace
from vault_domain.events import Kind, make_event
from vault_domain.governance import PolicyAsk, TrialAsk, change, differences, in_force, try_out
from vault_domain.ids import ProposalId
from vault_domain.output_trial import try_outputs
from vault_domain.permissions import roles
from vault_domain.policy import HEAD, SHIPPED, SHIPPED_NUMBER, Policy, PolicyVersion
from vault_domain.ports import Put
from vault_domain.proposals import DeclineAsk, PolicyProposal, needs_second
from vault_edge.app import Answer, App, Caller, Deps, Json, Query
from vault_edge.racing import settled

app = App("policy")
SUBJECT = "policy"


class HistoryAsk(BaseModel):
    """Which part of the history, oldest first."""

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    cursor: Annotated[str | None, Field(max_length=2000)] = None


@app.get("/policy", role=roles("policy.read"))
def present(deps: Deps) -> Json:
    """The policy in force, and since when."""
    head = _head(deps)
    number, policy = in_force(head)
    return {"number": number, "policy": policy.model_dump(mode="json"), "since": head.at if head else None}


@app.get("/policy/history", role=roles("policy.history"))
def history(ask: Query[HistoryAsk], deps: Deps) -> Json:
    """Every change: old and new values, who made it, and why. Version 1 came with the software."""
    page = deps.records.list(PolicyVersion, SUBJECT, limit=ask.limit, cursor=ask.cursor)
    versions = [version for version in page.items if not version.is_head]
    return {"versions": [_told(version, deps) for version in versions], "cursor": page.cursor}


@app.post("/policy", role=roles("policy.change"), status=201, also=(202,))
def set_policy(ask: PolicyAsk, caller: Caller, deps: Deps) -> Json | Answer:
    """Put a new version in force, with a reason. Made from an older version than the present one, it is refused.

    Where the policy in force demands a second admin, it becomes a proposal instead (202).
    """
    admins_suffice(ask, deps)
    if needs_second(_head(deps)):
        return Answer(settled(lambda: made(_head(deps), ask, caller, deps)), status=202)
    try:
        return _set(ask, caller, deps)
    except LostRace:  # somebody else changed it at this moment: the second look says to what
        return _set(ask, caller, deps)


@app.get("/policy/proposals", role=roles("policy.history"))
def proposals(ask: Query[HistoryAsk], deps: Deps) -> Json:
    """What waits for a second admin, and what became of earlier proposals."""
    page = deps.records.list(PolicyProposal, SUBJECT, limit=ask.limit, cursor=ask.cursor)
    head = _head(deps)
    return {"proposals": [shown(one, head) for one in page.items], "cursor": page.cursor}


@app.post("/policy/proposals/{proposal_id}/confirm", role=roles("policy.confirm"))
def second(proposal_id: ProposalId, caller: Caller, deps: Deps) -> Json:
    """Put another admin's proposal in force."""
    return settled(lambda: confirmed(proposal_id, _head(deps), caller, deps))


@app.post("/policy/proposals/{proposal_id}/decline", role=roles("policy.confirm"))
def turn_down(proposal_id: ProposalId, ask: DeclineAsk, caller: Caller, deps: Deps) -> Json:
    """Close a proposal, another's or one's own, with a reason; nothing changes."""
    return settled(lambda: declined(proposal_id, ask.reason, _head(deps), caller, deps))


@app.post("/policy/trial", role=roles("policy.trial"))
def trial(ask: TrialAsk, deps: Deps) -> Json:
    """Decide the newest submissions and output checks anew by this policy and by the one in force, from the record."""
    number, policy = in_force(_head(deps))
    configured = frozenset({"acoustid"} if deps.optional("LEMM_ACOUSTID_CONFIGURED") == "true" else ())
    changes = [one.model_dump(mode="json") for one in differences(policy, ask.policy)]
    return {"compared_with": number, "changes": changes, **try_out(policy, ask.policy, past(deps), configured),
            "output_checks": try_outputs(policy, ask.policy, checked(deps), configured)}  # fmt: skip


def _set(ask: PolicyAsk, caller: Caller, deps: Deps) -> Json:
    head, now = _head(deps), deps.clock()
    version, new_head, changes = change(head, ask, caller.id, now)
    told: list[JsonValue] = [one.model_dump(mode="json") for one in changes]
    event = make_event(
        deps.new_id("evt"), Kind.POLICY_CHANGE, SUBJECT, caller.actor, now, {"policy": str(version.number)},
        changes=told,
    )  # fmt: skip
    deps.records.commit([Put(version, 0), Put(new_head, head.version if head else 0)], [event])
    return {"number": version.number, "policy": version.policy.model_dump(mode="json"), "changes": told}


def _head(deps: Deps) -> PolicyVersion | None:
    return deps.records.get(PolicyVersion, SUBJECT, f"policy#{HEAD}")


def _told(version: PolicyVersion, deps: Deps) -> Json:
    before = _before(version, deps)
    return {
        "number": version.number,
        "at": version.at,
        "author": version.author,
        "reason": version.reason,
        "confirmed_by": version.confirmed_by,
        "policy": version.policy.model_dump(mode="json"),
        "changes": [one.model_dump(mode="json") for one in differences(before, version.policy)],
    }


def _before(version: PolicyVersion, deps: Deps) -> Policy:
    if version.number - 1 == SHIPPED_NUMBER:
        return SHIPPED
    found = deps.records.get(PolicyVersion, SUBJECT, f"policy#{version.number - 1:06d}")
    return found.policy if found else SHIPPED


handler, http = app.lambda_entry(), app.http_entry()
