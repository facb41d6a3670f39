"""Plain records for tests of rules: valid, and changed only where a test says so."""

from datetime import UTC, datetime, timedelta
from typing import Any

from vault_domain.evidence import Hit, SourceReport
from vault_domain.ids import make_id
from vault_domain.rights import ConsentFlags, RightsRecord
from vault_domain.submission import Metadata, RightsDeclaration
from vault_domain.tracks import Track
from vault_domain.uploads import Upload

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HASH = "a" * 64


def an_id(prefix: str, number: int = 0) -> str:
    return make_id(prefix, number.to_bytes(16, "big"))


def a_metadata(**changes: Any) -> Metadata:
    return Metadata(**{"title": "Glass City", "artist_display_name": "Nova Arc", "genre_tags": ["ambient"], **changes})


def a_declaration(**changes: Any) -> RightsDeclaration:
    plain = {
        "rights_holder_type": "individual", "is_original": True, "is_cover": False,
        "has_third_party_samples": False, "training_allowed": True,
        "internal_experiment_ok": True, "product_ok": True, "evaluation_ok": True,
    }  # fmt: skip
    return RightsDeclaration(**{**plain, **changes})


def an_upload(**changes: Any) -> Upload:
    plain = {
        "upload_id": an_id("upl"), "owner": an_id("acc"), "filename": "a.wav", "declared_bytes": 4,
        "created": NOW, "changed": NOW,
    }  # fmt: skip
    return Upload(**{**plain, **changes})


def a_track(**changes: Any) -> Track:
    plain = {
        "track_id": an_id("trk"), "submission_id": an_id("sub"), "upload_id": an_id("upl"),
        "rights_id": an_id("rgt"), "owner": an_id("acc"), "metadata": a_metadata(), "submitted": NOW, "changed": NOW,
    }  # fmt: skip
    return Track(**{**plain, **changes})


def a_rights(**changes: Any) -> RightsRecord:
    flags = ConsentFlags(
        training_allowed=True, internal_experiment_ok=True, product_ok=True, evaluation_ok=True,
        internal_demo_ok=False, allow_per_artist_adapters=False,
        keep_fingerprints_after_revocation=False,
    )  # fmt: skip
    plain = {
        "rights_id": an_id("rgt"), "track_id": an_id("trk"), "contributor": an_id("acc"),
        "territorial_scope": "worldwide", "term": "perpetual", "rights_holder_type": "individual", "flags": flags,
        "consent_version": 1, "terms_sha256": HASH, "given": NOW,
    }  # fmt: skip
    return RightsRecord(**{**plain, **changes})


def a_hit(similarity: float, overlap_s: float = 20.0, **changes: Any) -> Hit:
    return Hit(**{"ref": "reference", "similarity": similarity, "overlap_s": overlap_s, "detector": "fused", **changes})


def a_report(source: str = "vault", *hits: Hit, **changes: Any) -> SourceReport:
    side = "internal" if source == "vault" else "external"
    plain = {"subject": an_id("trk"), "source": source, "side": side, "status": "checked", "hits": hits, "at": NOW}
    return SourceReport(**{**plain, "max_similarity": max((h.similarity for h in hits), default=0.0), **changes})


def later(**passed: float) -> datetime:
    return NOW + timedelta(**passed)
