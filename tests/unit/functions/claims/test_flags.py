"""Community flags: once per person and track, on what is listed, and nothing happens before a reviewer says so."""

from datetime import timedelta

import pytest
from claiming import claim_of, claimed, decide, held_by, screen
from ingesting import OWNER, STRANGER, admitted, decided, main_of, run, sound, track_of
from killing import ends_the_same
from reviewing import ADMIN, ANNA, BEN
from simulator import Simulator, killed_everywhere
from vault_domain.errors import Conflict, Forbidden, NotFound, TooMany
from vault_domain.events import AuditEvent
from vault_domain.flags import Flag, FlagAsk, FlagsAsk
from vault_domain.ids import make_id
from vault_domain.infringement import ClaimState
from vault_domain.messages import Message, Topic
from vault_domain.ports import Put
from vault_domain.rights import Party, RightsRecord
from vault_domain.tracks import Status
from vault_edge.caller import Caller
from wire import event, token

WORDS = "This is the recording that I bought last year"
WHY = "It is on a record of another band"


def raised(sim: Simulator, track_id: str, caller: Caller = STRANGER, words: str = WORDS, deps=None):
    return main_of("claims").raise_flag(track_id, FlagAsk(about="infringement", words=words), caller, deps or sim.deps)


def settle(sim: Simulator, track_id: str, outcome: str = "dismissed", caller: Caller = ANNA, deps=None):
    ask = FlagsAsk(outcome=outcome, reason=WHY)  # type: ignore[arg-type]
    return main_of("claims").settle_flags(track_id, ask, caller, deps or sim.container())


def waiting(sim: Simulator, caller: Caller = ANNA):
    claims = main_of("claims")
    return claims.flags(claims.PageAsk(), caller, sim.container()).flags


def listed(sim: Simulator, **ask):
    claims = main_of("claims")
    return claims.listing(claims.ListingAsk(**ask), sim.container()).tracks


def test_the_listing_shows_what_is_in_the_vault_and_no_owner(sim: Simulator):
    _, track_id = admitted(sim)
    decided(sim, sound(2))
    (entry,) = listed(sim)
    assert (entry.track_id, entry.title, entry.artist) == (track_id, "Glass City", "Nova Arc")
    assert OWNER.id not in entry.model_dump_json()
    assert [one.track_id for one in listed(sim, artist="nova  ARC")] == [track_id]
    claimed(sim, track_id)
    assert listed(sim) == listed(sim, artist="Nova Arc") == ()


def test_a_flag_is_told_to_reviewers_and_changes_nothing_about_the_track(sim: Simulator):
    _, track_id = admitted(sim)
    before = track_of(sim, track_id)
    raised(sim, track_id)
    assert track_of(sim, track_id) == before
    assert [(one.track_id, one.words) for one in waiting(sim)] == [(track_id, WORDS)]
    assert [one.recipient for one in sim.store.everything(Message) if one.topic is Topic.FLAGGED] == ["reviewers"]
    assert WORDS not in " ".join(one.model_dump_json() for one in sim.store.everything(AuditEvent))


def test_once_per_person_and_track(sim: Simulator):
    _, track_id = admitted(sim)
    raised(sim, track_id)
    before = sim.dump()
    raised(sim, track_id)
    assert sim.dump() == before
    with pytest.raises(Conflict):
        raised(sim, track_id, words="Something else about the same track")
    raised(sim, track_id, ANNA)
    assert len(waiting(sim)) == 2


def test_a_person_flags_a_bounded_number_a_day(sim: Simulator):
    tracks = [admitted(sim, sound(seed, 4.0))[1] for seed in range(1, 12)]
    for track_id in tracks[:10]:
        raised(sim, track_id)
    with pytest.raises(TooMany):
        raised(sim, tracks[10])
    sim.clock.now += timedelta(days=1, seconds=1)
    raised(sim, tracks[10])


def test_only_what_is_listed_and_not_ones_own(sim: Simulator):
    _, hidden = decided(sim, sound(2))
    _, track_id = admitted(sim)
    for unknown in (hidden, make_id("trk", bytes(16))):
        with pytest.raises(NotFound):
            raised(sim, unknown)
    with pytest.raises(Forbidden):
        raised(sim, track_id, OWNER)
    rights = sim.store.get(RightsRecord, track_id)
    sim.store.commit([Put(rights.with_changes(parties=(Party(name="Ben", holder=BEN.id),)), rights.version)])
    for outcome in ("dismissed", "claim_opened"):
        with pytest.raises(Forbidden):
            settle(sim, track_id, outcome, BEN)


