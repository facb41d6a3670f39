"""What keeps happening is told to somebody: outputs of one service that are blocked again and again."""

from contextlib import suppress

from vault_domain.accounts import ServiceAccount
from vault_domain.errors import LostRace, VaultError
from vault_domain.messages import Topic, message
from vault_domain.policy import Policy
from vault_domain.ports import Put

from vault_edge.deps import Deps
from vault_edge.limiting import count

HOUR_S = 3600
NO_LIMIT = 2**31


def note_block(service: str, policy: Policy, deps: Deps) -> None:
    """Count a blocked output; at the policy's number its owner and admins are told, once an hour.

    The check itself is on record: a count that can't be written must not withhold its answer.
    """
    with suppress(VaultError):
        window = count(deps.records, f"blocked#{service}", HOUR_S, NO_LIMIT, deps.clock())
        if window.count == policy.blocked_told:
            account = deps.records.get(ServiceAccount, service)
            readers = ["admins", *([account.owner] if account is not None else [])]
            told = [message(who, Topic.BLOCKED, service, window.opened, count=str(window.count)) for who in readers]
            with suppress(LostRace):  # told already
                deps.records.commit([Put(one, 0) for one in told])
