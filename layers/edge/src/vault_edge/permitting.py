"""Whether the matrix lets a caller do something to this very thing: the one place that asks it.

Each function asks here, by the action's name in ``vault_domain.permissions``,
and goes on only with what it gets back. A thing of somebody else's that must
not be known looks like none at all. What functions compare with the caller
beside this opens nothing: which lines of a queue are shown, which names are
taken, who had a hand in a case; ``tests/conformance/test_permissions.py`` lists
them, and the calls that answer yes or no about the caller. Rules that decide (a
vote, a claim's end) are handed the caller as who decides: they only refuse more.
"""

from typing import TypeVar

from vault_domain.accounts import Account
from vault_domain.consents import is_holder
from vault_domain.errors import Forbidden, NotFound
from vault_domain.permissions import Reach, check, reach
from vault_domain.review import is_own
from vault_domain.rights import RightsRecord
from vault_domain.tracks import Track

from vault_edge.caller import Caller
from vault_edge.deps import Deps

T = TypeVar("T")


def enforce(what: str, caller: Caller, deps: Deps, *, own: bool, thing: str = "track") -> None:
    """Raise ``NotFound`` or ``Forbidden`` unless the matrix has it.

    A token outlives a change of role by some minutes; whoever decides about others is asked for theirs as it is now.
    """
    if reach(caller.role, what) is Reach.OTHERS and not still_may(what, caller.id, deps):
        raise Forbidden("your role has changed; sign in again")
    check(caller.role, what, own=own, thing=thing)


def owned(what: str, found: T | None, caller: Caller, deps: Deps, *, own: bool, thing: str) -> T:
    """Something that is one's own by more than an id, if the matrix lets this caller do ``what`` with it."""
    enforce(what, caller, deps, own=found is not None and own, thing=thing)
    if found is None:
        raise NotFound(f"no such {thing} of yours")
    return found


def belonging(what: str, found: T | None, owner: str | None, caller: Caller, deps: Deps, *, thing: str) -> T:
    """Something that one account or service opened, if the matrix lets this caller do ``what`` with it."""
    return owned(what, found, caller, deps, own=owner == caller.id, thing=thing)


def permitted(what: str, track_id: str, caller: Caller, deps: Deps) -> Track:
    """The track, if the matrix lets this caller do ``what`` with it. Raises ``NotFound`` or ``Forbidden``.

    What only an owner may do asks who submitted it. What only others may do asks
    more: who holds rights in it, or bears a name that it gives, is no other.
    """
    track = deps.records.get(Track, track_id)
    if track is None:
        raise NotFound("no such track of yours")
    own = track.owner == caller.id
    if reach(caller.role, what) is Reach.OTHERS:
        own = is_own(track, deps.records.get(RightsRecord, track_id), caller.id, caller.display)
    enforce(what, caller, deps, own=own)
    return track


def held(what: str, track_id: str, caller: Caller, deps: Deps) -> tuple[Track, RightsRecord]:
    """Track and rights, for actions in which *own* is what one holds rights in. Raises like ``permitted``."""
    track, rights = deps.records.get(Track, track_id), deps.records.get(RightsRecord, track_id)
    if track is None or rights is None:
        raise NotFound("no such track of yours")
    enforce(what, caller, deps, own=is_holder(rights, caller.id))
    return track, rights


def still_may(what: str, account_id: str, deps: Deps) -> bool:
    """Whether this account's role allows ``what`` at this moment; who is not on record is judged by their token."""
    account = deps.records.get(Account, account_id)
    return account is None or reach(account.role, what) is not Reach.NONE
