"""upload-presign: exactly the announced bytes, by whom it is for, and not too many at once."""

import json
from datetime import timedelta

import pytest
from ingesting import OWNER, SERVICE, STRANGER, an_upload, main_of, submitted
from pydantic import ValidationError
from simulator import Killed, Simulator
from vault_domain.errors import BadRequest, Expired, Forbidden, NotFound, TooLarge, TooMany
from vault_domain.events import AuditEvent
from vault_domain.policy import Policy, PolicyVersion
from vault_domain.ports import PostForm, Put
from vault_domain.uploads import MAX_OUTPUT_BYTES, MAX_UPLOAD_BYTES, Upload, source_key
from wire import body_of, event, token


def open_form(sim: Simulator, caller=OWNER, **changes):
    module = main_of("upload-presign")
    asked = {"filename": "a.wav", "bytes": 4, "content_type": "audio/wav", **changes}
    return module.open_form(module.UploadAsk(**asked), caller, sim.deps)


def test_the_form_takes_the_announced_bytes_to_the_uploads_own_key(sim: Simulator):
    opened = open_form(sim)
    sim.post(PostForm(**opened["form"]), b"RIFF")
    assert sim.bucket("quarantine").head(source_key(opened["upload_id"]))


@pytest.mark.parametrize(
    ("data", "wrong", "error"),
    [
        (b"RIFF+", {}, TooLarge),
        (b"RIF", {}, TooLarge),
        (b"RIFF", {"key": "uploads/other/source"}, BadRequest),
        (b"RIFF", {"content_type": "text/html"}, BadRequest),
    ],
)
def test_the_form_takes_nothing_else(sim: Simulator, data, wrong, error):
    with pytest.raises(error):
        sim.post(PostForm(**open_form(sim)["form"]), data, **wrong)


def test_the_form_lives_for_a_quarter_of_an_hour(sim: Simulator):
    form = PostForm(**open_form(sim)["form"])
    sim.clock.advance(minutes=15, seconds=1)
    with pytest.raises(Expired):
        sim.post(form, b"RIFF")


def test_outputs_are_sent_by_services_to_check_and_by_people_to_export_into_their_own_bucket(sim: Simulator):
    opened = open_form(sim, SERVICE, purpose="output")
    sim.post(PostForm(**opened["form"]), b"RIFF")
    assert sim.bucket("outputs").head(source_key(opened["upload_id"]))
    assert open_form(sim, OWNER, purpose="output")
    actors = [one.actor.id for one in sim.store.everything(AuditEvent)]
    assert sorted(actors) == ["fn:upload-presign", SERVICE.id], "the log joins no account to the pseudonym that exports"
    with pytest.raises(Forbidden):
        open_form(sim, SERVICE, purpose="track")


@pytest.mark.parametrize(
    ("caller", "purpose", "size"), [(OWNER, "track", MAX_UPLOAD_BYTES), (SERVICE, "output", MAX_OUTPUT_BYTES)]
)
def test_size_bounds(sim: Simulator, caller, purpose, size):
    assert open_form(sim, caller, purpose=purpose, bytes=size)
    with pytest.raises(TooLarge):
        open_form(sim, caller, purpose=purpose, bytes=size + 1)


@pytest.mark.parametrize(
    "changes", [{"bytes": 0}, {"bytes": -1}, {"content_type": "text/html"}, {"filename": "a\x00b"}, {"filename": ""}]
)
def test_malformed_asks(sim: Simulator, changes):
    with pytest.raises(ValidationError):
        open_form(sim, **changes)


def test_the_quota_counts_what_became_no_track_and_has_not_expired(sim: Simulator):
    policy = PolicyVersion(
        number=2, policy=Policy(max_open_uploads=2), author="acc", reason="small", at=sim.clock(), is_head=True
    )
    sim.store.commit([Put(policy, 0)])
    first = an_upload(sim)
    an_upload(sim)
    with pytest.raises(TooMany):
        an_upload(sim)
    submitted(sim, first)
    assert an_upload(sim)
    with pytest.raises(TooMany):
        an_upload(sim)
    assert an_upload(sim, caller=STRANGER)
    sim.clock.now += timedelta(days=2)
    assert an_upload(sim)


def test_only_its_owner_sees_an_upload(sim: Simulator):
    module, upload_id = main_of("upload-presign"), an_upload(sim)
    assert module.show(upload_id, OWNER, sim.deps)["state"] == "waiting"
    with pytest.raises(NotFound):
        module.show(upload_id, STRANGER, sim.deps)


def test_over_http(sim: Simulator, load_step):
    app = load_step("upload-presign").app
    asked = {"filename": "a.wav", "bytes": 4, "content_type": "audio/wav"}
    assert app.answer(event("POST", "/uploads", body=asked))["statusCode"] == 401
    made = app.answer(event("POST", "/uploads", body=asked, bearer=token(sim)))
    assert made["statusCode"] == 201
    seen = app.answer(event("GET", f"/uploads/{body_of(made)['upload_id']}", bearer=token(sim)))
    assert body_of(seen)["state"] == "waiting"
    assert app.answer(event("GET", "/uploads/upl_nonsense", bearer=token(sim)))["statusCode"] == 404
    unscoped = app.answer(
        event("POST", "/uploads", body=json.dumps({**asked, "purpose": "output"}), bearer=token(sim, "system"))
    )
    assert unscoped["statusCode"] == 403


def test_killed_before_its_answer_it_leaves_an_upload_that_expires():
    sim = Simulator()
    sim.kill_at(1, after=True)
    with pytest.raises(Killed):
        an_upload(sim)
    assert len(sim.store.everything(Upload)) == 1
