"""Run tokens: what a training job shows the gateway with every read.

A JWT signed with the key that signs manifests, never with the sign-in key:
header type ``run+jwt``, issuer and audience of its own, so that neither kind of
token passes for the other. docs/formats/run-token.md describes it.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from vault_domain.canonical import canonical
from vault_domain.errors import Unauthenticated
from vault_domain.leases import Lease
from vault_domain.ports import Signer
from vault_domain.runs import GATEWAY_AUDIENCE, run_claims
from vault_domain.training import TrainingRun

from vault_edge.auth import bearer, verified
from vault_edge.deps import Deps
from vault_edge.receipts import KEY_PURPOSE
from vault_edge.tokens import b64, unb64

ISSUER = "urn:lemm:gateway"
TYPE = "run+jwt"
_KID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_WORKER = re.compile("[a-z0-9][a-z0-9_-]{0,39}")
_RUN_ID = re.compile(r"run_[0-9A-Za-z_-]{1,60}")


def run_token(signer: Signer, run: TrainingRun, lease: Lease) -> str:
    """The token of a lease on an open run's present manifest; the same run and lease give the same token."""
    header = {"alg": "EdDSA", "kid": signer.key_id, "typ": TYPE}
    signed = f"{b64(canonical(header))}.{b64(canonical({'iss': ISSUER, **run_claims(run, lease)}))}"
    return f"{signed}.{b64(signer.sign(signed.encode('ascii')))}"


def verify_run_token(headers: Mapping[str, str], deps: Deps) -> dict[str, Any]:
    """The claims of the bearer token in these headers. Raises ``Unauthenticated`` for any fault in it.

    1. Form and type. 2. The key by its id, from our own ring and made for this
    use. 3. Signature, issuer, audience and times. 4. A run id and a lease of ours.
    """
    token = bearer(headers)
    header = _header(token)
    key = deps.token_rules.own_key(header["kid"], deps)
    now = deps.clock()
    if key is None or key.purpose != KEY_PURPOSE or (key.retired is not None and key.retired <= now):
        raise Unauthenticated()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.public_hex))
    claims = verified(token, header, public, "EdDSA", ISSUER, GATEWAY_AUDIENCE, now)
    run_id = claims.get("run_id")
    worker = claims.get("lease")
    if not isinstance(run_id, str) or not _RUN_ID.fullmatch(run_id):
        raise Unauthenticated()
    if not isinstance(worker, str) or not _WORKER.fullmatch(worker):
        raise Unauthenticated()
    return claims


def _header(token: str) -> dict[str, Any]:
    try:
        header = json.loads(unb64(token.split(".")[0]))
    except (ValueError, RecursionError) as error:
        raise Unauthenticated() from error
    if not isinstance(header, dict) or header.get("typ") != TYPE or "crit" in header:
        raise Unauthenticated()
    if not isinstance(header.get("kid"), str) or not _KID.fullmatch(header["kid"]):
        raise Unauthenticated()
    return header
