"""validate: pinned, judged once, and a refused upload leaves nothing behind."""

import pytest
from ingesting import an_upload, playing_decode, run, sound, validated
from killing import ends_the_same
from simulator import Simulator
from vault_domain.errors import BadRequest, Clipped, NotAudio, NotFound, Truncated, Unavailable
from vault_domain.events import AuditEvent, Kind
from vault_domain.uploads import Upload, UploadState, analysis_key, canonical_key, source_key


def upload_of(sim: Simulator, upload_id: str) -> Upload:
    found = sim.store.get(Upload, upload_id)
    assert found is not None
    return found


def kinds(sim: Simulator) -> list[str]:
    return sorted(event.event.value for event in sim.store.everything(AuditEvent))


def test_a_good_recording_is_validated_with_its_facts(sim: Simulator):
    playing_decode(sim)
    upload_id = an_upload(sim)
    assert validated(sim, upload_id) == {"upload_id": upload_id, "outcome": "validated"}
    upload = upload_of(sim, upload_id)
    assert (upload.state, upload.facts["duration_s"], upload.container) == (UploadState.VALIDATED, 60.0, "flac")
    assert kinds(sim) == ["upload.opened", "upload.validated"]


@pytest.mark.parametrize("error", [NotAudio, Truncated])
def test_a_refusal_by_the_decoder_leaves_nothing(sim: Simulator, error):
    playing_decode(sim, error("the bytes are no recording"))
    upload_id = an_upload(sim, b"not a recording")
    assert validated(sim, upload_id)["outcome"] == "refused"
    upload = upload_of(sim, upload_id)
    assert upload.refusal is not None
    assert (upload.state, upload.refusal.code) == (UploadState.REFUSED, error.code)
    assert not sim.buckets.open("quarantine").dump()
    assert Kind.UPLOAD_REFUSED.value in kinds(sim)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"loudness_lufs": -70.0, "silence_share": 1.0, "peak_dbfs": -120.0}, "silent"),
        ({"duration_s": 2.0}, "too_short"),
        ({"duration_s": 7200.0}, "too_long"),
        ({"clipped_share": 0.9}, Clipped.code),
    ],
)
def test_a_refusal_by_the_rules_deletes_what_was_decoded(sim: Simulator, facts, code):
    playing_decode(sim, **facts)
    upload_id = an_upload(sim)
    assert validated(sim, upload_id)["outcome"] == "refused"
    assert upload_of(sim, upload_id).refusal.code == code
    assert not sim.buckets.open("quarantine").dump()


def test_only_the_version_that_arrived_first_is_read(sim: Simulator):
    playing_decode(sim)
    upload_id = an_upload(sim)
    sim.bucket("quarantine").write(source_key(upload_id), b"a second thought", content_type="audio/flac")
    validated(sim, upload_id)
    assert sim.bucket("quarantine").read(analysis_key(upload_id), limit=2**20) == sound()
    assert upload_of(sim, upload_id).object_version == "v00000001"


def test_what_is_ours_to_mend_refuses_nothing(sim: Simulator):
    playing_decode(sim, Unavailable("no room left"))
    upload_id = an_upload(sim)
    with pytest.raises(Unavailable):
        validated(sim, upload_id)
    assert upload_of(sim, upload_id).state is UploadState.WAITING
    playing_decode(sim)
    assert validated(sim, upload_id)["outcome"] == "validated"


def test_a_name_that_says_something_else_is_flagged(sim: Simulator):
    playing_decode(sim)
    sim.functions["LEMM_FUNCTION_DECODE"] = lambda ask, real=sim.functions["LEMM_FUNCTION_DECODE"]: {
        **real(ask),
        "container": "mp3",
    }
    upload_id = an_upload(sim)
    validated(sim, upload_id)
    assert [flag.code for flag in upload_of(sim, upload_id).flags] == ["inconsistent_metadata"]


def test_strange_keys(sim: Simulator):
    for key in ("uploads/../source", "canonical/x.flac", "uploads/upl_1/source", ""):
        with pytest.raises(BadRequest):
            run("validate", sim.deps, key=key)
    with pytest.raises(NotFound):
        run("validate", sim.deps, key=source_key("upl_" + "0" * 26))


def test_an_object_that_is_not_there_refuses_nothing(sim: Simulator):
    playing_decode(sim)
    with pytest.raises(NotFound):
        validated(sim, an_upload(sim, b""))


@pytest.mark.parametrize("facts", [{}, {"duration_s": 2.0}])
def test_killed_anywhere_and_repeated(facts):
    def make():
        sim = Simulator()
        playing_decode(sim, **facts)
        upload_id = an_upload(sim)
        return sim, lambda deps: validated(sim, upload_id, deps)

    assert ends_the_same(make) >= 8


def test_the_derivatives_of_a_validated_upload_stay(sim: Simulator):
    playing_decode(sim)
    upload_id = an_upload(sim)
    validated(sim, upload_id)
    assert set(sim.buckets.open("quarantine").dump()) == {
        source_key(upload_id), canonical_key(upload_id), analysis_key(upload_id)
    }  # fmt: skip
