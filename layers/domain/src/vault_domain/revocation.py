"""Taking a track back: what stays, and the statement that its owner gets.

The statement is a function of what is on record, so asking twice gives the
same bytes. It says what the revocation does not undo, too.
"""

from collections.abc import Iterable
from datetime import timedelta

from vault_domain.errors import Conflict
from vault_domain.policy import Policy
from vault_domain.rights import RightsRecord, effective_flags
from vault_domain.tracks import Track
from vault_domain.training import RunTrack

REVOCATION_RECEIPT = "revocation-receipt"
"""Name of the signed document (docs/formats/consent-receipt.md)."""

DOES = (
    "no_new_training_grant_includes_the_track",
    "no_training_job_reads_the_track_any_more",
    "the_audio_is_deleted_after_the_retention_time",
)
DOES_NOT = ("models_that_were_trained_before_are_not_changed",)


def keeps_fingerprints(track: Track, rights: RightsRecord | None, policy: Policy) -> bool:
    """Whether the index keeps this track after it was taken back, for safety checks only.

    Only a track that was in the vault, only by the consent of all who hold rights in it, and only
    while the policy wants it.
    """
    return (
        track.stored_sha256 is not None
        and rights is not None
        and effective_flags(rights).keep_fingerprints_after_revocation
        and policy.keep_fingerprints_after_revocation
    )


def revocation_receipt(
    track: Track, rights: RightsRecord, granted: Iterable[RunTrack], policy: Policy
) -> dict[str, object]:
    """Who was given the track, since when nobody is, and what happens to its sound.

    Raises ``Conflict`` for rights that were not taken back.
    """
    if rights.revoked_at is None:
        raise Conflict("consent for this track was not taken back")
    rows = sorted(granted, key=lambda row: (row.granted, row.run_id))
    return {
        "format": 1,
        "track_id": track.track_id,
        "rights_id": rights.rights_id,
        "contributor": rights.contributor,
        "consent_version": rights.consent_version,
        "terms_sha256": rights.terms_sha256,
        "scope": "all_future_use",
        "revoked_at": rights.revoked_at.isoformat(),
        "was_in_vault": track.stored_sha256 is not None,
        "audio_sha256": track.audio_sha256,
        "audio_deleted_from": (rights.revoked_at + timedelta(days=policy.removed_audio_days)).isoformat(),
        "fingerprints": "kept_for_safety_checks" if keeps_fingerprints(track, rights, policy) else "removed",
        "granted_before": [
            {"run_id": row.run_id, "model_id": row.model_id, "granted": row.granted.isoformat()} for row in rows
        ],
        "models": sorted({row.model_id for row in rows}),
        "does": list(DOES),
        "does_not": list(DOES_NOT),
    }
