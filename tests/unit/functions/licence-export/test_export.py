"""licence-export: what an export needs, what leaves, and what its certificate is worth."""

import base64
import json

import numpy as np
import pytest
from exports import OUTPUT, agree, call, checked, export, fetched
from simulator import Simulator, killed_everywhere
from sounds import as_file
from vault_credentials import sandboxed
from vault_credentials.chain import pem
from vault_credentials.sandboxed import MEDIA, NoCredentials
from vault_domain.accounts import KEY_RING, PublicKey
from vault_domain.canonical import sha256_hex
from vault_domain.events import AuditEvent, Kind
from vault_domain.exporting import CERTIFICATE, OutputExport
from vault_domain.ports import Put
from vault_domain.reasons import Reason
from vault_domain.suspensions import Decision, HeldSound, Suspension
from vault_domain.uploads import Upload, UploadState, source_key
from vault_store.dsse import open_sealed, seal
from wire import ACCOUNT, SERVICE, body_of

SOUND = (0.1 * np.random.default_rng(1).normal(size=(44_100, 2))).astype(np.float32)
WAV, OGG = as_file(SOUND), as_file(SOUND, "OGG")


@pytest.fixture
def module(sim: Simulator, load_step):
    checked(sim, audio=WAV)
    found = load_step("licence-export")
    agree(found, sim, role="system")
    return found


def keys_of(sim):
    return {key.key_id: bytes.fromhex(key.public_hex) for key in sim.store.list(PublicKey, KEY_RING).items}


def document_of(sim, answer):
    return open_sealed(body_of(answer)["certificate"], CERTIFICATE, keys_of(sim))


def exports_on_record(sim):
    return sim.store.everything(OutputExport)


def read_back(sim, data, tmp_path, kind="wav"):
    (root,) = [key for key in sim.store.list(PublicKey, KEY_RING).items if key.purpose == "credential"]
    path = tmp_path / "file"
    path.write_bytes(data)
    return sandboxed.read(path, MEDIA[kind], pem(base64.b64decode(root.certificate)))


def test_an_export_is_the_file_with_credentials_a_certificate_and_one_event(sim, module, tmp_path):
    answer = export(module, sim, WAV)
    assert answer["statusCode"] == 200, answer
    told, document, data = body_of(answer), document_of(sim, answer), fetched(sim, answer)
    assert (told["filename"], told["file"]["credentials"]) == ("out_one.wav", "c2pa")
    assert document["exported"]["sha256"] == sha256_hex(data) != sha256_hex(WAV)
    assert document["checked"]["content_sha256"] == sha256_hex(WAV)
    assert document["licence"]["version"] == 1
    read = read_back(sim, data, tmp_path)
    assert (read.state, read.failures) == ("Trusted", ())
    receipt = open_sealed(read.assertion("org.lemm.safety-receipt"), "safety-receipt", keys_of(sim))
    assert receipt["content_sha256"] == sha256_hex(WAV)
    (seen,) = [one for one in sim.store.everything(AuditEvent) if one.event is Kind.OUTPUT_EXPORTED]
    assert {"holder", "model_id", "licence", "certificate_id"} <= set(seen.data)
    assert "ann" not in seen.leaf().decode()


def test_every_missing_condition_is_refused_with_its_code(sim, load_step):
    checked(sim, audio=WAV)
    module = load_step("licence-export")
    path = f"/outputs/{OUTPUT}/export"

    def code(answer):
        return answer["statusCode"], body_of(answer)["code"]

    assert code(export(module, sim, WAV)) == (409, "licence_not_accepted")
    agree(module, sim, role="system")
    assert code(export(module, sim, WAV[:-1] + b"x")) == (409, "digest_mismatch")
    assert code(export(module, sim, WAV, user_ref="bob")) == (404, "not_found")
    assert code(export(module, sim, WAV, subject="svc_" + "1" * 26)) == (404, "not_found")
    assert code(export(module, sim, WAV, role="contributor")) == (404, "not_found")
    assert code(export(module, sim, WAV, scopes=())) == (403, "forbidden")
    assert code(call(module, sim, "POST", path, {"user_ref": "ann"}, role="system")) == (422, "bad_request")
    sim.clock.advance(days=31)
    assert code(export(module, sim, WAV)) == (409, "check_outdated")
    checked(sim, 2, audio=WAV, outcome="block")
    assert code(export(module, sim, WAV)) == (409, "output_not_cleared")
    checked(sim, 3, audio=WAV, outcome="not_cleared")
    assert code(export(module, sim, WAV)) == (409, "output_not_cleared")
    assert exports_on_record(sim) == ()
    checked(sim, 4, audio=WAV, outcome="warn")
    assert export(module, sim, WAV)["statusCode"] == 200


