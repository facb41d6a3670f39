"""What the steps of governance share: a track as far as a caller may reach it, and its way back into the pipeline."""

from contextlib import suppress
from typing import NamedTuple

from vault_domain.accounts import Account
from vault_domain.decision import Verdict, decide_submission, holding
from vault_domain.errors import Conflict, Forbidden, NotFound
from vault_domain.evidence import SourceReport, findings_sha256
from vault_domain.permissions import Reach, check, reach
from vault_domain.review import is_own
from vault_domain.rights import RightsRecord
from vault_domain.tracks import Track
from vault_domain.uploads import Upload, source_key

from vault_edge.caller import Caller
from vault_edge.controls import own_catalogue_of, own_refs
from vault_edge.deps import Deps


class Findings(NamedTuple):
    """What is known of a track at this moment, by the policy in force."""

    verdict: Verdict
    sha256: str
    policy: int
    snapshot: str | None
    """The vault's snapshot that was searched."""
    reports: tuple[SourceReport, ...]


def findings_of(track: Track, deps: Deps) -> Findings:
    """What is on record now, decided by the policy in force."""
    upload = deps.records.get(Upload, track.upload_id)
    reports = deps.records.list(SourceReport, track.track_id).items
    flags = holding((*track.flags, *(upload.flags if upload else ())))
    number, policy = deps.policy_in_force()
    configured = frozenset({"acoustid"} if deps.optional("LEMM_ACOUSTID_CONFIGURED") == "true" else ())
    searched = next((report.snapshot for report in reports if report.source == "vault"), None)
    own = own_catalogue_of(track.owner, deps)
    verdict = decide_submission(reports, flags, policy, configured, own)
    return Findings(verdict, findings_sha256(reports, flags, own_refs(own, reports)), number, searched, reports)


def permitted(what: str, track_id: str, caller: Caller, deps: Deps) -> Track:
    """The track, if the matrix lets this caller do ``what`` with it. Raises ``NotFound`` or ``Forbidden``.

    A token outlives a change of role by some minutes; whoever decides about others is asked for theirs as it is now.
    What only an owner may do asks who submitted it. What only others may do asks
    more: who holds rights in it, or bears a name that it gives, is no other.
    """
    track = deps.records.get(Track, track_id)
    if track is None:
        raise NotFound("no such track of yours")
    own = track.owner == caller.id
    if reach(caller.role, what) is Reach.OTHERS:
        if not still_may(what, caller.id, deps):
            raise Forbidden("your role has changed; sign in again")
        own = is_own(track, deps.records.get(RightsRecord, track_id), caller.id, caller.display)
    check(caller.role, what, own=own)
    return track


def still_may(what: str, account_id: str, deps: Deps) -> bool:
    """Whether this account's role allows ``what`` at this moment; who is not on record is judged by their token."""
    account = deps.records.get(Account, account_id)
    return account is None or reach(account.role, what) is not Reach.NONE


def run_again(track: Track, name: str, deps: Deps) -> None:
    """Send the track through the pipeline once more: compared again, decided again, admitted if that is due.

    Every step of it may run twice, and what waits for nothing stays as it is. A
    start under a name that was used before is no second start.
    """
    with suppress(Conflict):
        document = {"key": source_key(track.upload_id)}
        deps.tasks.start(deps.env("LEMM_STATE_MACHINE_INGEST"), f"{track.upload_id}-{name}", document)
