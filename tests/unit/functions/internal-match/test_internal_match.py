"""internal-match: copies found where they are, the same recording called the same, nothing missed in silence."""

import numpy as np
import pytest
from granting import numbered, take_back
from ingesting import admitted, track_of
from ingesting import run as step
from simulator import Simulator, killed_everywhere
from sounds import arranged, as_file, in_vault, piece, waiting
from vault_domain.canonical import sha256_hex
from vault_domain.errors import Corrupt, NotFound, Revoked
from vault_domain.events import AuditEvent, Kind
from vault_domain.evidence import FingerprintRecord, SourceReport
from vault_domain.ports import Put
from vault_domain.tracks import Track
from vault_domain.uploads import features_key
from vault_edge.index import IndexStore
from vault_edge.reviewing import findings_of
from vault_index.snapshot import ShardCache
from vault_store.snapshots import SnapshotStore

S = 14.0
ORIGINAL = as_file(piece(1, S))
TUNE = 14
"""Seed of a piece that sings for most of its first minute."""


def report_of(sim: Simulator, ask: dict[str, str]) -> SourceReport:
    found = sim.store.get(SourceReport, ask["track_id"], "source#vault")
    assert found is not None
    return found


def run(load_step, sim, ask):
    module = load_step("internal-match")
    module.app.bind(sim.deps)
    return module.handler(ask, None)


def test_an_unrelated_piece_is_searched_for_in_everything_and_not_found(sim: Simulator, load_step) -> None:
    in_vault(sim, 1, ORIGINAL)
    ask = waiting(sim, 2, as_file(piece(2, S)))
    answer = run(load_step, sim, ask)
    assert answer == {**ask, "sources": [{"source": "vault", "status": "checked"}]}
    report = report_of(sim, ask)
    assert (report.status, report.side, report.tracks_searched) == ("checked", "internal", 1)
    assert report.snapshot == sim.deps.index.reader("vault").snapshot_id
    assert report.calibration
    assert report.max_similarity < 0.7
    assert all(hit.similarity >= 0.2 and not hit.same_audio for hit in report.hits)


def test_the_same_samples_are_the_same_audio(sim: Simulator, load_step) -> None:
    track_id = in_vault(sim, 1, ORIGINAL)
    ask = waiting(sim, 2, as_file(piece(1, S), "FLAC"))
    run(load_step, sim, ask)
    best = report_of(sim, ask).hits[0]
    assert (best.ref, best.same_audio, best.similarity, best.detector) == (track_id, True, 1.0, "fp_exact")
    assert best.title == ""


def test_a_reencoded_copy_is_the_same_audio_by_landmarks_and_chromaprint(sim: Simulator, load_step) -> None:
    track_id = in_vault(sim, 1, ORIGINAL)
    ask = waiting(sim, 2, as_file(piece(1, S), "MP3"))
    run(load_step, sim, ask)
    best = report_of(sim, ask).hits[0]
    assert (best.ref, best.same_audio) == (track_id, True)
    assert best.similarity >= 0.9
    assert best.detectors["chromaprint"] > 0.7


def test_a_quieter_copy_under_an_equaliser_is_found(sim: Simulator, load_step) -> None:
    track_id = in_vault(sim, 1, ORIGINAL)
    samples = piece(1, S)
    tilted = samples.copy()
    tilted[1:] -= 0.6 * samples[:-1]
    ask = waiting(sim, 2, as_file(tilted * 0.3))
    run(load_step, sim, ask)
    best = report_of(sim, ask).hits[0]
    assert best.ref == track_id
    assert best.similarity >= 0.7
    assert best.coverage > 0.9