def test_nothing_of_a_suspended_model_or_output_leaves(sim, module):
    for subject in ("model:m", OUTPUT):
        decided = Decision(state="suspended", reason="somebody said so", by="acc", at=sim.clock(), salt="s")
        suspended = Suspension(subject=subject, decisions=(decided,))
        sim.store.commit([Put(suspended, 0)])
        assert body_of(export(module, sim, WAV))["code"] == "output_suspended"
        lifted = suspended.with_changes(decisions=(decided, decided.model_copy(update={"state": "lifted"})))
        sim.store.commit([Put(lifted, 1)])
    assert export(module, sim, WAV)["statusCode"] == 200


def test_a_format_without_credentials_leaves_as_it_was_checked_with_the_reason(sim, module):
    checked(sim, 2, audio=OGG)
    answer = export(module, sim, OGG)
    told = body_of(answer)["file"]
    assert (told["credentials"], told["sha256"]) == ("none", sha256_hex(OGG))
    assert "ogg files take no content credentials" in told["why_none"]
    assert fetched(sim, answer) == OGG


@pytest.mark.parametrize("kind", ["MP3", "FLAC"])
def test_other_formats_with_credentials(sim, module, tmp_path, kind):
    audio = as_file(SOUND, kind)
    checked(sim, 2, audio=audio)
    data = fetched(sim, export(module, sim, audio))
    assert read_back(sim, data, tmp_path, kind.lower()).state == "Trusted"


def test_what_the_library_can_not_read_leaves_without_credentials(sim, module):
    odd = b"RIFF\x10\x00\x00\x00WAVEfmt "
    checked(sim, 2, audio=odd)
    answer = export(module, sim, odd)
    assert answer["statusCode"] == 200
    assert fetched(sim, answer)


@pytest.mark.parametrize("code", ["limit", "failed"])
def test_credentials_that_could_not_be_made_this_time_stop_the_export(sim, module, monkeypatch, code):
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(sandboxed, "embed", lambda *_: NoCredentials(code, "it took too long"))
        answer = export(module, sim, WAV)
        assert (answer["statusCode"], body_of(answer)["code"]) == (503, "unavailable")
    assert exports_on_record(sim) == ()
    assert [info.key for info in sim.buckets.open("outputs").list("exports/")] == []
    assert body_of(export(module, sim, WAV))["file"]["credentials"] == "c2pa"


def test_the_same_export_again_is_the_same_one_while_its_file_is_kept(sim, module):
    first = body_of(export(module, sim, WAV))
    assert body_of(export(module, sim, WAV))["certificate_id"] == first["certificate_id"]
    sim.buckets.open("outputs").delete(f"exports/{first['certificate_id']}", all_versions=True)
    later = body_of(export(module, sim, WAV))
    assert later["certificate_id"] != first["certificate_id"]
    assert len(exports_on_record(sim)) == 2


def test_an_account_exports_what_it_claimed_and_accepts_for_itself(sim, module):
    code = body_of(call(module, sim, "POST", f"/outputs/{OUTPUT}/codes", {}, role="system"))["code"]
    call(module, sim, "POST", f"/outputs/{OUTPUT}/claim", {"code": code})
    refused = export(module, sim, WAV, role="contributor")
    assert body_of(refused)["code"] == "licence_not_accepted", "its service's agreement was for somebody else"
    agree(module, sim)
    answer = export(module, sim, WAV, role="contributor")
    assert answer["statusCode"] == 200
    assert ACCOUNT not in json.dumps(document_of(sim, answer))
    assert export(module, sim, WAV)["statusCode"] == 404, "the service gave it away"


