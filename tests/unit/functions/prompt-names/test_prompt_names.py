"""prompt-names: lists change by stated expectation, and the snapshot follows."""

import pytest
from granting import a_track
from packing import an_entry, registered_dataset
from simulator import Simulator, killed_everywhere
from vault_domain import names
from vault_domain.crediting import Walk, to_bytes
from vault_domain.erasure import nameless_track
from vault_domain.events import AuditEvent, Kind
from vault_domain.names import KnownTitle, ListedName, NamesChange, NamesHead, from_snapshot, titles_from
from vault_domain.ports import Put
from vault_domain.sealing import word_hash
from vault_domain.submission import Metadata
from vault_domain.tracks import Status
from vault_edge import name_lists
from vault_edge.name_lists import CREDITS, KEY
from wire import body_of, event, token

REASON = "asked for by their label"


def call(module, sim, method, path, body=None, role="admin"):
    return module.handler(event(method, path, body=body, bearer=token(sim, role)), None)


def enter(module, sim, *names, pack=None):
    body = {"names": [one if isinstance(one, dict) else {"name": one} for one in names], "pack": pack, "reason": REASON}
    return call(module, sim, "POST", "/prompts/names", body)


def remove(module, sim, *names, pack=None):
    return call(module, sim, "POST", "/prompts/names/removal", {"names": names, "pack": pack, "reason": REASON})


def snapshot(sim):
    return {one.name: one for one in from_snapshot(sim.buckets.open("snapshots").read(KEY, limit=10**7))}


def test_a_name_counts_at_once_and_its_words_stay_out_of_the_log(sim: Simulator, load_step) -> None:
    module = load_step("prompt-names")
    made = enter(module, sim, {"name": "Grindelhoven", "aliases": ["Гриндельховен"]}, "Queen")
    assert (made["statusCode"], body_of(made)) == (201, {"changed": 2, "number": 1, "count": 2})
    assert snapshot(sim)["Grindelhoven"].aliases == ("Гриндельховен",)
    (seen,) = [one for one in sim.store.everything(AuditEvent) if one.event is Kind.NAMES_CHANGED]
    (row,) = sim.store.everything(NamesChange)
    assert seen.data["reason_hash"] == word_hash(row.salt, REASON)
    assert REASON not in str(seen.data)


def test_the_same_again_changes_nothing_and_a_change_replaces(sim: Simulator, load_step) -> None:
    module = load_step("prompt-names")
    enter(module, sim, "Queen")
    before = sim.dump()
    assert body_of(enter(module, sim, "Queen"))["changed"] == 0
    assert sim.dump() == before
    assert body_of(enter(module, sim, {"name": "queen", "common": True}))["number"] == 2
    (one,) = sim.store.everything(ListedName)
    assert (one.entry.name, one.entry.common) == ("queen", True)


def test_removal_is_whole_or_not_at_all(sim: Simulator, load_step) -> None:
    module = load_step("prompt-names")
    enter(module, sim, "Queen", "Grindelhoven")
    assert remove(module, sim, "Queen", "Nobody")["statusCode"] == 404
    assert len(sim.store.everything(ListedName)) == 2
    assert body_of(remove(module, sim, "Queen"))["count"] == 1
    assert set(snapshot(sim)) == {"Grindelhoven"}
    history = body_of(call(module, sim, "GET", "/prompts/names/history", role="reviewer"))["changes"]
    assert [(one["number"], one["listed"], one["removed"]) for one in history] == [(1, 2, 0), (2, 0, 1)]


def test_names_of_a_dataset_need_its_licence_and_leave_with_it(sim: Simulator, load_step) -> None:
    module = load_step("prompt-names")
    assert enter(module, sim, "Grindelhoven", pack="open-music")["statusCode"] == 403
    known = registered_dataset(sim)
    assert enter(module, sim, "Grindelhoven", pack="open-music")["statusCode"] == 201
    assert snapshot(sim)["Grindelhoven"].source == "open-music"
    entry = known.entry.model_validate(an_entry(tier="blocked", allowed_uses=[], reason="its owner changed it"))
    sim.store.commit([Put(known.with_changes(entry=entry), 1)])
    assert module.app.run_step({}, "clock") == {"written": True, "whole": True, "left_out": 0}
    assert snapshot(sim) == {}


