"""snippets: for the reviewers of a case, for seconds, on record, and only with consent."""

import base64
import io
from datetime import timedelta

import pytest
import soundfile
from ingesting import OWNER, STRANGER, admitted, main_of, report, sound, track_of
from reviewing import ADMIN, ANNA, BEN, a_hit, flagged, found, override
from simulator import Simulator, killed_everywhere
from vault_domain.admission import vault_audio_key
from vault_domain.errors import Conflict, Expired, Forbidden, NotFound, PolicyRefused, TooMany
from vault_domain.events import AuditEvent, Kind
from vault_domain.ports import Put
from vault_domain.rights import Party, RevokeAsk, RightsRecord
from vault_domain.snippets import PLAYS, Listening, SnippetAsk
from vault_edge.texts import contribution_terms
from wire import event, token


def main():
    return main_of("snippets")


def opened(sim: Simulator, track_id: str, caller=ANNA, deps=None, **ask):
    asked = SnippetAsk(**{"source": "catalogue:open", "ref": "cat:song", **ask})
    return main().open_link(track_id, asked, caller, deps or sim.container())


def heard(sim: Simulator, link, caller=ANNA) -> float:
    """Seconds of sound that come back."""
    answer = main().hear(link.snippet_id, caller, sim.container())
    samples, rate = soundfile.read(io.BytesIO(answer.body))
    assert (rate, answer.content_type) == (16_000, "audio/flac")
    return len(samples) / rate


def listened(sim: Simulator) -> list[AuditEvent]:
    return [one for one in sim.store.everything(AuditEvent) if one.event is Kind.REVIEW_LISTENED]


def resembling(sim: Simulator) -> tuple[str, str]:
    """A track under review, and the one of ours in the vault that it resembles."""
    _, original = admitted(sim, sound(7))
    sim.bucket("vault").write(vault_audio_key(original), sound(7), content_type="audio/flac")
    _, track_id = flagged(sim)
    span = {"query_start": 1, "query_end": 4, "ref_start": 1, "ref_end": 4}
    report(sim, track_id, hits=(a_hit(original, 0.6, spans=(span,)),), max_similarity=0.6)
    return track_id, original


def test_a_reviewer_hears_and_sees_a_few_seconds_and_it_is_on_record(sim: Simulator):
    _, track_id = flagged(sim)
    link = opened(sim, track_id)
    assert (link.start_s, link.end_s) == (0.0, 15.0)
    assert 0 < heard(sim, link) <= 15
    drawn = main().picture(link.snippet_id, ANNA, sim.container())
    assert len(drawn.peaks) == 600
    assert len(drawn.mel[0]) == 48
    (event_,) = listened(sim)
    assert (event_.subject, event_.actor.id) == (track_id, ANNA.id)
    assert event_.data == {"case": track_id, "start_ms": 0, "end_ms": 15000}


def test_the_reference_is_heard_from_the_vault_and_logged_as_its_own(sim: Simulator):
    track_id, original = resembling(sim)
    link = opened(sim, track_id, source="vault", ref=original, side="reference")
    assert link.track_id == original
    assert heard(sim, link) == 6.0
    assert {one.subject for one in listened(sim)} == {original}


def test_of_a_catalogue_there_is_no_sound(sim: Simulator):
    _, track_id = flagged(sim)
    with pytest.raises(Conflict):
        opened(sim, track_id, side="reference")


@pytest.mark.parametrize(("caller", "error"), [(STRANGER, Forbidden), (OWNER, Forbidden)])
def test_contributors_hear_nothing(sim: Simulator, caller, error):
    _, track_id = flagged(sim)
    with pytest.raises(error):
        opened(sim, track_id, caller)
    assert not listened(sim)


def test_a_link_is_of_use_to_nobody_else(sim: Simulator):
    _, track_id = flagged(sim)
    link = opened(sim, track_id)
    for caller, refusal in ((BEN, NotFound), (ADMIN, NotFound), (OWNER, Forbidden)):
        with pytest.raises(refusal):
            main().hear(link.snippet_id, caller, sim.container())
        with pytest.raises(refusal):
            main().picture(link.snippet_id, caller, sim.container())