def test_an_upload_is_read_once_used_up_and_deleted(sim, module):
    upload = Upload(
        upload_id="upl_" + "0" * 26, owner=SERVICE, purpose="output", filename="x", declared_bytes=len(WAV),
        created=sim.clock(), changed=sim.clock(),
    )  # fmt: skip
    sim.store.commit([Put(upload, 0)])
    bucket = sim.buckets.open("outputs")
    bucket.write(source_key(upload.upload_id), WAV, content_type="audio/wav")
    body = {"audio_upload_token": upload.upload_id, "user_ref": "ann"}
    first = call(module, sim, "POST", f"/outputs/{OUTPUT}/export", body, role="system")
    assert first["statusCode"] == 200
    again = call(module, sim, "POST", f"/outputs/{OUTPUT}/export", body, role="system")
    assert body_of(again)["certificate_id"] == body_of(first)["certificate_id"]
    assert sim.store.get(Upload, upload.upload_id).state is UploadState.EXPIRED
    bucket.delete(f"exports/{body_of(first)['certificate_id']}", all_versions=True)  # as its rule does, after a day
    gone = call(module, sim, "POST", f"/outputs/{OUTPUT}/export", body, role="system")
    assert (gone["statusCode"], body_of(gone)["code"]) == (410, "expired"), "no link that leads nowhere"
    checked(sim, 2, audio=WAV, outcome="block")
    late = call(module, sim, "POST", f"/outputs/{OUTPUT}/export", body, role="system")
    assert body_of(late)["code"] == "output_not_cleared", "no further link to a file that is blocked by now"
    assert [info.key for info in bucket.list("uploads/")] == []


def test_a_check_that_comes_in_between_is_not_overtaken(sim, module, monkeypatch):
    making = module.export.__globals__["_made"].__globals__
    real = making["exported_file"]

    def slow(*given):
        if not [one for one in sim.store.everything(type(given[1])) if one.check == 2]:
            checked(sim, 2, audio=WAV, outcome="block")
        return real(*given)

    monkeypatch.setitem(making, "exported_file", slow)
    assert body_of(export(module, sim, WAV))["code"] == "output_not_cleared"
    assert exports_on_record(sim) == ()


def suspend_the_model(sim, module):
    decided = Decision(state="suspended", reason="somebody said so", by="acc", at=sim.clock(), salt="s")
    sim.store.commit([Put(Suspension(subject="model:m", decisions=(decided,)), 0)])


def give_away(sim, module):
    code = body_of(call(module, sim, "POST", f"/outputs/{OUTPUT}/codes", {}, role="system"))["code"]
    call(module, sim, "POST", f"/outputs/{OUTPUT}/claim", {"code": code})


@pytest.mark.parametrize(
    ("meanwhile", "code"), [(suspend_the_model, "output_suspended"), (give_away, "not_found")]
)  # fmt: skip
def test_what_is_decided_about_model_or_holder_while_the_file_is_made_counts(sim, module, monkeypatch, meanwhile, code):
    making, done = module.export.__globals__["_made"].__globals__, []
    real = making["exported_file"]

    def slow(*given):
        if not done:
            done.append(meanwhile(sim, module))
        return real(*given)

    monkeypatch.setitem(making, "exported_file", slow)
    assert body_of(export(module, sim, WAV))["code"] == code
    assert exports_on_record(sim) == ()


def test_the_standing_of_a_certificate_follows_its_output(sim, module):
    path = f"/certificates/{body_of(export(module, sim, WAV))['certificate_id']}"

    def stands():
        return body_of(call(module, sim, "GET", path, role="public"))["standing"]

    assert stands() == "in_force"
    checked(sim, 2, audio=WAV, outcome="not_cleared")
    assert stands() == "in_force", "a check that could not be made takes nothing back"
    checked(sim, 3, audio=OGG, outcome="block")
    assert stands() == "in_force", "that was about another sound"
    checked(sim, 4, audio=WAV, outcome="block")
    assert stands() == "suspended"
    checked(sim, 5, audio=WAV)
    assert stands() == "in_force"
    checked(sim, 6, audio=WAV, outcome="block", reasons=(Reason(code="output_withdrawn"),))
    assert stands() == "ended"


