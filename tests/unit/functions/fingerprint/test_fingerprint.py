"""fingerprint: the same audio gives the same bytes; object first, record last."""

import pytest
from ingesting import (
    OWNER,
    an_upload,
    fingerprinted,
    main_of,
    playing_decode,
    run,
    sound,
    submitted,
    track_of,
    validated,
)
from killing import ends_the_same
from simulator import Simulator
from vault_audio.features import unpack
from vault_domain.canonical import sha256_hex
from vault_domain.errors import NotFound, Revoked
from vault_domain.evidence import FingerprintRecord
from vault_domain.rights import RevokeAsk
from vault_domain.tracks import Status
from vault_domain.uploads import features_key


def test_features_record_and_status(sim: Simulator):
    upload_id, track_id = fingerprinted(sim)
    data = sim.bucket("quarantine").read(features_key(upload_id), limit=2**26)
    features = unpack(data)
    assert features.dense is not None
    assert len(features.peak_times) > 50
    record = sim.store.get(FingerprintRecord, track_id)
    assert record is not None
    assert (record.features_sha256, record.features) == (sha256_hex(data), f"quarantine/{features_key(upload_id)}")
    track = track_of(sim, track_id)
    assert (track.status, track.audio_sha256) == (Status.PENDING_AUTOMATED_CHECKS, sha256_hex(b"samples" + sound()))


def test_a_track_that_was_taken_back_ends_here(sim: Simulator):
    playing_decode(sim)
    upload_id = an_upload(sim)
    validated(sim, upload_id)
    track_id = submitted(sim, upload_id)
    main_of("revoke").take_back(track_id, RevokeAsk(), OWNER, sim.deps)
    with pytest.raises(Revoked):
        run("fingerprint", sim.deps, upload_id=upload_id, track_id=track_id)


def test_an_upload_of_another_track_is_refused(sim: Simulator):
    upload_id, _ = fingerprinted(sim)
    with pytest.raises(NotFound):
        run("fingerprint", sim.deps, upload_id=upload_id, track_id="trk_" + "0" * 26)


def test_killed_anywhere_and_repeated():
    def make():
        sim = Simulator()
        playing_decode(sim)
        upload_id = an_upload(sim)
        validated(sim, upload_id)
        track_id = submitted(sim, upload_id)
        step = main_of("fingerprint")

        def work(deps):
            vars(deps)["embedder"] = None
            return step.fingerprint(step.StepAsk(upload_id=upload_id, track_id=track_id), deps)

        return sim, work

    assert ends_the_same(make) == 4
