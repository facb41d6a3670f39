"""Signed receipts: the key is published before anything is signed with it."""

from vault_domain.canonical import Json
from vault_domain.ports import Signer
from vault_store.dsse import seal

from vault_edge.deps import Deps
from vault_edge.tokens import publish_key

KEY_PURPOSE = "receipt"


def receipt_signer(deps: Deps) -> Signer:
    """The key of receipts, published."""
    signer = deps.signer(KEY_PURPOSE)
    publish_key(signer, KEY_PURPOSE, deps.records, deps.clock())
    return signer


def signed_receipt(name: str, document: dict[str, object], deps: Deps, signer: Signer | None = None) -> Json:
    """``document`` as a DSSE envelope of type ``application/vnd.lemm.<name>.v1+json``; ``signer`` was published."""
    return seal(name, document, signer or receipt_signer(deps)).document()
