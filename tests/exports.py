"""Checked outputs in a simulated vault, and calls of licence-export as its users make them."""

import base64
from typing import Any

from simulator import Simulator
from vault_domain.canonical import sha256_hex
from vault_domain.ports import Put
from vault_domain.safety import OutputCheck
from vault_edge.texts import output_licence
from wire import SERVICE, body_of, event, token

OUTPUT = "out_one"
SHA = output_licence().sha256


def checked(sim: Simulator, number: int = 1, audio: bytes = b"", **changes: Any) -> OutputCheck:
    """One made check of ``OUTPUT``, on record."""
    facts = {
        "output_id": OUTPUT, "check": number, "service": SERVICE, "model_id": "m", "content_sha256": sha256_hex(audio),
        "audio_sha256": sha256_hex(b"samples" + audio), "duration_s": 12.0, "outcome": "allow",
        "similarity_level": "none", "sim_internal_max": 0.1, "sim_external_max": 0.2,
        "checked_against_internal": True, "checked_against_external_catalogs": ("catalogue:open",),
        "versions": {"policy": "1"}, "user_ref": "ann", "at": sim.clock(),
    }  # fmt: skip
    made = OutputCheck(**facts | changes)
    sim.store.commit([Put(made, 0)])
    return made


def call(
    module, sim, method, path, body=None, *, role="contributor", subject=None, scopes=("safety",), query=""
) -> dict[str, Any]:
    """One call with a good token, or without one for the role ``public``."""
    bearer = token(sim, role, *(scopes if role == "system" else ()), subject=subject) if role != "public" else None
    return module.handler(event(method, path, body=body, bearer=bearer, query=query), None)


def agree(module, sim, sha=SHA, user_ref="ann", **more) -> dict[str, Any]:
    """Accept the licence."""
    named = {"user_ref": user_ref} if more.get("role") == "system" else {}
    body = {"agreed": True, "text_sha256": sha, **named}
    return call(module, sim, "POST", "/licence/acceptance", body, **more)


def export(module, sim, audio: bytes, user_ref="ann", **more) -> dict[str, Any]:
    """Export ``OUTPUT``, as the service unless said otherwise."""
    how = {"role": "system", **more}
    named = {"user_ref": user_ref} if how["role"] == "system" else {}
    body = {"audio_base64": base64.b64encode(audio).decode(), **named}
    return call(module, sim, "POST", f"/outputs/{OUTPUT}/export", body, **how)


def fetched(sim: Simulator, answer: dict[str, Any]) -> bytes:
    """The exported file itself."""
    key = f"exports/{body_of(answer)['certificate_id']}"
    return sim.buckets.open("outputs").read(key, limit=10**9)
