"""What a manifest says: made by a trained model, checked here, under this licence.

Labels and values: C2PA 2.x "c2pa.actions.v2", IPTC digital source types. Our
own assertions carry the DSSE envelopes as they are.
"""

from collections.abc import Mapping
from typing import Any

RECEIPT = "org.lemm.safety-receipt"
LICENCE = "org.lemm.licence"
TRAINED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
GENERATOR = {"name": "LEMM Vault licence-export", "version": "1"}


def manifest(title: str, receipt: Mapping[str, Any], licence: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest's definition; ``receipt`` is the envelope of the safety receipt."""
    created = {"action": "c2pa.created", "digitalSourceType": TRAINED}
    return {
        "claim_generator_info": [GENERATOR],
        "title": title,
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [created]}},
            {"label": RECEIPT, "data": dict(receipt), "kind": "Json"},
            {"label": LICENCE, "data": dict(licence), "kind": "Json"},
        ],
    }


def source_type(found: Mapping[str, Any]) -> str | None:
    """The digital source type that a read manifest's first action states."""
    for one in found.get("assertions", []):
        if str(one.get("label", "")).startswith("c2pa.actions"):
            actions = (one.get("data") or {}).get("actions") or [{}]
            stated = actions[0].get("digitalSourceType")
            return str(stated) if stated is not None else None
    return None