def test_what_people_decide_about_the_same_sound_under_another_name_counts_too(sim, module):
    sound = checked(sim, 2, audio=WAV).audio_sha256
    path = f"/certificates/{body_of(export(module, sim, WAV))['certificate_id']}"

    def stands():
        return body_of(call(module, sim, "GET", path, role="public"))["standing"]

    def decide(subject, *states):
        made = [Decision(state=state, reason="so", by="acc", at=sim.clock(), salt="s") for state in states]
        sim.store.commit([Put(Suspension(subject=subject, decisions=made), len(made) - 1)])

    decide("model:m", "suspended")
    assert stands() == "in_force", "a model's suspension changes no licence"
    sim.store.commit([Put(HeldSound(audio_sha256=sound, suspended=("out_twin",)), 0)])
    decide("out_twin", "suspended")
    assert stands() == "suspended"
    decide("out_twin", "suspended", "withdrawn")
    assert stands() == "ended"


def test_anybody_verifies_a_certificate_or_a_file_by_its_hash(sim, module):
    answer = export(module, sim, WAV)
    envelope, data = body_of(answer)["certificate"], fetched(sim, answer)

    def verify(**body):
        return body_of(call(module, sim, "POST", "/certificates/verification", body, role="public"))

    assert verify(certificate=envelope)["code"] == "verified"
    assert verify(file_sha256=sha256_hex(data))["found"]["standing"] == "in_force"
    assert verify(certificate=envelope, file_sha256=sha256_hex(data))["verified"]
    assert verify(certificate=envelope, file_sha256=sha256_hex(WAV))["verified"], "the file that was checked"
    assert verify(certificate=envelope, file_sha256="0" * 64)["code"] == "other_file"
    assert verify(file_sha256="0" * 64)["code"] == "unknown"
    flipped = {**envelope, "payload": ("A" if envelope["payload"][0] != "A" else "B") + envelope["payload"][1:]}
    assert verify(certificate=flipped)["code"] == "signature"
    other = Simulator(seed=9).signer("receipt")
    forged = seal(CERTIFICATE, document_of(sim, answer), other).document()
    assert verify(certificate=forged)["code"] == "signature"
    assert call(module, sim, "POST", "/certificates/verification", {}, role="public")["statusCode"] == 422


def test_what_anybody_may_ask_reads_little_however_often_it_was_checked_and_exported(sim, module, monkeypatch):
    checked(sim, 2, audio=OGG)
    for _ in range(3):  # a file that takes no credentials leaves as the same bytes each time
        last = body_of(export(module, sim, OGG))["certificate_id"]
        sim.buckets.open("outputs").delete(f"exports/{last}", all_versions=True)
    for number in range(3, 300):
        checked(sim, number, audio=OGG, outcome="block" if number == 299 else "allow")
    reads = []
    for name in ("get", "list"):
        real = getattr(sim.store, name)
        monkeypatch.setattr(sim.store, name, lambda *of, real=real, **how: reads.append(of) or real(*of, **how))
    body = {"file_sha256": sha256_hex(OGG)}
    found = body_of(call(module, sim, "POST", "/certificates/verification", body, role="public"))["found"]
    assert (found["certificate_id"], found["standing"]) == (last, "suspended"), "the last export of the file"
    assert 10 < len(reads) < 40


def test_the_printed_certificate_is_a_pdf_of_the_same_bytes_each_time(sim, module):
    path = f"/certificates/{body_of(export(module, sim, WAV))['certificate_id']}/pdf"
    first, again = (call(module, sim, "GET", path, role="public") for _ in range(2))
    assert first["headers"]["content-type"] == "application/pdf"
    assert first["body"] == again["body"]
    assert base64.b64decode(first["body"]).startswith(b"%PDF-")
    assert call(module, sim, "GET", "/certificates/cer_" + "0" * 26, role="public")["statusCode"] == 404


def test_killed_anywhere_an_export_ends_once_on_record(load_step):
    def make():
        sim = Simulator()
        checked(sim, audio=OGG)
        module = load_step("licence-export")
        module.app.bind(sim.deps)
        agree(module, sim, role="system")

        def step(deps):
            module.app.bind(deps)
            assert export(module, sim, OGG)["statusCode"] == 200

        return sim, step

    for label, sim in killed_everywhere(make):
        assert len(exports_on_record(sim)) == 1, label
        told = [one for one in sim.store.everything(AuditEvent) if one.event is Kind.OUTPUT_EXPORTED]
        assert len(told) == 1, label