def test_artists_of_the_vault_come_and_go_with_their_tracks(sim: Simulator, load_step) -> None:
    module = load_step("prompt-names")

    def by(name, *others):
        return Metadata(title="A", artist_display_name=name, collaborator_names=others, genre_tags=("ambient",))

    sim.store.commit([Put(a_track(4, metadata=by("Nova Arc", "Velmarion Quist")), 0)])
    sim.store.commit([Put(a_track(1, metadata=by("Nova Arc")), 0), Put(a_track(2, metadata=by("Grindelhoven")), 0)])
    sim.store.commit([Put(a_track(3, metadata=by("Gone"), status=Status.REMOVED), 0)])
    enter(module, sim, "GRINDELHOVEN")
    found = snapshot(sim)
    assert set(found) == {"Nova Arc", "Velmarion Quist", "GRINDELHOVEN"}
    sim.store.commit([Put(a_track(4, metadata=by("Nova Arc", "Velmarion Quist"), status=Status.REMOVED), 1)])
    assert module.app.run_step({}, "clock")["written"]
    assert (found["Nova Arc"].participating, found["GRINDELHOVEN"].participating) == (True, False)
    assert module.app.run_step({}, "clock") == {"written": False, "whole": True, "left_out": 0}
    sim.store.commit([Put(a_track(1, metadata=by("Nova Arc"), status=Status.REMOVED), 1)])
    assert module.app.run_step({}, "clock") == {"written": True, "whole": True, "left_out": 0}
    assert set(snapshot(sim)) == {"GRINDELHOVEN"}


def test_what_stands_for_an_erased_artist_is_no_name(sim: Simulator, load_step) -> None:
    module = load_step("prompt-names")
    song = Metadata(title="A piece", artist_display_name="Nova Arc", genre_tags=("ambient",))
    sim.store.commit([Put(nameless_track(a_track(1, metadata=song), "keep"), 0), Put(a_track(2, metadata=song), 0)])
    assert module.app.run_step({}, "clock") == {"written": True, "whole": True, "left_out": 0}
    assert set(snapshot(sim)) == {"Nova Arc"}


def test_a_large_vault_is_gone_through_in_turns_and_what_was_known_counts_meanwhile(sim, load_step, monkeypatch):
    module = load_step("prompt-names")
    monkeypatch.setattr(name_lists, "PAGE", 2)
    monkeypatch.setattr(module, "PAGES_OF_A_TURN", 1)
    monkeypatch.setattr(module, "PAGES_OF_A_CALL", 1)

    def by(number):
        return a_track(number, metadata=Metadata(title="A", artist_display_name=f"Nova {number}", genre_tags=("folk",)))

    def turn():
        done = module.app.run_step({}, "clock")
        return done["whole"], {name for name, one in snapshot(sim).items() if one.source == "vault"}

    sim.store.commit([Put(by(number), 0) for number in range(1, 6)])
    everybody = {f"Nova {number}" for number in range(1, 6)}
    assert [turn() for _ in range(3)] == [(False, set()), (False, set()), (True, everybody)]
    enter(module, sim, "Grindelhoven")
    assert set(snapshot(sim)) == {"Grindelhoven", *everybody}
    sim.store.commit([Put(by(1).with_changes(version=1, status=Status.REMOVED), 1)])
    assert [turn()[1] for _ in range(5)][-1] == everybody - {"Nova 1"}


