"""Run tokens: what a training job shows the gateway with every read.

A JWT signed with the key that signs manifests, never with the sign-in key:
header type ``run+jwt``, issuer and audience of its own, so that neither kind of
token passes for the other. docs/formats/run-token.md describes it.
"""

import re
from collections.abc import Mapping
from typing import Any

from vault_domain.errors import Unauthenticated
from vault_domain.leases import Lease
from vault_domain.ports import Signer
from vault_domain.runs import GATEWAY_AUDIENCE, run_claims
from vault_domain.training import TrainingRun

from vault_edge.auth import bearer
from vault_edge.deps import Deps
from vault_edge.own_tokens import opened, sealed

ISSUER = "urn:lemm:gateway"
TYPE = "run+jwt"
_WORKER = re.compile("[a-z0-9][a-z0-9_-]{0,39}")
_RUN_ID = re.compile(r"run_[0-9A-Za-z_-]{1,60}")


def run_token(signer: Signer, run: TrainingRun, lease: Lease) -> str:
    """The token of a lease on an open run's present manifest; the same run and lease give the same token."""
    return sealed(signer, TYPE, ISSUER, run_claims(run, lease))


def verify_run_token(headers: Mapping[str, str], deps: Deps) -> dict[str, Any]:
    """The claims of the bearer token in these headers. Raises ``Unauthenticated`` for any fault in it.

    1. Form, type, key, signature, issuer, audience and times (:func:`vault_edge.own_tokens.opened`). 2. A run id and a
    lease of ours.
    """
    claims = opened(bearer(headers), TYPE, ISSUER, GATEWAY_AUDIENCE, deps)
    run_id = claims.get("run_id")
    worker = claims.get("lease")
    if not isinstance(run_id, str) or not _RUN_ID.fullmatch(run_id):
        raise Unauthenticated()
    if not isinstance(worker, str) or not _WORKER.fullmatch(worker):
        raise Unauthenticated()
    return claims
