"""Service accounts: made by an admin, identified by a secret that is shown once."""

import base64
import binascii
import secrets
from urllib.parse import unquote_plus

from account_asks import ServiceAsk, TokenAsk
from account_passwords import LOGIN_PER_EMAIL, LOGIN_PER_SENDER, LOGIN_SECONDS
from account_signin import bearer_for
from vault_domain.accounts import ServiceAccount
from vault_domain.canonical import Json, sha256_hex
from vault_domain.errors import BadCredentials, BadRequest
from vault_domain.events import Kind, make_event
from vault_domain.ports import Put
from vault_edge.app import Caller, Deps, Request
from vault_edge.limiting import count, take_back

FINDABLE = "lemm_"
"""Begins every secret, so that scanners find a leaked one."""


def new_service(ask: ServiceAsk, caller: Caller, deps: Deps) -> Json:
    """Store the account and the hash of a fresh 256-bit secret."""
    now, secret = deps.clock(), FINDABLE + secrets.token_urlsafe(32)
    service = ServiceAccount(
        client_id=deps.new_id("svc"),
        name=ask.name,
        owner=caller.id,
        scopes=tuple(sorted(set(ask.scopes))),
        secret_sha256=sha256_hex(secret.encode("ascii")),
        created=now,
    )
    scopes = [scope.value for scope in service.scopes]
    event = make_event(
        deps.new_id("evt"), Kind.SERVICE_CREATED, service.client_id, caller.actor, now, scopes=list(scopes)
    )
    deps.records.commit([Put(service, 0)], [event])
    return {"client_id": service.client_id, "client_secret": secret, "scopes": scopes, "name": service.name}


def service_token(ask: TokenAsk, request: Request, deps: Deps) -> Json:
    """A token with the scopes that were asked for, if the account has them."""
    client_id, secret = _credentials(ask, request)
    now, name, sender = deps.clock(), f"token#{sha256_hex(client_id.encode())}", f"token-from#{request.ip_hash}"
    count(deps.records, sender, LOGIN_SECONDS, LOGIN_PER_SENDER, now)
    count(deps.records, name, LOGIN_SECONDS, LOGIN_PER_EMAIL, now)
    service = deps.records.get(ServiceAccount, client_id) if client_id.startswith("svc_") else None
    if service is None or not service.knows(secret):
        raise BadCredentials("Client id and secret do not match")
    take_back(deps.records, name)
    take_back(deps.records, sender)
    scopes = _scopes(ask, service)
    return {**bearer_for(service.client_id, "system", scopes, deps), "scope": " ".join(scopes)}


def _scopes(ask: TokenAsk, service: ServiceAccount) -> tuple[str, ...]:
    held = {scope.value for scope in service.scopes}
    asked = set((ask.scope or "").split()) or held
    if not asked <= held:
        raise BadRequest("This account does not have every scope that was asked for")
    return tuple(sorted(asked))


def _credentials(ask: TokenAsk, request: Request) -> tuple[str, str]:
    """From HTTP Basic (RFC 6749, 2.3.1: both parts form-encoded) or from the body, not from both."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    in_body = ask.client_id is not None and ask.client_secret is not None
    if scheme.lower() == "basic":
        if in_body:
            raise BadRequest("Send the client's credentials once")
        try:
            client_id, found, secret = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
        except (binascii.Error, ValueError) as error:
            raise BadCredentials("The Basic credentials can't be read") from error
        if not found:
            raise BadCredentials("The Basic credentials can't be read")
        return unquote_plus(client_id), unquote_plus(secret)
    if ask.client_id is None or ask.client_secret is None:
        raise BadCredentials("Send client_id and client_secret")
    return ask.client_id, ask.client_secret.get_secret_value()