def test_dismissed_together(sim: Simulator):
    _, track_id = admitted(sim)
    for caller in (STRANGER, BEN):
        raised(sim, track_id, caller)
    assert settle(sim, track_id).settled == 2
    assert waiting(sim) == ()
    before = sim.dump()
    assert settle(sim, track_id).outcome == "dismissed"
    assert sim.dump() == before
    with pytest.raises(Conflict):
        settle(sim, track_id, caller=ADMIN)
    assert track_of(sim, track_id).status is Status.ACCEPTED


def test_a_reviewer_opens_a_claim_and_somebody_else_decides_it(sim: Simulator):
    _, track_id = admitted(sim)
    raised(sim, track_id)
    answer = settle(sim, track_id, "claim_opened")
    assert (answer.track_status, held_by(sim, track_id)) == ("under_investigation", (answer.claim_id,))
    assert len(sim.task_log.started) == 1
    claim = claim_of(sim, answer.claim_id)
    assert (claim.state, claim.capacity, claim.basis) == (ClaimState.EXAMINED, "community", WHY)
    about = main_of("claims").about(track_id, OWNER, sim.container()).claims
    assert [one.basis for one in about] == [WHY]
    assert STRANGER.id not in about[0].model_dump_json()
    with pytest.raises(Forbidden):
        decide(sim, answer.claim_id, "keep", ANNA, findings="0" * 64)
    decide(sim, answer.claim_id, "keep", BEN)
    assert track_of(sim, track_id).status is Status.ACCEPTED
    run("sweep", sim.container())


def test_a_flagged_track_that_is_locked_by_another_claim_stays_locked_by_both(sim: Simulator):
    _, track_id = admitted(sim)
    raised(sim, track_id)
    first = claimed(sim, track_id)
    second = settle(sim, track_id, "claim_opened").claim_id
    screen(sim, first, "unfounded")
    assert held_by(sim, track_id) == (second,)
    assert track_of(sim, track_id).status is Status.UNDER_INVESTIGATION


def test_owners_do_not_read_who_flagged_their_track(sim: Simulator):
    _, track_id = admitted(sim)
    raised(sim, track_id)
    assert waiting(sim, Caller(OWNER.id, "reviewer")) == ()


@pytest.mark.parametrize("outcome", ["dismissed", "claim_opened"])
def test_settling_killed_anywhere_and_repeated(outcome):
    def make():
        sim = Simulator()
        _, track_id = admitted(sim)
        raised(sim, track_id)
        return sim, lambda deps: settle(sim, track_id, outcome, deps=deps)

    assert ends_the_same(make) >= 2


def test_a_flag_that_died_half_way_can_be_raised_again():
    """The count of the day may have grown by one more then: it errs on the safe side."""
    for label, world in killed_everywhere(_a_flag):
        assert len(world.store.everything(Flag)) == 1, label
        assert len([one for one in world.store.everything(AuditEvent) if one.event.value == "track.flagged"]) == 1


def _a_flag():
    sim = Simulator()
    _, track_id = admitted(sim)
    return sim, lambda deps: raised(sim, track_id, deps=deps)


def test_over_http(sim: Simulator, load_step):
    _, track_id = admitted(sim)
    app = load_step("claims").app

    def status(method, path, bearer=None, body=None):
        return app.answer(event(method, path, body=body, bearer=bearer))["statusCode"]

    stranger, anna = token(sim, subject=STRANGER.id), token(sim, "reviewer", subject=ANNA.id)
    ask = {"about": "infringement", "words": WORDS}
    path = f"/tracks/{track_id}/flags"
    assert [status("GET", "/listing", who) for who in (None, stranger)] == [401, 200]
    assert status("POST", path, None, ask) == 401
    assert status("POST", path, stranger, {**ask, "about": "envy"}) == 422
    assert status("POST", path, stranger, ask) == 201
    assert [status("GET", "/flags", who) for who in (None, stranger, anna)] == [401, 403, 200]
    decision = {"outcome": "dismissed", "reason": WHY}
    assert [status("POST", f"{path}/decision", who, decision) for who in (stranger, anna)] == [403, 200]