def test_a_link_ends(sim: Simulator):
    _, track_id = flagged(sim)
    link = opened(sim, track_id)
    for _ in range(PLAYS):
        heard(sim, link)
    with pytest.raises(TooMany):
        heard(sim, link)
    sim.clock.now += timedelta(minutes=3)
    with pytest.raises(Expired):
        main().picture(link.snippet_id, ANNA, sim.container())


def test_what_was_given_under_the_first_text_is_not_heard(sim: Simulator):
    _, track_id = flagged(sim)
    rights = sim.store.get(RightsRecord, track_id)
    older = contribution_terms(1).sha256
    sim.store.commit([Put(rights.with_changes(terms_sha256=older), rights.version)])
    with pytest.raises(PolicyRefused):
        opened(sim, track_id)
    party = Party(
        name="R", holder=STRANGER.id, consented=True, flags=rights.flags, terms_sha256=older, given=sim.clock()
    )
    sim.store.commit([Put(rights.with_changes(parties=(party,)), rights.version + 1)])
    with pytest.raises(PolicyRefused):
        opened(sim, track_id)


def test_nothing_is_heard_after_a_revocation(sim: Simulator):
    track_id, original = resembling(sim)
    link = opened(sim, track_id, source="vault", ref=original, side="reference")
    main_of("revoke").take_back(original, RevokeAsk(), OWNER, sim.container())
    with pytest.raises(NotFound):
        main().hear(link.snippet_id, ANNA, sim.container())
    with pytest.raises(PolicyRefused):
        opened(sim, track_id, source="vault", ref=original, side="reference")


def test_an_accepted_track_is_nobodys_case(sim: Simulator):
    _, track_id = admitted(sim)
    found(sim, track_id, a_hit())
    with pytest.raises(Conflict):
        opened(sim, track_id)


def test_the_whole_track_is_not_to_be_had_in_pieces(sim: Simulator):
    track_id, _ = resembling(sim)
    duration = track_of(sim, track_id).duration_s
    hits = [a_hit(f"cat:{n}", spans=({"query_start": n * 6, "query_end": n * 6 + 6, "ref_start": 0, "ref_end": 6},))
            for n in range(10)]  # fmt: skip
    found(sim, track_id, *hits)
    refused = 0
    for n in range(10):
        try:
            opened(sim, track_id, ref=f"cat:{n}")
        except PolicyRefused:
            refused += 1
    assert refused
    (record,) = [one for one in sim.store.everything(Listening) if one.track_id == track_id]
    assert sum(end - start for start, end in record.windows) <= duration / 2


def test_opening_may_be_killed_anywhere_and_nothing_is_heard_unlogged():
    def world():
        sim = Simulator()
        _, track_id = flagged(sim)
        return sim, lambda deps: opened(sim, track_id, deps=deps)

    for label, sim in killed_everywhere(world):
        links = [row for row in sim.store.dump()["tracks"].values() if '"snippet_id"' in str(row)]
        assert len(links) == len(listened(sim)) >= 1, label


def test_over_http_the_sound_is_bytes_and_never_cached(sim: Simulator, load_step):
    _, track_id = flagged(sim)
    link = opened(sim, track_id)
    module = load_step("snippets")
    bearer = token(sim, "reviewer", subject=ANNA.id)
    answer = module.app.answer(event("GET", link.audio, bearer=bearer))
    assert (answer["statusCode"], answer["headers"]["content-type"]) == (200, "audio/flac")
    assert answer["headers"]["cache-control"] == "no-store"
    assert base64.b64decode(answer["body"])[:4] == b"fLaC"
    assert module.app.answer(event("GET", link.audio))["statusCode"] == 401


def test_a_case_that_was_decided_gives_no_more_links(sim: Simulator):
    _, track_id = flagged(sim)
    override(sim, track_id, choice="reject")
    with pytest.raises(Conflict):
        opened(sim, track_id, ref="cat:song")