def test_a_walk_that_was_kept_is_mended_where_it_is_damaged_or_its_place_is_gone(sim, load_step):
    module, bucket = load_step("prompt-names"), sim.buckets.open("snapshots")
    sim.store.commit(
        [Put(a_track(1, metadata=Metadata(title="A", artist_display_name="Nova", genre_tags=("folk",))), 0)]
    )
    for kept in (b"{}", b"[]", b"\xff", to_bytes(Walk(cursor="nowhere", found=frozenset({"Gone"})))):
        bucket.write(CREDITS, kept, content_type="application/json")
        assert module.app.run_step({}, "clock")["whole"]
        assert set(snapshot(sim)) == {"Nova"}


def test_a_full_list_takes_no_more_names_and_room_comes_back(sim, load_step, monkeypatch):
    module = load_step("prompt-names")
    monkeypatch.setattr(names, "MAX_SPELLINGS", 3)
    assert enter(module, sim, {"name": "Grindelhoven", "aliases": ["Гриндельховен"]})["statusCode"] == 201
    assert enter(module, sim, "Queen", "Kiss")["statusCode"] == 409
    assert enter(module, sim, "Queen")["statusCode"] == 201
    assert enter(module, sim, "Kiss")["statusCode"] == 409
    assert enter(module, sim, {"name": "Grindelhoven", "common": True})["statusCode"] == 201
    assert enter(module, sim, "Kiss")["statusCode"] == 201
    assert remove(module, sim, "Kiss")["statusCode"] == 200
    (head,) = sim.store.everything(NamesHead)
    assert (head.names, head.spellings) == (2, 2)


def test_a_maker_that_dies_is_made_up_for(load_step) -> None:
    module = load_step("prompt-names")
    from vault_domain.names import NamesAsk
    from vault_edge.caller import Caller

    caller = Caller(id="acc_" + "0" * 26, role="admin", scopes=frozenset())
    ask = NamesAsk(names=[{"name": "Queen"}], reason=REASON)

    def world():
        sim = Simulator()

        def step(deps):
            module.enter(ask, caller, deps)
            module.refresh(deps)

        return sim, step

    for label, sim in killed_everywhere(world):
        assert set(snapshot(sim)) == {"Queen"}, label
        (head,) = sim.store.everything(NamesHead)
        assert (head.number, head.names) == (1, 1), label


@pytest.mark.parametrize(
    "bad", [{"name": "a"}, {"name": "!!"}, {"name": "a\u202eb"}, {"name": "ok", "aliases": ["x" * 101]}]
)
def test_names_have_bounds(sim: Simulator, load_step, bad) -> None:
    assert enter(load_step("prompt-names"), sim, bad)["statusCode"] == 422


def test_reviewers_read_and_admins_change(sim: Simulator, load_step) -> None:
    module = load_step("prompt-names")
    body = {"names": [{"name": "Queen"}], "reason": REASON}
    assert call(module, sim, "POST", "/prompts/names", body, "reviewer")["statusCode"] == 403
    assert call(module, sim, "GET", "/prompts/names", role="reviewer")["statusCode"] == 200
    assert call(module, sim, "GET", "/prompts/names", role="contributor")["statusCode"] == 403


def test_titles_of_accepted_tracks_are_in_the_snapshot_and_go_with_them(sim, load_step):
    module = load_step("prompt-names")
    song = Metadata(
        title="Silver Harbour", artist_display_name="Nova", collaborator_names=("Grindelhoven",), genre_tags=("folk",)
    )
    sim.store.commit([Put(a_track(1, metadata=song), 0), Put(a_track(2, metadata=song), 0)])
    assert module.app.run_step({}, "clock")["written"]
    called = lambda: titles_from(sim.buckets.open("snapshots").read(KEY, limit=10**6))  # noqa: E731
    assert called() == (KnownTitle("Silver Harbour", ("Nova", "Grindelhoven")),)
    sim.store.commit([Put(a_track(number, metadata=song, status=Status.REMOVED), 1) for number in (1, 2)])
    module.app.run_step({}, "clock")
    assert called() == ()
