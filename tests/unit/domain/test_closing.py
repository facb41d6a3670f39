"""A run ends once, from rows that stand still; what it declared is compared with its grant."""

from datetime import timedelta

import pytest
from granting import a_track, its_rights
from records import NOW
from vault_domain import runs
from vault_domain.closing import begin_close, closed_facts, declarations, end_run
from vault_domain.errors import Conflict
from vault_domain.run_tracks import leaves_of, root_hex
from vault_domain.training import CompleteAsk, DataSpec, select

JOB = "svc_" + "0" * 26
SPEC = DataSpec(run_id="run_one", model_id="m", model_type="diffusion", purpose="product")


def opened(*numbers: int):
    tracks = [a_track(number) for number in numbers]
    entries, left = select([(track, its_rights(track)) for track in tracks], SPEC)
    run = runs.claim_run(SPEC, JOB, entries, left, NOW, timedelta(hours=6)).with_changes(state="open")
    return run, [runs.mark_read(row, NOW) for row in runs.grants(run, entries)]


def test_the_jobs_word_is_compared_with_its_grant():
    run, rows = opened(1, 2)
    ask = CompleteAsk(outcome="completed", consumed_sha256=(rows[0].sha256, "f" * 64))
    claimed = begin_close(run, ask)
    assert claimed.state == "closing"
    marked = list(declarations(rows, ask))
    assert [row.track_id for row in marked] == [rows[0].track_id]
    ended, lineage = end_run(claimed, ask, [marked[0], rows[1]], 60, NOW)
    assert (ended.state, ended.reads, ended.consumed, ended.consumed_not_granted) == ("completed", 2, 2, 1)
    assert (lineage.tracks, lineage.tracks_read, lineage.tracks_declared) == (2, 2, 1)
    assert lineage.tracks_root == ended.tracks_root == root_hex(leaves_of([marked[0], rows[1]]))
    facts = closed_facts(lineage)
    assert (facts["tracks_root"], facts["manifests"], facts["packs"]) == (ended.tracks_root, 1, list(SPEC.packs))


def test_an_end_is_said_once():
    run, rows = opened(1)
    ask, other = CompleteAsk(outcome="completed"), CompleteAsk(outcome="failed")
    claimed = begin_close(run, ask)
    assert begin_close(claimed, ask) is claimed
    ended, _ = end_run(claimed, ask, rows, 30, NOW)
    assert begin_close(ended, ask) is ended
    for state in (claimed, ended):
        with pytest.raises(Conflict):
            begin_close(state, other)
    with pytest.raises(Conflict):
        begin_close(run.with_changes(state="opening"), ask)
