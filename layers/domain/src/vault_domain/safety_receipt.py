"""The receipt of an output check: what was asked, what was found, and under which versions.

It is a function of the record of the check, so asking twice gives the same
bytes. It names the check's own entry in the log by its hash: a proof of that
entry, and of no other, goes with it. Nothing in it names the service's user,
and nothing says more of a match than the log does. Format: docs/formats/safety-receipt.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vault_domain.canonical import sha256_hex
from vault_domain.evidence import WITHHELD
from vault_domain.safety import OutputCheck, named, withheld_reached

SAFETY_RECEIPT = "safety-receipt"
"""Name of the signed document."""
FORMAT = 1
_UNREAD = "unread"
_VAULT = ("vault",)


def safety_receipt(check: OutputCheck) -> dict[str, object]:
    """The statement that is signed."""
    return {
        "format": FORMAT,
        "output_id": check.output_id,
        "check": check.check,
        "service": check.service,
        "model_id": check.model_id,
        **named(check),
        "content_sha256": check.content_sha256,
        "audio_sha256": check.audio_sha256,
        "duration_s": check.duration_s,
        "outcome": check.outcome,
        "similarity_level": check.similarity_level,
        "sim_internal_max": check.sim_internal_max,
        "sim_external_max": check.sim_external_max,
        "similarity": check.similarity,
        "reasons": [reason.code for reason in check.reasons],
        "matched": [hit.ref for hit in check.hits],
        "sources": {
            "checked": [
                *(["vault"] if check.checked_against_internal else []),
                *([WITHHELD] if withheld_reached(check.versions, check.missing) else []),
                *check.checked_against_external_catalogs,
            ],
            "missing": list(check.missing),
        },
        "versions": check.versions,
        "checked_at": check.at.isoformat(),
        "log": {"event_id": check.event_id, "entry_sha256": check.entry_sha256},
    }


@dataclass(frozen=True)
class ReceiptFacts:
    """What a verified receipt says, in a sentence, and which entry of the log it belongs to."""

    says: str
    entry_sha256: str | None


def read_receipt(document: Mapping[str, Any]) -> ReceiptFacts:
    """Read a receipt whose signature holds. Raises ``ValueError`` for another form."""
    try:
        if document["format"] != FORMAT:
            raise ValueError("a receipt of another format")
        checked, missing = document["sources"]["checked"], document["sources"]["missing"]
        against = ", ".join(_source(name, document["versions"]) for name in checked) or "nothing"
        left = f", without {', '.join(missing)}" if missing else ""
        says = (
            f"{document['output_id']} of {model_in(document)}: {_outcome(document)}; checked at "
            f"{document['checked_at']} against {against}{left}, under policy {document['versions']['policy']}"
        )
        return ReceiptFacts(says, document["log"]["entry_sha256"])
    except (KeyError, TypeError):
        raise ValueError("a field is missing or of the wrong type") from None


def model_in(document: Mapping[str, Any]) -> str:
    """Which model a signed document is about, and which version of it where one is named."""
    version = f" version {document['model_version']}" if "model_version" in document else ""
    return f"model {document['model_id']}{version}"


def check_entry(facts: ReceiptFacts, entry: bytes) -> None:
    """The entry of the log is the one that the receipt names. Raises ``ValueError``."""
    if facts.entry_sha256 != sha256_hex(entry):
        raise ValueError("the proof is about another entry of the log than the one that the receipt names")


def _outcome(document: Mapping[str, Any]) -> str:
    """What came of the check; of an output that the release gate kept back, what was found too."""
    kept = f" ({document['found']} was found, and the release gate keeps it back)" if "found" in document else ""
    return f"{document['outcome']}{kept}"


def _source(name: str, versions: Mapping[str, str]) -> str:
    snapshot = versions.get(f"snapshot:{name}", _UNREAD)
    return name if snapshot == _UNREAD else f"{name} at {snapshot}"