def test_an_excerpt_inside_another_piece_is_found_where_it_is(sim: Simulator, load_step) -> None:
    track_id = in_vault(sim, 1, as_file(piece(1)))
    rate = 44_100
    mixed = piece(3).copy()
    mixed[8 * rate : 18 * rate] = piece(1)[12 * rate : 22 * rate]
    ask = waiting(sim, 2, as_file(mixed))
    run(load_step, sim, ask)
    best = report_of(sim, ask).hits[0]
    assert best.ref == track_id
    assert not best.same_audio
    assert best.similarity >= 0.7
    span = best.spans[0]
    found = (span.query_start, span.query_end, span.ref_start, span.ref_end)
    assert np.allclose(found, (8, 18, 12, 22), atol=1.0)
    assert best.overlap_s > 8


def test_a_faster_whole_copy_is_found_and_not_called_the_same(sim: Simulator, load_step) -> None:
    track_id = in_vault(sim, 1, ORIGINAL)
    ask = waiting(sim, 2, as_file(piece(1, S), rate=46_305))  # 5 % faster and higher
    run(load_step, sim, ask)
    best = report_of(sim, ask).hits[0]
    assert best.ref == track_id
    assert not best.same_audio
    assert best.spans[0].tempo_factor == pytest.approx(1.05, abs=0.01)


def test_the_track_itself_is_no_hit(sim: Simulator, load_step) -> None:
    track_id = in_vault(sim, 1, ORIGINAL)
    ask = waiting(sim, 2, ORIGINAL)
    sim.deps.index.reader("vault")
    ask_self = {"track_id": track_id, "upload_id": numbered("upl", 1)}
    key = features_key(ask_self["upload_id"])
    data = sim.buckets.open("quarantine").read(features_key(ask["upload_id"]), limit=10**8)
    sim.buckets.open("quarantine").write(key, data, content_type="x/y")
    record = sim.store.get(FingerprintRecord, track_id)
    sim.store.commit([Put(record.with_changes(features_sha256=sha256_hex(data)), record.version)])
    run(load_step, sim, ask_self)
    assert report_of(sim, ask_self).hits == ()


def test_an_empty_vault_is_searched_too(sim: Simulator, load_step) -> None:
    ask = waiting(sim, 2, ORIGINAL)
    run(load_step, sim, ask)
    report = report_of(sim, ask)
    assert (report.status, report.tracks_searched, report.max_similarity) == ("checked", 0, 0.0)


def test_a_track_that_entered_a_moment_ago_is_found(sim: Simulator, load_step) -> None:
    in_vault(sim, 1, as_file(piece(2, S)))
    ask = waiting(sim, 3, as_file(piece(1, S), "MP3"))
    run(load_step, sim, ask)
    track_id = in_vault(sim, 2, ORIGINAL)
    run(load_step, sim, ask)
    assert report_of(sim, ask).hits[0].ref == track_id


@pytest.mark.parametrize("damage", ["pointer", "part", "no pointer"])
def test_an_unreadable_index_is_reported_as_not_checked(sim: Simulator, load_step, damage, monkeypatch) -> None:
    monkeypatch.setattr("vault_edge.comparing.PAUSE_S", 0)
    in_vault(sim, 1, ORIGINAL)
    bucket = sim.buckets.open("snapshots")
    if damage == "pointer":
        bucket.write("vault/manifest.json", b"{}", content_type="application/json")
    elif damage == "no pointer":
        bucket.delete("vault/manifest.json")
    else:
        part = next(iter(bucket.list("vault/parts/")))
        bucket.write(part.key, b"x" * part.size, content_type="x/y")
    fresh = IndexStore(lambda prefix: SnapshotStore(sim.bucket("snapshots"), prefix), ShardCache())
    sim.deps = sim.container(index=fresh)
    ask = waiting(sim, 2, as_file(piece(1, S), "MP3"))
    run(load_step, sim, ask)
    report = report_of(sim, ask)
    assert (report.status, report.hits) == ("failed", ())
    assert report.reason


def test_a_track_that_was_taken_back_is_not_compared(sim: Simulator, load_step) -> None:
    ask = waiting(sim, 2, ORIGINAL)
    take_back(sim, ask["track_id"])
    with pytest.raises(Revoked):
        run(load_step, sim, ask)


