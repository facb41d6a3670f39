"""Which facts each kind of event may hold, and in what form: the log is public, and nothing is ever taken out of it.

The simulated vault asks this of every event that a function writes, so that
whatever a test drives a function to do keeps the law.
"""

import re
from typing import Any

from vault_domain.events import AuditEvent

FIELDS: dict[str, frozenset[str]] = {kind: frozenset(names.split()) for kind, names in {
    "account.created": "role",
    "account.erased": "tracks",
    "account.role_changed": "after before reason_hash",
    "account.service_created": "scopes",
    "appeal.decided": "findings_sha256 outcome step",
    "appeal.filed": "step",
    "audio.purged": "why",
    "bulk.decided": "outcome up_to",
    "claim.answered": "claim_id",
    "claim.attached": "by_itself claim_id locks",
    "claim.confirmed": "by_itself claim_id locks",
    "claim.decided": "claim_id findings_sha256 outcome",
    "claim.expired": "state",
    "claim.filed": "capacity",
    "claim.screened": "by_itself claim_id findings_sha256 locks outcome",
    "control.opened": "control refs state",
    "control.recorded": "control refs state",
    "dispute.lapsed": "step",
    "dispute.opened": "step",
    "evidence.recorded": "features_sha256 findings_sha256 hits max_similarity source status",
    "index.changed": "added change collected licence merged name pack rebuilt snapshot tombstoned tracks",
    "licence.accepted": "licence text_sha256",
    "model.audited": (
        "confidence counted extracted limit model_version outputs outputs_sha256 passed rate upper_bound weights_sha256"
    ),
    "model.registered": "model_version packs runs statement_sha256 weights_sha256",
    "names.changed": "listed number pack reason_hash removed",
    "output.claimed": "holder",
    "output.exported": (
        "certificate_id check content_sha256 credentials exported_sha256 holder licence model_id model_version"
    ),
    "output_similarity_check": (
        "audio_sha256 check checked_against_external_catalogs checked_against_internal content_sha256 found "
        "found_later matched missing model_id model_version outcome prompt_check same_as sim_external_max "
        "sim_internal_max similarity similarity_level"
    ),
    "outputs.rechecked": "changed looked references",
    "pack.built": "left_out members members_sha256 query",
    "pack.frozen": "members members_sha256 reason_hash",
    "pack.registered": (
        "allowed_uses entry_hash gates_passed ledger licence_texts number reason_hash required_gates reviewed "
        "rights tier title"
    ),
    "policy.declined": "proposal",
    "policy.proposed": "changes proposal",
    "policy_change": "author changes proposal",
    "prompt_check": "names outcome prompt reasons",
    "release.resumed": "claim_id reason_hash what",
    "release.suspended": "claim_id reason_hash what",
    "release.withdrawn": "claim_id reason_hash what",
    "review.answered": "question",
    "review.asked": "evidence_sha256 question",
    "review.claimed": "until",
    "review.decided": "evidence_sha256 outcome override",
    "review.listened": "case end_ms start_ms",
    "review.noted": "note",
    "review.voted": "evidence_sha256 override vote",
    "rights.consent_changed": (
        "allow_per_artist_adapters evaluation_ok internal_demo_ok internal_experiment_ok "
        "keep_fingerprints_after_revocation narrowed product_ok training_allowed widened"
    ),
    "rights.consent_given": (
        "allow_per_artist_adapters evaluation_ok internal_demo_ok internal_experiment_ok "
        "keep_fingerprints_after_revocation license_type parties product_ok rights_id training_allowed"
    ),
    "rights.holder_invited": "holder letter",
    "rights.holder_joined": (
        "allow_per_artist_adapters evaluation_ok internal_demo_ok internal_experiment_ok "
        "keep_fingerprints_after_revocation place product_ok training_allowed"
    ),
    "submission_decision": "findings_sha256 outcome reasons sim_external_max sim_internal_max",
    "track.corrected": "fields metadata_version",
    "track.flagged": "about",
    "track.flags_settled": "by_itself claim_id flags locks outcome",
    "track.revoked": "rights_id scope",
    "track.status_changed": "reasons source step target trigger",
    "track.submitted": "flags rights_id upload_id",
    "training_batch": "expires left_out manifest_sha256 model_id packs purpose tracks",
    "training_run.alarm": "bytes bytes_granted cause reads worker",
    "training_run.closed": (
        "bytes_read code_version config_sha256 consumed consumed_not_granted consumed_sha256 manifest_sha256 "
        "manifests model_id model_type model_version outcome packs purpose reads spec_sha256 started state tracks "
        "tracks_declared tracks_read tracks_root weights_sha256"
    ),
    "training_run.leased": "bytes dropped expires reads worker",
    "training_run.opened": "expires job model_id model_type pack_identities packs purpose spec_sha256",
    "training_run.prepared": "commitment",
    "upload.expired": "",
    "upload.opened": "bytes content_type purpose",
    "upload.refused": "code",
    "upload.validated": "audio_sha256 container content_sha256 duration_s flags",
    "vault_access": "format manifest_sha256 model_id purpose read rights_sha256 run_id served_sha256 sha256 worker",
}.items()}  # fmt: skip
"""Kind of event -> the names that its ``data`` may have. A kind that is not here may hold anything coded."""
OPEN = {
    ("pack.registered", "title"), ("pack.registered", "licence_texts"), ("index.changed", "licence"),
    ("output_similarity_check", "matched"),
}  # fmt: skip
"""Facts about outside datasets, which stay readable: what the world calls them and their works, and where their
licence stands."""
CODED = re.compile(r"[\w.:/+,#=-]{0,200}(@\d+)?", re.ASCII)
"""Ids, hashes, codes, versions and times: one word, no address, nothing that somebody wrote in sentences."""
NOT_THERE = frozenset({"not configured", "not checked"})


def breaches(event: AuditEvent) -> list[str]:
    """What this event holds and must not; empty when it keeps the law."""
    kind, allowed = event.event.value, FIELDS.get(event.event.value)
    found = [f"{kind} may not hold {name}" for name in event.data if allowed is not None and name not in allowed]
    for name, value in event.data.items():
        if (kind, name) not in OPEN:
            found += [f"{kind}: {name} holds words: {word!r}" for word in _words(value)]
    found += [
        f"{kind}: the version {name} holds words" for name, value in event.versions.items() if list(_words(value))
    ]
    return found + [f"{kind} is about words: {event.subject!r}" for _ in _words(event.subject)]


def _words(value: Any) -> list[str]:
    """Every string within that is no code."""
    if isinstance(value, str):
        return [] if CODED.fullmatch(value) or value in NOT_THERE else [value]
    if isinstance(value, dict):
        return [word for key, inner in value.items() for word in (*_words(key), *_words(inner))]
    return [word for inner in value for word in _words(inner)] if isinstance(value, list | tuple) else []
