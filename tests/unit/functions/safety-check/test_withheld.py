"""safety-check: nothing that copies what was suspended, withdrawn or taken out is cleared, in whatever encoding."""

import base64
import json

import numpy as np
import pytest
from asking import events, inline, post, wire_decoder
from granting import numbered, take_back
from simulator import Simulator
from sounds import as_file, in_vault, piece, registered
from vault_domain import snapshots
from vault_domain.policy import Policy, PolicyVersion, Thresholds
from vault_domain.ports import Put
from vault_domain.reasons import Reason
from vault_domain.records import stamp
from vault_domain.suspensions import SuspendAsk, Suspension, lift, suspend, withdraw
from vault_domain.tracks import Track
from wire import body_of

S = 12.0
BAD = as_file(piece(1, S))
MP3 = as_file(piece(1, S), "MP3")
QUIET = as_file(np.asarray(piece(1, S)) * 0.5, "FLAC")
OTHER = as_file(piece(2, S), "MP3")
LENIENT = Policy(thresholds=Thresholds(weak=0.9, strong=0.9))
ME = numbered("acc", 42)


@pytest.fixture
def ready(sim: Simulator, load_step):
    """A vault and a catalogue of other pieces, and one output that was cleared."""
    in_vault(sim, 2, as_file(piece(5, S)))
    registered(sim, ("Known piece", as_file(piece(4, S))))
    wire_decoder(sim, load_step)
    head = PolicyVersion(number=2, policy=LENIENT, author="acc", reason="test", at=sim.clock(), is_head=True)
    sim.store.commit([Put(head, 0)])
    check = load_step("safety-check")
    assert asked(check, sim, BAD, "out_bad")["outcome"] == "allow"
    return check


def asked(check, sim, data, output_id):
    return body_of(post(check, sim, inline(data, output_id)))


def decide(sim, what, output_id="out_bad"):
    present, ask = sim.store.get(Suspension, output_id), SuspendAsk(output_id=output_id, reason="a chorus that I know")
    if what is withdraw:
        made = withdraw(present, output_id, "upheld", numbered("clm", 1), "s", sim.clock())
    else:
        made = what(present, ask, ME, "s", sim.clock())
    sim.store.commit([Put(made, present.version if present else 0)])


def indexed(sim, load_step):
    module = load_step("withheld-index")
    module.app.bind(sim.container())
    return module.handler({}, None)


def codes(answer):
    return [reason["code"] for reason in answer["reasons"]]


@pytest.mark.parametrize(("what", "code"), [(suspend, "resembles_suspended"), (withdraw, "resembles_upheld")])
@pytest.mark.parametrize("copy", [MP3, QUIET], ids=["mp3", "quieter"])
def test_another_encoding_of_what_is_kept_back_is_blocked(sim, ready, load_step, what, code, copy) -> None:
    assert asked(ready, sim, copy, "out_before")["outcome"] == "allow"
    decide(sim, what)
    indexed(sim, load_step)
    answer = asked(ready, sim, copy, "out_copy")
    assert (answer["outcome"], codes(answer)) == ("block", ["too_similar", code])
    assert [reason["refs"] for reason in answer["reasons"]] == [["out_bad"], ["out_bad"]]
    assert asked(ready, sim, OTHER, "out_other")["outcome"] == "allow"
    receipt = json.loads(base64.b64decode(answer["receipt"]["payload"]))
    snapshot = sim.container().index.reader("withheld").snapshot_id
    assert receipt["sources"]["checked"] == ["vault", "withheld", "catalogue:open"]
    (seen,) = (one for one in events(sim) if one.subject == "out_copy")
    assert receipt["versions"]["snapshot:withheld"] == seen.versions["snapshot:withheld"] == snapshot


def test_a_copy_of_a_track_that_a_claim_took_out_is_blocked_though_it_left_the_index(sim, ready, load_step) -> None:
    track_id = in_vault(sim, 1, BAD)
    sim.deps.index.change("vault", lambda now: snapshots.without_tracks(now, [track_id], stamp(sim.clock())))
    take_back(sim, track_id)
    track = sim.store.get(Track, track_id)
    why = (Reason(code="claim_upheld", detail="It is theirs."),)
    sim.store.commit([Put(track.with_changes(reasons=why), track.version)])
    indexed(sim, load_step)
    answer = asked(ready, sim, MP3, "out_copy")
    assert (answer["outcome"], codes(answer)) == ("block", ["too_similar", "resembles_upheld"])
    assert answer["reasons"][1]["refs"] == [track_id]


def test_what_was_lifted_counts_no_more_at_once_whatever_the_index_says(sim, ready, load_step) -> None:
    decide(sim, suspend)
    indexed(sim, load_step)
    decide(sim, lift)
    answer = asked(ready, sim, MP3, "out_copy")
    assert (answer["outcome"], answer["reasons"], answer["matches"]) == ("allow", [], [])
    indexed(sim, load_step)
    assert asked(ready, sim, MP3, "out_copy")["outcome"] == "allow"


@pytest.mark.parametrize("harm", ["torn", "gone", "pointer"])
def test_nothing_is_cleared_while_what_is_kept_back_cannot_be_read(sim, ready, load_step, harm) -> None:
    decide(sim, suspend)
    indexed(sim, load_step)
    bucket = sim.buckets.open("snapshots")
    for info in list(bucket.list("withheld/parts/")):
        if harm == "torn":
            bucket.write(info.key, b"torn", content_type="application/octet-stream")
        elif harm == "gone":
            bucket.delete(info.key, all_versions=True)
    if harm == "pointer":
        bucket.delete("withheld/manifest.json", all_versions=True)
    fresh = load_step("safety-check")
    answer = asked(fresh, sim, OTHER, "out_other")
    assert (answer["outcome"], answer["missing"]) == ("not_cleared", ["withheld"])
    assert answer["versions"]["snapshot:withheld"] == "unread"
    assert answer["checked_against_internal"] is True
    indexed(sim, load_step)
    assert asked(fresh, sim, OTHER, "out_other")["outcome"] == "allow"


class Watched:
    """A bucket that notes what is asked of it."""

    def __init__(self, inner, seen):
        self._inner, self._seen = inner, seen

    def __getattr__(self, name):
        def call(key, *given, **named):
            self._seen.append((name, key))
            return getattr(self._inner, name)(key, *given, **named)

        return call


@pytest.mark.parametrize(
    ("begun", "asked_for"), [(True, ("head", "withheld/manifest.json")), (False, ("list", "withheld/"))]
)
def test_with_nothing_kept_back_a_check_asks_one_thing_more(sim, ready, load_step, begun, asked_for) -> None:
    if begun:
        indexed(sim, load_step)
    seen = []
    world = sim.container(bucket=lambda name: Watched(sim.bucket(name), seen))
    ready.app.bind(world)
    for output_id in ("out_one", "out_two"):
        seen.clear()
        assert asked(ready, sim, OTHER if output_id == "out_two" else MP3, output_id)["outcome"] == "allow"
    assert [what for what in seen if "withheld" in what[1]] == [asked_for]
