"""Asking safety-check as a service does: sent audio, the real decoder, and what is left behind."""

import base64

from granting import numbered
from vault_domain.events import AuditEvent, Kind
from vault_domain.ports import Put
from vault_domain.release_gate import Release, ReleaseAudit
from vault_domain.uploads import Upload, source_key
from wire import SERVICE, event, token

_heard = {}
"""What the decoder said of inline audio: it is a function of the bytes, and one run does for all worlds."""


def wire_decoder(sim, load_step):
    decode = load_step("decode")
    decode.app.bind(sim.container())

    def answer(payload):
        sent = payload.get("audio_base64")
        if sent not in _heard:
            told = decode.handler(payload, None)
            if "analysis_base64" not in told:
                return told
            _heard[sent] = told
        return _heard[sent]

    sim.functions["LEMM_FUNCTION_DECODE"] = answer


def post(module, sim, body, role="system", *scopes, subject=None):
    bearer = token(sim, role, *(scopes or ("safety",)), subject=subject)
    return module.handler(event("POST", "/safety/checks", body=body, bearer=bearer), None)


def inline(data, output="out_one", **more):
    return {"output_id": output, "model_id": "m", "audio_base64": base64.b64encode(data).decode(), **more}


def uploaded(sim, data, number=7, owner=SERVICE, purpose="output"):
    """An upload whose bytes have arrived."""
    upload = Upload(
        upload_id=numbered("upl", number), owner=owner, purpose=purpose, filename="x",
        declared_bytes=len(data), created=sim.clock(), changed=sim.clock(),
    )  # fmt: skip
    sim.store.commit([Put(upload, 0)])
    sim.buckets.open("outputs").write(source_key(upload.upload_id), data, content_type="audio/wav")
    return {"output_id": "out_one", "model_id": "m", "audio_upload_token": upload.upload_id}


def events(sim):
    return [one for one in sim.store.everything(AuditEvent) if one.event is Kind.OUTPUT_CHECK]


def audio_left(sim):
    return [info.key for info in sim.buckets.open("outputs").list("") if not info.key.startswith("features/")]


def audited(sim, state, expects=0):
    """Version 1 of model m, as its audits left it."""
    made = ReleaseAudit(
        passed=state == "passed", why=(), counted=(), outputs=300, extracted=0, rate=0, upper_bound=0.01,
        confidence=0.95, limit=0.01, outputs_sha256="0" * 64, policy=1, at=sim.clock(),
    )  # fmt: skip
    one = Release(model_id="m", model_version="1", state=state, audits=expects + 1, last=made)
    sim.store.commit([Put(one, expects)])