def test_strangers_and_damaged_features_are_refused(sim: Simulator, load_step) -> None:
    ask = waiting(sim, 2, ORIGINAL)
    with pytest.raises(NotFound):
        run(load_step, sim, {**ask, "upload_id": numbered("upl", 9)})
    with pytest.raises(NotFound):
        run(load_step, sim, {**ask, "track_id": numbered("trk", 9)})
    sim.buckets.open("quarantine").write(features_key(ask["upload_id"]), b"else", content_type="x/y")
    with pytest.raises(Corrupt):
        run(load_step, sim, ask)


def test_twice_and_killed_anywhere_it_is_recorded_once(load_step) -> None:
    asks = []

    def make():
        sim = Simulator()
        in_vault(sim, 1, ORIGINAL)
        asks[:] = [waiting(sim, 2, as_file(piece(1, S), "MP3"))]
        module = load_step("internal-match")

        def step(deps):
            module.app.bind(deps)
            module.handler(asks[0], None)
            module.handler(asks[0], None)

        return sim, step

    dumps = []
    for label, sim in killed_everywhere(make):
        events = [one for one in sim.store.everything(AuditEvent) if one.event is Kind.EVIDENCE_RECORDED]
        assert len(events) == 1, label
        report = report_of(sim, asks[0])
        dumps.append(report)
        assert report == dumps[0], label
        assert sim.store.get(Track, asks[0]["track_id"]).version == 1


def test_the_same_tune_on_other_instruments_is_found_by_its_melody(sim: Simulator, load_step) -> None:
    track_id = in_vault(sim, 1, as_file(piece(TUNE, 60.0)))
    in_vault(sim, 3, ORIGINAL)
    ask = waiting(sim, 2, as_file(arranged(TUNE, 60.0, 4, 1.1, "song")[: 35 * 44_100]))
    run(load_step, sim, ask)
    report = report_of(sim, ask)
    best = next(hit for hit in report.hits if hit.detector == "melody")
    assert best.ref == track_id
    assert best.similarity >= 0.4
    assert report.max_melody == best.similarity
    assert report.melody_calibration
    span = best.spans[0]
    assert span.tempo_factor == pytest.approx(1.1, rel=0.03)
    assert span.pitch_semitones % 12 == 4


def test_a_copy_is_one_hit_that_names_both_axes(sim: Simulator, load_step) -> None:
    track_id = in_vault(sim, 1, as_file(piece(TUNE, 60.0)))
    ask = waiting(sim, 2, as_file(piece(TUNE, 60.0)[: 30 * 44_100]))
    run(load_step, sim, ask)
    copies = [hit for hit in report_of(sim, ask).hits if hit.ref == track_id]
    assert len(copies) == 1 or copies[1].similarity > copies[0].similarity
    assert set(copies[0].detectors) >= {"fp_robust", "melody"}


def test_a_track_admitted_before_queries_were_kept_is_recorded_as_not_checked(sim: Simulator, load_step) -> None:
    _, track_id = admitted(sim)
    track, known = track_of(sim, track_id), sim.store.get(FingerprintRecord, track_id)
    assert known is not None
    sim.store.commit([Put(known.with_changes(query_sha256=None), known.version)])
    ask = {"upload_id": track.upload_id, "track_id": track_id}
    assert run(load_step, sim, ask)["sources"] == [{"source": "vault", "status": "not_checked"}]
    step("external-match", sim.container(), **ask)
    asked = {"vault", "acoustid"}
    reports = [one for one in sim.store.everything(SourceReport) if one.subject == track_id and one.source in asked]
    assert [one.status for one in reports] == ["not_checked"] * 2
    assert all("before its query was kept" in one.reason for one in reports)
    found = findings_of(track, sim.container())
    assert found.verdict.outcome == "review"
    assert {reason.code for reason in found.verdict.reasons} == {"source_not_checked"}
