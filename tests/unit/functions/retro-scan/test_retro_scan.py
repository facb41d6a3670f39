"""retro-scan: what was cleared is found when the vault learns of it later, once, whatever comes in between."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from asking import inline, post, wire_decoder
from granting import numbered, take_back
from simulator import Simulator, killed_everywhere
from sounds import as_file, catalogue_of, heard, in_vault, piece, registered
from vault_audio.features import pack
from vault_domain import snapshots
from vault_domain.accounts import Account, ServiceAccount
from vault_domain.errors import SourceUnavailable
from vault_domain.events import AuditEvent, Kind
from vault_domain.exporting import decides, force
from vault_domain.messages import Message, Topic
from vault_domain.policy import Policy, PolicyVersion, Thresholds
from vault_domain.ports import Delete, Put
from vault_domain.reasons import Reason
from vault_domain.rechecks import ASK_AGAIN, BUSY_FOR, LONGEST_CHECK, SCANS, Scan, list_key
from vault_domain.records import stamp
from vault_domain.safety import STRICTER, OutputCheck
from vault_domain.suspensions import LIFTED, OUTPUT_SUSPENDED, OUTPUT_WITHDRAWN, held_check, with_sounds, withdraw
from vault_domain.tracks import Track
from vault_edge.matching import Query, Source, report_of
from vault_edge.outbound import Recording
from vault_index.search import search
from vault_index.shard import Shard
from vault_index.snapshot import build_part
from wire import body_of

EVENTS = Path(__file__).parents[2] / "edge" / "events"
S = 12.0
OURS = as_file(piece(1, S))
COPY = as_file(piece(1, S), "MP3")
OTHER = as_file(piece(2, S), "MP3")
OWNER, SERVICE, USER = numbered("acc", 41), numbered("svc", 42), numbered("acc", 43)
LATER = max(BUSY_FOR, LONGEST_CHECK) + timedelta(seconds=1)


@pytest.fixture
def ready(sim: Simulator, load_step):
    """A vault and a catalogue, each with one track, and the service whose outputs were checked."""
    furnish(sim)
    return load_step("retro-scan")


def furnish(sim):
    in_vault(sim, 2, as_file(piece(5, S)))
    registered(sim, ("known-piece", as_file(piece(4, S))))
    service = ServiceAccount(
        client_id=SERVICE, name="a service", owner=OWNER, scopes=("safety",), secret_sha256="0" * 64,
        created=sim.clock(),
    )  # fmt: skip
    sim.store.commit([Put(service, 0)])


def cleared(sim, data, output_id="out_one", outcome="allow", versions=None, **more):
    """An output as a check leaves it."""
    found = heard(data)
    key = f"features/{output_id}/{found.audio_sha256}.bin"
    sim.buckets.open("outputs").write(key, pack(found.features, dense=True), content_type="application/octet-stream")
    now = sim.container().index.reader("vault").snapshot_id
    one = OutputCheck(
        output_id=output_id, check=1, service=SERVICE, model_id="m", content_sha256=found.content_sha256,
        audio_sha256=found.audio_sha256, duration_s=found.duration_s, outcome=outcome,
        similarity_level="none" if outcome == "allow" else "warning", sim_internal_max=0.0, sim_external_max=0.1,
        checked_against_internal=True, checked_against_external_catalogs=("catalogue:open",),
        versions=versions or {"policy": "1", "snapshot:vault": now}, features=f"outputs/{key}",
        chromaprint=found.chromaprint, at=sim.clock(), **more,
    )  # fmt: skip
    sim.store.commit([Put(one, 0)])
    return one


def run(module, sim, **world):
    module.app.bind(sim.container(**world))
    return module.handler({}, None)["outcome"]


def last(sim, output_id="out_one"):
    return max((one for one in sim.store.everything(OutputCheck) if one.output_id == output_id), key=lambda c: c.check)


def told(sim, reader=OWNER):
    return [one for one in sim.store.everything(Message) if one.recipient == reader]


def events(sim, kind=Kind.OUTPUT_CHECK):
    return [one for one in sim.store.everything(AuditEvent) if one.event is kind]


def settle(module, sim):
    """A run, and another one when every check must have ended."""
    first = run(module, sim)
    sim.clock.advance(seconds=LATER.total_seconds())
    return first, run(module, sim)


def test_a_copy_of_a_track_that_came_later_is_blocked_and_told(sim: Simulator, ready) -> None:
    settle(ready, sim)
    cleared(sim, COPY, user_ref="u-77")
    ours = in_vault(sim, 1, OURS)
    assert run(ready, sim)["vault"] == "waits"
    one = last(sim)
    assert (one.check, one.outcome, one.similarity_level) == (2, "block", "blocked")
    assert (one.reasons[0].code, one.reasons[1].code) == ("found_later", "too_similar")
    assert one.hits[0].ref == ours
    assert one.versions["snapshot:vault"] == sim.container().index.reader("vault").snapshot_id
    (letter,) = told(sim)
    assert (letter.topic, letter.about, letter.facts["user"]) == (Topic.OUTPUT_FOUND_LATER, "out_one", "u-77")
    (event,) = events(sim)
    assert (event.subject, event.actor.id, event.data["outcome"]) == ("out_one", "fn:retro-scan", "block")
    assert "u-77" not in event.model_dump_json()


def test_the_score_is_the_one_that_a_check_made_now_would_give(sim: Simulator, ready) -> None:
    for number in range(3, 9):
        in_vault(sim, number, as_file(piece(20 + number, S)))
    settle(ready, sim)
    cleared(sim, COPY)
    in_vault(sim, 1, OURS)
    run(ready, sim)
    opened, found = sim.container().index.reader("vault"), heard(COPY)
    query = Query("out_x", found.features, found.audio_sha256, found.chromaprint)
    report = report_of(query, Source("vault", "internal", lambda: opened), sim.clock())
    assert last(sim).sim_internal_max == report.max_similarity >= 0.7


def test_what_resembles_nothing_new_keeps_its_status_and_its_record(sim: Simulator, ready) -> None:
    settle(ready, sim)
    one = cleared(sim, OTHER)
    in_vault(sim, 1, OURS)
    settle(ready, sim)
    assert last(sim).check == one.check
    assert not told(sim)
    (whole,) = events(sim, Kind.OUTPUTS_RECHECKED)
    assert (whole.subject, whole.data["references"], whole.data["changed"]) == ("index:vault", 1, 0)


def test_again_is_free(sim: Simulator, ready) -> None:
    cleared(sim, COPY)
    in_vault(sim, 1, OURS)
    settle(ready, sim)
    before = sim.dump()
    assert set(run(ready, sim).values()) == {"nothing new"}
    assert sim.dump() == before


def test_cut_off_anywhere_it_is_found_and_told_once(load_step) -> None:
    def make():
        sim = Simulator()
        furnish(sim)
        cleared(sim, COPY)
        cleared(sim, OTHER, "out_two")
        in_vault(sim, 1, OURS)
        module = load_step("retro-scan")

        def step(deps):
            sim.clock.advance(seconds=LATER.total_seconds())
            for _ in range(2):
                module.app.bind(deps)
                module.handler({}, None)
                sim.clock.advance(seconds=LATER.total_seconds())

        return sim, step

    for label, sim in killed_everywhere(make):
        assert (last(sim).outcome, last(sim).check) == ("block", 2), label
        assert last(sim, "out_two").check == 1, label
        assert (len(told(sim)), len(events(sim))) == (1, 1), label
        scan = sim.store.get(Scan, SCANS, f"{Scan.kind}#vault")
        assert (scan.wanted, scan.busy_until) == (None, None), label


def test_a_catalogue_that_grows(sim: Simulator, ready) -> None:
    settle(ready, sim)
    cleared(sim, COPY)
    manifest, built = catalogue_of(("known-piece", as_file(piece(4, S))), ("their-song", OURS))
    bucket = sim.buckets.open("snapshots")
    bucket.write(f"catalogues/open/parts/{built.part.sha256}", built.data, content_type="application/octet-stream")
    bucket.write("catalogues/open/manifest.json", manifest.to_bytes(), content_type="application/json")
    run(ready, sim)
    one = last(sim)
    assert (one.outcome, one.hits[0].ref, one.sim_internal_max) == ("block", "their-song", 0.0)
    assert one.sim_external_max >= 0.7


def test_sources_with_the_same_references_keep_their_lists_apart(sim: Simulator, ready) -> None:
    registered(sim, ("known-piece", as_file(piece(4, S))), name="twin")
    settle(ready, sim)
    cleared(sim, OTHER)
    for name in ("open", "twin"):
        manifest, built = catalogue_of(("known-piece", as_file(piece(4, S))), ("their-song", OURS), name=name)
        bucket = sim.buckets.open("snapshots")
        bucket.write(
            f"catalogues/{name}/parts/{built.part.sha256}", built.data, content_type="application/octet-stream"
        )
        bucket.write(f"catalogues/{name}/manifest.json", manifest.to_bytes(), content_type="application/json")
        settle(ready, sim)
    scans = [sim.store.get(Scan, SCANS, f"{Scan.kind}#catalogue:{name}") for name in ("open", "twin")]
    assert [scan.references for scan in scans] == [1, 1], "each was compared with what is new in it alone"
    kept = {info.key for info in sim.buckets.open("outputs").list("scans/")}
    assert {list_key(scan.source, scan.known) for scan in scans} <= kept


def test_a_list_that_is_gone_makes_everything_new_again(sim: Simulator, ready) -> None:
    settle(ready, sim)
    cleared(sim, COPY)
    for info in list(sim.buckets.open("outputs").list("scans/")):
        sim.buckets.open("outputs").delete(info.key, all_versions=True)
    in_vault(sim, 1, OURS)
    assert settle(ready, sim)[1]["vault"] == "compared"
    assert last(sim).outcome == "block"
    assert run(ready, sim)["vault"] == "nothing new"


def test_a_track_that_a_claim_took_out_is_still_compared_with(sim: Simulator, ready, load_step) -> None:
    track_id = in_vault(sim, 1, OURS)
    sim.deps.index.change("vault", lambda now: snapshots.without_tracks(now, [track_id], stamp(sim.clock())))
    settle(ready, sim)
    cleared(sim, COPY)
    take_back(sim, track_id)
    track = sim.store.get(Track, track_id)
    upheld = track.with_changes(reasons=(Reason(code="claim_upheld", detail="It is theirs."),))
    sim.store.commit([Put(upheld, track.version)])
    run(ready, sim)
    assert (last(sim).outcome, last(sim).hits[0].ref) == ("block", track_id)
    asked_again(sim, load_step, {"out_one", "out_other_name"})


def test_what_was_blocked_because_of_a_track_stays_so_when_a_claim_takes_that_out(sim, ready, load_step) -> None:
    track_id = in_vault(sim, 1, OURS)
    settle(ready, sim)
    why = (Reason(code="too_similar", refs=(track_id,)),)
    cleared(sim, COPY, outcome="block", reasons=why)
    sim.deps.index.change("vault", lambda now: snapshots.without_tracks(now, [track_id], stamp(sim.clock())))
    take_back(sim, track_id)
    track = sim.store.get(Track, track_id)
    upheld = track.with_changes(reasons=(Reason(code="claim_upheld", detail="It is theirs."),))
    sim.store.commit([Put(upheld, track.version)])
    settle(ready, sim)
    assert (last(sim).check, told(sim)) == (1, []), "it was told before"
    asked_again(sim, load_step, {"out_one", "out_other_name"})
    before = sim.dump()
    assert run(ready, sim)["upheld"] == "nothing new"
    assert sim.dump() == before


def asked_again(sim, load_step, names):
    """No index holds what was upheld any more; the same sound stays blocked all the same."""
    wire_decoder(sim, load_step)
    check = load_step("safety-check")
    for name in names:
        answer = body_of(post(check, sim, inline(COPY, name), subject=SERVICE))
        assert (answer["outcome"], answer["reasons"][0]["code"]) == ("block", "resembles_upheld"), name
        assert body_of(post(check, sim, inline(COPY, name), subject=SERVICE))["check"] == answer["check"], (
            "the same answer"
        )
    other = body_of(post(check, sim, inline(OTHER, "out_another_sound"), subject=SERVICE))
    assert "resembles_upheld" not in [reason["code"] for reason in other["reasons"]]


def test_other_outputs_are_compared_with_one_that_was_withdrawn(sim: Simulator, ready, load_step) -> None:
    settle(ready, sim)
    cleared(sim, COPY)
    cleared(sim, as_file(piece(1, S), "OGG"), "out_bad")
    gone = withdraw(None, "out_bad", "upheld", "clm_1", "s", sim.clock())
    sim.store.commit([Put(gone, 0), Put(held_check(last(sim, "out_bad"), OUTPUT_WITHDRAWN, sim.clock()), 0)])
    settle(ready, sim)
    assert (last(sim).outcome, last(sim).hits[0].ref) == ("block", "out_bad")
    assert (last(sim, "out_bad").check, len(told(sim))) == (2, 1)
    before = sim.dump()
    assert run(ready, sim)["upheld"] == "nothing new"
    assert sim.dump() == before
    asked_again(sim, load_step, {"out_one", "out_third_name"})


def test_what_came_under_the_name_of_a_withdrawn_output_later_is_not_compared_with(sim: Simulator, ready) -> None:
    settle(ready, sim)
    bad = cleared(sim, as_file(piece(7, S)), "out_bad")
    gone = withdraw(None, "out_bad", "upheld", "clm_1", "s", sim.clock())
    kept = held_check(bad, OUTPUT_WITHDRAWN, sim.clock())
    theirs = kept.with_changes(check=3, audio_sha256=heard(OTHER).audio_sha256, features=cleared(sim, OTHER).features)
    sim.store.commit([Put(with_sounds(gone, [bad]), 0), Put(kept, 0), Put(theirs, 0)])
    settle(ready, sim)
    assert last(sim).outcome == "allow"


def test_an_output_that_was_judged_by_stricter_thresholds_still_is(sim: Simulator, ready) -> None:
    policy = Policy(thresholds=Thresholds(weak=1.0, strong=1.0))
    head = PolicyVersion(number=2, policy=policy, author="acc", reason="test", at=sim.clock(), is_head=True)
    sim.store.commit([Put(head, 0)])
    settle(ready, sim)
    cleared(sim, COPY)
    cleared(sim, COPY, "out_strict", versions={"policy": "1", "snapshot:vault": "before"} | STRICTER)
    in_vault(sim, 1, OURS)
    settle(ready, sim)
    assert (last(sim).outcome, last(sim, "out_strict").outcome) == ("allow", "block")


def test_a_check_that_was_under_way_is_not_missed(sim: Simulator, ready) -> None:
    settle(ready, sim)
    cleared(sim, OTHER, "out_two")
    before = {"policy": "1", "snapshot:vault": sim.container().index.reader("vault").snapshot_id}
    in_vault(sim, 1, OURS)
    assert run(ready, sim)["vault"] == "waits"
    sim.clock.advance(seconds=30)
    cleared(sim, COPY, versions=before)
    assert run(ready, sim)["vault"] == "waits"
    assert last(sim).outcome == "allow"
    sim.clock.advance(seconds=LATER.total_seconds())
    run(ready, sim)
    assert last(sim).outcome == "block"


def test_a_check_that_is_recorded_late_under_an_earlier_time_is_not_missed(sim: Simulator, ready) -> None:
    """It took its time before the pass began, or on a clock that is behind, and was written after the pass went by."""
    settle(ready, sim)
    cleared(sim, OTHER, "out_two")
    before = {"policy": "1", "snapshot:vault": sim.container().index.reader("vault").snapshot_id}
    one = cleared(sim, COPY, versions=before)
    sim.store.commit([Delete(one, 1)])
    in_vault(sim, 1, OURS)
    sim.clock.advance(seconds=30)
    assert run(ready, sim)["vault"] == "waits"
    sim.store.commit([Put(one, 0)])
    sim.clock.advance(seconds=LATER.total_seconds())
    run(ready, sim)
    assert last(sim).outcome == "block"


def test_what_comes_while_a_pass_waits_for_its_end_is_found_at_once(sim: Simulator, ready) -> None:
    settle(ready, sim)
    cleared(sim, COPY)
    cleared(sim, OTHER, "out_two")
    in_vault(sim, 3, as_file(piece(6, S)))
    assert run(ready, sim)["vault"] == "waits"
    in_vault(sim, 1, OURS)
    assert run(ready, sim)["vault"] == "waits"
    assert last(sim).outcome == "block"
    sim.clock.advance(seconds=LATER.total_seconds())
    in_vault(sim, 4, as_file(piece(2, S)))
    assert run(ready, sim)["vault"] == "waits"
    assert last(sim, "out_two").outcome == "block"
    sim.clock.advance(seconds=LATER.total_seconds())
    assert run(ready, sim)["vault"] in ("nothing new", "compared")
    assert len(list(sim.buckets.open("outputs").list("scans/"))) <= 2


def test_pages_and_runs_go_on_where_the_last_one_ended(sim: Simulator, ready, monkeypatch) -> None:
    settle(ready, sim)
    for number in range(5):
        sim.clock.advance(seconds=1)
        cleared(sim, COPY if number == 4 else OTHER, f"out_{number}")
    in_vault(sim, 1, OURS)
    monkeypatch.setitem(ready.page.__globals__, "PAGE", 1)
    monkeypatch.setattr(ready, "AT_MOST", timedelta(seconds=5))

    def ticking():
        sim.clock.advance(seconds=1)
        return sim.clock()

    outcomes = []
    for _ in range(12):
        outcomes.append(run(ready, sim, clock=ticking)["vault"])
        if last(sim, "out_4").outcome == "block":
            break
    assert outcomes[0] == "more"
    assert last(sim, "out_4").outcome == "block"
    assert all(last(sim, f"out_{number}").check == 1 for number in range(4))


def test_an_index_that_cannot_be_read_is_tried_again_and_holds_nothing_else_up(sim: Simulator, ready) -> None:
    settle(ready, sim)
    cleared(sim, COPY)
    in_vault(sim, 1, OURS)
    bucket = sim.buckets.open("snapshots")
    whole = bucket.read("catalogues/open/manifest.json", limit=10**6)
    bucket.write("catalogues/open/manifest.json", b"{}", content_type="application/json")
    assert run(ready, sim)["catalogue:open"] == "failed"
    assert last(sim).outcome == "block"
    bucket.write("catalogues/open/manifest.json", whole, content_type="application/json")
    assert run(ready, sim)["catalogue:open"] == "nothing new"


def test_one_run_at_a_time_works_on_a_source(sim: Simulator, ready) -> None:
    sim.store.commit([Put(Scan(source="vault", busy_until=sim.clock() + timedelta(seconds=60)), 0)])
    assert run(ready, sim)["vault"] == "busy"
    sim.clock.advance(seconds=61)
    assert run(ready, sim)["vault"] != "busy"


class Lookup:
    """An AcoustID client that knows what it is told, and how often it was asked; the real one has tests of its own."""

    def __init__(self) -> None:
        self.known, self.asked, self.fails = {}, [], False

    def lookup(self, fingerprint, duration_s):
        if self.fails:
            raise SourceUnavailable("AcoustID did not answer")
        self.asked.append(fingerprint)
        return self.known.get(fingerprint, ())


def test_what_acoustid_learns_of_later_is_found_when_it_is_asked_again(sim: Simulator, ready) -> None:
    lookup = Lookup()
    one, other = cleared(sim, COPY), cleared(sim, OTHER, "out_two")
    assert run(ready, sim, acoustid=lookup)["acoustid"] == "waits"
    sim.clock.advance(seconds=LATER.total_seconds())
    assert run(ready, sim, acoustid=lookup)["acoustid"] == "done"
    assert sorted(set(lookup.asked)) == sorted({one.chromaprint, other.chromaprint})
    before, lookup.asked = sim.dump(), []
    lookup.known[one.chromaprint] = (Recording(0.95, "a", "mb", "Song", "Band"),)
    assert run(ready, sim, acoustid=lookup)["acoustid"] == "nothing new"
    assert (sim.dump(), lookup.asked) == (before, []), "not before its time"
    sim.clock.advance(days=ASK_AGAIN.days)
    run(ready, sim, acoustid=lookup)
    found = last(sim)
    assert (found.check, found.outcome, found.reasons[0].code) == (2, "block", "found_later")
    assert (found.hits[0].ref, found.sim_external_max) == ("acoustid:mb", 0.95)
    assert "acoustid" in found.checked_against_external_catalogs
    assert last(sim, "out_two").check == 1
    assert len(told(sim)) == len(events(sim)) == 1


def test_acoustid_is_not_asked_about_what_it_was_asked_lately(sim: Simulator, ready) -> None:
    lookup, one = Lookup(), cleared(sim, COPY)
    asked = one.with_changes(checked_against_external_catalogs=("acoustid",), at=sim.clock())
    sim.store.commit([Put(asked, 1)])
    run(ready, sim, acoustid=lookup)
    assert lookup.asked == []
    assert "acoustid" not in run(ready, sim), "nor at all without a key"


def test_while_acoustid_is_away_nothing_is_passed_over(sim: Simulator, ready) -> None:
    lookup = Lookup()
    lookup.fails = True
    for number in range(4):
        one = cleared(sim, COPY if number == 3 else OTHER, f"out_{number}")
    assert run(ready, sim, acoustid=lookup)["acoustid"] == "failed"
    lookup.fails, lookup.known[one.chromaprint] = False, (Recording(0.5, "a"),)
    sim.clock.advance(seconds=LATER.total_seconds())
    run(ready, sim, acoustid=lookup)
    assert last(sim, "out_3").outcome == "warn"


def test_asked_again_and_cut_off_anywhere_it_is_found_and_told_once(load_step) -> None:
    def make():
        sim, lookup = Simulator(), Lookup()
        furnish(sim)
        one = cleared(sim, COPY)
        lookup.known[one.chromaprint] = (Recording(0.95, "a", "mb"),)
        module = load_step("retro-scan")

        def step(deps):
            deps.acoustid = lookup
            for _ in range(3):
                sim.clock.advance(seconds=LATER.total_seconds())
                module.app.bind(deps)
                module.handler({}, None)

        return sim, step

    for label, sim in killed_everywhere(make):
        assert (last(sim).outcome, last(sim).check) == ("block", 2), label
        assert (len(told(sim)), len(events(sim))) == (1, 1), label
        assert sim.store.get(Scan, SCANS, f"{Scan.kind}#acoustid").wanted is None, label


def test_a_user_with_an_account_is_told_too(sim: Simulator, ready) -> None:
    user = Account(account_id=USER, display_name="Mia", created=sim.clock(), changed=sim.clock())
    sim.store.commit([Put(user, 0)])
    settle(ready, sim)
    cleared(sim, COPY, user_ref=USER)
    in_vault(sim, 1, OURS)
    run(ready, sim)
    assert len(told(sim)) == len(told(sim, USER)) == 1


def test_features_that_are_gone_or_damaged_stop_nothing(sim: Simulator, ready) -> None:
    settle(ready, sim)
    gone, damaged = cleared(sim, OTHER, "out_gone"), cleared(sim, OTHER, "out_damaged")
    cleared(sim, COPY)
    outputs = sim.buckets.open("outputs")
    outputs.delete(gone.features.removeprefix("outputs/"))
    outputs.write(damaged.features.removeprefix("outputs/"), b"LVFT", content_type="application/octet-stream")
    in_vault(sim, 1, OURS)
    run(ready, sim)
    assert last(sim).outcome == "block"


def test_an_output_that_was_checked_anew_is_judged_by_that_check(sim: Simulator, ready) -> None:
    settle(ready, sim)
    first = cleared(sim, COPY)
    newer = first.with_changes(check=2, audio_sha256="0" * 64, version=0, outcome="block")
    sim.store.commit([Put(newer, 0)])
    in_vault(sim, 1, OURS)
    run(ready, sim)
    assert last(sim).check == 2


@pytest.mark.parametrize("why", [
    {"found": "allow", "model_id": "other"}, {"missing": ("catalogue:open",)}, {"versions": {"policy": "1"} | STRICTER},
])  # fmt: skip
def test_a_check_that_cleared_nothing_hides_nothing_that_was_cleared_before(sim: Simulator, ready, why) -> None:
    """Kept back by the release gate, without one of its sources, or by the stricter thresholds: as the last check."""
    settle(ready, sim)
    first = cleared(sim, COPY)
    sim.store.commit([Put(first.with_changes(check=2, version=0, outcome="not_cleared", **why), 0)])
    in_vault(sim, 1, OURS)
    settle(ready, sim)
    one = last(sim)
    assert (one.check, one.outcome, one.reasons[0].code) == (3, "block", "found_later")
    assert (one.found, one.model_id, one.missing) == (None, "m", ())
    assert (STRICTER.items() <= one.versions.items()) == ("versions" in why)
    assert decides(one, 1, first.audio_sha256), "and so a certificate's licence is suspended"
    assert force(one) == "suspended"
    assert len(told(sim)) == len(events(sim)) == 1


def test_what_was_suspended_and_let_go_is_looked_at_again_only_after_a_new_check(sim: Simulator, ready) -> None:
    settle(ready, sim)
    held = held_check(cleared(sim, COPY), OUTPUT_SUSPENDED, sim.clock())
    sim.store.commit([Put(held, 0), Put(held_check(held, LIFTED, sim.clock()), 0)])
    in_vault(sim, 1, OURS)
    settle(ready, sim)
    assert (last(sim).check, last(sim).outcome) == (3, "not_cleared")


def test_the_quick_look_stops_whatever_the_full_comparison_finds(sim: Simulator, ready) -> None:
    """Among all pairs of eight pieces, alike or not: in an index of one, a track scores as high as in one of many."""
    pieces = {f"t{seed}": heard(as_file(piece(seed, S))).features.without_dense() for seed in range(1, 9)}
    whole = [Shard.open(build_part(pieces.items()).data)]
    for query in (heard(COPY).features, heard(OTHER).features, heard(as_file(piece(7, S)[:220_500])).features):
        for match in search(whole, query):
            alone = search([Shard.open(build_part([(match.track, pieces[match.track])]).data)], query)
            assert match.similarity < 0.4 or (alone and alone[0].similarity >= 0.2), match.track


def test_the_event_of_an_index_that_moved_says_nothing_that_is_needed(sim: Simulator, ready) -> None:
    event = json.loads((EVENTS / "s3_object_created.json").read_text())
    ready.app.bind(sim.container())
    assert set(ready.handler(event, None)["outcome"]) == {"vault", "upheld", "catalogue:open"}
