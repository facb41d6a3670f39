"""What the steps of governance share: what is known of a track, and its way back into the pipeline."""

from contextlib import suppress
from typing import NamedTuple

from vault_domain.decision import Verdict, decide_submission, holding
from vault_domain.errors import Conflict
from vault_domain.evidence import SourceReport, findings_sha256
from vault_domain.tracks import Track
from vault_domain.uploads import Upload, source_key

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


def run_again(track: Track, name: str, deps: Deps) -> None:
    """Send the track through the pipeline once more: compared again, decided again, admitted if that is due.

    Every step of it may run twice, and what waits for nothing stays as it is. A
    start under a name that was used before is no second start.
    """
    with suppress(Conflict):
        document = {"key": source_key(track.upload_id)}
        deps.tasks.start(deps.env("LEMM_STATE_MACHINE_INGEST"), f"{track.upload_id}-{name}", document)
