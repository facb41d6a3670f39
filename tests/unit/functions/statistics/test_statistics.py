"""statistics: what anybody may see, counted by the sweep, exact after any number of runs, and without a name."""

from datetime import timedelta

from claiming import claimed, screen
from ingesting import OWNER, admitted, main_of, run
from killing import ends_the_same
from reviewing import ANNA, BEN, CLEO, flagged, override, vote
from simulator import Simulator
from vault_domain.rights import RevokeAsk
from wire import body_of, event


def counted(sim: Simulator) -> int:
    """Tracks that a sweep counted anew, once everything has settled."""
    sim.clock.now += timedelta(minutes=6)
    return run("sweep", sim.container())["counted"]


def shown(sim: Simulator):
    return main_of("statistics").show(sim.container())


def test_an_empty_vault_has_zeros(sim: Simulator):
    figures = shown(sim)
    assert (figures.at, figures.total, figures.agreement.kappa) == (None, 0, None)
    assert set(figures.tracks.values()) == {0}
    assert counted(sim) == 0
    assert shown(sim) == figures


def test_it_follows_what_happens(sim: Simulator):
    _, first = admitted(sim)
    _, second = flagged(sim, seed=2)
    _, third = flagged(sim, seed=3)
    vote(sim, second, ANNA, "reject")
    vote(sim, second, BEN, "approve")
    vote(sim, second, CLEO, "reject")
    vote(sim, third, ANNA, "reject")
    vote(sim, third, BEN, "reject")
    assert counted(sim) == 3
    figures = shown(sim)
    assert (figures.tracks["accepted"], figures.tracks["rejected"], figures.total) == (1, 2, 3)
    assert figures.rejection_reasons == {"weak_external_match": 2, "rejected_by_review": 2}
    assert (figures.decided_by_rules.within["1h"], figures.decided_by_people.within["1h"]) == (1, 2)
    assert (figures.agreement.subjects, figures.agreement.votes, figures.agreement.unanimous) == (2, 5, 1)
    screen(sim, claimed(sim, first), "unfounded")
    main_of("revoke").take_back(first, RevokeAsk(), OWNER, sim.container())
    assert counted(sim) == 1
    figures = shown(sim)
    assert (figures.revocations, figures.claims.locked, figures.claims.dismissed) == (1, 1, 1)
    assert figures.by_month == {"2026-03": {"rejected": 2, "removed": 1}}
    assert counted(sim) == 0


def test_what_has_not_settled_is_counted_later_and_not_lost(sim: Simulator):
    admitted(sim)
    assert run("sweep", sim.container())["counted"] == 0
    assert counted(sim) == 1
    assert counted(sim) == 0


def test_more_than_one_batch(sim: Simulator):
    module = main_of("sweep")
    spaces = module.count_changes.__globals__["_batch"].__globals__
    before, spaces["BATCH"] = spaces["BATCH"], 2
    try:
        for seed in range(1, 6):
            sim.clock.now += timedelta(seconds=1)
            _, track_id = flagged(sim, seed=seed)
            override(sim, track_id, choice="reject")
        assert counted(sim) == 5
    finally:
        spaces["BATCH"] = before
    assert shown(sim).tracks["rejected"] == 5


def test_counting_killed_anywhere_and_repeated():
    def make():
        sim = Simulator()
        admitted(sim)
        run("sweep", sim.container())
        flagged(sim, seed=2)
        sim.clock.now += timedelta(minutes=6)
        return sim, lambda deps: run("sweep", deps)

    assert ends_the_same(make) >= 2


def test_it_names_nobody_and_anybody_may_see_it(sim: Simulator, load_step):
    _, track_id = admitted(sim)
    counted(sim)
    answer = load_step("statistics").app.answer(event("GET", "/statistics"))
    assert answer["statusCode"] == 200
    assert body_of(answer)["tracks"]["accepted"] == 1
    for name in (track_id, OWNER.id, "Nova Arc", "Glass City"):
        assert name not in answer["body"]
