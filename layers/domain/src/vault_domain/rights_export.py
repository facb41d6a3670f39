"""A track's rights in two languages that others read: ODRL as JSON-LD, and ``cawg.training-mining`` entries.

Promise: an export says what holds at this moment and no more than the rights
record does; whatever it does not permit is prohibited. Formats: W3C ODRL
Information Model 2.2 with a profile of our own for actions that its vocabulary
lacks, and the CAWG Training and Data Mining Assertion 1.1. What each term of
the profile means stands in docs/formats/rights-export.md.
"""

from pydantic import JsonValue

from vault_domain.canonical import Json
from vault_domain.rights import RightsRecord, effective_flags, open_purposes

ODRL_CONTEXT = "http://www.w3.org/ns/odrl.jsonld"
PROFILE = "urn:lemm:odrl:1"
VAULT = "urn:lemm:vault"
NEVER = ("distribute", "sell", "present", "grantUse")
"""Actions of the ODRL vocabulary that no consent of ours ever permits."""
ACTION_FOR = {
    "internal_experiment": "lemm:train",
    "product": "lemm:train",
    "evaluation": "lemm:evaluate",
    "internal_demo": "lemm:demonstrate",
    "artist_adapter": "lemm:adapt",
}
TRAINS = ("internal_experiment", "product", "artist_adapter")
_ENTRIES = ("cawg.data_mining", "cawg.ai_inference", "cawg.ai_training", "cawg.ai_generative_training")


def odrl(record: RightsRecord) -> Json:
    """An ODRL Agreement between the rights holders and the vault, about this one track."""
    holders = [record.contributor, *(party.holder for party in record.parties if party.consented)]
    allowed = open_purposes(record)
    rules: Json = {"prohibition": [{"action": action} for action in NEVER] + _prohibitions(allowed)}
    permissions: list[JsonValue] = [_permission(purpose) for purpose in allowed]
    if _compared(record):
        permissions.append({"action": "lemm:compare", "duty": [{"action": "lemm:logUse"}]})
    if permissions:
        rules["permission"] = permissions
    return {
        "@context": [ODRL_CONTEXT, {"lemm": f"{PROFILE}#"}],
        "@type": "Agreement",
        "uid": f"urn:lemm:rights:{record.rights_id}:{record.consent_version}",
        "profile": PROFILE,
        "assigner": [f"urn:lemm:account:{holder}" for holder in holders],
        "assignee": VAULT,
        "target": f"lemm://vault/{record.track_id}",
        "lemm:licence": record.license_type,
        "lemm:termsSha256": record.terms_sha256,
        "lemm:given": record.given.isoformat(),
        "lemm:revokedAt": record.revoked_at.isoformat() if record.revoked_at else None,
        "lemm:awaitsConsent": any(not party.consented for party in record.parties),
        **rules,
    }


def training_mining(record: RightsRecord) -> Json:
    """The ``cawg.training-mining`` assertion: label and data, ready for a C2PA manifest.

    Nobody but the vault may do anything, and the vault only under its licence, so nothing is plainly ``allowed``.
    """
    bound = f"Only by LEMM Vault, under {record.license_type}, terms {record.terms_sha256}"
    named = [purpose for purpose in open_purposes(record) if purpose in TRAINS]
    trains = {"use": "constrained", "constraint_info": f"{bound}, for {', '.join(named)}"} if named else _refused()
    compares = {"use": "constrained", "constraint_info": f"{bound}: fingerprints, to find copies; never the audio"}
    said = {
        "cawg.data_mining": compares if _compared(record) else _refused(),
        "cawg.ai_inference": _refused(),
        "cawg.ai_training": trains,
        "cawg.ai_generative_training": trains,
    }
    return {"label": "cawg.training-mining", "data": {"entries": {name: said[name] for name in _ENTRIES}}}


def _prohibitions(allowed: tuple[str, ...]) -> list[Json]:
    """Every purpose that is not allowed; the action as a whole where none of its purposes is."""
    left = {ACTION_FOR[purpose] for purpose in allowed}
    whole: list[Json] = [{"action": action} for action in sorted(set(ACTION_FOR.values()) - left)]
    parts = [purpose for purpose, action in ACTION_FOR.items() if purpose not in allowed and action in left]
    return whole + [{"action": ACTION_FOR[purpose], "constraint": _for(purpose)} for purpose in parts]


def _for(purpose: str) -> JsonValue:
    return [{"leftOperand": "purpose", "operator": "eq", "rightOperand": f"lemm:{purpose}"}]


def _permission(purpose: str) -> JsonValue:
    return {
        "action": ACTION_FOR[purpose],
        "constraint": _for(purpose),
        "duty": [{"action": "lemm:logUse"}, {"action": "lemm:askBeforeEachRead"}],
    }


def _compared(record: RightsRecord) -> bool:
    """Whether fingerprints are compared: while the track is here, and afterwards where all holders let them stay."""
    return not record.revoked or effective_flags(record).keep_fingerprints_after_revocation


def _refused() -> Json:
    return {"use": "notAllowed"}
