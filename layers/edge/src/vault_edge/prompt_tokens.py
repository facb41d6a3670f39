"""Tokens of prompts that pass under stricter limits: given by prompt-check, honoured by safety-check.

docs/formats/prompt-token.md describes them.
"""

from vault_domain.errors import PromptTokenRefused, Unauthenticated
from vault_domain.policy import Policy
from vault_domain.prompts import TOKEN_AUDIENCE, stricter_claims, stricter_refusal

from vault_edge.deps import Deps
from vault_edge.own_tokens import opened, sealed
from vault_edge.receipts import KEY_PURPOSE
from vault_edge.tokens import publish_key

ISSUER = "urn:lemm:prompts"
TYPE = "prompt+jwt"


def prompt_token(service: str, prompt_sha256: str, event_id: str, policy: Policy, deps: Deps) -> str:
    """The token of one check; its key is published before anything is signed with it."""
    signer = deps.signer(KEY_PURPOSE)
    now = deps.clock()
    publish_key(signer, KEY_PURPOSE, deps.records, now)
    return sealed(signer, TYPE, ISSUER, stricter_claims(service, prompt_sha256, event_id, policy, now))


def honoured(token: str, prompt_sha256: str | None, service: str, deps: Deps) -> str:
    """The id of the prompt's check that a token comes from. Raises ``PromptTokenRefused``.

    1. Genuine and in time. 2. Given to this service. 3. For the prompt with this hash.
    """
    try:
        claims = opened(token, TYPE, ISSUER, TOKEN_AUDIENCE, deps)
    except Unauthenticated as error:
        raise PromptTokenRefused("This prompt token is not genuine or has expired; check the prompt again") from error
    refusal = stricter_refusal(claims, service, prompt_sha256)
    if refusal is not None:
        raise PromptTokenRefused(refusal)
    return str(claims["check"])
