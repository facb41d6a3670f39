"""What keeps happening is told to somebody: outputs of one service, user, model or prompt, blocked again and again."""

from contextlib import suppress

from vault_domain.accounts import ServiceAccount
from vault_domain.errors import LostRace, VaultError
from vault_domain.messages import Topic, message
from vault_domain.policy import Policy
from vault_domain.ports import Put
from vault_domain.repeats import Counter, counters
from vault_domain.safety import CheckAsk

from vault_edge.deps import Deps
from vault_edge.limiting import count

HOUR_S = 3600
NO_LIMIT = 2**31


def note_block(service: str, ask: CheckAsk, policy: Policy, deps: Deps) -> None:
    """Count a blocked output for all that it counts for; at the policy's numbers people are told, once an hour each.

    The check itself is on record: a count that can't be written must not withhold its answer.
    """
    with suppress(VaultError):
        for counter in counters(service, ask.model_id, ask.user_ref, ask.prompt_pattern, policy, deps.salted):
            _note(service, counter, deps)


def _note(service: str, counter: Counter, deps: Deps) -> None:
    window = count(deps.records, counter.name, HOUR_S, NO_LIMIT, deps.clock())
    if window.count < counter.told_at:
        return
    account = deps.records.get(ServiceAccount, service)
    readers = ["admins", "reviewers", *([account.owner] if account is not None else [])]
    facts = {"count": str(window.count), "what": counter.what, "why": counter.said}
    told = [message(who, Topic.BLOCKED, service, window.opened, counter.name, **facts) for who in readers]
    with suppress(LostRace):  # told already
        deps.records.commit([Put(one, 0) for one in told])
